package faults

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"time"
)

// Wire is an http.RoundTripper that hands requests to a handler in the same process.
type Wire struct {
	Handler http.Handler
	// Wait is told of a time-out in place of waiting for it: it moves the clock. nil = nobody is told.
	Wait func(time.Duration)
	// Timeout is how long a time-out takes.
	Timeout time.Duration
}

// RoundTrip implements http.RoundTripper.
func (w Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	how := &fate{}
	asked := r.Clone(context.WithValue(r.Context(), fateKey{}, how))
	asked.RequestURI, asked.RemoteAddr, asked.Proto = r.URL.RequestURI(), "192.0.2.1:1234", "HTTP/1.1"
	if asked.Host == "" {
		asked.Host = r.URL.Host
	}
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	whole := serve(w.Handler, answer, asked)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	switch {
	case how.silent:
		if w.Wait != nil {
			w.Wait(w.Timeout)
		}
		return nil, context.DeadlineExceeded
	case !whole && answer.Body.Len() == 0:
		return nil, syscall.ECONNRESET
	}
	response := answer.Result()
	response.Request = r
	if !whole {
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(answer.Body.Bytes()), broken{}))
	}
	return response, nil
}

// serve tells whether the handler came to its end.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// broken is the end of a connection that was cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
