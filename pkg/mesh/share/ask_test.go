package share_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
)

// lockedBuffer is written by servers and read by tests.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// answer is what somebody got.
type answer struct {
	code   int
	header http.Header
	body   string
}

// ask asks without any of net/http's help with encodings and redirects. Headers are name, value, name, value.
func ask(t testing.TB, address string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	a, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(body)}
}

// askAs asks with a token.
func askAs(t testing.TB, address, token string, headers ...string) answer {
	t.Helper()
	return ask(t, address, append([]string{"Authorization", "Bearer " + token}, headers...)...)
}
