package conductor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// What people do, as in people_test.go, while the upgrade goes back.

// goingBack is a lab in which two phases are in and !4, which takes the second back, is open.
func goingBack(t *testing.T) (*lab, *Conductor) {
	t.Helper()
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	l.look(c)
	l.say("/canary rollback")
	if s := l.look(c); s.Request != 4 {
		t.Fatalf("no step back was opened:\n%s", s.Text(80))
	}
	return l, c
}

func TestStepBackMergedByForceCountsAndWaitsForAPerson(t *testing.T) {
	l, c := goingBack(t)
	l.blindly(func() {
		if s := l.look(c); s.Situation != Waiting {
			t.Errorf("got:\n%s", s.Text(80))
		}
		if _, err := l.ana.Merge(t.Context(), 4, forge.MergeOptions{Head: l.get(4).Head}); err != nil {
			t.Fatal(err)
		}
	})
	if s := l.look(c); s.Done != 1 || s.Situation != Around {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(4, "Phase 2 of 14, canary, is taken back as", "by `ana`", "`/canary rollback` takes phase 1, crds, back.")
}

func TestHumanCommitOnTheBranchOfAStepBackStopsTheBot(t *testing.T) {
	l, c := goingBack(t)
	l.say("/canary promote")
	mine := l.commit(l.ana, l.get(4).Source, map[string]string{"dev/extra.yaml": "a: b\n"})
	if s := l.look(c); s.Situation != Stopped || !strings.Contains(s.Happening, mine[:8]) || l.get(4).Head != mine {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(4, "Take that commit off the branch again, or merge !4 by hand")
}

func TestStepBackThatAPersonClosesStaysClosedUntilItIsReopened(t *testing.T) {
	l, c := goingBack(t)
	if err := l.ana.Close(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	s := l.look(c)
	if s.Situation != Stopped || !strings.Contains(s.Text(200), "Reopen !4 to go on, or comment `/canary resume` or `/canary abort` below !4.") {
		t.Errorf("got:\n%s", s.Text(200))
	}
	l.quietLook("it stays closed")
	if err := l.ana.Reopen(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	l.ready(c, 4)
}

func TestStepBackThatWasClosedGoesForwardByResume(t *testing.T) {
	l, c := goingBack(t)
	if err := l.ana.Close(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	l.look(c)
	l.say("/canary resume")
	if s := l.ready(c, 5); s.Done != 2 || !strings.HasPrefix(l.get(5).Source, "linnet/dev/3.19.0/2-03-wave-") {
		t.Errorf("got %s:\n%s", l.get(5).Source, s.Text(80))
	}
}

// Somebody reverts the merge that took a phase back: the phase is in again.
func TestStepBackThatSomebodyTookBackStopsTheBot(t *testing.T) {
	l, c := goingBack(t)
	two := l.main()
	l.ready(c, 4)
	l.say("/canary promote")
	l.look(c)
	l.bring(two)
	s := l.look(c)
	if s.Situation != Stopped || s.Done != 2 || !strings.Contains(s.Happening, "!4 took phase canary back, but main holds it again") {
		t.Errorf("got:\n%s", s.Text(100))
	}
	if text := oneLine(s.Text(200)); !strings.Contains(text, "Take it back once more (revert the revert), or comment `/canary resume` below !4 to go forward") {
		t.Errorf("got:\n%s", text)
	}
	l.quietLook("nothing to do")
	l.say("/canary resume")
	if s := l.ready(c, 5); s.Done != 2 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

// bring pushes a tree to main as a person does.
func (l *lab) bring(files tree.Tree) {
	l.Helper()
	tip, err := l.ana.Head(l.Context(), "main")
	if err != nil {
		l.Fatal(err)
	}
	if _, err := l.ana.Commit(l.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "By hand\n", Changes: l.main().Changes(files)}); err != nil {
		l.Fatal(err)
	}
}

// The phase is reverted in Git while the bot's own step back is open: that is what it was to do.
func TestPhaseTakenBackByHandBesideTheStepBackCountsAsTakenBack(t *testing.T) {
	l, c := goingBack(t)
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	l.bring(plan.Back.After)
	s := l.look(c)
	if s.Done != 1 || s.Situation != Around || l.get(4).State == forge.Open {
		t.Errorf("!4 is %s:\n%s", l.get(4).State, s.Text(100))
	}
	l.quietLook("a person says how it goes on")
	l.say("/canary resume")
	l.ready(c, 5)
}

func TestCanaryFolderThatSomebodyEditsOnTheWayBackIsRefused(t *testing.T) {
	l, c := goingBack(t)
	l.commit(l.ana, "main", map[string]string{"dev/istio-canary/bigbang-values.yaml": "mine: true\n"})
	if s := l.look(c); s.Situation != Refused || !strings.Contains(s.Text(80), "dev/istio-canary/bigbang-values.yaml") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(4, "No plan can be made", "bigbang-values.yaml")
	if l.get(4).State != forge.Open {
		t.Error("it was closed")
	}
}

func TestReleaseMovedByHandInMidUpgradeIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		start   func(*testing.T) (*lab, *Conductor)
		open    int
		release string
		says    string
	}{
		{"forward, to another one", oneIn, 2, "3.18.1", "The upgrade under way went out from Big Bang 3.18.0, but dev now says 3.18.1; somebody else moved the release"},
		{"forward, to the one that it goes to", oneIn, 2, "3.19.0", "Base/kustomization.yaml is not as phase crds left it"},
		{"back, to another one", goingBack, 4, "3.18.1", "The upgrade under way went out from Big Bang 3.18.0, but dev now says 3.18.1; somebody else moved the release"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, c := tc.start(t)
			was := l.file("base/kustomization.yaml")
			l.commit(l.ana, "main", map[string]string{"base/kustomization.yaml": strings.ReplaceAll(was, "3.18.0", tc.release)})
			s := l.look(c)
			if s.Situation != Refused || !s.Failed() || !strings.Contains(oneLine(s.Text(200)), tc.says) || l.get(tc.open).State != forge.Open {
				t.Errorf("!%d is %s:\n%s", tc.open, l.get(tc.open).State, s.Text(100))
			}
			l.wantNote(tc.open, "No plan can be made", tc.says)
			if got := l.check(tc.open); got.State != forge.ActionRequired {
				t.Errorf("the check is %s", got.State)
			}
			l.quietLook("it was said")
			l.commit(l.ana, "main", map[string]string{"base/kustomization.yaml": was})
			l.ready(c, tc.open)
		})
	}
}

// oneIn is a lab in which the first phase is in and !2, the next, is open.
func oneIn(t *testing.T) (*lab, *Conductor) {
	t.Helper()
	l, c := opened(t)
	l.on(c, 1)
	l.look(c)
	return l, c
}

// Right after canary the files of a bump by hand are, byte for byte, those of an upgrade whose every wave is home: only the gate before cleanup can tell.
func TestReleaseMovedByHandToTheTargetAfterCanaryIsTheWholeWayAtOnce(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	l.look(c)
	l.commit(l.ana, "main", map[string]string{"base/kustomization.yaml": strings.ReplaceAll(l.file("base/kustomization.yaml"), "3.18.0", "3.19.0")})
	s := l.look(c)
	if s.Done != 13 || s.Phase != "cleanup" || s.Situation != Waiting || l.get(3).State != forge.Closed {
		t.Errorf("got:\n%s", s.Text(100))
	}
	l.pass(10 * time.Minute)
	s = l.look(c)
	if text := oneLine(s.Text(300)); s.Situation == Ready || !strings.Contains(text, "runs 1.28.3, wanted 1.29.0") {
		t.Errorf("got:\n%s", s.Text(160))
	}
}

func TestBranchThatAPersonMadeInPlaceOfAStepBackIsNotTouched(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	l.look(c)
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	commit := forge.NewCommit{Branch: "linnet/dev/3.19.0/1-02-back-canary", Create: true, Parent: tip, Message: "Mine\n", Changes: treeChange("dev/x.yaml", "a: b\n")}
	if _, err := l.ana.Commit(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
	l.say("/canary rollback")
	if s := l.look(c); s.Situation != Stopped || !strings.Contains(s.Text(80), "Delete the branch") || l.newest() != 3 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestNewerReleaseDoesNotBeginAnythingWhileAnUpgradeIsTakenBack(t *testing.T) {
	l, _ := goingBack(t)
	l.edit = func(s *Settings) {
		s.Choose = func(context.Context, string) (string, string, error) { return "3.18.1", "newer, or so it says", nil }
	}
	c := l.conductor()
	l.ready(c, 4)
	l.say("/canary promote")
	l.look(c)
	l.say("/canary rollback")
	l.ready(c, 5)
	l.say("/canary promote")
	for range 3 {
		if s := l.look(c); s.Done != 0 || s.Request != 0 || l.newest() != 5 {
			t.Fatalf("%d merge requests:\n%s", l.newest(), s.Text(100))
		}
		l.pass(time.Minute)
	}
}

func TestReopenedRequestThatIsNotNextIsClosedAgain(t *testing.T) {
	l, c := goingBack(t)
	if err := l.ana.Reopen(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Request != 4 || l.get(3).State != forge.Closed || l.get(4).State != forge.Open {
		t.Errorf("!3 is %s, !4 is %s:\n%s", l.get(3).State, l.get(4).State, s.Text(100))
	}
	comments, err := l.bot.Comments(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if note, _ := forge.Note(comments, forge.User{ID: "linnet"}, closedNote); !strings.Contains(note, "The upgrade `dev/3.19.0` goes back: phase 2, canary, is taken back next, in a merge request of its own.") {
		t.Errorf("!3 does not say why it was closed: %q", note)
	}
	l.quietLook("it was said")
}

// What is said below a merge request of one environment is nothing to the other.
func TestTwoEnvironmentsGoTheirOwnWays(t *testing.T) {
	l := newLab(t, "helmRepo")
	l.plans = nil
	dev := l.conductor()
	l.edit = func(s *Settings) { s.Environment = "prod" }
	prod := l.conductor()
	l.look(dev)
	l.look(prod)
	if got := l.get(1).Source + " " + l.get(2).Source; got != "linnet/dev/3.19.0/1-01-crds linnet/prod/3.19.0/1-01-crds" {
		t.Fatalf("opened were %s", got)
	}
	start := l.main()
	l.comment(l.ana, 1, "/canary pause")
	l.comment(l.ana, 2, "/canary promote")
	look := func(wantDev, wantProd Situation, prodDone int) {
		t.Helper()
		if s := l.look(dev); s.Situation != wantDev || s.Done != 0 || l.get(1).State != forge.Open {
			t.Errorf("dev:\n%s", s.Text(100))
		}
		if s := l.look(prod); s.Situation != wantProd || s.Done != prodDone {
			t.Errorf("prod:\n%s", s.Text(100))
		}
	}
	look(Paused, Waiting, 1)
	look(Paused, Waiting, 1)
	for _, change := range start.Changes(l.main()) {
		if !strings.HasPrefix(change.Path, "prod/") {
			t.Errorf("the upgrade of prod changed %s", change.Path)
		}
	}
	if got := l.get(3).Source; got != "linnet/prod/3.19.0/1-02-canary" {
		t.Errorf("the third is %s", got)
	}
	l.comment(l.ana, 3, "/canary rollback")
	l.look(prod)
	l.comment(l.ana, 4, "/canary promote")
	l.until(prod, "prod is back", func(s Status) bool { return s.Done == 0 && s.Situation == Around })
	if got := l.main(); !got.Equal(start) {
		t.Errorf("it is not as it was:\n%s", tree.Patch(start, got))
	}
	l.comment(l.ana, 1, "/canary resume")
	look(Ready, Around, 0)
}
