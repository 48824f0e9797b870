package attacks

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// front stands before a fake forge. It keeps what was asked, and may change what is answered, as an attacker's forge or one with forks would.
type front struct {
	next http.Handler

	mu     sync.Mutex
	asked  []asked
	change func(r *http.Request, a *httptest.ResponseRecorder, body []byte) []byte // nil = nothing
}

type asked struct {
	method, uri string
	body        string
	bot         bool // the bot asked, and not a person
}

// botAgent is what the bot calls itself, and what people are told from it by.
const botAgent = "linnet/attacks"

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "the body ended early", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	bot := r.UserAgent() == botAgent
	f.mu.Lock()
	f.asked = append(f.asked, asked{r.Method, r.URL.RequestURI(), string(body), bot})
	change := f.change
	f.mu.Unlock()
	if change == nil || !bot || strings.Contains(r.URL.Path, ".git/") {
		f.next.ServeHTTP(w, r)
		return
	}
	r.Header.Del("If-None-Match")
	answer := httptest.NewRecorder()
	f.next.ServeHTTP(answer, r)
	text := change(r, answer, answer.Body.Bytes())
	for name, values := range answer.Header() {
		if name != "Content-Length" && name != "Etag" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(text)
}

// changing makes what the bot is answered from now on different.
func (f *front) changing(change func(r *http.Request, a *httptest.ResponseRecorder, body []byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change = change
}

// bots are the bot's requests so far.
func (f *front) bots() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []asked
	for _, a := range f.asked {
		if a.bot {
			all = append(all, a)
		}
	}
	return all
}

// forget forgets them.
func (f *front) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = nil
}
