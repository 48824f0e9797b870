package share_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

var _ conductor.Observer = (*share.Client)(nil)

func newClient(t *testing.T, from share.From) *share.Client {
	t.Helper()
	c, err := share.NewClient(from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func tokenFile(t testing.TB, token string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "token"), token+"\n")
}

func TestWhatWasSeenIsReadAsItWasSeen(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	file := tokenFile(t, key.token(t, claims(w.clock.now(), nil)))
	var told []string
	c := newClient(t, share.From{URL: w.url, TokenFile: file, Tell: func(token string) { told = append(told, token) }})
	want := w.see("east")
	seen, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	if again, err := c.Observe(t.Context()); err != nil || again != seen {
		t.Errorf("the same observation came a second time: %p and %p, %v", seen, again, err)
	}
	w.see("west")
	if newer, err := c.Observe(t.Context()); err != nil || newer.Cluster != "west" {
		t.Errorf("got %+v, %v", newer, err)
	}
	// The kubelet renews the token before it ends.
	w.clock.pass(time.Hour)
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "does not accept the token of "+file) || !strings.Contains(err.Error(), "the token has ended") {
		t.Errorf("an ended token: got %v", err)
	}
	write(t, file, key.token(t, claims(w.clock.now(), nil)))
	w.see("south")
	if newer, err := c.Observe(t.Context()); err != nil || newer.Cluster != "south" {
		t.Errorf("got %+v, %v", newer, err)
	}
	if len(told) != 2 {
		t.Errorf("told of %d tokens, want 2", len(told))
	}
}

func TestAnObserverThatWasAskedBeforeIsNotBelievedWhenItRefuses(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	file := tokenFile(t, key.token(t, claims(w.clock.now(), nil)))
	c := newClient(t, share.From{URL: w.url, TokenFile: file})
	if _, err := c.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, file, key.token(t, claims(w.clock.now(), map[string]any{"sub": "system:serviceaccount:linnet:default"})))
	if seen, err := c.Observe(t.Context()); seen != nil || err == nil || !strings.Contains(err.Error(), "the service account of the token of "+file+" may not read it") {
		t.Errorf("got %v, %v", seen, err)
	}
}

// Each way to fail has a sentence of its own, which says what to do and never the token.
func TestEachFailureSaysWhatToDo(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
	file := tokenFile(t, token)
	answering := func(code int, headers http.Header, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name := range headers {
				w.Header().Set(name, headers.Get(name))
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	secure := func(until time.Time, names ...string) string {
		cert, key := ca.issue(t.TempDir(), until, names...)
		address, _ := serve(t, share.Listen{CertFile: cert, KeyFile: key}, http.NotFoundHandler())
		_, port, _ := net.SplitHostPort(address)
		return "https://localhost:" + port
	}
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	good := secure(time.Time{}, "localhost")
	for _, row := range []struct{ name, url, ca, want string }{
		{"401", answering(401, nil, "the token is not for this audience\n"), "", "it does not accept the token of " + file + " (it says: the token is not for this audience); the file must hold"},
		{"403", answering(403, nil, ""), "", "may not read it; allow it by --allow of linnet observe"},
		{"503", answering(503, nil, "nothing was observed yet"), "", "it is there, but has nothing to give now (it says: nothing was observed yet); see its log"},
		{"404", answering(404, nil, "<html>"), "", "there is no observation at this address"},
		{"500", answering(500, nil, "a\nb"), "", "it answers 500 (it says: a); see its log"},
		{"a redirect", answering(302, http.Header{"Location": {"http://evil.example.com/"}}, ""), "", "it points elsewhere (302), where the token must not go"},
		{"the token sent back", answering(401, nil, "no such token: "+token), "", "it does not accept the token of " + file + "; the file"},
		{"a part of the token sent back", answering(401, nil, strings.Repeat("x", 100)+token[:30]), "", "it does not accept the token of " + file + "; the file"},
		{"what a terminal obeys", answering(500, nil, "\x1b[31mred\x07 \u202eback"), "", "(it says: [31mred back)"},
		{"no JSON", answering(200, nil, "<html>"), "", "its answer is no observation"},
		{"half an answer", answering(200, http.Header{"Content-Length": {"100"}}, `{"at":`), "", "its answer is no observation, or was broken off"},
		{"304 to who has nothing", answering(304, nil, ""), "", "it answers 304"},
		{"nobody", "http://" + closed.Addr().String(), "", "nobody listens there"},
		{"no such name", "https://observer.invalid", "", "(DNS)"},
		{"an authority that is not trusted", good, stranger.caFile(), "its certificate is from nobody who is trusted (TLS)"},
		{"another name", secure(time.Time{}, "elsewhere"), ca.caFile(), "its certificate is for another name (TLS)"},
		{"an old certificate", secure(time.Now().Add(-time.Hour), "localhost"), ca.caFile(), "its certificate is not valid (TLS)"},
		{"plain http to TLS", strings.Replace(good, "https://", "http://", 1), "", "it speaks TLS; write https://"},
		{"TLS to plain http", strings.Replace(answering(200, nil, ""), "http://", "https://", 1), "", "it does not speak TLS"},
		{"TLS that is right", good, ca.caFile(), "there is no observation at this address"},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen, err := newClient(t, share.From{URL: row.url, TokenFile: file, CAFile: row.ca}).Observe(t.Context())
			if err == nil || seen != nil || !strings.HasPrefix(err.Error(), "read from the observer "+row.url+": ") || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want %s", err, row.want)
			}
			if strings.Contains(err.Error(), token[:16]) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q", err)
			}
		})
	}
}

