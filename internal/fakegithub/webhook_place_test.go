package fakegithub_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/internal/outbox"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

const (
	project = "acme/gitops"
	secret  = "correct horse battery staple"
)

// place is a fake GitHub, a person on it and an App, and a receiver that the App's webhooks go to.
type place struct {
	*testing.T
	*fakegithub.Server
	front     string // of the fake
	app       fakegithub.App
	ann, bot  string // tokens
	receiver  *httptest.Server
	receiving sync.WaitGroup

	mu    sync.Mutex
	hints []hook.Hint
}

func newPlace(t *testing.T, deliver func(outbox.Delivery) []outbox.Delivery) *place {
	t.Helper()
	fake, err := fakegithub.New(t.TempDir(), project, nil)
	if err != nil {
		t.Skip(err)
	}
	p := &place{T: t, Server: fake}
	if p.app, err = fake.AddApp("linnet"); err != nil {
		t.Fatal(err)
	}
	p.ann, p.bot = fake.AddUser("ann", "maintain"), fake.InstallationToken(p.app)
	front := httptest.NewServer(fake)
	t.Cleanup(front.Close)
	p.front = front.URL
	receive, err := hook.NewGitHub(func() ([]string, error) { return []string{secret}, nil }, hook.Options{
		Wake: func(h hook.Hint) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.hints = append(p.hints, h)
		},
		Deliveries: hook.NewMemory(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.receiving.Add(1)
		defer p.receiving.Done()
		receive.ServeHTTP(w, r)
	}))
	t.Cleanup(p.receiver.Close)
	p.firstCommit()
	if err := fake.Subscribe(fakegithub.Subscription{URL: p.receiver.URL, Secret: secret, App: p.app.ID, Deliver: deliver}); err != nil {
		t.Fatal(err)
	}
	return p
}

