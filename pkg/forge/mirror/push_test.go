package mirror

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func draft(t *testing.T, m *Mirror, parent string, changes ...tree.Change) Draft {
	t.Helper()
	files, err := m.Tree(t.Context(), parent)
	if err != nil {
		t.Fatal(err)
	}
	return Draft{Parent: parent, Tree: files.With(changes...), Message: "By the bot\n", Name: "Linnet", Email: "linnet@example.org",
		Time: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
}

func TestACommitIsPushedOntoItsParent(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n", "dir/b": "2\n"})
	s.push()
	m := s.mirror()
	sha, err := m.PushCommit(t.Context(), "main", draft(t, m, one, tree.Change{Path: "dir/c", Content: []byte("3\r\n")}))
	if err != nil {
		t.Fatal(err)
	}
	s.git("fetch", "-q", "origin")
	if got := s.git("rev-parse", "origin/main"); got != sha {
		t.Errorf("git sees %s, want %s", got, sha)
	}
	s.git("fsck", "--strict")
	if got := s.git("diff", "--name-status", one, sha); got != "A\tdir/c" {
		t.Errorf("got %q", got)
	}
	if got := s.git("log", "-1", "--format=%an <%ae> %s", sha); got != "Linnet <linnet@example.org> By the bot" {
		t.Errorf("got %q", got)
	}
	if c, err := m.Commit(t.Context(), sha); err != nil || c.Parents[0] != one {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestABranchThatMovedIsNotOverwritten(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.push()
	m := s.mirror()
	d := draft(t, m, one, tree.Change{Path: "a", Content: []byte("bot\n")})
	two := s.commit("two", map[string]string{"a": "2\n"})
	s.push()
	_, err := m.PushCommit(t.Context(), "main", d)
	var moved *forge.HeadMovedError
	if !errors.As(err, &moved) || moved.Branch != "main" || moved.Want != one || moved.Got != two {
		t.Errorf("got %v", err)
	}
	if err := m.DeleteBranch(t.Context(), "main", one); !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v", err)
	}
	if head, err := m.Head(t.Context(), "main"); err != nil || head != two {
		t.Errorf("got %s, %v", head, err)
	}
}

func TestABranchIsDeletedAtItsHead(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.git("branch", "topic")
	s.push()
	m := s.mirror()
	if err := m.DeleteBranch(t.Context(), "topic", one); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Head(t.Context(), "topic"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := m.DeleteBranch(t.Context(), "topic", one); !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v", err)
	}
}

func TestARefusedPushSaysWhatTheServerSays(t *testing.T) {
	s := newServer(t)
	one := s.commit("one", map[string]string{"a": "1\n"})
	s.push()
	hook := filepath.Join(s.git("remote", "get-url", "origin"), "hooks", "pre-receive")
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := s.mirror()
	_, err := m.PushCommit(t.Context(), "main", draft(t, m, one, tree.Change{Path: "b", Content: []byte("b")}))
	if !errors.Is(err, forge.ErrForbidden) || !strings.Contains(err.Error(), "pre-receive hook declined") {
		t.Errorf("got %v", err)
	}
}