func TestAnObserverThatIsSilentIsNotWaitedForForEver(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	c := newClient(t, share.From{URL: "http://" + silent.Addr().String(), TokenFile: tokenFile(t, "t")})
	if _, err := c.Observe(ctx); err == nil || !strings.Contains(err.Error(), "it did not answer in time; check the network policies") {
		t.Errorf("got %v", err)
	}
}

func TestARedirectTakesTheTokenNowhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it was asked, with %v", r.Header) }))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/observation", code))
		if _, err := newClient(t, share.From{URL: server.URL, TokenFile: tokenFile(t, "t")}).Observe(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("it points elsewhere (%d)", code)) {
			t.Errorf("%d: got %v", code, err)
		}
		server.Close()
	}
}

func TestAClientIsMadeOnlyOfWhatCanWork(t *testing.T) {
	for want, from := range map[string]share.From{
		"its address must begin with https://": {URL: "http://observer.example.com", TokenFile: "t"},
		"a file with a token is needed":        {URL: "https://observer.example.com"},
	} {
		if _, err := share.NewClient(from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	// Files may come later.
	for want, from := range map[string]share.From{
		"cannot read the token file absent": {TokenFile: "absent"},
		"mount a projected token there":     {TokenFile: "absent"},
		"cannot read the CA file":           {TokenFile: "t", CAFile: "absent"},
		"holds no PEM certificate":          {TokenFile: "t", CAFile: "client_test.go"},
	} {
		from.URL = "https://observer.example.com"
		if _, err := newClient(t, from).Observe(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestANewAuthorityIsTrustedWithoutARestart(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	before, after, dir := newAuthority(t), newAuthority(t), t.TempDir()
	cert, private := before.issue(dir, time.Time{}, "localhost")
	address, _ := serve(t, share.Listen{CertFile: cert, KeyFile: private}, w)
	_, port, _ := net.SplitHostPort(address)
	trusted := before.caFile()
	c := newClient(t, share.From{URL: "https://localhost:" + port, TokenFile: tokenFile(t, key.token(t, claims(w.clock.now(), nil))), CAFile: trusted})
	if _, err := c.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	after.issue(dir, time.Time{}, "localhost")
	_ = c.Close() // who is connected already stays trusted
	if _, err := c.Observe(t.Context()); err == nil || !strings.Contains(err.Error(), "from nobody who is trusted") {
		t.Errorf("before the file changed: got %v", err)
	}
	write(t, trusted, read(t, after.caFile()))
	if _, err := c.Observe(t.Context()); err != nil {
		t.Errorf("after the file changed: got %v", err)
	}
}
