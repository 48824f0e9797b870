// Package demo walks one environment through a whole upgrade in one process and at speed.
//
// Everything but the cluster and the reviewer is the product: the planner, the conductor, the gates, a local forge with real branches and real
// merge commits. The cluster is simulated (internal/sim) and its time is synthetic; the reviewer is played: she approves each merge request and
// comments /canary promote, and the conductor merges once the gate is green. At the end the tree on the target branch is held, byte for byte, against
// the tree that a plain bump of the release would have left.
package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// Names of those who act.
const (
	Bot      = "linnet"
	Reviewer = "reviewer"
)

// Soak is how long gates must stay green here. Real upgrades wait longer; the arithmetic is the same.
var Soak = planner.Soak{Wave: 4 * time.Minute, Gateway: 4 * time.Minute, Bump: 4 * time.Minute, Cleanup: 15 * time.Minute}

// Tick is how much simulated time goes by between two looks; a soak allows a minute.
const Tick = 45 * time.Second

const (
	settle    = 15 * time.Minute // for the cluster to come up before the upgrade
	mostLooks = 2000             // enough for forty phases; more means that the upgrade is stuck
)

// start is when the story begins: any Monday morning does, and the same one each time gives the same story.
var start = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// Options say what is upgraded.
type Options struct {
	Dir         string    // an empty folder, for the forge
	Repository  tree.Tree // the customer's GitOps repository
	Environment string    // id of the environment in it
	To, Why     string
	Policy      planner.Policy // its Soak is replaced
	Material    planner.Material
	Releases    sim.Releases     // for the simulated cluster
	Packages    release.Packages // for the simulated cluster; nil = stand-ins
	Show        func(Event)      // called at each look

	RollbackAt string // name or number of the phase after which the reviewer turns the upgrade round; "" = it goes to its end

	Misbehave string // name of a sim.Misbehaviour that the cluster begins with; "" = it behaves
	// Pace is the real time between two looks of an interactive demo, in which people review and nobody is played; 0 = not interactive. Start must then be
	// long past, since the story's time runs faster than theirs.
	Pace     time.Duration
	Start    time.Time // of the story; zero = the same Monday each time
	Recorder conductor.Recorder
	// Stage makes the forge that the play is held on, with the files on its branch main, where one approval and the bot's gate are required for a merge.
	// nil = a local forge in Dir.
	Stage func(files tree.Tree, now func() time.Time) (Forge, error)
}

// Event is one look at the upgrade.
type Event struct {
	Elapsed time.Duration // simulated time since the upgrade began
	Status  conductor.Status
	Proxies []Proxies
	Stopped bool // a misbehaviour has stopped the upgrade, and somebody heals the cluster now
}

// Proxies counts the proxies that are connected to one control plane.
type Proxies struct {
	Plane checks.ControlPlane
	Count int
}

// Outcome is what the demo proves.
type Outcome struct {
	Plan     planner.Plan
	Status   conductor.Status
	Final    tree.Tree // on the target branch after the last merge
	Elapsed  time.Duration
	Looks    int
	StandIns []string  // charts that were not at hand, and what stood in for them
	Open     int       // times that a gate was open, each held against what the cluster knows of itself
	Requests int       // merge requests that were opened
	Trouble  *Trouble  // nil = the cluster behaved
	Turn     *Turn     // nil = it was not turned round
	Truth    sim.Truth // of the cluster at the end
}

// Run plays the upgrade.
func Run(ctx context.Context, o Options) (out Outcome, err error) {
	o.Policy.Soak = Soak
	if o.Policy.Kubernetes == "" {
		o.Policy.Kubernetes = sim.Kubernetes
	}
	if o.Start.IsZero() {
		o.Start = start
	}
	plan, err := planner.Make(planner.Input{Tree: o.Repository, Environment: o.Environment, To: o.To, Why: o.Why, Policy: o.Policy, Material: o.Material})
	if err != nil {
		return Outcome{}, err
	}
	after, err := turnAfter(plan, o.RollbackAt)
	if err != nil {
		return Outcome{}, err
	}
	s, err := newStage(o)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { err = errors.Join(err, s.leave()) }()
	s.plan, s.after = plan, after
	looks, err := s.play(ctx)
	if err != nil {
		return Outcome{}, err
	}
	head, err := s.bot.Head(ctx, "main")
	if err != nil {
		return Outcome{}, err
	}
	final, err := s.bot.Tree(ctx, head)
	if err != nil {
		return Outcome{}, err
	}
	requests, err := s.bot.Find(ctx, forge.Query{})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Plan: plan, Status: s.last, Final: final, Elapsed: s.cluster.Now().Sub(s.began), Looks: looks, StandIns: s.cluster.StandIns(),
		Open: s.open, Requests: len(requests), Trouble: s.trouble, Turn: s.turn, Truth: s.cluster.Truth()}, nil
}

