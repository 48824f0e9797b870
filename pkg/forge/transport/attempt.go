package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// answer is a whole response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// response gives each who waited a response of its own.
func (a *answer) response(r *http.Request) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

// attempt sends once. An answer that tells of a limit is a *LimitedError.
func (t *Transport) attempt(ctx context.Context, r *http.Request, who string, write bool) (*answer, error) {
	endpoint := template(r)
	resource := resourceOf(r)
	if err := t.budgets.check(who, resource, endpoint, t.o); err != nil {
		return nil, err
	}
	settle, err := t.breaker.enter(t.o)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, t.o.AttemptTimeout)
	defer cancel()
	if write {
		t.counts.add(endpoint, Counts{Writes: 1})
	}
	response, err := t.o.Base.RoundTrip(r.WithContext(limited))
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
		_ = response.Body.Close()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		settle(unknown)
		return nil, ctx.Err()
	case err != nil:
		settle(bad)
		return nil, t.explain(err, r.URL.Host, t.o.AttemptTimeout)
	}
	if response.StatusCode >= 500 {
		settle(bad)
	} else {
		settle(good)
	}
	switch {
	case write:
	case response.StatusCode == http.StatusNotModified:
		t.counts.add(endpoint, Counts{NotModified: 1})
	default:
		t.counts.add(endpoint, Counts{Billed: 1})
	}
	if len(body) > largestAnswer {
		return nil, fmt.Errorf("cannot read the answer of %s to %s: it is longer than %d MiB", t.o.Name, endpoint, largestAnswer>>20)
	}
	a := &answer{status: response.StatusCode, header: response.Header, body: body}
	if err := t.budgets.learn(who, resource, endpoint, a, t.o); err != nil {
		return nil, err
	}
	return a, nil
}

// stream lets Git's traffic through.
func (t *Transport) stream(r, original *http.Request, who string) (*http.Response, error) {
	if err := t.budgets.check(who, "git", "git", t.o); err != nil {
		return nil, err
	}
	settle, err := t.breaker.enter(t.o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), gitTimeouts*t.o.AttemptTimeout)
	response, err := t.o.Base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		if r.Context().Err() != nil {
			settle(unknown)
			return nil, r.Context().Err()
		}
		settle(bad)
		return nil, t.explain(err, r.URL.Host, gitTimeouts*t.o.AttemptTimeout)
	}
	if response.StatusCode >= 500 {
		settle(bad)
	} else {
		settle(good)
	}
	t.counts.add("git", Counts{Git: 1})
	if response.StatusCode == http.StatusTooManyRequests {
		_ = response.Body.Close()
		cancel()
		return nil, t.budgets.learn(who, "git", "git", &answer{status: response.StatusCode, header: response.Header}, t.o)
	}
	response.Body = &ending{response.Body, cancel}
	response.Request = original
	return response, nil
}

// ending ends the time-out with the body.
type ending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (e *ending) Close() error {
	defer e.cancel()
	return e.ReadCloser.Close()
}
