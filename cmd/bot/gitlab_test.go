package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/internal/miniature"
)

// gitlabTrial is a folder with a configuration for a project of a fake GitLab that holds the miniature repository.
type gitlabTrial struct {
	*fakegitlab.Server
	dir, url string
	pat      fakegitlab.User
}

func newGitLabTrial(t *testing.T) gitlabTrial {
	t.Helper()
	dir := t.TempDir()
	fake, err := fakegitlab.New(filepath.Join(dir, "gitlab"), fakegitlab.Options{Path: "acme/platform/gitops", QuickActions: fakegitlab.Some(true)})
	if err != nil {
		t.Skip(err)
	}
	front := httptest.NewServer(fake)
	t.Cleanup(front.Close)
	pat, bot := fake.AddUser("pat"), fake.AddUser("project_7_bot_0a1b2c")
	for _, make := range []func() error{
		func() error { return miniature.Releases(filepath.Join(dir, "releases")) },
		func() error { return os.Mkdir(filepath.Join(dir, "packages"), 0o755) },
		func() error { return miniature.PackagesDir(filepath.Join(dir, "packages")) },
		func() error { return os.WriteFile(filepath.Join(dir, "token"), []byte(bot.Token+"\n"), 0o600) },
		func() error {
			config := "releases: {url: releases}\npackages: {folder: packages}\nenvironments: [{path: dev}]\n" +
				"forge: {kind: gitlab, url: '" + front.URL + "', project: acme/platform/gitops, tokenFile: token}\n"
			return os.WriteFile(filepath.Join(dir, "linnet.yaml"), []byte(config), 0o600)
		},
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
	}
	clone := filepath.Join(dir, "clone")
	for name, content := range miniature.Repository("git") {
		file := filepath.Join(clone, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remote := strings.Replace(front.URL, "://", "://pat:"+pat.Token+"@", 1) + "/acme/platform/gitops.git"
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "core.autocrlf=false"}, args...)...)
		cmd.Dir = clone
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return gitlabTrial{Server: fake, dir: dir, url: front.URL, pat: pat}
}

// linnet runs the program in the trial and gives what it printed and its exit code.
func (g gitlabTrial) linnet(args ...string) (printed string, code int) {
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	code = run(a, append(args, "--config", filepath.Join(g.dir, "linnet.yaml")))
	return out.String(), code
}

func TestRunOnGitLabOpensTheFirstMergeRequest(t *testing.T) {
	g := newGitLabTrial(t)
	printed, _ := g.linnet("run", "--once")
	if !strings.Contains(printed, "!1") || !strings.Contains(printed, "crds") {
		t.Errorf("run --once printed:\n%s", printed)
	}
	again, _ := g.linnet("run", "--once")
	if strings.Contains(again, "!2") || !strings.Contains(again, "!1") {
		t.Errorf("run --once a second time printed:\n%s", again)
	}
	status, _ := g.linnet("status")
	if !strings.Contains(status, "!1") {
		t.Errorf("status printed:\n%s", status)
	}
}