// firstCommit puts a file on main.
func (p *place) firstCommit() {
	p.Helper()
	dir := p.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"commit", "-q", "--allow-empty", "-m", "Start"},
		{"push", "-q", strings.Replace(p.front, "://", "://ann:"+p.ann+"@", 1) + "/" + project + ".git", "main"}} {
		cmd := exec.CommandContext(p.Context(), "git", append([]string{"-c", "user.name=Ann", "-c", "user.email=ann@example.org"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			p.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// ask calls the API and gives the answer.
func (p *place) ask(token, method, at string, body any) map[string]any {
	p.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.Fatal(err)
	}
	r := httptest.NewRequest(method, "/api"+at, bytes.NewReader(text))
	if at != "/graphql" {
		r.URL.Path = "/api/v3/repos/" + project + at
	}
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code >= 300 {
		p.Fatalf("%s %s: %d %s", method, at, w.Code, w.Body)
	}
	var answer map[string]any
	if w.Body.Len() > 0 && json.Unmarshal(w.Body.Bytes(), &answer) != nil {
		return nil
	}
	return answer
}

func (p *place) head(branch string) string {
	return p.ask(p.ann, http.MethodGet, "/git/ref/heads/"+branch, nil)["object"].(map[string]any)["sha"].(string)
}

// branch makes one with a file on it, or writes the file on the one that is there.
func (p *place) write(token, branch, content string) string {
	p.Helper()
	parent := p.head("main")
	if content != "new" {
		parent = p.head(branch)
	}
	blob := p.ask(token, http.MethodPost, "/git/blobs", map[string]any{"content": content, "encoding": "utf-8"})["sha"]
	root := p.ask(token, http.MethodPost, "/git/trees", map[string]any{"tree": []any{map[string]any{"path": branch, "mode": "100644", "type": "blob", "sha": blob}}})["sha"]
	sha := p.ask(token, http.MethodPost, "/git/commits", map[string]any{"message": "Write " + content, "tree": root, "parents": []any{parent}})["sha"].(string)
	if content == "new" {
		p.ask(token, http.MethodPost, "/git/refs", map[string]any{"ref": "refs/heads/" + branch, "sha": sha})
	} else {
		p.ask(token, http.MethodPatch, "/git/refs/heads/"+branch, map[string]any{"sha": sha})
	}
	return sha
}

func (p *place) open(token, branch string) int {
	p.Helper()
	return int(p.ask(token, http.MethodPost, "/pulls", map[string]any{"title": "Move " + branch, "body": "", "head": branch, "base": "main"})["number"].(float64))
}

func (p *place) mutate(token, name string, number int) {
	p.Helper()
	p.ask(token, http.MethodPost, "/graphql", map[string]any{"query": "mutation($input: X!) { " + name + "(input: $input) { x } }",
		"variables": map[string]any{"input": map[string]any{"pullRequestId": fmt.Sprintf("PR_%d", number)}}})
}

// settle waits until everything is received and dealt with.
func (p *place) settle() {
	p.SettleWebhooks()
	p.receiving.Wait()
}

// said lists "event action" of what was sent.
func (p *place) said() []string {
	p.settle()
	var list []string
	for _, a := range p.Webhooks() {
		list = append(list, strings.TrimSpace(a.Event+" "+a.Action))
	}
	return list
}

// everything happens once.
func (p *place) everything() {
	p.Helper()
	p.SetRules(fakegithub.Rules{Approvals: 1})
	sha := p.write(p.bot, "topic", "new")
	number := p.open(p.bot, "topic")
	at := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	p.ask(p.ann, http.MethodPost, at("/issues/%d/labels", number), map[string]any{"labels": []string{"istio-canary"}})
	p.ask(p.bot, http.MethodPatch, at("/pulls/%d", number), map[string]any{"title": "Move it", "body": "Why."})
	note := p.ask(p.bot, http.MethodPost, at("/issues/%d/comments", number), map[string]any{"body": "Hello."})["id"]
	p.ask(p.bot, http.MethodPatch, at("/issues/comments/%.0f", note), map[string]any{"body": "Hello again."})
	command := p.ask(p.ann, http.MethodPost, at("/issues/%d/comments", number), map[string]any{"body": "/canary promote"})["id"]
	p.EditComment(int64(command.(float64)), "/canary rollback")
	p.ask(p.ann, http.MethodDelete, at("/issues/comments/%.0f", command), nil)
	run := int64(p.ask(p.bot, http.MethodPost, "/check-runs", map[string]any{"name": "linnet/gate", "head_sha": sha, "status": "in_progress"})["id"].(float64))
	p.ask(p.bot, http.MethodPatch, at("/check-runs/%d", run), map[string]any{"conclusion": "action_required",
		"actions": []any{map[string]any{"label": "Promote", "description": "Go on", "identifier": "promote"}}})
	if err := p.Press(run, "promote", "ann"); err != nil {
		p.Fatal(err)
	}
	if err := errors.Join(p.Rerequest(run, "ann"), p.RerequestAll(sha, "ann")); err != nil {
		p.Fatal(err)
	}
	p.ask(p.ann, http.MethodPost, "/statuses/"+sha, map[string]any{"state": "success", "context": "lint"})
	p.ask(p.ann, http.MethodPost, at("/pulls/%d/reviews", number), map[string]any{"event": "APPROVE"})
	p.write(p.bot, "topic", "more") // dismisses the approval
	p.mutate(p.bot, "convertPullRequestToDraft", number)
	p.mutate(p.bot, "markPullRequestReadyForReview", number)
	p.ask(p.ann, http.MethodPatch, at("/pulls/%d", number), map[string]any{"state": "closed"})
	p.ask(p.ann, http.MethodPatch, at("/pulls/%d", number), map[string]any{"state": "open"})
	p.ask(p.ann, http.MethodPost, at("/pulls/%d/reviews", number), map[string]any{"event": "APPROVE"})
	p.ask(p.bot, http.MethodPut, at("/pulls/%d/merge", number), map[string]any{"sha": p.head("topic")})
	p.ask(p.bot, http.MethodDelete, "/git/refs/heads/topic", nil)
}

// queued goes through the merge queue: once to the end, once out of it.
func (p *place) queued() {
	p.Helper()
	p.SetRules(fakegithub.Rules{Queue: true, Checks: []fakegithub.RequiredCheck{{Name: "linnet/gate", App: p.app.ID}}})
	for _, branch := range []string{"first", "second"} {
		sha := p.write(p.bot, branch, "new")
		number := p.open(p.bot, branch)
		p.EnableAutoMerge(number, "ann")
		p.ask(p.bot, http.MethodPost, "/check-runs", map[string]any{"name": "linnet/gate", "head_sha": sha, "conclusion": "success"})
	}
	p.RunQueue()
	_, trials := p.Queue()
	if len(trials) != 2 {
		p.Fatalf("got %d in the queue, want 2", len(trials))
	}
	p.ask(p.bot, http.MethodPost, "/check-runs", map[string]any{"name": "linnet/gate", "head_sha": trials[0], "conclusion": "success"})
	p.ask(p.bot, http.MethodPost, "/check-runs", map[string]any{"name": "linnet/gate", "head_sha": trials[1], "conclusion": "failure"})
	p.RunQueue()
}
