package fakegitlab

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/outbox"
	"github.com/linnet-bot/linnet/pkg/server/hook"
)

const (
	token   = "correct horse battery staple"
	signing = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

// ear is a receiver of webhooks. Those that carry both a token and a signature are believed by the signature alone.
type ear struct {
	*httptest.Server
	receiving sync.WaitGroup

	mu    sync.Mutex
	hints []hook.Hint
	fails bool
}

func newEar(t *testing.T) *ear {
	t.Helper()
	e := &ear{}
	secret := func(s string) hook.Secret { return func() ([]string, error) { return []string{s}, nil } }
	receive, err := hook.NewGitLab(secret(token), secret(signing), hook.Options{
		Wake: func(h hook.Hint) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.hints = append(e.hints, h)
		},
		Deliveries: hook.NewMemory(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.receiving.Add(1)
		defer e.receiving.Done()
		e.mu.Lock()
		fails := e.fails
		e.mu.Unlock()
		if fails {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		receive.ServeHTTP(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ear) fail(fails bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fails = fails
}

// listening is a project of three people that tells an ear of everything.
func listening(t *testing.T, o Options, deliver func(outbox.Delivery) []outbox.Delivery) (s *Server, e *ear, pat, ann User) {
	t.Helper()
	s, pat = fake(t, o)
	ann, e = s.AddUser("ann"), newEar(t)
	if err := s.Subscribe(Subscription{URL: e.URL, Token: token, Signing: signing, Deliver: deliver}); err != nil {
		t.Fatal(err)
	}
	return s, e, pat, ann
}

func (e *ear) settle(s *Server) {
	s.SettleWebhooks()
	e.receiving.Wait()
}

// told lists "event action" of what was sent.
func (e *ear) told(s *Server) []string {
	e.settle(s)
	var list []string
	for _, a := range s.Webhooks() {
		list = append(list, strings.TrimSpace(a.Event+" "+a.Action))
	}
	return list
}

// commitFile pushes a file to a branch by the API.
func commitFile(t *testing.T, s *Server, u User, branch, start, file string) string {
	t.Helper()
	code, answer := ask(t, s, u, http.MethodPost, "/repository/commits", map[string]any{"branch": branch, "start_sha": start, "commit_message": "Write " + file,
		"actions": []any{map[string]any{"action": "create", "file_path": file, "content": "x"}}})
	if code != http.StatusCreated {
		t.Fatalf("got %d %v", code, answer)
	}
	return answer["id"].(string)
}

// everything happens once.
func everything(t *testing.T, s *Server, pat, ann User) {
	t.Helper()
	must := func(u User, method, where string, body map[string]any) map[string]any {
		t.Helper()
		code, answer := ask(t, s, u, method, where, body)
		if code >= 300 {
			t.Fatalf("%s %s: %d %v", method, where, code, answer)
		}
		return answer
	}
	start, err := s.FirstCommit("README.md", "Hello.")
	if err != nil {
		t.Fatal(err)
	}
	sha := commitFile(t, s, pat, "topic", start, "a")
	must(pat, http.MethodPost, "/merge_requests", map[string]any{"source_branch": "topic", "target_branch": "main", "title": "Move"})
	must(pat, http.MethodPut, "/merge_requests/1", map[string]any{"title": "Move it", "labels": "istio-canary"})
	note := must(pat, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": "Hello."})["id"]
	must(pat, http.MethodPut, fmt.Sprintf("/merge_requests/1/notes/%.0f", note), map[string]any{"body": "Hello again."})
	must(ann, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": "/canary promote"})
	s.AddNote(1, "", "added 1 commit", true)
	must(pat, http.MethodPost, "/statuses/"+sha, map[string]any{"state": "running", "name": "gate"})
	must(pat, http.MethodPost, "/statuses/"+sha, map[string]any{"state": "success", "name": "gate"})
	must(ann, http.MethodPost, "/merge_requests/1/approve", nil)
	must(ann, http.MethodPost, "/merge_requests/1/unapprove", nil)
	must(ann, http.MethodPost, "/merge_requests/1/approve", nil)
	must(pat, http.MethodPost, "/repository/commits", map[string]any{"branch": "topic", "commit_message": "More",
		"actions": []any{map[string]any{"action": "create", "file_path": "b", "content": "x"}}}) // takes the approval away
	s.AddPipeline(s.refs["topic"], "", 1)
	must(ann, http.MethodPut, "/merge_requests/1", map[string]any{"state_event": "close"})
	must(ann, http.MethodPut, "/merge_requests/1", map[string]any{"state_event": "reopen"})
	must(ann, http.MethodPost, "/merge_requests/1/approve", nil)
	must(pat, http.MethodPut, "/merge_requests/1/merge", map[string]any{"sha": s.refs["topic"]})
}

func TestWhatHappensIsToldOnceAndInOrder(t *testing.T) {
	s, e, pat, ann := listening(t, Options{QuickActions: Some(true), Settings: Settings{RequiredApprovals: 1}}, nil)
	everything(t, s, pat, ann)
	const push, request, note, pipeline = "Push Hook", "Merge Request Hook ", "Note Hook ", "Pipeline Hook"
	want := []string{
		push, push, request + "open", request + "update", note + "create", note + "update", note + "create", pipeline, pipeline,
		request + "approved", request + "unapproved", request + "approved", push, request + "update", request + "unapproved", pipeline,
		request + "close", request + "reopen", request + "approved", push, request + "merge",
	}
	if got := e.told(s); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, a := range s.Webhooks() {
		if a.Status != http.StatusAccepted {
			t.Errorf("%s %s is answered %d %v", a.Event, a.Action, a.Status, a.Err)
		}
	}
	// What concerns the bot wakes it: everything but the edited note.
	if got := len(e.hints); got != len(want)-1 {
		t.Errorf("woken %d times, want %d: %+v", got, len(want)-1, e.hints)
	}
}

// A command that GitLab takes out leaves no note, and so nothing is told. What is left of one is told without it.
func TestACommandThatGitLabTakesOutIsNotTold(t *testing.T) {
	s, e, pat, _ := listening(t, Options{QuickActions: Some(true)}, nil)
	open(t, s, pat)
	before := len(e.told(s))
	for _, body := range []string{"/promote", "LGTM\n/promote"} {
		ask(t, s, pat, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": body})
	}
	e.settle(s)
	after := s.Webhooks()[before:]
	if len(after) != 1 || !bytes.Contains(after[0].Body, []byte(`"note":"LGTM"`)) {
		t.Errorf("told %d events, want one, of LGTM", len(after))
	}
}

func TestAPushToMoreThanThreeBranchesIsNotTold(t *testing.T) {
	s, e, pat, _ := listening(t, Options{}, nil)
	start, err := s.FirstCommit("README.md", "Hello.")
	if err != nil {
		t.Fatal(err)
	}
	before := len(e.told(s))
	s.HoldPushes(true)
	for _, branch := range []string{"a", "b", "c", "d"} {
		if _, err := s.git("update-ref", "refs/heads/"+branch, start); err != nil {
			t.Fatal(err)
		}
	}
	s.HoldPushes(false)
	if got := e.told(s)[before:]; len(got) != 0 {
		t.Errorf("told %q", got)
	}
	commitFile(t, s, pat, "e", start, "e")
	if got := e.told(s)[before:]; !slices.Equal(got, []string{"Push Hook"}) {
		t.Errorf("told %q, want one push", got)
	}
}

func TestARedeliveryKeepsItsIDAndIsSignedAnew(t *testing.T) {
	now := time.Now()
	s, e, pat, _ := listening(t, Options{Now: func() time.Time { return now }}, nil)
	open(t, s, pat)
	e.settle(s)
	sent := s.Webhooks()
	first, woken := sent[len(sent)-1], len(e.hints)
	now = now.Add(2 * time.Second)
	if err := s.Redeliver(first.ID); err != nil {
		t.Fatal(err)
	}
	e.settle(s)
	again := s.Webhooks()[len(sent)]
	if again.ID != first.ID || again.Header.Get("Idempotency-Key") != first.ID || again.Header.Get("Webhook-Signature") == first.Header.Get("Webhook-Signature") {
		t.Errorf("redelivered %v, want %s signed anew", again.Header, first.ID)
	}
	if again.Status != http.StatusAccepted || len(e.hints) != woken {
		t.Errorf("answered %d and woken %d times, want 202 and %d", again.Status, len(e.hints), woken)
	}
	if err := s.Redeliver("unknown"); err == nil {
		t.Error("what was never delivered is delivered again")
	}
}

// GitLab sends nothing a second time by itself. After four failures in a row it pauses, for longer and longer, and after forty it ends.
func TestAReceiverThatFailsIsSwitchedOff(t *testing.T) {
	now := time.Now()
	s, e, pat, _ := listening(t, Options{Now: func() time.Time { return now }}, nil)
	open(t, s, pat)
	sent := func() int { return len(e.told(s)) }
	remark := func() {
		ask(t, s, pat, http.MethodPost, "/merge_requests/1/notes", map[string]any{"body": "Hello."})
		e.settle(s)
	}
	begun := sent()
	e.fail(true)
	for range 6 {
		remark()
	}
	if got := sent() - begun; got != failuresToPause {
		t.Errorf("%d were sent, want %d", got, failuresToPause)
	}
	now = now.Add(shortestPause)
	remark() // fails, too: two minutes
	now = now.Add(shortestPause)
	remark()
	if got := sent() - begun; got != failuresToPause+1 {
		t.Errorf("after a minute %d were sent, want %d", got, failuresToPause+1)
	}
	now = now.Add(shortestPause)
	e.fail(false)
	remark()
	remark()
	if got := sent() - begun; got != failuresToPause+3 {
		t.Errorf("one that works again was sent %d, want %d", got, failuresToPause+3)
	}
	e.fail(true)
	for range failuresToEnd {
		remark()
		now = now.Add(longestPause)
	}
	e.fail(false)
	ended := sent()
	remark()
	if got := sent(); got != ended {
		t.Errorf("one that failed %d times in a row is sent more", failuresToEnd)
	}
}
