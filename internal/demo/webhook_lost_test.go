package demo_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/outbox"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

var webhookSeeds = flag.Uint64("webhooks.seeds", 2, "schedules to play on each forge")

// everyTicks is the interval of the clock: with soaks of a minute and the gap that such an interval allows.
const everyTicks = 3

// mischief is what happens to webhooks by a seed: they are lost, doubled, held back until later ones have gone, and replayed, also under another id, which
// whoever has read one can do. And now and then the receiver forgets what it has seen.
type mischief struct {
	dice *rand.Rand
	held []outbox.Delivery
	past []outbox.Delivery
	done map[string]int
}

func newMischief(seed uint64) *mischief {
	return &mischief{dice: rand.New(rand.NewPCG(seed, 4)), done: map[string]int{}}
}

func (m *mischief) deliver(d outbox.Delivery) []outbox.Delivery {
	var now []outbox.Delivery
	do := func(what string) { m.done[what]++ }
	switch m.dice.IntN(6) {
	case 0:
		do("lost")
	case 1:
		do("doubled")
		now = append(now, d, d)
	case 2:
		do("held back")
		m.held = append(m.held, d)
	default:
		now = append(now, d)
	}
	if len(m.held) > 0 && m.dice.IntN(2) == 0 {
		i := m.dice.IntN(len(m.held))
		now = append(now, m.held[i])
		m.held = slices.Delete(m.held, i, i+1)
	}
	if len(m.past) > 0 && m.dice.IntN(4) == 0 {
		do("replayed")
		old := m.past[m.dice.IntN(len(m.past))]
		old.Header = old.Header.Clone()
		another := m.dice.IntN(2) == 0
		for _, name := range []string{"X-GitHub-Delivery", "Idempotency-Key"} {
			if another && old.Header.Get(name) != "" {
				old.Header.Set(name, fmt.Sprintf("replayed-%d", m.dice.Uint64()))
			}
		}
		now = append(now, old)
	}
	m.past = append(m.past, d)
	return now
}

// outcome is what an upgrade leaves on the forge for people to see.
type outcome struct {
	Requests []string
	Files    string // that are not as a plain bump leaves them
}

// lastPhases plays the end of an upgrade.
func lastPhases(t *testing.T, on vendor, deliver func(outbox.Delivery) []outbox.Delivery, every int) (*play, outcome) {
	t.Helper()
	b := newBell(t, deliver)
	p := newPlay(t, b, on(t, b), 2, everyTicks*demo.Tick*5/2)
	p.every = every
	p.look()
	for p.ticks < 200 && !p.over() {
		if p.ticks%4 == 3 {
			b.begin()
		}
		p.tick()
	}
	return p, p.outcome()
}

func (p *play) outcome() outcome {
	p.Helper()
	var o outcome
	all, err := p.forge.Reviewer.Find(p.Context(), forge.Query{})
	if err != nil {
		p.Fatal(err)
	}
	for _, r := range all {
		comments, err := p.forge.Reviewer.Comments(p.Context(), r.Number)
		if err != nil {
			p.Fatal(err)
		}
		var by []string
		for _, c := range comments {
			by = append(by, c.By.Name)
		}
		o.Requests = append(o.Requests, fmt.Sprintf("!%d %s from %s, %s by %s, comments of %s", r.Number, r.Title, r.Source, r.State, r.MergedBy.Name, strings.Join(by, ", ")))
	}
	slices.Sort(o.Requests)
	head, err := p.forge.Reviewer.Head(p.Context(), "main")
	if err != nil {
		p.Fatal(err)
	}
	files, err := p.forge.Reviewer.Tree(p.Context(), head)
	if err != nil {
		p.Fatal(err)
	}
	o.Files = fmt.Sprint(tree.Stat(p.plan.InPlace, files))
	return o
}

func TestWebhooksThatAreLostDoubledReorderedAndReplayedLeaveWhatPollingLeaves(t *testing.T) {
	race.SkipAlone(t)
	t.Parallel()
	for name, on := range vendors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			none := func(outbox.Delivery) []outbox.Delivery { return nil }
			p, want := lastPhases(t, on, none, everyTicks)
			if !p.over() || want.Files != "[]" || len(want.Requests) != 2 {
				t.Fatalf("by the clock alone the upgrade ends %s with %q, %q", p.last.Happening, want, p.last.Blocks)
			}
			t.Logf("by the clock alone: %d looks, %d ticks", p.clocked, p.ticks)
			for seed := range *webhookSeeds {
				m := newMischief(seed)
				p, got := lastPhases(t, on, m.deliver, everyTicks)
				if a, b := text(t, got), text(t, want); a != b {
					t.Errorf("seed %d: webhooks %v, and what is left is\n%s\nby polling alone it is\n%s\n%s", seed, m.done, a, b, p.last.Happening)
				}
				t.Logf("seed %d: %d looks after webhooks, %d by the clock, %d ticks; %v", seed, p.woken, p.clocked, p.ticks, m.done)
			}
		})
	}
}

func text(t *testing.T, o outcome) string {
	t.Helper()
	b, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A press leaves nothing on the forge that could be read: it arrives by its webhook or not at all.
func TestButtonsOnGitHubPromoteByTheirWebhooks(t *testing.T) {
	race.SkipAlone(t)
	t.Parallel()
	var hub *fakegithub.Server
	b := newBell(t, func(d outbox.Delivery) []outbox.Delivery { return []outbox.Delivery{d, d} })
	p := newPlay(t, b, onGitHub(t, b.onFakeGitHub, func(fake *fakegithub.Server, _ fakegithub.App) { hub = fake }), 2, 2*demo.Tick)
	p.promote = func(int) {
		for run := int64(1000); run > 0; run-- { // the newest: those of merged ones keep their buttons
			if hub.Press(run, github.ActionPromote, demo.Reviewer) == nil {
				return
			}
		}
		t.Errorf("!%d is ready and has no button to promote it", p.last.Request)
	}
	p.look()
	for p.ticks < 100 && !p.over() {
		p.tick()
	}
	if !p.over() {
		t.Fatalf("the upgrade does not end: %s", p.last.Happening)
	}
	p.holds()
}

// The upgrades by webhooks alone prove something only if nothing goes on without them.
func TestWithoutWebhooksAndClockNobodyHearsTheReviewer(t *testing.T) {
	race.SkipAlone(t)
	t.Parallel()
	p := newPlay(t, newBell(t, nil), onGitLab(t), 2, 2*demo.Tick)
	p.look()
	for range 40 {
		p.tick()
	}
	if p.reviewed[1] != 2 || p.over() || p.last.Done != len(p.plan.Phases)-2 {
		t.Errorf("the upgrade went on without being woken: %s", p.last.Happening)
	}
}
