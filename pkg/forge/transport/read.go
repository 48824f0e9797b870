package transport

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

const (
	// attempts is how often a read is tried.
	attempts = 3
	// firstPause is the most that is waited before the second attempt; it doubles.
	firstPause = time.Second
	// longestPause is the most that a Retry-After makes a read wait; beyond, whoever asked decides.
	longestPause = 20 * time.Second
)

// flight is one read that several wait for.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // guarded by Transport.mu
	answer  *answer
	err     error
	panic   string // what was thrown, and where; "" = nothing
}

// read answers from an equal read on its way, or from memory when the forge says that nothing has changed, or anew.
func (t *Transport) read(r *http.Request, who string) (*answer, error) {
	for _, own := range []string{"Range", "If-None-Match", "If-Modified-Since", "If-Match"} {
		if r.Header.Get(own) != "" { // the caller wants to see the forge's own answer
			return t.persist(r.Context(), r, who)
		}
	}
	key := strings.Join([]string{who, r.Method, r.URL.String(), r.Header.Get("Accept"), r.Header.Get("X-Github-Api-Version")}, "\x00")
	t.mu.Lock()
	f := t.flights[key]
	if f == nil {
		// It belongs to all who wait: none of them ends it for the others.
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		f = &flight{done: make(chan struct{}), cancel: cancel}
		t.flights[key] = f
		go func() {
			defer cancel()
			defer func() {
				if p := recover(); p != nil { // those who wait can deal with it, a goroutine of its own only ends the program
					f.panic = fmt.Sprintf("%v\n%s", p, debug.Stack())
				}
				t.mu.Lock()
				t.forget(key, f)
				t.mu.Unlock()
				close(f.done)
			}()
			f.answer, f.err = t.conditional(ctx, r, who, key)
		}()
	}
	f.waiting++
	t.mu.Unlock()
	select {
	case <-f.done:
		if f.panic != "" {
			panic(f.panic)
		}
		return f.answer, f.err
	case <-r.Context().Done():
		t.mu.Lock()
		if f.waiting--; f.waiting == 0 {
			f.cancel()
			t.forget(key, f)
		}
		t.mu.Unlock()
		return nil, r.Context().Err()
	}
}

// forget lets the next one ask anew. Its caller holds t.mu.
func (t *Transport) forget(key string, f *flight) {
	if t.flights[key] == f {
		delete(t.flights, key)
	}
}

// conditional asks whether what is kept still holds.
func (t *Transport) conditional(ctx context.Context, r *http.Request, who, key string) (*answer, error) {
	kept, ok := t.cache.get(key)
	if ok {
		r = r.Clone(ctx)
		r.Header.Set("If-None-Match", kept.header.Get("Etag"))
	}
	a, err := t.persist(ctx, r, who)
	if err != nil {
		return nil, err
	}
	switch {
	case ok && a.status == http.StatusNotModified:
		return kept.refreshed(a.header), nil
	case a.status == http.StatusOK && r.Method == http.MethodGet && a.header.Get("Etag") != "" && !strings.Contains(a.header.Get("Cache-Control"), "no-store"):
		t.cache.put(key, a)
	}
	return a, nil
}

// persist tries again where the forge was not reached or had a bad moment.
func (t *Transport) persist(ctx context.Context, r *http.Request, who string) (*answer, error) {
	for attempt := 0; ; attempt++ {
		a, err := t.attempt(ctx, r, who, false)
		if attempt+1 == attempts || ctx.Err() != nil || err != nil && !worthAnother(err) || err == nil && a.status < 500 {
			return a, err
		}
		pause := time.Duration(t.o.Rand() * float64(firstPause<<attempt))
		if err == nil {
			if asked, ok := retryAfter(a.header, t.o.Now()); ok {
				if asked > longestPause {
					return a, nil
				}
				pause = max(pause, asked)
			}
		}
		if err := t.o.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}
