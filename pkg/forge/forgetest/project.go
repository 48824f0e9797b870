package forgetest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// project is a fixture with a first commit on main and a person's clone of it.
type project struct {
	Fixture
	ctx   context.Context
	clone string
	start string // the first commit
}

// The bytes of the first commit are those that careless tools change.
var startFiles = map[string]string{
	"dev/kustomization.yaml": "resources:\n- base\n",
	"dev/values.yaml":        "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n",
	"crlf.yaml":              "name: x\r\nvalue: y\r\n",
	"unfinished.yaml":        "last: line", // no final newline
	"ünïcode/日本.yaml":        "grüße: \"🐦\"\n",
	"empty":                  "",
	"binary":                 "\x00\x01\xff\xfe\n",
	"bom.yaml":               "\ufeffa: b\n",
}

func newProject(t *testing.T, f Fixture) *project {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	p := &project{Fixture: f, ctx: t.Context(), clone: t.TempDir()}
	p.git(t, "init", "-q", "-b", "main", ".")
	for name, content := range startFiles {
		p.write(t, name, content)
	}
	p.write(t, "tool.sh", "#!/bin/sh\nexit 0\n")
	must(t, os.Chmod(filepath.Join(p.clone, "tool.sh"), 0o755))
	must(t, os.Symlink("dev/values.yaml", filepath.Join(p.clone, "link")))
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "Start")
	p.git(t, "remote", "add", "origin", f.Remote)
	p.git(t, "push", "-q", "origin", "main")
	p.start = p.git(t, "rev-parse", "HEAD")
	return p
}

// git runs git in the clone as a person called Pat.
func (p *project) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.tryGit(args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (p *project) tryGit(args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-c", "core.autocrlf=false", "-c", "core.quotepath=false"}, args...)...)
	cmd.Dir = p.clone
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
	cmd.Env = append(cmd.Env, p.GitEnv...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return strings.TrimSpace(out.String()), err
}

func (p *project) write(t *testing.T, name, content string) {
	t.Helper()
	file := filepath.Join(p.clone, filepath.FromSlash(name))
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(content), 0o644))
}

// push makes a person's commit on top of the branch as the forge has it, and pushes it. It gives the new head.
func (p *project) push(t *testing.T, branch, name, content string) string {
	t.Helper()
	p.git(t, "fetch", "-q", "origin", branch)
	p.git(t, "checkout", "-q", "-f", "-B", branch, "FETCH_HEAD")
	p.write(t, name, content)
	p.git(t, "add", "-A")
	p.git(t, "commit", "-q", "-m", "By hand: "+name)
	p.git(t, "push", "-q", "origin", branch)
	return p.git(t, "rev-parse", "HEAD")
}

// branch makes a branch with one commit by the bot.
func (p *project) branch(t *testing.T, name, file, content string) string {
	t.Helper()
	head, err := p.Bot.Head(p.ctx, "main")
	must(t, err)
	sha, err := p.Bot.Commit(p.ctx, forge.NewCommit{Branch: name, Create: true, Parent: head, Message: "Change " + file + "\n",
		Changes: []tree.Change{{Path: file, Content: []byte(content)}}})
	must(t, err)
	return sha
}

// request opens a merge request of the bot that writes one file.
func (p *project) request(t *testing.T, branch, file, content string) forge.MergeRequest {
	t.Helper()
	p.branch(t, branch, file, content)
	m, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: branch, Target: "main", Title: "Change " + file})
	must(t, err)
	return m
}

func (p *project) get(t *testing.T, number int) forge.MergeRequest {
	t.Helper()
	m, err := p.Bot.Get(p.ctx, number)
	must(t, err)
	return m
}

func (p *project) head(t *testing.T, branch string) string {
	t.Helper()
	sha, err := p.Bot.Head(p.ctx, branch)
	must(t, err)
	return sha
}

func (p *project) tree(t *testing.T, sha string) tree.Tree {
	t.Helper()
	files, err := p.Bot.Tree(p.ctx, sha)
	must(t, err)
	return files
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want one that is %q", got, want)
	}
}

// refused wants a merge refused for this reason.
func refused(t *testing.T, err error, kind forge.ReasonKind) {
	t.Helper()
	var not *forge.NotMergeableError
	if !errors.As(err, &not) || !not.Has(kind) || !errors.Is(err, forge.ErrNotMergeable) {
		t.Fatalf("got error %v, want not mergeable because of %q", err, kind)
	}
}

// methods are those of the wanted that the project merges by. The test is skipped where there is none.
func (p *project) methods(t *testing.T, wanted ...forge.Method) []forge.Method {
	t.Helper()
	var have []forge.Method
	for _, m := range wanted {
		if p.Methods == nil || slices.Contains(p.Methods, m) {
			have = append(have, m)
		}
	}
	if len(have) == 0 {
		t.Skipf("the project does not merge by %v", wanted)
	}
	return have
}

func ptr[T any](v T) *T { return &v }
