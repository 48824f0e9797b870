package github_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// faults stand between a client and the fake.
type faults struct {
	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool
	calls  []string
}

// wrap lets the present fault have each request first; it tells whether it has answered.
func (f *faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.calls = append(f.calls, r.Method+" "+strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api"), "/v3"))
		answer := f.answer
		f.mu.Unlock()
		if answer == nil || !answer(w, r, string(body), next) {
			next.ServeHTTP(w, r)
		}
	})
}

func (f *faults) set(answer func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// once answers the first request like this and lets the rest through.
func (f *faults) once(method, path string, status int, header map[string]string, text string) {
	done := false // the fault runs without f.mu, but the tests ask one after the other
	f.set(func(w http.ResponseWriter, r *http.Request, body string, _ http.Handler) bool {
		if done || r.Method != method || !strings.Contains(r.URL.Path+" "+body, path) {
			return false
		}
		done = true
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
		return true
	})
}

// hookOn does something before each request with these words is answered.
func hookOn(path string, do func()) func(http.ResponseWriter, *http.Request, string, http.Handler) bool {
	return func(_ http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if strings.Contains(r.URL.Path, path) {
			do()
		}
		return false
	}
}

// called counts the calls so far that hold these words.
func (f *faults) called(words string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if strings.Contains(c, words) {
			n++
		}
	}
	return n
}

// faulty is a hub with a bot, a branch "topic" with one commit, and faults between.
func faulty(t *testing.T) (*hub, *github.Forge, *faults, string) {
	t.Helper()
	f := &faults{}
	h := newHub(t, f.wrap)
	app, credential := h.bot(t)
	bot := h.forge(t, credential, app.ID)
	h.start(t)
	main, err := bot.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	return h, bot, f, main
}

func write(branch, parent, file string) forge.NewCommit {
	return forge.NewCommit{Branch: branch, Create: true, Parent: parent, Message: "Change " + file + "\n", Changes: []tree.Change{{Path: file, Content: []byte(file)}}}
}

func commit(t *testing.T, f *github.Forge, c forge.NewCommit) string {
	t.Helper()
	sha, err := f.Commit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return sha
}

// request opens a pull request that writes a file of the branch's name.
func request(t *testing.T, f *github.Forge, branch, parent string) forge.MergeRequest {
	t.Helper()
	commit(t, f, write(branch, parent, branch))
	m, err := f.Open(t.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: "Change " + branch})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALimitIsNoMissingRight(t *testing.T) {
	in := time.Now().Add(time.Hour).Truncate(time.Second)
	reset := map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000", "X-RateLimit-Reset": itoa(in.Unix())}
	for _, row := range []struct {
		name, method, path string
		status             int
		header             map[string]string
		text               string
		limited, secondary bool
	}{
		{"a spent budget", "GET", "/issues/1/comments", 403, reset, `{"message":"API rate limit exceeded"}`, true, false},
		{"a spent budget as 429", "GET", "/issues/1/comments", 429, reset, `{"message":"API rate limit exceeded"}`, true, false},
		{"too fast", "GET", "/issues/1/comments", 403, map[string]string{"Retry-After": "30"},
			`{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`, true, true},
		{"too fast as 429", "GET", "/issues/1/comments", 429, map[string]string{"Retry-After": "30"}, `{"message":"slow down"}`, true, true},
		{"a spent budget of GraphQL", "POST", "/graphql", 200, reset, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, true, false},
		{"a missing right", "GET", "/issues/1/comments", 403, nil, `{"message":"Resource not accessible by integration"}`, false, false},
		{"credentials that are not known", "GET", "/issues/1/comments", 401, nil, `{"message":"Bad credentials"}`, false, false},
	} {
		// The same through the program's transport, which knows limits itself, and through any other client.
		for _, polite := range []bool{true, false} {
			f := &faults{}
			server := httptest.NewServer(f.wrap(http.NotFoundHandler()))
			base := &http.Transport{}
			var client http.RoundTripper = base
			if polite {
				hosts, err := github.Hosts(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				client = transport.New(transport.Options{Name: "GitHub", Hosts: hosts, Base: base})
			}
			bot, err := github.New(github.Options{URL: server.URL, Project: project, Client: &http.Client{Transport: client}})
			if err != nil {
				t.Fatal(err)
			}
			f.once(row.method, row.path, row.status, row.header, row.text)
			if row.path == "/graphql" {
				_, err = bot.Me(t.Context())
			} else {
				_, err = bot.Comments(t.Context(), 1)
			}
			var limited *transport.LimitedError
			if got := errors.As(err, &limited); got != row.limited || got == errors.Is(err, forge.ErrForbidden) {
				t.Errorf("%s (polite %v): got %v", row.name, polite, err)
			}
			if polite && row.limited && limited != nil && limited.Secondary != row.secondary {
				t.Errorf("%s: got %+v", row.name, limited)
			}
			base.CloseIdleConnections()
			server.Close()
		}
	}
}

func TestAMergeIsAskedForAgainWhenGitHubIsOnlyBusy(t *testing.T) {
	for _, said := range []string{"Base branch was modified. Review and try the merge again.", "Merge already in progress"} {
		_, bot, f, main := faulty(t)
		m := request(t, bot, "topic", main)
		f.once("PUT", "/merge", 405, nil, `{"message":"`+said+`"}`)
		if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
			t.Errorf("%s: %v", said, err)
		}
		if got := f.called("PUT /repos/acme/gitops/pulls/1/merge"); got != 2 {
			t.Errorf("%s: asked %d times, want 2", said, got)
		}
	}
}

