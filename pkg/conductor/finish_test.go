package conductor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// cleaned is a lab right after the last phase was merged: the cluster walks alone, driven by the plan, and only the last merge goes through the forge.
func cleaned(t *testing.T, method forge.Method) (*lab, *Conductor, planner.Plan) {
	t.Helper()
	l := newLab(t, "git")
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	last := len(plan.Phases) - 1
	for _, phase := range plan.Phases[:last] {
		tip, err := l.ana.Head(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: phase.Name + "\n", Changes: phase.Changes()}); err != nil {
			t.Fatal(err)
		}
		l.pass(5 * time.Minute)
	}
	l.edit = func(s *Settings) { s.Requests.Method = method }
	c := l.conductor()
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	return l, c, plan
}

func TestLastGateIsAskedBeforeTheUpgradeIsFinished(t *testing.T) {
	for _, method := range []forge.Method{forge.MergeCommit, forge.Squash, forge.Rebase} {
		t.Run(string(method), func(t *testing.T) {
			l, c, plan := cleaned(t, method)
			s := l.look(c)
			if s.Situation != Finishing || s.Done != len(plan.Phases) {
				t.Fatalf("got:\n%s", s.Text(80))
			}
			l.wantNote(1, "the cluster is taking it in", "flux-settled")
			if !l.main().Equal(plan.InPlace) {
				t.Errorf("the tree is not that of the in-place bump")
			}
			l.until(l.conductor(), "it is finished", func(s Status) bool { return s.Situation == Finished })
			l.wantNote(1, overMark, "**Finished** `dev/3.19.0`", "| 1 | crds | - | by hand | - |", "| 14 | cleanup | !1 |")
			if s := l.quietLook("finished"); s.Situation != Finished || !strings.Contains(s.GoesOn, "nothing newer") {
				t.Errorf("got:\n%s", s.Text(80))
			}
		})
	}
}

func TestNewUpgradeBeginsOnlyFromAFinishedOne(t *testing.T) {
	l, c, _ := cleaned(t, forge.MergeCommit)
	asked := 0
	c.Choose = func(_ context.Context, current string) (string, string, error) {
		asked++
		return "", "asked after " + current, nil
	}
	s := l.look(c)
	if s.Situation != Finishing || asked != 0 {
		t.Fatalf("asked %d times:\n%s", asked, s.Text(80))
	}
	l.blindly(func() {
		l.pass(5 * time.Minute)
		if s := l.look(c); s.Situation != Finishing || asked != 0 {
			t.Errorf("finished without sight:\n%s", s.Text(80))
		}
	})
	s = l.until(c, "it is finished", func(s Status) bool { return s.Situation == Finished })
	if s.GoesOn != "Asked after 3.19.0." {
		t.Errorf("got:\n%s", s.Text(80))
	}

	t.Log("somebody moves on by hand")
	l.commit(l.ana, "main", map[string]string{"base/kustomization.yaml": strings.ReplaceAll(l.file("base/kustomization.yaml"), "3.19.0", "3.18.1")})
	if s := l.look(c); s.Situation != Idle || s.GoesOn != "Asked after 3.18.1." {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestWhatIsLeftOverOfAFinishedUpgradeBeginsNothing(t *testing.T) {
	l, c, _ := cleaned(t, forge.MergeCommit)
	l.look(c)
	l.until(c, "it is finished", func(s Status) bool { return s.Situation == Finished })
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	branch := forge.NewCommit{Branch: "linnet/dev/3.19.0/1-02-canary", Create: true, Parent: tip, Message: "Mine\n", Changes: treeChange("dev/x.yaml", "a: b\n")}
	if _, err := l.ana.Commit(t.Context(), branch); err != nil {
		t.Fatal(err)
	}
	if s := l.quietLook("a branch of the upgrade"); s.Situation != Finished {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if _, err := l.ana.Open(t.Context(), forge.OpenRequest{Source: branch.Branch, Target: "main", Title: "Mine"}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Situation != Finished || l.get(2).State != forge.Closed {
		t.Errorf("!2 is %s:\n%s", l.get(2).State, s.Text(80))
	}
}
