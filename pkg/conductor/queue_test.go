package conductor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

const trialSHA = "3333333333333333333333333333333333333333"

// queuedBy is the open merge request !5 in the queue, alone on the tip, as planned.
func queuedBy(u forge.User) func(*State) {
	return func(s *State) {
		s.Current.Later = &forge.Later{By: u, Queue: true}
		s.Trials = []Trial{{MergeGroup: forge.MergeGroup{Head: trialSHA, Base: s.Tip, Requests: []int{5}}, Ours: 5, Holds: true}}
	}
}

func trial(edit func(*Trial)) func(*State) { return func(s *State) { edit(&s.Trials[0]) } }

func TestATrialIsGreenOnlyWhereAMergeMayBe(t *testing.T) {
	evening := func(s *State) {
		s.Now = time.Date(2026, 3, 9, 22, 30, 0, 0, time.UTC)
		s.Seen = s.Now
	}
	verdict := func(v checks.Verdict) func(*State) { return func(s *State) { s.Gate.Result.Verdict = v } }
	for _, tc := range []struct {
		name  string
		edits []func(*State)
		want  forge.CheckState
		says  string
	}{
		{"a person put it there", []func(*State){queuedBy(ana)}, forge.Success, ""},
		{"nobody knows who put it there", []func(*State){queuedBy(forge.User{})}, forge.Success, ""},
		{"a person put it there in a freeze", []func(*State){queuedBy(ana), frozen}, forge.Success, ""},
		{"the bot put it there", []func(*State){auto, queuedBy(me)}, forge.Success, ""},
		{"the bot put it there and a freeze began", []func(*State){auto, queuedBy(me), frozen}, forge.Failure, "frozen"},
		{"the bot put it there, in a window", []func(*State){auto, nights, evening, queuedBy(me)}, forge.Success, ""},
		{"promoted", []func(*State){claimed, queuedBy(me)}, forge.Success, ""},
		{"the promotion was taken back", []func(*State){queuedBy(me)}, forge.Failure, "nobody promotes it any more"},
		{"people merge by now", []func(*State){manual, queuedBy(me)}, forge.Failure, "nobody promotes it any more"},
		{"it fails", []func(*State){queuedBy(ana), verdict(checks.Fail)}, forge.Failure, ""},
		{"it waits", []func(*State){queuedBy(ana), verdict(checks.Wait)}, forge.Failure, ""},
		{"it is not known", []func(*State){queuedBy(ana), verdict(checks.Unknown)}, forge.InProgress, ""},
		{"it was seen too long ago", []func(*State){queuedBy(ana), func(s *State) { s.Seen = s.Now.Add(-s.MaxGap - 1) }}, forge.InProgress, ""},
		{"it soaks", []func(*State){queuedBy(ana), soaks(noon.Add(time.Minute))}, forge.Failure, ""},
		{"it is paused", []func(*State){queuedBy(ana), func(s *State) { s.Turn.Paused = 12 }}, forge.Failure, ""},
		{"another tree", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Holds = false })}, forge.Failure, "would not give what is planned"},
		{"others are ahead", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Ahead = true })}, forge.InProgress, "ahead of !5"},
		{"another merge request of the bot", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Ours = 3; t.Requests = []int{3} })}, forge.Failure, "!3 is not what comes next"},
		{"nothing of the bot's", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Ours = 0; t.Requests = []int{7} }), verdict(checks.Fail)}, forge.Success, "nothing of the bot's"},
		{"behind ours", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Requests = []int{5, 7} })}, forge.Success, ""},
		{"behind ours that fails", []func(*State){queuedBy(ana), trial(func(t *Trial) { t.Requests = []int{5, 7} }), verdict(checks.Fail)}, forge.InProgress, "until !5 is out of the queue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := open(tc.edits...)
			got := s.trialCheck(s.Trials[0])
			if got.State != tc.want || !strings.Contains(got.Title, tc.says) {
				t.Errorf("got %s: %s, want %s and %q in it", got.State, got.Title, tc.want, tc.says)
			}
			stated := false
			for _, a := range Decide(s) {
				check, is := a.(TrialCheck)
				stated = stated || is && check.SHA == trialSHA && check.Check == got
				if _, merges := a.(Merge); merges {
					t.Errorf("it is merged beside the queue")
				}
			}
			if !stated {
				t.Error("it is not stated")
			}
			got.By = me
			s.Trials[0].Checks = []forge.Check{got}
			for _, a := range Decide(s) {
				if _, again := a.(TrialCheck); again {
					t.Error("it is stated again")
				}
			}
		})
	}
}

// mergesLater takes every merge and never makes it, and does not tell.
type mergesLater struct {
	forge.Forge
	asked int
}

func (l *mergesLater) Merge(context.Context, int, forge.MergeOptions) (forge.MergeResult, error) {
	l.asked++
	return forge.MergeResult{Queued: true}, nil
}

func TestAForgeThatMergesLaterIsAskedOnceALook(t *testing.T) {
	l := newLab(t, "git")
	l.edit = func(s *Settings) { s.Merge = Auto }
	f := &mergesLater{Forge: l.bot}
	c := l.conductorAs(f)
	l.until(c, "the forge is asked to merge", func(Status) bool { return f.asked > 0 })
	if f.asked != 1 {
		t.Errorf("it was asked %d times in one look", f.asked)
	}
	l.pass(30 * time.Second)
	if l.look(c); f.asked != 2 {
		t.Errorf("it was asked %d times in two looks: what fell out of the queue must get in again", f.asked)
	}
	if got := l.get(1); got.State != forge.Open {
		t.Errorf("got %+v, want it open", got)
	}
}