func TestATokenThatGitLabRefusesIsSaidAndNotShown(t *testing.T) {
	g := newGitLabTrial(t)
	const wrong = "hunter2-hunter2"
	if err := os.WriteFile(filepath.Join(g.dir, "token"), []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, code := g.linnet("run", "--once")
	if code != exitFailed || !strings.Contains(printed, "the token is not valid") {
		t.Errorf("code %d, printed:\n%s", code, printed)
	}
	if strings.Contains(printed, wrong) {
		t.Errorf("the token is printed:\n%s", printed)
	}
	if err := os.Remove(filepath.Join(g.dir, "token")); err != nil {
		t.Fatal(err)
	}
	if printed, code = g.linnet("run", "--once"); code != exitFailed || !strings.Contains(printed, "cannot read the token file") {
		t.Errorf("code %d, printed:\n%s", code, printed)
	}
}

// untilSaid is a log that tells when a text was said.
type untilSaid struct {
	mu   sync.Mutex
	text bytes.Buffer
	said map[string]chan string // what came with it
}

func (u *untilSaid) Write(text []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for what, said := range u.said {
		if line := string(text); strings.Contains(line, what) {
			select {
			case said <- line:
			default:
			}
		}
	}
	return u.text.Write(text)
}

func TestServeLooksWhenAWebhookTellsOfSomething(t *testing.T) {
	g := newGitLabTrial(t)
	config, err := os.ReadFile(filepath.Join(g.dir, "linnet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, "interval: 24h\nwebhooks: {listen: '127.0.0.1:0', secretFile: hook}\n"...)
	if err := errors.Join(os.WriteFile(filepath.Join(g.dir, "linnet.yaml"), config, 0o600), os.WriteFile(filepath.Join(g.dir, "hook"), []byte("a-secret-of-the-hook"), 0o600)); err != nil {
		t.Fatal(err)
	}
	log := &untilSaid{said: map[string]chan string{"listening": make(chan string, 1), "write the note": make(chan string, 1), "answer comment": make(chan string, 1)}}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan error, 1)
	go func() {
		a := &app{stdout: io.Discard, stderr: log, getenv: func(string) string { return "" }, now: time.Now, width: 80}
		ended <- a.execute(ctx, []string{"serve", "--config", filepath.Join(g.dir, "linnet.yaml")})
	}()
	_, address, _ := strings.Cut(strings.TrimSpace(<-log.said["listening"]), "address=")
	<-log.said["write the note"]

	send := func(method, to, body string, headers map[string]string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		return answer.StatusCode
	}
	if code := send("POST", g.url+"/api/v4/projects/7/merge_requests/1/notes", `{"body": "/canary help"}`, map[string]string{"Private-Token": g.pat.Token}); code != http.StatusCreated {
		t.Fatalf("the comment: HTTP %d", code)
	}
	event := `{"object_kind": "note", "project": {"path_with_namespace": "acme/platform/gitops"}, "merge_request": {"iid": 1, "last_commit": {"id": "` + strings.Repeat("a", 40) + `"}},
		"object_attributes": {"id": 5, "action": "create", "noteable_type": "MergeRequest", "note": "/canary help"}}` //nolint:misspell // GitLab's word
	headers := map[string]string{"X-Gitlab-Event": "Note Hook", "X-Gitlab-Token": "hunter2", "Idempotency-Key": "one"}
	if code := send("POST", "http://"+address+"/hooks/gitlab", event, headers); code != http.StatusUnauthorized {
		t.Errorf("a wrong token: HTTP %d", code)
	}
	headers["X-Gitlab-Token"] = "a-secret-of-the-hook"
	if code := send("POST", "http://"+address+"/hooks/gitlab", event, headers); code != http.StatusAccepted {
		t.Errorf("the webhook: HTTP %d", code)
	}
	<-log.said["answer comment"]
	interrupt()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	if text := log.text.String(); strings.Contains(text, "level=ERROR") || strings.Contains(text, "a-secret-of-the-hook") || strings.Contains(text, "hunter2") {
		t.Errorf("the log says:\n%s", text)
	}
}

func TestServeDoesNotBeginWithoutASecret(t *testing.T) {
	g := newGitLabTrial(t)
	if printed, code := g.linnet("serve"); code != exitUsage || !strings.Contains(printed, "no webhooks to listen for") {
		t.Errorf("code %d, printed:\n%s", code, printed)
	}
	config, err := os.ReadFile(filepath.Join(g.dir, "linnet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(g.dir, "linnet.yaml"), append(config, "webhooks: {listen: '127.0.0.1:0', secretFile: nowhere}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if printed, code := g.linnet("serve"); code != exitFailed || !strings.Contains(printed, "nowhere") {
		t.Errorf("code %d, printed:\n%s", code, printed)
	}
}
