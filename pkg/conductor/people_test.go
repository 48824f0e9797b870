package conductor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// opened is a lab in which the first merge request is out.
func opened(t *testing.T) (*lab, *Conductor) {
	t.Helper()
	l := newLab(t, "git")
	c := l.conductor()
	if s := l.look(c); s.Request != 1 {
		t.Fatalf("no merge request was opened:\n%s", s.Text(80))
	}
	return l, c
}

func TestMergeRequestCarriesWhatTheTeamWants(t *testing.T) {
	l := newLab(t, "git")
	l.edit = func(s *Settings) {
		s.Requests = forge.Policy{
			Labels: []string{"istio"}, Reviewers: []string{"ana"}, Title: "{{.Environment}} {{.Phase}} {{.From}}-{{.To}}",
			Trailers: map[string]string{"Signed-off-by": "Platform <p@example.com>"}, Method: forge.Squash,
		}
		s.Merge = Auto
	}
	l.until(l.conductor(), "the first is merged", func(s Status) bool { return s.Done == 1 })
	r := l.get(1)
	if r.Title != "dev crds 3.18.0-3.19.0" || strings.Join(r.Labels, " ") != "istio" || strings.Join(r.Reviewers, " ") != "ana" {
		t.Errorf("got %q, %v, %v", r.Title, r.Labels, r.Reviewers)
	}
	if r.Source != "linnet/dev/3.19.0/1-01-crds" {
		t.Errorf("the branch is %s", r.Source)
	}
	for _, want := range []string{"Phase 1 of 14 of the upgrade `dev/3.19.0`", "May be merged when", "Done when", "Taken back by", "- `dev/kustomization.yaml` (+", "Big Bang 3.18.0 to 3.19.0"} {
		if !strings.Contains(r.Description, want) {
			t.Errorf("the description does not say %q:\n%s", want, r.Description)
		}
	}
	for _, sha := range []string{r.Head, r.MergeSHA} {
		commit, err := l.bot.ReadCommit(t.Context(), sha)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Signed-off-by: Platform <p@example.com>\n", "Linnet-Upgrade: dev/3.19.0\n", "Linnet-Phase: crds\n"} {
			if !strings.Contains(commit.Message, want) {
				t.Errorf("the message of %.8s does not hold %q:\n%s", sha, want, commit.Message)
			}
		}
	}
	if commit, err := l.bot.ReadCommit(t.Context(), r.MergeSHA); err != nil || len(commit.Parents) != 1 {
		t.Errorf("the merge is no squash: %v, %v", commit.Parents, err)
	}
}

func TestHumanCommitOnTheBranchStopsTheBot(t *testing.T) {
	l, c := opened(t)
	branch := l.get(1).Source
	promote := l.comment(l.ana, 1, "/canary promote")
	mine := l.commit(l.ana, branch, map[string]string{"dev/extra.yaml": "a: b\n"})
	s := l.look(c)
	if s.Situation != Stopped || !s.Failed() || !strings.Contains(s.Happening, mine[:8]) {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(1, mine[:8], "Take that commit off the branch again")
	if got := l.check(1); got.State != forge.ActionRequired {
		t.Errorf("the check is %s", got.State)
	}
	l.pass(time.Minute)
	l.quietLook("a second look")
	if got := l.get(1); got.Head != mine || got.State != forge.Open {
		t.Errorf("the branch was written to: %s", got.Head)
	}

	t.Log("the person takes it back")
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: branch, Parent: mine, Message: "Undo\n", Changes: []tree.Change{{Path: "dev/extra.yaml", Delete: true}}}); err != nil {
		t.Fatal(err)
	}
	if s := l.ready(c, 1); s.Done != 0 {
		t.Errorf("it was merged on a word for an earlier commit:\n%s", s.Text(80))
	}
	l.wantReaction(1, promote.ID, forge.ThumbsDown)
}