// stage holds the actors.
type stage struct {
	Options
	bot       forge.Forge
	reviewer  Person
	leave     func() error
	cluster   *sim.Cluster
	conductor *conductor.Conductor
	began     time.Time
	pushed    string       // head that the cluster follows
	reviewed  map[int]bool // merge requests that the reviewer has seen
	last      conductor.Status

	plan        planner.Plan // as it was made before anything misbehaved
	open        int          // gates that were open
	trouble     *Trouble
	after       int       // phase after which it is turned round; 0 = none
	turn        *Turn     // nil until it was
	done        int       // phases that were in at the last look
	looked      time.Time // when the bot looked last
	closedSince time.Time // when the gate was last seen open, or a phase merged
}

func newStage(o Options) (*stage, error) {
	s := &stage{Options: o, reviewed: map[int]bool{}}
	initial := o.Repository
	var misbehave []string
	if o.Misbehave != "" {
		m, err := sim.MisbehaviourNamed(o.Misbehave)
		if err != nil {
			return nil, err
		}
		s.trouble, misbehave = &Trouble{Misbehaviour: m}, []string{m.Name}
		if m.Edit != nil {
			initial = m.Edit(initial, o.Environment)
		}
	}
	var err error
	if s.cluster, err = sim.New(sim.Options{Start: o.Start, Misbehave: misbehave, Environment: o.Environment, Releases: o.Releases, Packages: o.Packages, Kubernetes: o.Policy.Kubernetes, Seed: 1}); err != nil {
		return nil, err
	}
	if o.Stage == nil {
		o.Stage = localStage(filepath.Join(o.Dir, "forge"))
	}
	f, err := o.Stage(initial, s.cluster.Now)
	if err != nil {
		return nil, err
	}
	s.bot, s.reviewer, s.leave = f.Bot, f.Reviewer, f.Close
	seen := s.bot
	if s.interactive() {
		seen = storyTime{Forge: s.bot, now: s.cluster.Now, last: func() time.Time { return s.looked }, seen: map[time.Time]time.Time{}}
	}
	s.conductor, err = conductor.New(conductor.Settings{
		Environment: o.Environment, Forge: seen, MaxGap: 2 * Tick, Observer: s, Material: o.Material, Policy: o.Policy, Now: s.cluster.Now,
		Choose: s.choose, Recorder: o.Recorder, Plan: s.makePlan, Words: f.Words,
		Requests: forge.Policy{Labels: []string{"istio-canary"}, Reviewers: []string{Reviewer}},
	})
	if err != nil {
		return nil, errors.Join(err, s.leave())
	}
	return s, nil
}

// Observe shows the simulated cluster to the conductor.
func (s *stage) Observe(context.Context) (*checks.Observation, error) {
	return s.cluster.Observe(), nil
}

// choose names the demo's target once, and nothing after it.
func (s *stage) choose(_ context.Context, current string) (to, why string, err error) {
	if current == s.To {
		return "", "this is the release the demo was to reach", nil
	}
	return s.To, s.Why, nil
}

// makePlan gives the plan that was made before the play began, as long as the files are those.
func (s *stage) makePlan(in planner.Input) (planner.Plan, error) {
	if in.To == s.To && in.Environment == s.Environment && in.Tree.Equal(s.Repository) {
		return s.plan, nil
	}
	return planner.Make(in)
}

