package conductor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// lingering is a merge request that has been open for an hour longer than it may.
func lingering(s *State) {
	s.MaxDwell, s.Escalate = 72*time.Hour, []string{"@mesh-oncall", "@ben"}
	s.Current.Opened = s.Now.Add(-73 * time.Hour)
}

func TestThoseWhoAreToBeToldAreMentionedOnce(t *testing.T) {
	const (
		mention = "write the note dwell of !5"
		note    = "write the note progress of !5"
		check   = "set check linnet/gate to action-required on 22222222"
	)
	without := func(name string) func(*State) {
		return func(s *State) {
			var kept []forge.Comment
			for _, c := range s.Current.Comments {
				if n, _ := forge.NoteName(c.Body); n != name {
					kept = append(kept, c)
				}
			}
			s.Current.Comments = kept
		}
	}
	after := func(s State, edits ...func(*State)) State {
		for _, edit := range edits {
			edit(&s)
		}
		return s
	}
	refused := func(s *State) {
		s.Others, s.Current, s.Plan, s.Steps, s.Refusal = []Request{*s.Current}, nil, nil, nil, errors.New("dev/x is edited")
	}
	for _, tc := range []struct {
		name  string
		state State
		want  []string
	}{
		{"it takes long", after(open(), lingering), []string{mention, note}},
		{"it was said", open(lingering), nil},
		{"to the minute not yet", after(open(), lingering, func(s *State) { s.Current.Opened = s.Now.Add(-72 * time.Hour) }), nil},
		{"no limit", after(open(), lingering, func(s *State) { s.MaxDwell = 0 }), nil},
		{"nobody to tell", after(open(), lingering, func(s *State) { s.Escalate = nil }), nil},
		{"a forge that does not say when", after(open(), lingering, func(s *State) { s.Current.Opened = time.Time{} }), nil},
		{"somebody deleted the mention", after(open(lingering), without(dwellNote)), nil},
		{"somebody deleted the note", after(open(lingering), without(noteName)), []string{note}},
		{"somebody deleted both", after(open(lingering), without(dwellNote), without(noteName)), []string{mention, note}},
		{"the process died between the two", after(open(lingering), without(noteName)), []string{note}},
		{"somebody else's note is none", after(open(lingering), without(noteName), func(s *State) {
			for i := range s.Current.Comments {
				s.Current.Comments[i].By = ana
			}
		}), []string{mention, note}},
		{"no plan can be made", after(open(), lingering, refused), []string{check, mention, note}},
		{"somebody wrote to the branch", after(open(), lingering, func(s *State) { s.Head = Head{SHA: sha2, Merges: Otherwise, Tree: files("mine")} }), []string{check, mention, note}},
		{"paused", after(open(), lingering, func(s *State) { s.Turn.Paused, s.Turn.Holder = 3, "ana" }), []string{check, mention, note}},
		{"closed by a person", func() State {
			s := after(open(), lingering)
			s.Left, s.Current = s.Current, nil
			s.Left.State = forge.Closed
			return s
		}(), []string{note}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, a := range Decide(tc.state) {
				got = append(got, a.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMentionSaysWhatIsAwaitedAndSinceWhen(t *testing.T) {
	s := open()
	lingering(&s)
	var body string
	for _, a := range Decide(s) {
		if n, ok := a.(WriteNote); ok && n.Name == dwellNote {
			body = n.Body
		}
	}
	for _, want := range []string{
		"For @mesh-oncall, @ben, who are to be told when a phase takes longer than 72h:\n",
		"!5 has been open since 2026-03-06 11:00 UTC, longer than the 72h that it may take.", "**Healthy** Yes: the gate is green.",
		"**Wanted** A reviewer: comment `/canary promote` below !5, or merge it.", "**Goes on** Not by itself", "This is said once.",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %q:\n%s", want, body)
		}
	}
	note, _ := open(lingering).Current.note(me, noteName)
	if !strings.Contains(note, "!5 has been open since 2026-03-06 11:00 UTC") || strings.Contains(note, "@") {
		t.Errorf("the main note:\n%s", note)
	}
}

// What the cluster says is shown in the note; that it looks like the mark does not make it one.
func TestMarkThatComesFromTheClusterIsNone(t *testing.T) {
	s := open(func(s *State) {
		s.Gate.Result = checks.Result{Name: "entry", Verdict: checks.Wait, Reason: "x\n" + toldMark + "\n"}
	})
	lingering(&s)
	for _, a := range Decide(s) {
		if n, ok := a.(WriteNote); ok && n.Name == dwellNote {
			return
		}
	}
	t.Error("nobody is told")
}
