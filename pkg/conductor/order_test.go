package conductor

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var proving = planner.Course{
	From: planner.Version{Release: "3.18.0"}, To: planner.Version{Release: "3.19.0"},
	Waves: []planner.CourseWave{{Name: "a"}, {Name: "b"}}, Gateways: []string{"public"},
}

// finishedWalk is an environment that went through this course and is there.
func finishedWalk(course planner.Course) ahead {
	w := walk{release: "3.19.0", last: 9, over: begin, course: course, passed: map[string]ProvedPhase{}}
	for i, phase := range course.Phases() {
		w.passed[phase.Name] = ProvedPhase{Request: i + 1, Merged: begin.Add(time.Duration(i-20) * time.Hour)}
	}
	return ahead{environment: "dev", release: "3.19.0", walks: []walk{w}}
}

func TestOnlyWhatWasFinishedAndStillStandsIsProved(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*ahead)
		proved bool
		why    string // in the way of 3.19.0
		person bool   // has to do something
	}{
		{"finished", func(*ahead) {}, true, "", false},
		{"gone on since", func(a *ahead) { a.release, a.underway = "3.20.0", "3.21.0" }, true, "", false},
		{"its files cannot be read", func(a *ahead) { a.unreadable = "no such folder" }, false, "its files cannot be read: no such folder", true},
		{"back to where it was", func(a *ahead) { a.release = "3.18.0" }, false, "it had finished it at 2026-03-09 08:00 UTC as !9 and is back at 3.18.0", false},
		{"back, and on its way again", func(a *ahead) { a.release, a.underway = "3.19.0", "3.19.0" }, false, "it is on its way there", false},
		{"the last gate is not green yet", func(a *ahead) { a.walks[0].over = time.Time{} }, false, "its last phase is merged as !9, and its last gate has not been seen green yet", false},
		{"bumped by hand", func(a *ahead) { a.walks = nil }, false, "it is there, but no merge request of the bot for the phase cleanup brought it there", true},
		{"bumped past it by hand", func(a *ahead) { a.walks, a.release = nil, "3.20.0" }, false, "it is at 3.20.0 and went there past it", true},
		{"ended by hand", func(a *ahead) { a.walks[0].over, a.walks[0].last = time.Time{}, 0 }, false, "no merge request of the bot for the phase cleanup", true},
		{"not begun", func(a *ahead) { a.walks, a.release = nil, "3.18.0" }, false, "it is still at 3.18.0", false},
		{"on its way", func(a *ahead) { *a = ahead{environment: "dev", release: "3.18.0", underway: "3.19.0"} }, false, "it is on its way there", false},
		{"on its way back", func(a *ahead) {
			*a = ahead{environment: "dev", release: "3.18.0", underway: "3.19.0", walks: []walk{{release: "3.19.0", back: true}}}
		}, false, "it is on its way there and has taken a phase back", false},
		{"taken back", func(a *ahead) {
			*a = ahead{environment: "dev", release: "3.18.0", walks: []walk{{release: "3.19.0", back: true}}}
		}, false, "it took it back and is at 3.18.0", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := finishedWalk(proving)
			tc.change(&a)
			if got := len(a.proofs("3.18.0")) == 1; got != tc.proved {
				t.Errorf("proved: got %t, want %t", got, tc.proved)
			}
			if tc.proved {
				return
			}
			why, remedy := a.missing("3.19.0", "prod", forge.Words{})
			if !strings.Contains(why, tc.why) || (remedy != "") != tc.person {
				t.Errorf("got %q and %q, want %q", why, remedy, tc.why)
			}
		})
	}
	if got := finishedWalk(proving).proofs("3.19.0"); len(got) != 0 {
		t.Errorf("who is there already has nothing to take from it: %+v", got)
	}
}

func TestPhasesAreTheSameWhereTheSameIsDoneInTheSameOrder(t *testing.T) {
	plan := func(change func(*planner.Course)) planner.Plan {
		course := proving
		change(&course)
		p := planner.Plan{Environment: "prod"}
		for i, phase := range course.Phases() {
			p.Phases = append(p.Phases, planner.Phase{Number: i + 1, Name: phase.Name, Kind: phase.Kind})
		}
		return p
	}
	for _, tc := range []struct {
		name   string
		change func(*planner.Course)
		want   string
	}{
		{"the same", func(*planner.Course) {}, ""},
		{"other waves", func(c *planner.Course) { c.Waves = []planner.CourseWave{{Name: "x"}, {Name: "y"}, {Name: "z"}} }, ""},
		{"more gateways", func(c *planner.Course) { c.Gateways = []string{"public", "private"} }, ""},
		{"one merge request for two phases", func(c *planner.Course) { c.Combine = true }, ""},
		{"the CNI too", func(c *planner.Course) { c.CNI = true }, "the phases are not the same: only prod has cni"},
		{"no gateway", func(c *planner.Course) { c.Gateways = nil }, "the phases are not the same: only dev has gateway, home-gateway"},
		{"no wave and the CNI", func(c *planner.Course) { c.Waves, c.CNI = nil, true }, "the phases are not the same: only prod has cni; only dev has wave, home"},
	} {
		proof := finishedWalk(proving).proofs("3.18.0")[0]
		if got := proof.differs(plan(tc.change)); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestProofTellsWhenAPhaseWasPassed(t *testing.T) {
	a := finishedWalk(proving)
	delete(a.walks[0].passed, "canary")
	proof := a.proofs("3.18.0")[0]
	combined := proving
	combined.Combine = true
	for _, tc := range []struct {
		proof Proof
		phase planner.Phase
		want  string
	}{
		{proof, planner.Phase{Name: "crds", Kind: planner.CRDs}, "dev passed crds at 2026-03-08 12:00 UTC as !1."},
		{proof, planner.Phase{Name: "canary", Kind: planner.Canary}, "dev passed canary by hand, without a merge request."},
		{proof, planner.Phase{Name: "wave-x", Kind: planner.Wave}, "dev has no phase of this name; it passed wave-a at 2026-03-08 14:00 UTC as !3, wave-b at 2026-03-08 15:00 UTC as !4."},
		{finishedWalk(combined).proofs("3.18.0")[0], planner.Phase{Name: "crds", Kind: planner.CRDs}, "dev has no phase of this name; it passed canary at 2026-03-08 12:00 UTC as !1."},
		{proof, planner.Phase{Name: "cni", Kind: planner.CNI}, ""},
	} {
		if got := tc.proof.passed(tc.phase, forge.Words{}); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.phase.Name, got, tc.want)
		}
	}
}
