package conductor

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// backwards is a state in which the second of three phases was merged as !5, and is to be taken back; nothing is on the forge for that yet.
func backwards() State {
	s := next()
	s.Done = 2
	s.Plan.Back = &planner.Phase{Number: 2, Name: "back-canary", Kind: planner.Canary, Title: "take istiod 1-29-0 away again", Before: files("canary"), After: files("crds")}
	s.Turn = Turn{Heading: Back, Attempt: 1, By: 11, Who: "ana", Taken: 11}
	s.Way = Step{Branch: "linnet/dev/3.19.0/1-02-back-canary"}
	s.Newest = &Request{MergeRequest: forge.MergeRequest{Number: 6, Source: s.Steps[2].Branch, State: forge.Closed}}
	return s
}

// stepOpen is the same with !7, the step back, open.
func stepOpen(edits ...func(*State)) State {
	s := backwards()
	s.Way.Head = sha2
	s.Current = &Request{MergeRequest: forge.MergeRequest{Number: 7, Source: s.Way.Branch, Target: "main", State: forge.Open, Head: sha2, Author: me,
		Mergeability: forge.Mergeability{Readiness: forge.Ready}}}
	s.Newest, s.Way.Request = s.Current, &s.Current.MergeRequest
	s.Head = Head{SHA: sha2, Merges: AsPlanned}
	for _, edit := range edits {
		edit(&s)
	}
	return s
}

// waysBack are states of every kind in which the upgrade goes back, stands still, or was stopped on the way.
func waysBack() map[string]State {
	waits := func(s *State) {
		s.Gate.Result = checks.Result{Name: "taken-away", Question: "nothing uses it", Verdict: checks.Wait, Reason: "2 proxies are connected to istiod 1-29-0", Stragglers: []checks.Straggler{
			{Namespace: "monitoring", Kind: "Deployment", Name: "grafana", Reason: "its pod is on 1-29-0", Remedy: "kubectl -n monitoring delete pod grafana-0"},
		}}
	}
	turned := func(done int) State {
		s := backwards()
		s.Done, s.Turn = done, Turn{Heading: Turned, Attempt: 1}
		return s
	}
	aborted := next()
	aborted.Turn, aborted.Newest = Turn{Heading: Aborted, Attempt: 1, By: 11, Who: "ana", Taken: 11}, &Request{MergeRequest: forge.MergeRequest{Number: 5, Source: aborted.Steps[1].Branch, State: forge.Closed}}
	left := func(s *State) {
		r := *s.Current
		r.State, s.Current = forge.Closed, nil
		s.Left, s.Newest = &r, &r
	}
	undone := stepOpen()
	r := undone.Current.MergeRequest
	r.State, undone.Current, undone.Way.Request = forge.Merged, nil, &r
	return map[string]State{
		"about to go back":             backwards(),
		"a step back waits":            stepOpen(waits),
		"a step back is ready":         stepOpen(),
		"turned":                       turned(1),
		"back at the start":            turned(0),
		"paused":                       open(func(s *State) { s.Newest, s.Turn = s.Current, Turn{Attempt: 1, Paused: 11, Holder: "ana", Taken: 11} }),
		"paused on the way back":       stepOpen(waits, func(s *State) { s.Turn.Paused, s.Turn.Holder = 12, "ana" }),
		"aborted":                      aborted,
		"a step back was closed":       stepOpen(left),
		"its branch was deleted":       stepOpen(left, func(s *State) { s.Way.Head, s.Head = "", Head{} }),
		"it was reverted":              undone,
		"somebody wrote to its branch": stepOpen(func(s *State) { s.Head = Head{SHA: sha2, Merges: Otherwise, Tree: files("mine")} }),
	}
}

