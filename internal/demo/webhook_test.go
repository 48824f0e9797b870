package demo_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// briefly is a soak of two looks.
var briefly = planner.Soak{Wave: demo.Tick, Gateway: demo.Tick, Bump: demo.Tick, Cleanup: demo.Tick}

// someday is after whatever the machine's clock says, by which the files of the beginning are dated, and before the last year that Git knows.
var someday = time.Date(2099, time.November, 4, 8, 0, 0, 0, time.UTC)

// play is an upgrade whose bot looks when something wakes it. Time is the cluster's.
type play struct {
	testing.TB
	bell      *bell
	plan      planner.Plan
	forge     demo.Forge
	cluster   *sim.Cluster
	conductor *conductor.Conductor
	promote   func(number int) // how the reviewer does it
	every     int              // ticks between two looks by the clock, whatever happens; 0 = none

	last                  conductor.Status
	pushed                string
	reviewed              map[int]int // steps, by merge request
	woken, clocked, ticks int         // looks, and time
}

// newPlay begins an upgrade which has the last so many phases before it, or with 0 all of them.
func newPlay(t testing.TB, b *bell, on stage, left int, maxGap time.Duration) *play {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	o := options(t, "git", "dev")
	policy := planner.Policy{Soak: briefly, Kubernetes: sim.Kubernetes}
	plan, err := planOnce(planner.Input{Tree: o.Repository, Environment: o.Environment, To: o.To, Why: o.Why, Policy: policy, Material: o.Material})
	if err != nil {
		t.Fatal(err)
	}
	p := &play{TB: t, bell: b, plan: plan, reviewed: map[int]int{}}
	if p.cluster, err = sim.New(sim.Options{Start: someday, Environment: o.Environment, Releases: o.Releases, Packages: o.Packages, Kubernetes: sim.Kubernetes, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	files := o.Repository
	if done := len(plan.Phases) - left; left > 0 {
		files = plan.Phases[done-1].After
	}
	if p.forge, err = on(files, p.cluster.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.forge.Close() })
	p.promote = func(number int) {
		if _, err := p.forge.Reviewer.AddComment(p.Context(), number, "/canary promote"); err != nil {
			p.Fatal(err)
		}
	}
	marker, err := forge.NewMarker([]byte(strings.Repeat("k", forge.MinMarkerKey)))
	if err != nil {
		t.Fatal(err)
	}
	p.conductor, err = conductor.New(conductor.Settings{
		Environment: o.Environment, Forge: p.forge.Bot, MaxGap: maxGap, Observer: p, Material: o.Material, Policy: policy, Now: p.cluster.Now, Plan: planOnce, Marker: &marker,
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == o.To {
				return "", "this is the release that was to be reached", nil
			}
			return o.To, o.Why, nil
		},
		Requests: forge.Policy{Labels: []string{"istio-canary"}, Reviewers: []string{demo.Reviewer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.follow()
	p.pass(15 * time.Minute)
	return p
}

// planned are plans by what they are made from: all plays here are of the same upgrade, with the same soaks.
var planned sync.Map

func planOnce(in planner.Input) (planner.Plan, error) {
	type made struct {
		plan planner.Plan
		err  error
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%q", in.To)
	for _, name := range in.Tree.Paths() {
		content, _ := in.Tree.Read(name)
		fmt.Fprintf(&key, "%q %q\n", name, content)
	}
	if known, ok := planned.Load(key.String()); ok {
		return known.(made).plan, known.(made).err
	}
	plan, err := planner.Make(in)
	planned.Store(key.String(), made{plan, err})
	return plan, err
}

// Observe is conductor.Observer.
func (p *play) Observe(context.Context) (*checks.Observation, error) { return p.cluster.Observe(), nil }

func (p *play) pass(d time.Duration) {
	p.Helper()
	if err := p.cluster.Advance(d); err != nil {
		p.Fatal(err)
	}
}

// follow lets the cluster's Flux see the target branch.
func (p *play) follow() {
	p.Helper()
	head, err := p.forge.Reviewer.Head(p.Context(), "main")
	if err != nil {
		p.Fatal(err)
	}
	if head == p.pushed {
		return
	}
	files, err := p.forge.Reviewer.Tree(p.Context(), head)
	if err != nil {
		p.Fatal(err)
	}
	p.cluster.Push(head, files)
	p.pushed = head
}

// look is one of the bot's. What it merges by was right to be open.
func (p *play) look() {
	p.Helper()
	was := p.last
	for _, press := range p.bell.presses() {
		if err := p.conductor.Press(p.Context(), conductor.Press{By: forge.User{ID: press.SenderID, Name: press.Sender}, Verb: press.Button, SHA: press.SHA, Delivery: press.Delivery}); err != nil {
			p.Fatal(err)
		}
	}
	var err error
	if p.last, err = p.conductor.Look(p.Context()); err != nil {
		p.Fatal(err)
	}
	for done := was.Done; done < p.last.Done && was.Upgrade != ""; done++ {
		if denied := demo.Denied(p.plan, done, p.pushed, p.cluster.Truth()); len(denied) > 0 {
			p.Errorf("phase %d was merged and ought not to be: %s", done+1, strings.Join(denied, "; "))
		}
	}
	if p.last.Failed() {
		p.Fatalf("the upgrade stopped: %s", p.last.Happening)
	}
}

// soaks tells whether the bot waits for the cluster, which sends no webhooks, and so goes by the clock.
func (p *play) soaks() bool {
	switch p.last.Situation {
	case conductor.Finishing:
		return true
	case conductor.Waiting:
		return p.last.Health != checks.Pass || p.last.Soak != nil && p.last.Soak.Remaining > 0
	}
	return false
}

func (p *play) over() bool {
	return p.last.Situation == conductor.Finished || p.last.Situation == conductor.Idle && p.last.Done > 0
}

// restless is too often for a bot to be woken in a row while nobody else does anything: what it has done wakes it once, and then it finds nothing left to do.
const restless = 2

// tick is a while in the life of everybody: the bot, the reviewer, the cluster.
func (p *play) tick() {
	p.Helper()
	for i := 0; p.bell.rings() && !p.over(); i++ {
		if i == restless {
			p.Fatalf("the bot wakes itself again and again: %s", p.last.Happening)
		}
		p.woken++
		p.conductor.Wake()
		p.look()
	}
	if !p.over() && (p.soaks() || p.every > 0 && p.ticks%p.every == 0) {
		p.clocked++
		p.look()
	}
	p.review()
	p.follow()
	p.pass(demo.Tick)
	p.ticks++
}

// review is the reviewer, who waits until the gate is open, and then promotes and approves, one after the other: what comes last is what the merge waits for,
// and it is the one as often as the other.
func (p *play) review() {
	p.Helper()
	number := p.last.Request
	if number == 0 || p.reviewed[number] == 2 || p.reviewed[number] == 0 && p.last.Situation != conductor.Ready {
		return
	}
	if (p.reviewed[number]+number)%2 == 0 {
		p.promote(number)
	} else {
		p.approve(number)
	}
	p.reviewed[number]++
}

func (p *play) approve(number int) {
	p.Helper()
	request, err := p.forge.Reviewer.Get(p.Context(), number)
	if err != nil {
		p.Fatal(err)
	}
	if err := p.forge.Reviewer.Approve(p.Context(), number, request.Head); err != nil {
		p.Fatal(err)
	}
}

// holds is promise 1.
func (p *play) holds() {
	p.Helper()
	head, err := p.forge.Reviewer.Head(p.Context(), "main")
	if err != nil {
		p.Fatal(err)
	}
	final, err := p.forge.Reviewer.Tree(p.Context(), head)
	if err != nil {
		p.Fatal(err)
	}
	if proof := (demo.Outcome{Plan: p.plan, Final: final}).Prove(); !proof.Holds() {
		p.Errorf("promise 1 is broken:\n%s", proof.Trace)
	}
}

func wholeUpgradeByWebhooks(t *testing.T, on vendor) *bell {
	t.Helper()
	race.SkipAlone(t)
	t.Parallel()
	b := newBell(t, nil)
	p := newPlay(t, b, on(t, b), 0, 2*demo.Tick)
	p.look() // as a program does that begins
	for !p.over() {
		if p.ticks == 1000 {
			t.Fatalf("the upgrade does not end: %s", p.last.Happening)
		}
		p.tick()
	}
	p.holds()
	t.Logf("%d looks after webhooks, %d by the clock, %d ticks", p.woken, p.clocked, p.ticks)
	return b
}

func TestAWholeUpgradeOnGitLabByWebhooksLeavesNothingButTheBump(t *testing.T) {
	wholeUpgradeByWebhooks(t, vendors["gitlab"])
}

func TestAWholeUpgradeOnGitHubByWebhooksLeavesNothingButTheBump(t *testing.T) {
	b := wholeUpgradeByWebhooks(t, vendors["github"])
	t.Run("and each is as GitHub describes it", func(t *testing.T) {
		described, err := fakegithub.DescribeWebhooks(filepath.Join(shareddata.Path(t, "forge", "github"), "webhooks-bot.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range b.all() {
			if err := described.Check(a.Delivery); err != nil {
				t.Error(err)
			}
		}
	})
}
