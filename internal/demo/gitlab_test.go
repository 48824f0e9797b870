package demo_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

const gitlabProject = "acme/platform/gitops"

// gitlabToken authenticates as GitLab wants it: one header for the API, another for Git.
type gitlabToken struct {
	token string
	git   bool
	next  http.RoundTripper
}

func (g gitlabToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if g.git {
		r.SetBasicAuth("linnet", g.token)
	} else {
		r.Header.Set("Private-Token", g.token)
	}
	return g.next.RoundTrip(r)
}

// onGitLab holds the play on a project of a fake GitLab, with the files on its branch main.
func onGitLab(t testing.TB, also ...func(*fakegitlab.Server)) func(tree.Tree, func() time.Time) (demo.Forge, error) {
	return func(files tree.Tree, now func() time.Time) (demo.Forge, error) {
		fake, err := fakegitlab.New(t.TempDir(), fakegitlab.Options{Path: gitlabProject, QuickActions: fakegitlab.Some(true), Now: now,
			Settings: fakegitlab.Settings{RequiredApprovals: 1, PipelineMustSucceed: true}})
		if err != nil {
			return demo.Forge{}, err
		}
		front := httptest.NewServer(fake)
		t.Cleanup(front.Close)
		base := &http.Transport{}
		t.Cleanup(base.CloseIdleConnections)
		open := func(u fakegitlab.User) (*gitlab.Forge, error) {
			return gitlab.New(gitlab.Options{URL: front.URL, Project: gitlabProject, RequiredChecks: []string{conductor.CheckName}, Now: now,
				Client:    &http.Client{Transport: gitlabToken{u.Token, false, base}},
				GitClient: &http.Client{Transport: gitlabToken{u.Token, true, base}},
				Sleep:     func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
		}
		reviewer := fake.AddUser(demo.Reviewer)
		push(t, strings.Replace(front.URL, "://", "://"+demo.Reviewer+":"+reviewer.Token+"@", 1)+"/"+gitlabProject+".git", files)
		for _, f := range also {
			f(fake)
		}
		bot, botErr := open(fake.AddUser("project_7_bot_0a1b2c"))
		person, personErr := open(reviewer)
		return demo.Forge{Bot: bot, Reviewer: person, Close: func() error { return nil }}, errors.Join(botErr, personErr)
	}
}

// push puts the files on the branch main of an empty repository.
func push(t testing.TB, remote string, files tree.Tree) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files.Paths() {
		content, _ := files.Read(name)
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "-m", "Start"}, {"push", "-q", remote, "main"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "core.autocrlf=false"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

func TestAWholeUpgradeOnGitLabLeavesNothingButTheBump(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the program git is not installed")
	}
	o := options(t, "git", "dev")
	o.Stage = onGitLab(t)
	outcome, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Status.Situation != conductor.Finished {
		t.Errorf("the upgrade ends %s: %s", outcome.Status.Situation, outcome.Status.Happening)
	}
	if proof := outcome.Prove(); !proof.Holds() {
		t.Errorf("promise 1 is broken:\n%s", proof.Trace)
	}
}
