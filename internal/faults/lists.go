package faults

import (
	"bytes"
	"net/http"
	"net/http/httptest"
)

// lists are those that may lag: what each was answered last, and behind how many writes that is.
type lists struct {
	writes int // so far
	kept   map[string]*listed
}

type listed struct {
	code    int
	header  http.Header
	body    []byte
	writes  int // before it
	replays int // how often it is told again
}

func (l *lists) keep(r *http.Request, answer *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	k := &listed{code: answer.Code, header: answer.Header().Clone(), body: bytes.Clone(answer.Body.Bytes()), writes: l.writes}
	l.kept[r.URL.RequestURI()] = k
	return k.answer(r)
}

// old tells whether something was written since a list was read.
func (l *lists) old(r *http.Request) bool {
	k := l.kept[r.URL.RequestURI()]
	return k != nil && k.writes < l.writes
}

// lag makes the next answers those of before the last write.
func (l *lists) lag(r *http.Request, times int) { l.kept[r.URL.RequestURI()].replays = times }

func (l *lists) lagging(r *http.Request) *httptest.ResponseRecorder {
	k := l.kept[r.URL.RequestURI()]
	if k == nil || k.replays == 0 {
		return nil
	}
	k.replays--
	return k.answer(r)
}

// answer is not modified where the client has it.
func (k *listed) answer(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	for name, values := range k.header {
		answer.Header()[name] = values
	}
	if tag := k.header.Get("Etag"); tag != "" && tag == r.Header.Get("If-None-Match") {
		answer.Header().Del("Content-Type")
		answer.WriteHeader(http.StatusNotModified)
		return answer
	}
	answer.WriteHeader(k.code)
	_, _ = answer.Body.Write(k.body)
	return answer
}
