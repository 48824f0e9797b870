package conductor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// flaky is a forge that one read in a row of many fails on.
type flaky struct {
	recorder
	reads, fails int // the read of this number fails, counted from one
}

func (f *flaky) read() error {
	if f.reads++; f.reads == f.fails {
		return errKilled
	}
	return nil
}

// through asks first whether the read fails.
func through[T any](f *flaky, ask func() (T, error)) (T, error) {
	if err := f.read(); err != nil {
		var none T
		return none, err
	}
	return ask()
}

func (f *flaky) Me(ctx context.Context) (forge.User, error) {
	return through(f, func() (forge.User, error) { return f.Forge.Me(ctx) })
}

func (f *flaky) DefaultBranch(ctx context.Context) (string, error) {
	return through(f, func() (string, error) { return f.Forge.DefaultBranch(ctx) })
}

func (f *flaky) Head(ctx context.Context, branch string) (string, error) {
	return through(f, func() (string, error) { return f.Forge.Head(ctx, branch) })
}

func (f *flaky) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	return through(f, func() ([]forge.Branch, error) { return f.Forge.Branches(ctx, prefix) })
}

func (f *flaky) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	return through(f, func() (forge.Commit, error) { return f.Forge.ReadCommit(ctx, sha) })
}

func (f *flaky) Tree(ctx context.Context, sha string) (tree.Tree, error) {
	return through(f, func() (tree.Tree, error) { return f.Forge.Tree(ctx, sha) })
}

func (f *flaky) FirstParent(ctx context.Context, sha string) (string, error) {
	return through(f, func() (string, error) { return f.Forge.FirstParent(ctx, sha) })
}

func (f *flaky) IsAncestor(ctx context.Context, a, b string) (bool, error) {
	return through(f, func() (bool, error) { return f.Forge.IsAncestor(ctx, a, b) })
}

func (f *flaky) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	return through(f, func() ([]forge.MergeRequest, error) { return f.Forge.Find(ctx, q) })
}

func (f *flaky) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	return through(f, func() (forge.MergeRequest, error) { return f.Forge.Get(ctx, number) })
}

func (f *flaky) Preview(ctx context.Context, number int) (forge.Preview, error) {
	return through(f, func() (forge.Preview, error) { return f.Forge.Preview(ctx, number) })
}

func (f *flaky) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	return through(f, func() ([]forge.Check, error) { return f.Forge.Checks(ctx, sha) })
}

func (f *flaky) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	return through(f, func() ([]forge.Comment, error) { return f.Forge.Comments(ctx, number) })
}

// Whatever read fails, the look says so or does without, never writes on, and the next one goes on. Unreadable is never taken for absent.
func TestForgeThatFailsOnAnyRead(t *testing.T) {
	for _, tc := range []struct {
		name  string
		reach func(t *testing.T) (*lab, *Conductor)
	}{
		{"before the first request", func(t *testing.T) (*lab, *Conductor) { l := newLab(t, "git"); return l, l.conductor() }},
		{"with one open", opened},
		{"with one to be planned anew", func(t *testing.T) (*lab, *Conductor) {
			l, c := opened(t)
			l.commit(l.ana, "main", mission(l))
			return l, c
		}},
		{"with a phase that came by hand", func(t *testing.T) (*lab, *Conductor) {
			l, c, _ := cleaned(t, forge.MergeCommit)
			return l, c
		}},
		{"at the end", func(t *testing.T) (*lab, *Conductor) {
			l, c, _ := cleaned(t, forge.Rebase)
			l.look(c)
			return l, c
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, _ := tc.reach(t)
			failed := 0
			for n := 1; n < 60; n++ {
				f := &flaky{recorder: recorder{Forge: l.bot, before: func(int) error { return errKilled }}, fails: n}
				_, err := l.conductorAs(f).Look(t.Context())
				if f.reads < n {
					break // it read no more than this
				}
				if err != nil {
					failed++
					if !errors.Is(err, errKilled) {
						t.Errorf("read %d: got %v", n, err)
					}
				}
				if _, err := l.conductorAs(&flaky{recorder: recorder{Forge: l.bot}, fails: n}).Status(t.Context()); err != nil && !errors.Is(err, errKilled) {
					t.Errorf("status, read %d: got %v", n, err)
				}
			}
			if failed < 5 {
				t.Errorf("only %d reads failed", failed)
			}
			l.pass(30 * time.Second)
			l.look(l.conductor())
		})
	}
}

// A write whose outcome is not known, or that the forge refuses, is an error; what was done stays done.
func TestForgeThatFailsOnAWrite(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	refused := &forge.NotMergeableError{Number: 1, Reasons: []forge.Reason{{Kind: forge.ReasonPolicy, Text: "not on a Friday"}}}
	r := &recorder{Forge: l.bot}
	r.before = func(n int) error {
		if n == 1 { // claimed, and then
			return refused
		}
		return nil
	}
	_, err := l.conductorAs(r).Look(t.Context())
	if err == nil || err.Error() != "merge !1 at "+l.get(1).Head[:8]+": merge request !1 cannot be merged: not on a Friday" {
		t.Errorf("got %v", err)
	}
	if s := l.look(l.conductor()); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

// A forge on which somebody else is always faster is given up on for this time.
func TestForgeThatNeverComesToRest(t *testing.T) {
	l := newLab(t, "git")
	r := &recorder{Forge: l.bot, before: func(int) error { return forge.ErrBranchExists }}
	if _, err := l.conductorAs(r).Look(t.Context()); err == nil || err.Error() != "look after dev: the forge does not come to rest; it is looked at again later" {
		t.Errorf("got %v", err)
	}
}
