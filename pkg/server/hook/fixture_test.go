package hook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testSecret  = "correct horse battery staple"
	testSigning = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

	githubNewComment = `{"action": "created", "issue": {"number": 7, "pull_request": {}}, "comment": {"id": 40, "body": "/canary promote"},
		"repository": {"full_name": "acme/gitops"}}`
)

//nolint:misspell // noteable is GitLab's word
const gitlabNewNote = `{"object_kind": "note", "project": {"path_with_namespace": "acme/mesh/gitops"},
		"object_attributes": {"id": 40, "note": "/canary promote", "noteable_type": "MergeRequest", "action": "create"},
		"merge_request": {"iid": 7, "last_commit": {"id": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"}}}`

var (
	githubCommentHint = Hint{Project: "acme/gitops", Kind: Comment, Number: 7, CommentID: 40}
	gitlabNoteHint    = Hint{Project: "acme/mesh/gitops", Kind: Comment, Number: 7, SHA: "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", CommentID: 40}
)

// place is a receiver with everything around it.
type place struct {
	http.Handler
	memory *Memory
	log    bytes.Buffer

	mu    sync.Mutex
	hints []Hint
	// wake happens after the hint is noted.
	wake func(Hint)
}

func (p *place) options() Options {
	return Options{
		Wake: func(h Hint) {
			p.mu.Lock()
			p.hints = append(p.hints, h)
			wake := p.wake
			p.mu.Unlock()
			if wake != nil {
				wake(h)
			}
		},
		Deliveries: p.memory, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func (p *place) woken() []Hint {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Hint(nil), p.hints...)
}

func fixed(secrets ...string) Secret { return func() ([]string, error) { return secrets, nil } }

func github(t testing.TB) *place {
	t.Helper()
	p := &place{memory: NewMemory()}
	h, err := NewGitHub(fixed(testSecret), p.options())
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	return p
}

func gitlab(t testing.TB, token, signing Secret) *place {
	t.Helper()
	p := &place{memory: NewMemory()}
	h, err := NewGitLab(token, signing, p.options())
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = h
	return p
}

// do gives the answer after everything is done with the request.
func (p *place) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func (p *place) wants(t *testing.T, r *http.Request, status int) {
	t.Helper()
	if w := p.do(r); w.Code != status {
		t.Errorf("%s with %v is answered %d %s, want %d\nlog: %s", r.Method, r.Header, w.Code, w.Body, status, p.log.String())
	}
}

func githubRequest(event, delivery, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/github", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", delivery)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(macOf([]byte(testSecret), body)))
	return r
}

func gitlabRequest(event, delivery, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/gitlab", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Gitlab-Event", event)
	r.Header.Set("Idempotency-Key", delivery)
	return r
}

func withToken(r *http.Request) *http.Request {
	r.Header.Set("X-Gitlab-Token", testSecret)
	return r
}

// signed is as GitLab signs it at that time with these keys.
func signed(r *http.Request, body string, at time.Time, keys ...string) *http.Request {
	id, stamp := r.Header.Get("Idempotency-Key"), strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", stamp)
	var signatures []string
	for _, key := range keys {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
		if err != nil {
			panic(err)
		}
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(macOf(raw, id+"."+stamp+"."+body)))
	}
	r.Header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return r
}

func macOf(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
