package conductor

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// course is an upgrade as it is planned at the start, and the trees that the way back leads through.
type course struct {
	plan planner.Plan
	back []tree.Tree // [i] = after phase i+1 was taken back, so that i phases are in
}

// courses plans each flavour once, and every step back from it. What is expected is asked of the planner alone.
var courses = map[string]func() (course, error){
	"git":      sync.OnceValues(func() (course, error) { return plannedCourse("git") }),
	"helmRepo": sync.OnceValues(func() (course, error) { return plannedCourse("helmRepo") }),
}

func plannedCourse(flavour string) (course, error) {
	in := planner.Input{Tree: tree.New(miniature.Repository(flavour)), Environment: "dev", To: "3.19.0", Policy: planner.Policy{Soak: shortSoak}, Material: material()}
	plan, err := planner.Make(in)
	if err != nil {
		return course{}, err
	}
	c := course{plan: plan, back: make([]tree.Tree, len(plan.Phases)-1)}
	in.To = ""
	for done := len(plan.Phases) - 1; done > 0; done-- {
		in.Tree = plan.Phases[done-1].After
		at, err := planner.Make(in)
		if err != nil {
			return course{}, err
		}
		c.back[done-1] = at.Back.After
	}
	return c, nil
}

func courseOf(t *testing.T, flavour string) course {
	t.Helper()
	c, err := courses[flavour]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stepBack takes the phase back that is in last: /canary rollback below the newest merge request, which opens one of its own, that is promoted, merged by the bot
// when its gate is green, and leaves the tree that was planned.
func (l *lab) stepBack(c *Conductor, way course, from int) Status {
	l.Helper()
	at := l.look(c).Done
	before := l.newest()
	l.say("/canary rollback")
	s := l.look(c)
	if s.Request != before+1 || l.newest() != before+1 {
		l.Fatalf("from phase %d, back over %d: no merge request that goes back was opened:\n%s", from, at, s.Text(100))
	}
	r := l.get(s.Request)
	if want := fmt.Sprintf("dev: back %d/%d: ", from-at+1, from); !strings.HasPrefix(r.Title, want) {
		l.Errorf("from phase %d, back over %d: the title is %q, want %q…", from, at, r.Title, want)
	}
	l.say("/canary promote")
	s = l.until(c, fmt.Sprintf("from phase %d, phase %d is taken back", from, at), func(s Status) bool { return s.Done < at })
	if merged := l.get(r.Number); s.Done != at-1 || merged.State != forge.Merged || merged.MergedBy.Name != "linnet" {
		l.Fatalf("from phase %d, back over %d: !%d is %s:\n%s", from, at, r.Number, merged.State, s.Text(100))
	}
	if got := l.main(); !got.Equal(way.back[at-1]) {
		l.Errorf("from phase %d, back over %d: the tree is another than was planned:\n%s", from, at, tree.Patch(way.back[at-1], got))
	}
	return s
}

// Promises 1 and 6 from every phase: one merge request a step, and at the end, byte for byte, the tree before the upgrade. Promises 3 and 4 are watched on the way.
func TestFromEveryPhaseTheWalkBackLeadsToTheStart(t *testing.T) {
	for flavour, phases := range map[string][]int{"git": nil, "helmRepo": {1, 4, 8, 10}} {
		if testing.Short() && flavour != "git" {
			t.Run(flavour, func(t *testing.T) { t.Skip("makes a plan for each phase; run without -short") })
			continue
		}
		way := courseOf(t, flavour)
		if phases == nil {
			for k := 1; k < len(way.plan.Phases); k++ {
				phases = append(phases, k)
			}
		}
		for _, k := range phases {
			t.Run(fmt.Sprintf("%s/%02d %s", flavour, k, way.plan.Phases[k-1].Name), func(t *testing.T) {
				if testing.Short() && k != 4 {
					t.Skip("one is walked in short tests")
				}
				l := newLab(t, flavour).guarded()
				c := l.conductor()
				start := l.main()
				l.on(c, k)
				forward := l.newest()
				if s := l.look(c); s.Request == k+1 {
					forward = k + 1
				}
				for range k {
					l.stepBack(c, way, k)
				}
				if got := l.main(); !got.Equal(start) {
					t.Errorf("promise 1: the tree after the whole way back is not the start:\n%s", tree.Patch(start, got))
				}
				if got := l.newest(); got != forward+k {
					t.Errorf("promise 6: %d merge requests, want %d on the way there and %d on the way back", got, forward, k)
				}
				l.pass(10 * time.Minute)
				l.look(c) // the note follows the gate
				if s := l.quietLook("it is back"); s.Done != 0 || s.Situation != Around {
					t.Errorf("got:\n%s", s.Text(100))
				}
			})
		}
	}
}

// Nobody waits for anything: the rollback is said as soon as the merge is done, so pods are about to roll; then, forward again, in the midst of it, while the
// next merge request is open and promoted. Each time it is one step back, and on again; and at the end the whole upgrade has left no trace.
func TestRollbackHalfWayThroughAPhase(t *testing.T) {
	for flavour, least := range map[string]int{"git": 8, "helmRepo": 3} { // times that pods roll: the waves and gateways, there and home
		t.Run(flavour, func(t *testing.T) {
			if testing.Short() {
				t.Skip("walks every phase three times; run without -short")
			}
			way := courseOf(t, flavour)
			l := newLab(t, flavour).guarded()
			c := l.conductor()
			rolling := 0
			for k := 1; k < len(way.plan.Phases); k++ {
				name := way.plan.Phases[k-1].Name
				if flavour != "git" && !slices.Contains([]int{2, 3, 7, 8, 9, 13}, k) {
					continue // sampled
				}
				for _, midst := range []bool{false, true} {
					l.on(c, k)
					if midst && l.untilRolling() {
						rolling++
					}
					at := l.look(c).Request
					if at == 0 {
						t.Fatalf("%s: the next merge request is not open", name)
					}
					promote := l.say("/canary promote")
					l.blindly(func() { l.look(c) })
					l.wantReaction(at, promote.ID, forge.Eyes)
					l.stepBack(c, way, k)
					l.wantReaction(at, promote.ID, forge.Eyes, forge.ThumbsDown)
					if got := l.get(at); got.State != forge.Closed {
						t.Errorf("%s: !%d is %s", name, at, got.State)
					}
					l.say("/canary resume")
					l.look(c)
				}
				l.on(c, k)
				if got := l.main(); !got.Equal(way.plan.Phases[k-1].After) {
					t.Fatalf("forward again the tree after %s is another:\n%s", name, tree.Patch(way.plan.Phases[k-1].After, got))
				}
			}
			if rolling < least {
				t.Errorf("pods were rolling at %d of the rollbacks only", rolling)
			}
			l.on(c, len(way.plan.Phases))
			l.until(c, "the upgrade is finished", func(s Status) bool { return s.Situation == Finished })
			if got := l.main(); !got.Equal(way.plan.InPlace) {
				t.Errorf("promise 1: the tree is not that of the in-place bump:\n%s", tree.Patch(way.plan.InPlace, got))
			}
		})
	}
}

// untilRolling lets time pass until pods roll; false where none does.
func (l *lab) untilRolling() bool {
	l.Helper()
	for range 60 {
		if len(l.cluster.Truth().Waiting) > 0 {
			return true
		}
		l.pass(2 * time.Second)
	}
	return false
}

// Whoever is in a hurry writes rollback and promote as soon as they can. What a step back takes away must not be pulled from under what an earlier merge still
// brings about: Flux may be in the midst of it.
func TestRollbackInAHurry(t *testing.T) {
	for _, tc := range []struct {
		from, steps int
		after       time.Duration
	}{{3, 3, 0}, {3, 3, 30 * time.Second}, {3, 3, 70 * time.Second}, {9, 2, 0}, {9, 2, 40 * time.Second}} {
		t.Run(fmt.Sprintf("from %d after %s", tc.from, tc.after), func(t *testing.T) {
			if testing.Short() && tc.from != 3 {
				t.Skip("walks far; run without -short")
			}
			way := courseOf(t, "git")
			l := newLab(t, "git").guarded()
			c := l.conductor()
			l.on(c, tc.from)
			l.pass(tc.after)
			for range tc.steps {
				before := l.lastMerged()
				l.stepBack(c, way, tc.from)
				if back := l.get(l.newest()); strings.Contains(back.Source, "-back-canary") || strings.Contains(back.Source, "-back-bump") {
					l.wantTakenIn(back, before)
				}
			}
			l.pass(10 * time.Minute)
		})
	}
}

// lastMerged is the merge request that was merged last.
func (l *lab) lastMerged() forge.MergeRequest {
	l.Helper()
	all := l.requests()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].State == forge.Merged {
			return all[i]
		}
	}
	l.Fatal("nothing is merged")
	return forge.MergeRequest{}
}

