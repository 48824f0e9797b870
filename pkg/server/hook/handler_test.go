package hook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Each request is wrong in everything from one point of the order on.
func TestTheFirstThingThatIsWrongEndsTheRequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"method", func(r *http.Request) {
			r.Method, r.ContentLength = http.MethodGet, largestBody+1
			r.Header.Del("X-Hub-Signature-256")
		}, 405},
		{"size", func(r *http.Request) {
			r.ContentLength = largestBody + 1
			r.Header.Del("X-Hub-Signature-256")
		}, 413},
		{"signature", func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64)) }, 401},
		{"type and content", func(*http.Request) {}, 202},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := github(t)
			r := githubRequest("no_such_event", "d-1", "no JSON")
			c.change(r)
			w := p.do(r)
			if w.Code != c.want || len(p.woken()) != 0 {
				t.Errorf("answered %d %s, woken with %+v, want %d and nothing", w.Code, w.Body, p.woken(), c.want)
			}
			if allow := w.Header().Get("Allow"); c.want == 405 && allow != "POST" {
				t.Errorf("Allow is %q, want POST", allow)
			}
		})
	}
	t.Run("an event that is not known is not decoded", func(t *testing.T) {
		p := github(t)
		p.wants(t, githubRequest("star", "d-1", "no JSON"), 202)
		if strings.Contains(p.log.String(), "not understood") {
			t.Errorf("it is decoded:\n%s", p.log.String())
		}
	})
}

func TestTheForgeIsAnsweredBeforeTheEventIsHandled(t *testing.T) {
	p := github(t)
	answered, woken := make(chan struct{}), make(chan struct{})
	p.wake = func(Hint) {
		<-answered
		close(woken)
	}
	server := httptest.NewServer(p)
	defer server.Close()
	from := githubRequest("issue_comment", "d-1", githubNewComment)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, from.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = from.Header
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 202 || !strings.HasPrefix(string(body), "accepted") {
		t.Errorf("answered %d %q, %v, want 202 and the whole text while the loop is not awake yet", answer.StatusCode, body, err)
	}
	_ = answer.Body.Close()
	close(answered)
	<-woken
}

func TestAFormOfGitHubIsAsGoodAsJSON(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a payload":     {"payload=" + url.QueryEscape(githubNewComment), 1},
		"no payload":    {"other=" + url.QueryEscape(githubNewComment), 0},
		"no form":       {"%%%", 0},
		"JSON after it": {githubNewComment, 0},
	} {
		p := github(t)
		r := githubRequest("issue_comment", "d-1", c.body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		p.wants(t, r, 202)
		if got := p.woken(); len(got) != c.want {
			t.Errorf("%s wakes with %+v, want %d hints", name, got, c.want)
		}
	}
}

func TestABodyThatEndsEarlyIsNoEvent(t *testing.T) {
	p := github(t)
	r := githubRequest("issue_comment", "d-1", "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(githubNewComment), broken{}))
	p.wants(t, r, 400)
	if got := p.woken(); len(got) != 0 {
		t.Errorf("it wakes with %+v", got)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestWhoGivesUpWaitingGetsNoPlace(t *testing.T) {
	h := &handler{places: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if h.enter(ctx) {
		t.Error("a request whose sender is gone gets a place where there is none")
	}
}

func TestARequestWaitsForAPlaceForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := github(t)
		let := make(chan struct{})
		p.wake = func(Hint) { <-let }
		var done sync.WaitGroup
		for n := range 2 * bodiesAtOnce {
			done.Go(func() { p.wants(t, githubRequest("issue_comment", "d-"+strconv.Itoa(n), githubNewComment), 202) })
		}
		synctest.Wait()
		if got := p.woken(); len(got) != bodiesAtOnce {
			t.Errorf("%d at once are handled, want %d", len(got), bodiesAtOnce)
		}
		time.Sleep(longestWait - time.Second)
		close(let)
		done.Wait()
		if got := p.woken(); len(got) != 2*bodiesAtOnce {
			t.Errorf("%d of %d are handled", len(got), 2*bodiesAtOnce)
		}
	})
}

// A memory that fails costs a look too many, and never an event.
type failing struct{ panics bool }

func (f failing) First(string, time.Time) (bool, error) { return false, errors.New("disk full") }

func (f failing) Quarantine(string, time.Time) error {
	if f.panics {
		panic("corrupt")
	}
	return errors.New("disk full")
}

func TestAMemoryThatFailsLosesNoEvent(t *testing.T) {
	for _, memory := range []failing{{}, {panics: true}} {
		p := &place{}
		o := p.options()
		o.Deliveries = memory
		h, err := NewGitHub(fixed(testSecret), o)
		if err != nil {
			t.Fatal(err)
		}
		p.Handler = h
		p.wants(t, githubRequest("issue_comment", "d-1", githubNewComment), 202)
		if got := p.woken(); len(got) != 1 || got[0] != githubCommentHint {
			t.Errorf("woken with %+v, want %+v", got, githubCommentHint)
		}
		p.wake = func(Hint) { panic("x") }
		p.wants(t, githubRequest("issue_comment", "d-2", githubNewComment), 202)
	}
}

func TestAReceiverNeedsAllItsParts(t *testing.T) {
	for name, take := range map[string]func(*Options){
		"to wake": func(o *Options) { o.Wake = nil }, "memory": func(o *Options) { o.Deliveries = nil }, "clock": func(o *Options) { o.Now = nil },
	} {
		o := (&place{memory: NewMemory()}).options()
		take(&o)
		if _, err := NewGitHub(fixed(testSecret), o); err == nil {
			t.Errorf("a receiver is made without what it needs: %s", name)
		}
	}
	o := (&place{memory: NewMemory()}).options()
	o.Log = nil
	h, err := NewGitHub(fixed(testSecret), o)
	if err != nil {
		t.Fatal(err)
	}
	(&place{Handler: h}).wants(t, httptest.NewRequest(http.MethodGet, "/", nil), 405)
}
