package conductor

import (
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// ask opens a merge request of a person's with one more file.
func (l *lab) ask(branch string) forge.MergeRequest {
	l.Helper()
	main, err := l.ana.Head(l.Context(), "main")
	if err != nil {
		l.Fatal(err)
	}
	_, err = l.ana.Commit(l.Context(), forge.NewCommit{Branch: branch, Create: true, Parent: main, Message: "By hand\n", Changes: []tree.Change{{Path: "theirs.yaml", Content: []byte("a: b\n")}}})
	if err != nil {
		l.Fatal(err)
	}
	return l.propose(branch)
}

func (l *lab) propose(branch string) forge.MergeRequest {
	l.Helper()
	r, err := l.ana.Open(l.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: branch})
	if err != nil {
		l.Fatal(err)
	}
	return r
}

func TestPeoplesOwnMergeRequestsArePassed(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.ready(c, 1)
	phase := l.check(1)
	theirs := l.ask("their-change")
	o := &Others{Forge: l.bot, Branch: "main"}
	for range 2 { // and nothing the second time
		if err := o.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.check(theirs.Number); got.State != forge.Success || got.Title != othersTitle {
		t.Errorf("theirs: got %+v", got)
	}
	if got := l.check(1); got != phase {
		t.Errorf("the phase: got %+v, want %+v", got, phase)
	}
}

func TestACommitOfAPhaseIsNotPassedUnderAnotherName(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.blindly(func() { l.look(c) })
	head := l.get(1).Head
	waits := l.check(1)
	if waits.State == forge.Success {
		t.Fatal("the gate is green already")
	}
	bare, err := git.PlainOpen(l.bot.GitDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := bare.Storer.SetReference(plumbing.NewHashReference("refs/heads/same", plumbing.NewHash(head))); err != nil {
		t.Fatal(err)
	}
	copied := l.propose("same") // a person gives the phase's commit another branch, and asks to merge that
	untouched := func() {
		t.Helper()
		if err := (&Others{Forge: l.bot, Branch: "main"}).Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.check(copied.Number); got != waits {
			t.Errorf("got %+v, want %+v", got, waits)
		}
	}
	untouched()
	l.commit(l.ana, l.get(1).Source, map[string]string{"more.yaml": "a: b\n"})
	untouched() // now that the phase's branch points elsewhere, too
}