func TestRequestThatAPersonClosesStaysClosedUntilItIsReopened(t *testing.T) {
	l, c := opened(t)
	if err := l.ana.Close(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s := l.look(c)
	if s.Situation != Stopped || !strings.Contains(s.Text(80), "Reopen !1 to go on, or comment `/canary abort` below !1.") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(1, "closed by a person", "Reopen !1")
	l.pass(time.Minute)
	l.quietLook("it stays closed")
	if n := len(l.requests()); n != 1 {
		t.Fatalf("%d merge requests", n)
	}
	if err := l.ana.Reopen(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s := l.ready(c, 1); s.Phase != "crds" {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestMergeByHandWithoutPromoteGoesOn(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	if _, err := l.ana.Merge(t.Context(), 1, forge.MergeOptions{Head: l.get(1).Head}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Request != 2 || s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(1, "is merged as", "by `ana`")
	l.ready(c, 2)
}

func TestRedRequestMergedByForceCountsAndTheNextGateWaits(t *testing.T) {
	l, c := oneIn(t)
	if got := l.check(2); got.State == forge.Success {
		t.Fatalf("the check of !2 is %s: nothing to force", got.State)
	}
	if _, err := l.ana.Merge(t.Context(), 2, forge.MergeOptions{Head: l.get(2).Head}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Request != 3 || s.Done != 2 || s.Situation != Waiting {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.ready(c, 3)
}

func TestClosedRequestIsLeftByRollback(t *testing.T) {
	l, c := oneIn(t)
	if err := l.ana.Close(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); !strings.Contains(oneLine(s.Text(200)), "Reopen !2 to go on, or comment `/canary rollback` or `/canary abort` below !2.") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.say("/canary rollback")
	if s := l.look(c); s.Request != 3 || !strings.HasSuffix(l.get(3).Source, "/1-01-back-crds") {
		t.Errorf("got %s:\n%s", l.get(3).Source, s.Text(80))
	}
}

func TestPhasePushedWithoutAnyRequestCountsAsIn(t *testing.T) {
	l, c := opened(t)
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	brought, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "By hand\n", Changes: plan.Phases[0].Changes()})
	if err != nil {
		t.Fatal(err)
	}
	l.pass(time.Minute)
	l.commit(l.ana, "main", map[string]string{"README.md": "later\n"})
	state, err := c.gather(t.Context(), sight{})
	if err != nil {
		t.Fatal(err)
	}
	if got := state.Gate.Merge; got.Commit != brought || !got.At.Equal(begin.Add(10*time.Minute)) {
		t.Errorf("the gate waits for %s of %s, want %s", got.Commit, got.At, brought)
	}
	if s := l.look(c); s.Done != 1 || s.Request != 2 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if got := l.get(1); got.State != forge.Closed {
		t.Errorf("!1 is %s", got.State)
	}
	comments, err := l.bot.Comments(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if note, _ := forge.Note(comments, forge.User{ID: "linnet"}, closedNote); !strings.Contains(note, "This is not the next phase of dev: that is phase 2, canary") {
		t.Errorf("!1 does not say why it was closed: %q", note)
	}
	l.ready(c, 2)
}

func TestMergedPhaseThatSomebodyTookBackStopsTheBot(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	before := l.main()
	l.comment(l.ana, 1, "/canary promote")
	l.look(c)
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "Revert\n", Changes: l.main().Changes(before)}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Situation != Stopped || !strings.Contains(s.Happening, "somebody took it back") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.quietLook("nothing to do")
	l.say("/canary abort")
	l.look(c)
	l.say("/canary resume")
	if s := l.ready(c, 3); s.Phase != "crds" {
		t.Errorf("the phase does not get another merge request:\n%s", s.Text(80))
	}
}

func TestCanaryFolderThatSomebodyEditedIsRefusedAndNothingChanges(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	l.look(c)
	l.commit(l.ana, "main", map[string]string{"dev/istio-canary/bigbang-values.yaml": "mine: true\n"})
	s := l.look(c)
	if s.Situation != Refused || !s.Failed() || !strings.Contains(s.Text(80), "dev/istio-canary/bigbang-values.yaml") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(2, "No plan can be made", "bigbang-values.yaml")
	if got := l.check(2); got.State != forge.ActionRequired || l.get(2).State != forge.Open {
		t.Errorf("check %s on a request that is %s", got.State, l.get(2).State)
	}
	l.pass(time.Minute)
	l.quietLook("it was said")
}

func TestBranchThatAPersonMadeInItsPlaceIsNotTouched(t *testing.T) {
	l := newLab(t, "git")
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	commit := forge.NewCommit{Branch: "linnet/dev/3.19.0/1-01-crds", Create: true, Parent: tip, Message: "Mine\n", Changes: treeChange("dev/x.yaml", "a: b\n")}
	if _, err := l.ana.Commit(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
	if s := l.quietLook("a branch of somebody else"); s.Situation != Stopped || !strings.Contains(s.Text(80), "Delete the branch") {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestNewerReleaseDoesNotBendWhatHasBegun(t *testing.T) {
	l, _ := opened(t)
	l.edit = func(s *Settings) {
		s.Choose = func(context.Context, string) (string, string, error) { return "3.18.1", "newer, or so it says", nil }
	}
	if s := l.ready(l.conductor(), 1); s.To.Release != "3.19.0" || len(l.requests()) != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

// brokenMaterial cannot reach its source.
type brokenMaterial struct{ planner.Material }

func (brokenMaterial) Folder(string, string) (map[string][]byte, error) { return nil, errKilled }

func TestSourceThatCannotBeReachedIsNoRefusal(t *testing.T) {
	l, _ := opened(t)
	r := &recorder{Forge: l.bot}
	c := l.conductorAs(r)
	c.Material, c.plans = brokenMaterial{c.Material}, &plans{}
	if _, err := c.Look(t.Context()); !errors.Is(err, errKilled) {
		t.Errorf("got %v", err)
	}
	if len(r.writes) > 0 {
		t.Errorf("wrote %q", r.writes)
	}
}

func TestNothingIsBegunWhereThereIsNoRelease(t *testing.T) {
	l := newLab(t, "git")
	for name, choose := range map[string]func(context.Context, string) (string, string, error){
		"empty":      func(context.Context, string) (string, string, error) { return "", "all is new", nil },
		"up to date": func(context.Context, string) (string, string, error) { return "", "", planner.ErrUpToDate },
	} {
		l.edit = func(s *Settings) { s.Choose = choose }
		if s := l.quietLook(name); s.Situation != Idle || s.GoesOn == "" {
			t.Errorf("%s: got:\n%s", name, s.Text(80))
		}
	}
	l.edit = func(s *Settings) {
		s.Choose = func(context.Context, string) (string, string, error) { return "", "", errors.New("no network") }
	}
	if _, err := l.conductor().Look(t.Context()); err == nil || err.Error() != "choose a release for dev after Big Bang 3.18.0: no network" {
		t.Errorf("got %v", err)
	}
}
