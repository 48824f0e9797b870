package faults

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Handler stands before a forge. It is an http.Handler; a connection that is cut is http.ErrAbortHandler. One request is answered after the other.
type Handler struct {
	next   http.Handler
	vendor Vendor
	now    func() time.Time
	jump   func(time.Duration)

	mu       sync.Mutex
	dice     *rand.Rand
	schedule Schedule
	left     int
	until    map[string]time.Time // before which nothing is to be asked, by kind of interface
	events   []Event
	impolite []Event
	lists    lists
	pages    map[string]int // how long the pages of a list that is being read are, by path
}

// New puts the schedule before a forge. Jump is told how far a clock jumps, a negative one being the client's own.
func New(next http.Handler, v Vendor, s Schedule, now func() time.Time, jump func(time.Duration)) *Handler {
	return &Handler{next: next, vendor: v, schedule: s, left: s.Most, dice: s.dice(), now: now, jump: jump,
		until: map[string]time.Time{}, pages: map[string]int{}, lists: lists{kept: map[string]*listed{}}}
}

// Over tells that there are no faults any more.
func (h *Handler) Over() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.left == 0
}

// End lets everything through from now on.
func (h *Handler) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = 0
}

// Forget takes back what the client was told about limits, as when it is another one that does not know of them.
func (h *Handler) Forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.until)
}

// Events are all requests so far.
func (h *Handler) Events() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events
}

// Impolite are the requests that came before the time that the client was told to wait for.
func (h *Handler) Impolite() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.impolite
}

// fate is what a Wire asks to be told and HTTP has no word for.
type fate struct{ silent bool }

type fateKey struct{}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	q := read(r, body)
	h.events = append(h.events, Event{At: h.now(), What: r.Method + " " + r.URL.RequestURI(), Write: q.write, Git: q.git})
	event := &h.events[len(h.events)-1]
	face := face(r, q)
	if event.At.Before(h.until[face]) {
		h.impolite = append(h.impolite, *event)
	}
	event.Fault = h.draw(q, r)
	if event.Fault == Jump {
		h.left--
		h.jump(jumps[h.dice.IntN(len(jumps))])
		clear(h.until) // measured by a clock that is another one now
	}
	answer := h.answer(r, q, body, event.Fault, face)
	if answer == nil {
		if f, ok := r.Context().Value(fateKey{}).(*fate); ok {
			f.silent = event.Fault == Silent || event.Fault == SilentAfter
		}
		panic(http.ErrAbortHandler)
	}
	event.Status = answer.Code
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	text := answer.Body.Bytes()
	if event.Fault == Half && len(text) > 1 {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(text[:len(text)/2])
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(text)
}

const graphql = "graphql"

// face is which of the forge's interfaces is asked; limits of one say nothing about another.
func face(r *http.Request, q call) string {
	switch {
	case q.git:
		return "git"
	case r.URL.Path == "/api/graphql":
		return graphql
	}
	return "api"
}

// draw decides what happens to a request.
func (h *Handler) draw(q call, r *http.Request) Kind {
	old := q.list && h.lists.old(r)
	hit, which := h.dice.Float64() < h.schedule.Rate*q.weight(old), h.dice.Uint64()
	if h.left == 0 || !hit {
		return ""
	}
	var may []Kind
	for _, k := range Kinds {
		if k.may(h.vendor, q) && (k != Stale || old) && (k != Short || firstPage(r)) {
			may = append(may, slices.Repeat([]Kind{k}, k.odds())...)
		}
	}
	return may[which%uint64(len(may))]
}

// answer is what the client is to see; nil is nothing.
func (h *Handler) answer(r *http.Request, q call, body []byte, k Kind, face string) *httptest.ResponseRecorder {
	if k != "" && k != Jump {
		h.left--
	}
	switch k {
	case TooMany, Spent, TooFast, TooFastWait:
		answer, wait := h.refusal(k, face)
		h.until[face] = h.now().Add(wait)
		return answer
	case Fails:
		return h.failure()
	case Cut, Silent:
		return nil
	case Stale:
		h.lists.lag(r, 1+h.dice.IntN(2))
	case Short:
		h.pages[r.URL.Path] = 1 + h.dice.IntN(2)
	case FailsAfter, CutAfter, SilentAfter, Half, Jump:
	}
	if q.list {
		if answer := h.lists.lagging(r); answer != nil {
			return answer
		}
	}
	answer := h.ask(r, q, body)
	switch k {
	case FailsAfter:
		return h.failure()
	case CutAfter, SilentAfter:
		return nil
	}
	return answer
}

// ask lets the forge answer.
func (h *Handler) ask(r *http.Request, q call, body []byte) *httptest.ResponseRecorder {
	asked := r.Clone(context.WithoutCancel(r.Context()))
	asked.Body = io.NopCloser(bytes.NewReader(body))
	if q.paged {
		h.shorten(asked)
	}
	if q.list {
		asked.Header.Del("If-None-Match")
	}
	answer := httptest.NewRecorder()
	h.next.ServeHTTP(answer, asked)
	h.events[len(h.events)-1].Done = answer.Code
	switch {
	case q.write:
		h.lists.writes++
	case q.list && answer.Code == http.StatusOK:
		return h.lists.keep(r, answer)
	}
	return answer
}

// firstPage tells whether a list begins.
func firstPage(r *http.Request) bool { return cmp.Or(r.URL.Query().Get("page"), "1") == "1" }

// shorten asks for fewer in a page, in all pages of one reading.
func (h *Handler) shorten(r *http.Request) {
	length, ok := h.pages[r.URL.Path]
	if !ok {
		return
	}
	query := r.URL.Query()
	query.Set("per_page", strconv.Itoa(length))
	url := *r.URL
	url.RawQuery = query.Encode()
	r.URL, r.RequestURI = &url, url.RequestURI()
}
