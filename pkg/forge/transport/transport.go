// Package transport is the one way in which Linnet speaks HTTP with a forge.
//
// A forge gives every credential a budget and takes it away from those that are impolite. So there is one RoundTripper for all calls, and it
// knows what a client library does not: an answer that has not changed costs nothing when it is asked for conditionally; two equal
// questions at once are one; a refusal because of a limit is no refusal of a right, and says when to come back (LimitedError); writes go
// one by one; only what can be asked twice is asked twice; a forge that is down is left alone for a while (UnavailableError).
//
// Everything that is read is read whole and bounded, except Git's own traffic, which streams through and is neither kept nor billed.
// Credentials are asked for anew for each call, go into a header, to the named hosts only, and never along with a redirect to another host.
package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say how to speak with one forge.
type Options struct {
	// Name is what errors call the forge.
	Name string
	// Hosts are where requests may go, as in a URL: "api.github.com", "gitlab.example:8443". Anything else is refused.
	Hosts []string
	// UserAgent is sent with each request.
	UserAgent string
	// Credential is asked before each request; nil sends none.
	Credential CredentialFunc
	// Base sends the requests; see package network.
	Base http.RoundTripper
	// WriteGap is the least time between the end of one write and the start of the next.
	WriteGap time.Duration
	// AttemptTimeout bounds one attempt, its answer included: DefaultAttemptTimeout if 0. Git's own traffic gets ten times that.
	AttemptTimeout time.Duration
	// Now, Sleep and Rand (in [0, 1)) are the clock, waiting and chance; nil is the real ones.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	Rand  func() float64
}

const (
	// DefaultAttemptTimeout is how long one attempt may take.
	DefaultAttemptTimeout = 30 * time.Second
	gitTimeouts           = 10
	// largestAnswer is how many bytes an answer may have.
	largestAnswer = 32 << 20
	// keptAnswers is how many bytes of answers are kept to be asked for conditionally.
	keptAnswers = 64 << 20
)

// Transport is an http.RoundTripper. It is safe for concurrent use.
type Transport struct {
	o       Options
	cache   *cache
	breaker breaker
	budgets budgets
	counts  counts
	writing map[string]*turn // by credential

	mu      sync.Mutex
	flights map[string]*flight
}

// New makes a transport that has seen nothing yet.
func New(o Options) *Transport {
	if o.Base == nil {
		o.Base = http.DefaultTransport
	}
	if o.AttemptTimeout == 0 {
		o.AttemptTimeout = DefaultAttemptTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return &Transport{o: o, cache: newCache(keptAnswers), writing: map[string]*turn{}, flights: map[string]*flight{}}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type readOnly struct{}

// ReadOnly marks requests that change nothing although their method could, such as a GraphQL query: they do not queue as writes do.
func ReadOnly(ctx context.Context) context.Context { return context.WithValue(ctx, readOnly{}, true) }

// RoundTrip implements http.RoundTripper. Errors are *LimitedError, *UnavailableError, the context's, or a sentence that says why there is
// no answer.
func (t *Transport) RoundTrip(original *http.Request) (*http.Response, error) {
	response, err := t.roundTrip(original)
	if err != nil && original.Body != nil {
		_ = original.Body.Close() // the contract of RoundTripper; those who have sent it close it twice, which is harmless
	}
	return response, err
}

func (t *Transport) roundTrip(original *http.Request) (*http.Response, error) {
	if err := t.allow(original); err != nil {
		return nil, err
	}
	r := original.Clone(original.Context())
	r.Header.Set("User-Agent", t.o.UserAgent)
	who := ""
	if t.o.Credential != nil {
		c, err := t.o.Credential(r.Context())
		if err != nil {
			return nil, fmt.Errorf("cannot ask %s: %w", t.o.Name, err)
		}
		r.Header.Set(c.Header, c.Value)
		who = c.Key
	}
	if who == "" { // also where a client library authenticates by itself, as with an App's own key
		sum := sha256.Sum256([]byte(r.Header.Get("Authorization") + "\x00" + r.Header.Get("Private-Token")))
		who = hex.EncodeToString(sum[:])
	}
	if isGit(r) {
		return t.stream(r, original, who)
	}
	var a *answer
	var err error
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		a, err = t.read(r, who)
	case r.Context().Value(readOnly{}) != nil:
		a, err = t.attempt(r.Context(), r, who, false)
	default:
		a, err = t.write(r, who)
	}
	if err != nil {
		return nil, err
	}
	return a.response(original), nil
}

// allow keeps credentials at home.
func (t *Transport) allow(r *http.Request) error {
	if r.URL.User != nil {
		return fmt.Errorf("cannot ask %s: the URL carries credentials: they go into a header", t.o.Name)
	}
	if !slices.ContainsFunc(t.o.Hosts, func(h string) bool { return strings.EqualFold(h, r.URL.Host) }) {
		return fmt.Errorf("cannot ask %s: %s is not one of its hosts, and these credentials must not go there", t.o.Name, r.URL.Host)
	}
	if r.Response != nil && r.Response.Request != nil { // this request follows a redirect
		from := r.Response.Request.URL
		if !strings.EqualFold(from.Host, r.URL.Host) || from.Scheme != r.URL.Scheme {
			return fmt.Errorf("cannot ask %s: %s redirects to another host, %s, where these credentials must not go: correct the address", t.o.Name, from.Host, r.URL.Host)
		}
	}
	return nil
}

// isGit is whether this is Git's smart HTTP protocol.
func isGit(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasSuffix(p, "/git-upload-pack") || strings.HasSuffix(p, "/git-receive-pack") || strings.HasSuffix(p, "/info/refs") && r.URL.Query().Has("service")
}

// write waits for its turn. It is never sent twice: an answer that was lost may be that of a write that happened.
func (t *Transport) write(r *http.Request, who string) (*answer, error) {
	t.mu.Lock()
	queue := t.writing[who]
	if queue == nil {
		queue = &turn{free: make(chan struct{}, 1)}
		t.writing[who] = queue
	}
	t.mu.Unlock()
	ctx := r.Context()
	select {
	case queue.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-queue.free }()
	if wait := queue.ended.Add(t.o.WriteGap).Sub(t.o.Now()); !queue.ended.IsZero() && wait > 0 {
		if err := t.o.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
	a, err := t.attempt(ctx, r, who, true)
	queue.ended = t.o.Now()
	// What was asked before the write may be answered as it was before; whoever asks from now on must not share that answer.
	t.mu.Lock()
	clear(t.flights)
	t.mu.Unlock()
	if err != nil && ctx.Err() == nil && !isRefusal(err) {
		err = fmt.Errorf("%w; the write may have happened: look before doing it again", err)
	}
	return a, err
}

func isRefusal(err error) bool {
	var limited *LimitedError
	var down *UnavailableError
	return errors.As(err, &limited) || errors.As(err, &down)
}

// turn is the queue of one credential's writes.
type turn struct {
	free  chan struct{}
	ended time.Time // guarded by free
}