func TestARuleThatIsNotShownIsToldInGitHubsWords(t *testing.T) {
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.once("PUT", "/merge", 405, nil, `{"message":"Commits must have valid signatures"}`)
	_, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	var not *forge.NotMergeableError
	if !errors.As(err, &not) || !not.Has(forge.ReasonPolicy) || !strings.Contains(err.Error(), "valid signatures") {
		t.Errorf("got %v", err)
	}
}

func TestAMergeWhoseAnswerIsLostIsFoundDone(t *testing.T) {
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.set(func(w http.ResponseWriter, r *http.Request, _ string, next http.Handler) bool {
		if r.Method != http.MethodPut {
			return false
		}
		next.ServeHTTP(httptest.NewRecorder(), r)
		http.Error(w, "unicorn", http.StatusBadGateway)
		return true
	})
	_, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	if err == nil || errors.Is(err, forge.ErrNotMergeable) || errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v, want an error that leaves open what happened", err)
	}
	f.set(nil)
	if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); !errors.Is(err, forge.ErrAlreadyMerged) {
		t.Errorf("again: got %v, want already merged", err)
	}
}

func TestAHalfMadeBranchIsFinished(t *testing.T) {
	_, bot, f, main := faulty(t)
	f.set(func(w http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		if !strings.Contains(body, "createCommitOnBranch") {
			return false
		}
		http.Error(w, "unicorn", http.StatusBadGateway)
		return true
	})
	c := write("topic", main, "a")
	if _, err := bot.Commit(t.Context(), c); err == nil {
		t.Fatal("it went through")
	}
	f.set(nil)
	if got, err := bot.Head(t.Context(), "topic"); err != nil || got != main {
		t.Fatalf("got %s, %v, want the branch at its parent", got, err)
	}
	if _, err := bot.Commit(t.Context(), c); !errors.Is(err, forge.ErrBranchExists) {
		t.Errorf("created twice: %v", err)
	}
	c.Create = false
	sha := commit(t, bot, c)
	if got, _ := bot.Head(t.Context(), "topic"); got != sha {
		t.Errorf("got %s, want %s", got, sha)
	}
}

func TestACommitThatIsRefusedLeavesNoBranch(t *testing.T) {
	_, bot, f, main := faulty(t)
	f.once("POST", "createCommitOnBranch", 200, nil, `{"data":{"createCommitOnBranch":null},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}`)
	if _, err := bot.Commit(t.Context(), write("topic", main, "a")); !errors.Is(err, forge.ErrForbidden) {
		t.Fatalf("got %v, want forbidden", err)
	}
	if got, err := bot.Head(t.Context(), "topic"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("the branch is at %s, %v", got, err)
	}
}

func TestABranchThatMovesWhileItIsDeletedStays(t *testing.T) {
	h, bot, f, main := faulty(t)
	head := commit(t, bot, write("topic", main, "a"))
	var hand string
	f.set(func(_ http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if hand == "" && strings.HasSuffix(r.URL.Path, "/pulls") { // the bot looks whether somebody needs the branch
			hand = h.push(t, "topic", "b")
		}
		return false
	})
	if err := bot.DeleteBranch(t.Context(), "topic", head); !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("got %v, want head moved", err)
	}
	if got, err := bot.Head(t.Context(), "topic"); err != nil || got != hand {
		t.Errorf("got %s, %v, want the commit of the person", got, err)
	}
}

func TestWhatGitHubDoesNotKnowYetIsNotReady(t *testing.T) {
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.set(func(w http.ResponseWriter, r *http.Request, _ string, next http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/pulls/1") {
			return false
		}
		kept := httptest.NewRecorder()
		r.Header.Del("If-None-Match")
		next.ServeHTTP(kept, r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Replace(strings.Replace(kept.Body.String(), `"mergeable":true`, `"mergeable":null`, 1), `"mergeable_state":"clean"`, `"mergeable_state":"unknown"`, 1))
		return true
	})
	got, err := bot.Get(t.Context(), m.Number)
	if err != nil || got.Mergeability.Readiness != forge.ReadinessUnknown {
		t.Errorf("got %+v, %v, want unknown", got.Mergeability, err)
	}
	if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
		t.Errorf("merging is for GitHub to decide: %v", err)
	}
}

func TestAnAnswerWithNothingInItIsNoPullRequest(t *testing.T) {
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.once("GET", "/pulls/1", 200, nil, "{}")
	if got, err := bot.Get(t.Context(), m.Number); err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	h := newHub(t)
	secret := h.AddUser("ann", "read")
	ann := h.forge(t, token(secret), 0)
	h.start(t)
	main, err := ann.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var errs []error
	_, err = ann.Commit(t.Context(), write("topic", main, "a"))
	errs = append(errs, err)
	_, err = ann.Comments(cancelled, 1)
	errs = append(errs, err, ann.SetCheck(t.Context(), main, forge.Check{Name: "c", State: forge.Success}))
	for _, err := range errs {
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "http://") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q", err)
		}
	}
	if !errors.Is(errs[0], forge.ErrForbidden) || !errors.Is(errs[1], context.Canceled) {
		t.Errorf("got %v", errs)
	}
}
