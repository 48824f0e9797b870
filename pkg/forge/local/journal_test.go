package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// A process may die between any two steps of a merge. Each test leaves what it leaves, and another process goes on.

var errDied = errors.New("died")

func trial(t *testing.T) (*Forge, forge.MergeRequest) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "forge")
	if err := Create(dir, CreateOptions{Initial: tree.New(map[string][]byte{"a": []byte("1\n")})}); err != nil {
		t.Fatal(err)
	}
	f := reopened(t, dir)
	head, err := f.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Commit(t.Context(), forge.NewCommit{Branch: "topic", Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: "b", Content: []byte("2\n")}}}); err != nil {
		t.Fatal(err)
	}
	m, err := f.Open(t.Context(), forge.OpenRequest{Source: "topic", Target: "main", Title: "T"})
	if err != nil {
		t.Fatal(err)
	}
	return f, m
}

func reopened(t *testing.T, dir string) *Forge {
	t.Helper()
	f, err := Open(dir, "linnet")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Shutdown() })
	return f
}

// begun makes the commits of a merge and its journal entry.
func begun(t *testing.T, f *Forge, m forge.MergeRequest, method forge.Method) entry {
	t.Helper()
	r, err := loadRow(t.Context(), f.db, m.Number)
	if err != nil {
		t.Fatal(err)
	}
	old, sha, err := f.makeMerge(r, method, "merged")
	if err != nil {
		t.Fatal(err)
	}
	return entry{Branch: "main", Old: old, New: sha, Number: m.Number, Head: m.Head, By: "linnet", At: f.clock()}
}

func atRest(t *testing.T, f *Forge) {
	t.Helper()
	left, err := os.ReadDir(f.journalDir())
	if err != nil || len(left) != 0 {
		t.Errorf("the journal holds %v, %v", left, err)
	}
}

func TestDeathBeforeTheBranchMovedLeavesItOpen(t *testing.T) {
	f, m := trial(t)
	e := begun(t, f, m, forge.Squash)
	err := f.write(t.Context(), func(w *writer) error {
		e, err := w.begin(e)
		if err != nil {
			return err
		}
		return errors.Join(errDied, takeLock(t.Context(), e.path+".ref", f.refPath("main")+".lock"))
	})
	if !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	again := reopened(t, f.dir)
	got, err := again.Get(t.Context(), m.Number)
	if err != nil || got.State != forge.Open {
		t.Fatalf("got %s, %v", got.State, err)
	}
	if _, err := again.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
		t.Fatalf("the dead process still holds the lock: %v", err)
	}
	atRest(t, again)
}

func TestDeathAfterTheBranchMovedIsAMerge(t *testing.T) {
	// A squash cannot be told from the commits; only the journal knows.
	for _, method := range []forge.Method{forge.MergeCommit, forge.Squash, forge.Rebase} {
		t.Run(string(method), func(t *testing.T) {
			f, m := trial(t)
			e := begun(t, f, m, method)
			err := f.write(t.Context(), func(w *writer) error { return errors.Join(errDied, w.moveRef(t.Context(), e)) })
			if !errors.Is(err, errDied) {
				t.Fatal(err)
			}
			again := reopened(t, f.dir)
			list, err := again.Find(t.Context(), forge.Query{})
			if err != nil {
				t.Fatal(err)
			}
			if got := list[0]; got.State != forge.Merged || got.MergeSHA != e.New || got.Head != m.Head || got.MergedBy.Name != "linnet" {
				t.Errorf("got %+v", got)
			}
			_, err = again.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
			if !errors.Is(err, forge.ErrAlreadyMerged) {
				t.Errorf("got %v", err)
			}
			atRest(t, again)
		})
	}
}

func TestDeathWhileTheJournalIsWrittenLeavesNothing(t *testing.T) {
	f, m := trial(t)
	for _, name := range []string{"1.ref", "2.ref", "2.part", "3.packed"} {
		if err := os.WriteFile(filepath.Join(f.journalDir(), name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
		t.Fatal(err)
	}
	atRest(t, f)
}

func TestDeathBeforeTidyingUpChangesNothing(t *testing.T) {
	f, m := trial(t)
	e := begun(t, f, m, forge.MergeCommit)
	err := f.write(t.Context(), func(w *writer) error {
		if err := w.moveRef(t.Context(), e); err != nil {
			return err
		}
		w.begun = nil // committed, and died before the entry was removed
		return recordMerge(t.Context(), w, m.Number, e.Head, e.New, e.By, e.At)
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Get(t.Context(), m.Number)
	if err != nil || before.State != forge.Merged {
		t.Fatalf("got %+v, %v", before, err)
	}
	if _, err := f.AddComment(t.Context(), m.Number, "later"); err != nil {
		t.Fatal(err)
	}
	atRest(t, f)
}

// whileGitPushes starts do while a git holds the lock of main, moves main with it to a commit that adds a file, and gives what do returned.
func whileGitPushes(t *testing.T, f *Forge, do func() error) (pushed string, err error) {
	t.Helper()
	lock := f.refPath("main") + ".lock"
	head, err := f.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	pushed, err = f.Commit(t.Context(), forge.NewCommit{Branch: "aside", Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: "pushed", Content: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lock, []byte(pushed+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- do() }()
	for { // the journal is written when the lock is asked for
		if entries, err := f.journal(); err == nil && len(entries) == 1 {
			break
		}
	}
	if err := os.Rename(lock, f.refPath("main")); err != nil {
		t.Errorf("the lock of git was broken: %v", err)
	}
	return pushed, <-done
}

func TestAPushDuringACommitIsNotOverwritten(t *testing.T) {
	f, _ := trial(t)
	head, err := f.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := whileGitPushes(t, f, func() error {
		_, err := f.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: head, Message: "m", Changes: []tree.Change{{Path: "c", Content: []byte("c")}}})
		return err
	})
	if !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v", err)
	}
	if got, err := f.Head(t.Context(), "main"); err != nil || got != pushed {
		t.Errorf("got %s, %v, want %s", got, err, pushed)
	}
	atRest(t, f)
}

func TestAPushDuringAMergeIsMergedWith(t *testing.T) {
	f, m := trial(t)
	pushed, err := whileGitPushes(t, f, func() error {
		_, err := f.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Get(t.Context(), m.Number)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.ReadCommit(t.Context(), got.MergeSHA)
	if err != nil || len(c.Parents) != 2 || c.Parents[0] != pushed || c.Parents[1] != m.Head {
		t.Errorf("got %+v, %v", c, err)
	}
	atRest(t, f)
}
