package local_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestCreateFromACloneKeepsCommitsAndModes(t *testing.T) {
	source := t.TempDir()
	git(t, source, "init", "-q", "-b", "trunk")
	for i, name := range []string{"one", "two"} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(name), 0o644|os.FileMode(i*0o111)); err != nil {
			t.Fatal(err)
		}
		git(t, source, "add", "-A")
		git(t, source, "commit", "-q", "-m", name)
	}
	if err := os.Symlink("one", filepath.Join(source, "link")); err != nil {
		t.Fatal(err)
	}
	git(t, source, "add", "-A")
	git(t, source, "commit", "-q", "-m", "link")
	git(t, source, "gc", "-q")
	if err := os.Mkdir(filepath.Join(source, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := create(t, local.CreateOptions{Clone: filepath.Join(source, "below"), DefaultBranch: "main"})
	f := open(t, dir, "pat", newClock())
	head, err := f.Head(t.Context(), "main")
	if want := git(t, source, "rev-parse", "HEAD"); err != nil || head != want {
		t.Errorf("got %s, %v, want %s", head, err, want)
	}
	git(t, f.GitDir(), "fsck", "--strict")
	if got := git(t, f.GitDir(), "rev-list", "--count", "main"); got != "3" {
		t.Errorf("got %s commits, want 3", got)
	}
}

func TestCreateFromATreeKeepsBytesAndModes(t *testing.T) {
	source := t.TempDir()
	for name, mode := range map[string]os.FileMode{"plain": 0o644, "dir/run.sh": 0o755} {
		if err := errors.Join(os.MkdirAll(filepath.Join(source, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(source, name), []byte("x\r\n"), mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../plain", filepath.Join(source, "dir", "link")); err != nil {
		t.Fatal(err)
	}
	want, err := tree.FromDir(source)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, create(t, local.CreateOptions{Initial: want}), "pat", newClock())
	head, err := f.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Tree(t.Context(), head)
	if err != nil || !got.Equal(want) {
		t.Errorf("the trees differ: %v, %v", want.Changes(got), err)
	}
}

func TestCreateRefusesAndLeavesNothing(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	unborn := t.TempDir()
	git(t, unborn, "init", "-q")
	for _, row := range []struct {
		name, dir string
		options   local.CreateOptions
		want      string
	}{
		{"a folder that is not empty", full, local.CreateOptions{}, "not empty"},
		{"no repository", filepath.Join(parent, "f"), local.CreateOptions{Clone: full}, "open the repository"},
		{"an unborn branch", filepath.Join(parent, "f"), local.CreateOptions{Clone: unborn}, "find HEAD in the repository"},
		{"a branch name", filepath.Join(parent, "f"), local.CreateOptions{DefaultBranch: "a..b"}, "cannot be the name of a branch"},
		{"settings", filepath.Join(parent, "f"), local.CreateOptions{Settings: local.Settings{RequiredApprovals: -1}}, "0 or more"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := local.Create(row.dir, row.options)
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "create a local forge in ") {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOpenOfSomethingElseMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := local.Open(dir, "pat"); !errors.Is(err, local.ErrNotAForge) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for _, who := range []string{"", "a b", "a\n", "-x", strings.Repeat("x", 65)} {
		if _, err := local.Open(create(t, local.CreateOptions{}), who); err == nil {
			t.Errorf("the user %q was accepted", who)
		}
	}
}

func TestPackedBranchesAreMovedAndDeleted(t *testing.T) {
	f := open(t, started(t), "pat", newClock())
	ctx := t.Context()
	head, err := f.Head(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	commit := func(n forge.NewCommit, content string) string {
		n.Message, n.Changes = "m", []tree.Change{{Path: "x", Content: []byte(content)}}
		sha, err := f.Commit(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		return sha
	}
	a := commit(forge.NewCommit{Branch: "a/b", Create: true, Parent: head}, "1")
	c := commit(forge.NewCommit{Branch: "c", Create: true, Parent: head}, "2")
	git(t, f.GitDir(), "tag", "-a", "-m", "v1", "v1", a)
	git(t, f.GitDir(), "gc", "-q", "--prune=now")
	if left, err := filepath.Glob(filepath.Join(f.GitDir(), "refs", "heads", "*")); err != nil || len(left) > 0 {
		t.Fatalf("branches are not packed: %v", left)
	}
	moved := commit(forge.NewCommit{Branch: "a/b", Parent: a}, "3")
	if err := f.DeleteBranch(ctx, "c", c); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteBranch(ctx, "a/b", moved); err != nil {
		t.Fatal(err)
	}
	if got := git(t, f.GitDir(), "for-each-ref", "--format=%(refname)"); got != "refs/heads/main\nrefs/tags/v1" {
		t.Errorf("git sees %q", got)
	}
	git(t, f.GitDir(), "fsck", "--strict")
	// The name is free for a branch where a folder was.
	commit(forge.NewCommit{Branch: "a", Create: true, Parent: head}, "4")
	_, err = f.Commit(ctx, forge.NewCommit{Branch: "a/b", Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: "x", Content: []byte("5")}}})
	if err == nil || !strings.Contains(err.Error(), "the branch a stands in its way") {
		t.Errorf("got %v", err)
	}
}