// play goes on until the upgrade is finished.
func (s *stage) play(ctx context.Context) (looks int, err error) {
	if err := s.follow(ctx); err != nil {
		return 0, err
	}
	if err := s.cluster.Advance(settle); err != nil {
		return 0, err
	}
	s.began = s.cluster.Now()
	s.closedSince, s.looked = s.began, s.began
	for looks = 1; looks <= mostLooks || s.interactive(); looks++ {
		if err := s.pause(ctx); err != nil {
			return looks, err
		}
		if s.last, err = s.conductor.Look(ctx); err != nil {
			return looks, err
		}
		s.looked = s.cluster.Now()
		if s.Show != nil {
			s.Show(Event{Elapsed: s.cluster.Now().Sub(s.began), Status: s.last, Proxies: count(s.cluster.Observe())})
		}
		if err := s.hold(); err != nil {
			return looks, err
		}
		switch {
		case s.last.Situation == conductor.Finished || s.last.Situation == conductor.Idle && s.last.Done > 0:
			return looks, nil
		case s.isBack():
			return looks, s.rest(ctx)
		case s.last.Failed() && s.trouble == nil && !s.interactive():
			return looks, fmt.Errorf("the upgrade stopped: %s", s.last.Happening)
		}
		if err := s.lookAfter(ctx); err != nil {
			return looks, err
		}
		if err := s.turnRound(ctx); err != nil {
			return looks, err
		}
		if err := s.review(ctx); err != nil {
			return looks, err
		}
		if err := s.follow(ctx); err != nil {
			return looks, err
		}
		if err := s.cluster.Advance(Tick); err != nil {
			return looks, err
		}
	}
	return looks, fmt.Errorf("the upgrade did not finish within %d looks: %s", mostLooks, s.last.Happening)
}

func (s *stage) interactive() bool { return s.Pace > 0 }

// pause waits until the next look is due.
func (s *stage) pause(ctx context.Context) error {
	if !s.interactive() {
		return ctx.Err()
	}
	due := time.NewTimer(s.Pace)
	defer due.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-due.C:
		return nil
	}
}

// hold compares gates with what the cluster knows of itself: the one that the bot has just merged by, and the one that is open now. A gate that is wrong to
// be open ends the demo: it would be a fault of Linnet.
func (s *stage) hold() error {
	if s.turn != nil {
		return s.holdBack()
	}
	for done := s.done; done < s.last.Done; done++ {
		if s.last.Phases[done].MergedBy == Bot {
			if err := s.holdOne(done); err != nil {
				return err
			}
		}
	}
	if open(s.last) {
		return s.holdOne(s.last.Done)
	}
	return nil
}

func (s *stage) holdOne(done int) error {
	s.open++
	if denied := Denied(s.plan, done, s.pushed, s.cluster.Truth()); len(denied) > 0 {
		return fmt.Errorf("the gate after %d phases is open and ought not to be: %s", done, strings.Join(denied, "; "))
	}
	return nil
}

// follow lets the cluster's Flux see the target branch.
func (s *stage) follow(ctx context.Context) error {
	head, err := s.bot.Head(ctx, "main")
	if err != nil || head == s.pushed {
		return err
	}
	files, err := s.bot.Tree(ctx, head)
	if err != nil {
		return err
	}
	s.cluster.Push(head, files)
	s.pushed = head
	return nil
}

// review plays the person who reads each merge request once.
func (s *stage) review(ctx context.Context) error {
	number := s.last.Request
	onward := s.after > 0 && s.last.Done == s.after && !strings.HasPrefix(s.last.Phase, "back-") // what comes after the turn is nobody's business
	if s.interactive() || number == 0 || s.reviewed[number] || onward {
		return nil
	}
	request, err := s.reviewer.Get(ctx, number)
	if err != nil || request.State != forge.Open {
		return err
	}
	if err := s.reviewer.Approve(ctx, number, request.Head); err != nil {
		return err
	}
	if _, err := s.reviewer.AddComment(ctx, number, "/canary promote"); err != nil {
		return err
	}
	s.reviewed[number] = true
	return nil
}

// count sums the connections of every istiod by revision and version, the built-in one first.
func count(o *checks.Observation) []Proxies {
	var all []Proxies
	for _, istiod := range o.Istiods {
		plane := checks.ControlPlane{Revision: istiod.Revision, Version: istiod.Version}
		found := false
		for i := range all {
			if all[i].Plane == plane {
				all[i].Count += len(istiod.Connections)
				found = true
			}
		}
		if !found {
			all = append(all, Proxies{plane, len(istiod.Connections)})
		}
	}
	slices.SortFunc(all, func(a, b Proxies) int {
		if builtIn := a.Plane.Revision == "default"; builtIn != (b.Plane.Revision == "default") {
			if builtIn {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Plane.Revision+a.Plane.Version, b.Plane.Revision+b.Plane.Version)
	})
	return all
}
