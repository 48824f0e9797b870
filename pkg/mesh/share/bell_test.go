package share_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// overheard tells of requests that wait and counts the observations that were sent.
type overheard struct {
	h       http.Handler
	waiting chan struct{}
	sent    chan int // codes
}

func (o *overheard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("wait") {
		o.waiting <- struct{}{}
	}
	answered := &coded{ResponseWriter: w, code: http.StatusOK}
	o.h.ServeHTTP(answered, r)
	o.sent <- answered.code
}

type coded struct {
	http.ResponseWriter
	code int
}

func (c *coded) WriteHeader(code int) { c.code = code; c.ResponseWriter.WriteHeader(code) }

func TestAChangeIsHeardOfWithoutAskingAgainAndAgain(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	o := &overheard{h: w, waiting: make(chan struct{}, 10), sent: make(chan int, 10)}
	server := httptest.NewServer(o)
	defer server.Close()
	c := newClient(t, share.From{URL: server.URL, TokenFile: tokenFile(t, key.token(t, claims(w.clock.now(), nil)))})
	if _, err := c.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-o.sent
	changed := c.Changed()
	<-o.waiting
	select {
	case <-changed:
		t.Fatal("told of a change that there was not")
	default:
	}
	if c.Changed() != changed {
		t.Error("whoever asks meanwhile waits for another change")
	}
	w.see("west")
	<-changed
	if code := <-o.sent; code != 200 {
		t.Errorf("got %d", code)
	}
	seen, err := c.Observe(t.Context())
	if err != nil || seen.Cluster != "west" {
		t.Errorf("got %+v, %v", seen, err)
	}
	if code := <-o.sent; code != http.StatusNotModified {
		t.Errorf("what came already was sent again: %d", code)
	}
	again := c.Changed()
	<-o.waiting
	if err := c.Close(); err != nil { // and nothing is left waiting: see TestMain
		t.Error(err)
	}
	select {
	case <-again:
		t.Error("an end is no change")
	default:
	}
	server.CloseClientConnections()
}

func TestWhoHasSeenNothingIsToldOfTheFirst(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	c := newClient(t, share.From{URL: w.url, TokenFile: tokenFile(t, key.token(t, claims(w.clock.now(), nil)))})
	<-c.Changed()
	if seen, err := c.Observe(t.Context()); err != nil || seen.Cluster != "east" {
		t.Errorf("got %+v, %v", seen, err)
	}
}

func TestWaitingForAnObserverThatIsAwayCanBeEnded(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	asked := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		w.issuer.answer(500)
		w.ServeHTTP(a, r)
		asked <- struct{}{}
	}))
	defer server.Close()
	c := newClient(t, share.From{URL: server.URL, TokenFile: tokenFile(t, key.token(t, claims(w.clock.now(), nil)))})
	changed := c.Changed()
	<-asked
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-changed:
		t.Error("a failure is no change")
	default:
	}
}