// wantTakenIn wants Flux to have applied, when a step back was merged, the merge that went before.
func (l *lab) wantTakenIn(back, before forge.MergeRequest) {
	l.Helper()
	_, applied, _ := strings.Cut(l.cluster.Truth().Applied, ":")
	if in, err := l.bot.IsAncestor(l.Context(), before.MergeSHA, applied); err != nil || !in {
		l.Errorf("!%d, %s, was merged while Flux was still at %.8s, before the merge of !%d (%v)", back.Number, back.Title, applied, before.Number, err)
	}
}

// Back j steps, forward again to the finish, without a trace.
func TestRollbackThatIsRolledBackReachesTheFinish(t *testing.T) {
	for _, pair := range []struct {
		flavour    string
		from, back int
	}{{"git", 13, 5}, {"git", 7, 7}, {"helmRepo", 8, 3}} {
		t.Run(fmt.Sprintf("%s/%d and %d back", pair.flavour, pair.from, pair.back), func(t *testing.T) {
			if testing.Short() {
				t.Skip("walks whole upgrades; run without -short")
			}
			way := courseOf(t, pair.flavour)
			l := newLab(t, pair.flavour).guarded()
			c := l.conductor()
			l.on(c, pair.from)
			for range pair.back {
				l.stepBack(c, way, pair.from)
			}
			l.say("/canary resume")
			l.look(c)
			l.on(c, len(way.plan.Phases))
			l.until(c, "the upgrade is finished", func(s Status) bool { return s.Situation == Finished })
			if got := l.main(); !got.Equal(way.plan.InPlace) {
				t.Errorf("promise 1: the tree is not that of the in-place bump:\n%s", tree.Patch(way.plan.InPlace, got))
			}
		})
	}
}