func TestOnTheWayBackItIsToldWhoMustDoWhat(t *testing.T) {
	for name, want := range map[string]struct {
		situation Situation
		says      []string // in this order, from Happening to Next
	}{
		"about to go back": {Waiting, []string{"Happening Back 1/2: take istiod 1-29-0 away again. Its merge request is about to be opened.", "Goes on With the next look: the merge request is opened."}},
		"a step back waits": {Waiting, []string{"Happening Back 1/2: take istiod 1-29-0 away again. Merge request !7 is open.", "Healthy Not yet: 2 proxies are connected to istiod 1-29-0.",
			"In the way Deployment monitoring/grafana: its pod is on 1-29-0; kubectl", "Wanted Nobody yet; a reviewer may comment `/canary promote` now already", "Goes on When the gate is green; then it may be merged.",
			"Next After it a person says which way it goes on: back over crds too, or forward again."}},
		"a step back is ready": {Ready, []string{"Healthy Yes: the gate is green.", "Wanted A reviewer: comment `/canary promote` below !7, or merge it.", "Goes on Not by itself: a person decides."}},
		"turned": {Around, []string{"Happening The upgrade was turned round; 1 of 3 phases are in.", "Wanted - Whoever may decide: `/canary rollback` takes phase 1, crds, back. Write it below !6.",
			"- Whoever may decide: `/canary resume` goes forward, with phase 2, canary. Write it below !6.", "Goes on Not by itself."}},
		"back at the start":      {Around, []string{"Happening The upgrade was taken back; the files are, byte for byte, what they were before it.", "Wanted Whoever may decide: `/canary resume` goes forward, with phase 1, crds."}},
		"paused":                 {Paused, []string{"Happening Paused by `ana` (comment 11): nothing is opened, merged or closed. Merge request !5 stays open.", "Wanted Whoever may: comment `/canary resume` to go on. Write it below !5.", "Goes on Not before somebody resumes."}},
		"paused on the way back": {Paused, []string{"Merge request !7 stays open.", "Wanted Whoever may: comment `/canary resume` to go on. Write it below !7."}},
		"aborted": {Abandoned, []string{"Happening The upgrade was aborted by `ana` (comment 11): in the repository stay, in dev/istio-canary and its kustomization.yaml, the phase crds.",
			"Wanted - Whoever may decide: `/canary rollback` takes phase 1, crds, back. Write it below !5.", "Goes on Not by itself."}},
		"a step back was closed":       {Stopped, []string{"Happening !7 was closed by a person, so it stays closed.", "Wanted Reopen !7 to go on, or comment `/canary resume` or `/canary abort` below !7.", "Goes on Not before that is done."}},
		"its branch was deleted":       {Stopped, []string{"The branch linnet/dev/3.19.0/1-02-back-canary of !7 is gone, so somebody deleted it. It is closed.", "Wanted Bring the branch back at 22222222 and reopen !7, or comment `/canary abort` and then `/canary rollback` below !7"}},
		"it was reverted":              {Stopped, []string{"Happening !7 took phase canary back, but main holds it again", "Wanted Take it back once more (revert the revert), or comment `/canary resume` below !7"}},
		"somebody wrote to its branch": {Stopped, []string{"holds commit 22222222, which is not what was planned", "Wanted Take that commit off the branch again, or merge !7 by hand if you mean it."}},
	} {
		s := describe(waysBack()[name])
		text := oneLine(s.Text(400))
		if s.Situation != want.situation {
			t.Errorf("%s: the situation is %s, want %s", name, s.Situation, want.situation)
		}
		rest := text
		for _, says := range want.says {
			_, after, found := strings.Cut(rest, says)
			if !found {
				t.Errorf("%s: it does not say, in its place, %q:\n%s", name, says, s.Text(120))
				break
			}
			rest = after
		}
	}
}

// What is happening, is it healthy, what is in the way, who must do what, when does it go on: in this order, on every terminal and in the note.
func TestEverySituationIsToldInOrderAndFits(t *testing.T) {
	all := situations()
	maps.Copy(all, waysBack())
	labels := []string{"Happening", "Healthy", "In the way", "Wanted", "Goes on", "Next", "Comments"}
	inOrder := func(name, text, before, after string) {
		t.Helper()
		at := -1
		for i, label := range labels {
			here := strings.Index("\n"+text, "\n"+before+label+after)
			switch {
			case here < 0 && (i < 2 || label == "Goes on"):
				t.Errorf("%s: it does not say %s:\n%s", name, label, text)
			case here >= 0 && here < at:
				t.Errorf("%s: %s comes too early:\n%s", name, label, text)
			case here >= 0:
				at = here
			}
		}
	}
	for name, state := range all {
		s := describe(state)
		for _, width := range []int{40, 60, 80, 120} {
			text := s.Text(width)
			inOrder(name, text, "", " ")
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns, want %d at most: %s", name, n, width, line)
				}
			}
		}
		note := s.note()
		inOrder(name, note, "**", "**")
		_, gate, _ := strings.Cut(note, "```")
		for line := range strings.Lines(gate) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > gateColumns && !strings.HasPrefix(line, "The soak") {
				t.Errorf("%s: the gate in the note is %d columns wide, want %d at most: %s", name, n, gateColumns, line)
			}
		}
	}
}
