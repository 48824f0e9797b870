package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

func TestTheExitCodeOfCheckIsNeverGreenForWhatIsNot(t *testing.T) {
	gate := &checks.Result{Name: "wave-1"}
	soak := func(remaining time.Duration) *conductor.SoakStatus {
		return &conductor.SoakStatus{Need: time.Hour, Remaining: remaining}
	}
	for _, tc := range []struct {
		name  string
		phase string
		s     conductor.Status
		want  int
	}{
		{"nothing is asked", "current", conductor.Status{Situation: conductor.Idle}, 0},
		{"the upgrade is over", "current", conductor.Status{Situation: conductor.Finished}, 0},
		{"it is green", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate, Health: checks.Pass}, 0},
		{"it is green, and its phase is meant", "wave-1", conductor.Status{Situation: conductor.Ready, Phase: "wave-1", Gate: gate, Health: checks.Pass}, 0},
		{"it is green, and another phase is meant", "bump", conductor.Status{Situation: conductor.Ready, Phase: "wave-1", Gate: gate, Health: checks.Pass}, 1},
		{"it soaks", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate, Health: checks.Pass, Soak: soak(time.Second)}, 1},
		{"it has soaked", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate, Health: checks.Pass, Soak: soak(0)}, 0},
		{"its soak is skipped", "current", conductor.Status{Situation: conductor.Ready, Gate: gate, Health: checks.Pass, Soak: soak(time.Hour)}, 0},
		{"it waits", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate, Health: checks.Wait}, 1},
		{"it fails", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate, Health: checks.Fail}, 1},
		{"too little was seen", "current", conductor.Status{Situation: conductor.Waiting, Gate: gate}, 3},
		{"no gate is asked", "current", conductor.Status{Situation: conductor.Finishing}, 3},
		{"a person is wanted", "current", conductor.Status{Situation: conductor.Refused, Health: checks.Pass, Happening: "no plan can be made"}, 1},
		{"it is paused", "current", conductor.Status{Situation: conductor.Paused, Gate: gate, Health: checks.Pass, Happening: "it is paused"}, 1},
	} {
		if tc.s.Gate != nil {
			tc.s.Gate = &checks.Result{Name: "wave-1", Verdict: tc.s.Health, Reason: "so it is", Children: []checks.Result{{Name: "flux", Verdict: tc.s.Health, Reason: "so it is"}}}
		}
		if got := checkCode(tc.phase, tc.s); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
		// No report is green where the job is not, nor the other way round.
		if report := judged(tc.phase, tc.s); (report.Verdict == checks.Pass) != (tc.want == 0) || report.Verdict != checks.Pass && tc.s.Health == checks.Pass && report.Reason == "" {
			t.Errorf("%s: the report says %s, %q, and the exit code is %d", tc.name, report.Verdict, report.Reason, tc.want)
		}
	}
}

func TestTheProgressOfCheckIsOneLineThatFits(t *testing.T) {
	gate := &checks.Result{Name: "wave-1", Children: []checks.Result{{Verdict: checks.Pass}, {Verdict: checks.Wait}}}
	var out bytes.Buffer
	p := checkProgress{w: &out, live: true, width: 60}
	p.show(conductor.Status{Happening: "the mesh\n\x1b[31mmoves"}, time.Minute)
	p.show(conductor.Status{Gate: gate}, 30*time.Second)
	gate.Children = gate.Children[:1]
	p.show(conductor.Status{Gate: gate, Soak: &conductor.SoakStatus{Need: 4 * time.Minute, Remaining: time.Minute}}, 15*time.Second)
	p.tick(9 * time.Second)
	p.end()
	lines := strings.Split(strings.TrimPrefix(out.String(), "\r\x1b[K"), "\r\x1b[K")
	want := []string{"[--------------------] the mesh", "[##########----------] wave-1: 1 of 2 checks pass; looks fo", "[###############-----] wave-1: green for 3m0s of 4m0s; look", "[###############-----] wave-1: green for 3m0s of 4m0s; look", ""}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) || len([]rune(line)) >= 60 || strings.ContainsAny(line, "\x1b\n") {
			t.Errorf("line %d is %q, want %q", i, line, want[i])
		}
	}
	out.Reset()
	quiet := checkProgress{w: &out, width: 60}
	quiet.tick(time.Minute)
	quiet.show(conductor.Status{Gate: gate}, time.Minute)
	quiet.tick(time.Second)
	quiet.end()
	if out.Len() > 0 {
		t.Errorf("where it is no terminal it says %q", out.String())
	}
}
