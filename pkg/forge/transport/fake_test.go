package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const host = "forge.example"

// fake is a forge without a network.
type fake struct {
	mu   sync.Mutex
	seen []*http.Request
	says func(n int, r *http.Request) (*http.Response, error) // n counts from 1
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	f.mu.Lock()
	f.seen = append(f.seen, r)
	n := len(f.seen)
	f.mu.Unlock()
	return f.says(n, r)
}

func (f *fake) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.seen)
}

// say makes a response; pairs are names and values of its header.
func say(status int, body string, pairs ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func always(status int, body string, pairs ...string) *fake {
	return &fake{says: func(int, *http.Request) (*http.Response, error) { return say(status, body, pairs...), nil }}
}

func over(f http.RoundTripper, change ...func(*Options)) *Transport {
	o := Options{Name: "the forge", Hosts: []string{host}, UserAgent: "linnet/test", Base: f, Rand: func() float64 { return 0.5 },
		Credential: func(context.Context) (Credential, error) {
			return Credential{Header: "Authorization", Value: "Bearer right"}, nil
		}}
	for _, c := range change {
		c(&o)
	}
	return New(o)
}

func request(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// do gives the status and the body, or the error.
func do(tr *Transport, r *http.Request) (int, string, error) {
	response, err := tr.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func wantLimited(t *testing.T, err error, until time.Time, secondary bool) {
	t.Helper()
	var limited *LimitedError
	if !errors.As(err, &limited) || !limited.Until.Equal(until) || limited.Secondary != secondary {
		t.Errorf("got %v, want limited until %v, secondary %v", err, until, secondary)
	}
}
