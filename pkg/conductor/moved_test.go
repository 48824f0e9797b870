package conductor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// mission is another application that somebody adds while the first merge request is open: the waves, and so what would be merged, change.
func mission(l *lab) map[string]string {
	return map[string]string{
		"dev/mission/kustomization.yaml": l.file("dev/mission/kustomization.yaml") + "- audit.yaml\n",
		"dev/mission/audit.yaml":         "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: audit\n  labels:\n    istio-injection: enabled\n",
	}
}

const extraPatch = `- patch: |-
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata:
      name: bigbang
    spec:
      timeout: 11m
`

func TestTargetThatMovesWithoutChangingTheMergeIsNoMatter(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	head := l.get(1).Head
	promote := l.comment(l.ana, 1, "/canary promote")
	l.commit(l.ana, "main", map[string]string{"README.md": "Hello\n"})
	if s := l.look(c); s.Done != 1 {
		t.Fatalf("it was not merged:\n%s", s.Text(80))
	}
	l.wantReaction(1, promote.ID, forge.Eyes, forge.Rocket)
	if got := l.get(1); got.Head != head {
		t.Errorf("the branch was written to")
	}
	if l.file("README.md") != "Hello\n" {
		t.Errorf("the other commit is lost")
	}
}

func TestTargetThatChangesThePlanIsPlannedAnewAndVoidsThePromotion(t *testing.T) {
	l, c := opened(t)
	head := l.get(1).Head
	promote := l.comment(l.ana, 1, "/canary promote")
	l.blindly(func() { l.look(c) }) // claimed, and the gate is not green
	l.wantReaction(1, promote.ID, forge.Eyes)
	l.pass(time.Minute)
	l.commit(l.ana, "main", mission(l))
	s := l.ready(c, 1)
	r := l.get(1)
	if r.Head == head || len(s.Commands) != 1 || !strings.Contains(s.Commands[0], "void, since it was for an earlier commit") {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantReaction(1, promote.ID, forge.Eyes, forge.ThumbsDown)
	commit, err := l.bot.ReadCommit(t.Context(), r.Head)
	if err != nil {
		t.Fatal(err)
	}
	if len(commit.Parents) != 1 || commit.Parents[0] != head {
		t.Errorf("the new head has the parents %v, want %s: it was forced", commit.Parents, head)
	}
	l.comment(l.ana, 1, "/canary promote")
	if s := l.look(c); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Done != 1 || !strings.Contains(l.file("dev/istio-canary/upgrade.yaml"), "- audit") {
		t.Errorf("what was merged is not what is planned now")
	}
}

// Twice planned anew, while the process that knew dies in between.
func TestBranchThatWasPlannedForAnEarlierTipIsKnownAsOurs(t *testing.T) {
	l, _ := opened(t)
	l.commit(l.ana, "main", mission(l))
	l.look(l.conductor())
	second := l.get(1).Head
	l.commit(l.ana, "main", map[string]string{
		"dev/mission/kustomization.yaml": strings.Replace(l.file("dev/mission/kustomization.yaml"), "- audit.yaml\n", "", 1),
		"dev/mission/audit.yaml":         "# nothing yet\n",
	})
	s := l.look(l.conductor())
	if got := l.get(1); s.Situation == Stopped || got.Head == second {
		t.Errorf("!1 is at %s, before at %s:\n%s", got.Head, second, s.Text(80))
	}
	if s := l.ready(l.conductor(), 1); s.Request != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestTargetThatConflictsGetsAMergeRequestInItsPlace(t *testing.T) {
	l, c := opened(t)
	branch := l.get(1).Source
	l.commit(l.ana, "main", map[string]string{"dev/kustomization.yaml": l.file("dev/kustomization.yaml") + extraPatch})
	s := l.look(c)
	if s.Request != 2 || l.get(1).State != forge.Closed || l.get(2).Source != branch {
		t.Fatalf("got:\n%s", s.Text(80))
	}
	comments, err := l.bot.Comments(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if note, _ := forge.Note(comments, forge.User{ID: "linnet"}, closedNote); !strings.Contains(note, "conflict with main in dev/kustomization.yaml") || !strings.Contains(note, "takes its place") {
		t.Errorf("!1 does not say why it was closed: %q", note)
	}
	l.ready(c, 2)
	l.comment(l.ana, 2, "/canary promote")
	if s := l.look(c); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	text := l.file("dev/kustomization.yaml")
	if extra, ours := strings.Index(text, "timeout: 11m"), strings.Index(text, "- path: istio-canary/"); extra < 0 || ours < extra {
		t.Errorf("ours is not the last patch:\n%s", text)
	}
}

func TestReopenedByAPersonAfterTheBotClosedIt(t *testing.T) {
	l, c := opened(t)
	l.commit(l.ana, "main", map[string]string{"dev/kustomization.yaml": l.file("dev/kustomization.yaml") + extraPatch})
	l.look(c) // closes the first, opens the second
	if err := l.ana.Close(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Situation != Stopped {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if err := l.ana.Reopen(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s := l.ready(c, 1); len(l.requests()) != 2 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if err := l.ana.Close(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Situation != Stopped || !strings.Contains(s.Happening, "was closed by a person") {
		t.Errorf("this time it was a person: got\n%s", s.Text(80))
	}
}

func TestHumanCommitIsNotOverwrittenWhenTheTargetMovesToo(t *testing.T) {
	l, c := opened(t)
	mine := l.commit(l.ana, l.get(1).Source, map[string]string{"dev/extra.yaml": "a: b\n"})
	l.commit(l.ana, "main", mission(l))
	if s := l.look(c); s.Situation != Stopped {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if got := l.get(1); got.Head != mine || got.State != forge.Open {
		t.Errorf("the branch was written to")
	}
}

// A person copies the trailers of the bot onto a commit of their own.
func TestTrailersProveNothing(t *testing.T) {
	l, c := opened(t)
	head, err := l.bot.ReadCommit(t.Context(), l.get(1).Head)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: l.get(1).Source, Parent: head.SHA, Message: head.Message, Changes: []tree.Change{{Path: "dev/extra.yaml", Content: []byte("a: b\n")}}})
	if err != nil {
		t.Fatal(err)
	}
	l.commit(l.ana, "main", map[string]string{"README.md": "x\n"})
	if s := l.look(c); s.Situation != Stopped || l.get(1).Head != mine {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

// blindly does something while the cluster cannot be seen.
func (l *lab) blindly(do func()) {
	l.Helper()
	l.blind = errKilled
	do()
	l.blind = nil
}

// Between judging and merging, somebody pushes.
func TestMergeLooksOnceMoreAtWhatWouldCome(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	state, err := c.gather(t.Context(), c.see(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	phase, _ := state.next()
	right := Merge{Number: 1, Target: state.Tip, After: phase.After, Options: forge.MergeOptions{Head: state.Head.SHA}}
	for name, spoil := range map[string]func(*Merge){
		"another tip":    func(m *Merge) { m.Target = state.Head.SHA },
		"another head":   func(m *Merge) { m.Options.Head = state.Tip },
		"another result": func(m *Merge) { m.After = phase.Before },
	} {
		wrong := right
		spoil(&wrong)
		if err := wrong.do(t.Context(), l.bot); !errors.Is(err, errLookAgain) || l.get(1).State != forge.Open {
			t.Errorf("%s: got %v, and !1 is %s", name, err, l.get(1).State)
		}
	}
	if err := right.do(t.Context(), l.bot); err != nil || l.get(1).State != forge.Merged {
		t.Errorf("got %v, and !1 is %s", err, l.get(1).State)
	}
	if err := right.do(t.Context(), l.bot); !movedOn(err) {
		t.Errorf("merging what is merged: got %v, want to look again", err)
	}
}
