package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
)

// gitlabTrial is a trial on a project of a fake GitLab.
type gitlabTrial struct {
	*fakegitlab.Server
	trial
	url string
	pat fakegitlab.User
}

func newGitLabTrial(t *testing.T) gitlabTrial {
	t.Helper()
	fake, err := fakegitlab.New(t.TempDir(), fakegitlab.Options{Path: "acme/platform/gitops", QuickActions: fakegitlab.Some(true)})
	if err != nil {
		t.Skip(err)
	}
	front := httptest.NewServer(fake)
	t.Cleanup(front.Close)
	pat, bot := fake.AddUser("pat"), fake.AddUser("project_7_bot_0a1b2c")
	in := newTrial(t, "forge: {kind: gitlab, url: '"+front.URL+"', project: acme/platform/gitops, tokenFile: token}",
		strings.Replace(front.URL, "://", "://pat:"+pat.Token+"@", 1)+"/acme/platform/gitops.git")
	in.write(t, "token", bot.Token+"\n")
	return gitlabTrial{Server: fake, trial: in, url: front.URL, pat: pat}
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
