package share_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// serve serves h until stop, which gives what Serve returned.
func serve(t *testing.T, l share.Listen, h http.Handler) (address string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	at, ended := make(chan net.Addr, 1), make(chan error, 1)
	l.Address = "127.0.0.1:0"
	if l.Log == nil {
		l.Log = slog.New(slog.DiscardHandler)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		ended <- share.Serve(ctx, l, h, func(a net.Addr) { at <- a })
	}()
	t.Cleanup(func() { cancel(); <-gone })
	select {
	case a := <-at:
		return a.String(), func() error { cancel(); return <-ended }
	case err := <-ended:
		t.Fatal(err)
		return "", nil
	}
}

func TestAHeaderLargerThanATokenIsRefused(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	log := &lockedBuffer{}
	address, stop := serve(t, share.Listen{Log: slog.New(slog.NewTextHandler(log, nil))}, w)
	if got := askAs(t, "http://"+address+"/v1/observation", "eyJ"+strings.Repeat("x", 32<<10)); got.code != http.StatusRequestHeaderFieldsTooLarge || strings.Contains(got.body+log.String(), "eyJ") {
		t.Errorf("got %+v, log %s", got, log)
	}
	if got := askAs(t, "http://"+address+"/v1/observation", key.token(t, claims(w.clock.now(), nil))); got.code != 200 {
		t.Errorf("a token: got %+v", got)
	}
	if w.issuer.asked.Load() != 1 {
		t.Errorf("the issuer was asked %d times", w.issuer.asked.Load())
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestARequestWithABodyIsRefused(t *testing.T) {
	w := newWorld(t, rs256("k1", 0))
	address, _ := serve(t, share.Listen{}, w)
	for _, body := range []string{"Content-Length: 99999999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "GET /v1/observation HTTP/1.1\r\nHost: x\r\n%s", body); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 413") {
			t.Errorf("got %q, %v", line, err)
		}
		_ = conn.Close()
	}
}

func TestACallerThatWaitsDoesNotHoldUpTheEnd(t *testing.T) {
	key := rs256("k1", 0)
	w := newWorld(t, key)
	w.see("east")
	waiting := make(chan struct{}, 2)
	address, stop := serve(t, share.Listen{}, http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		waiting <- struct{}{}
		w.ServeHTTP(a, r)
	}))
	token := key.token(t, claims(w.clock.now(), nil))
	tag := askAs(t, "http://"+address+"/v1/observation", token).header.Get("ETag")
	<-waiting
	got := make(chan answer, 1)
	go func() { got <- askAs(t, "http://"+address+"/v1/observation?wait=60", token, "If-None-Match", tag) }()
	<-waiting
	if err := stop(); err != nil { // with nobody to let go of the caller, it would break the connection off
		t.Error(err)
	}
	if a := <-got; a.code != http.StatusNotModified {
		t.Errorf("got %+v", a)
	}
}

// present is who the server says that it is.
func present(t *testing.T, address string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return strings.Join(conn.ConnectionState().PeerCertificates[0].DNSNames, " ")
}

func TestANewCertificateIsUsedAtOnceAndABrokenOneNever(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.issue(dir, time.Time{}, "first")
	log := &lockedBuffer{}
	address, _ := serve(t, share.Listen{CertFile: cert, KeyFile: key, Log: slog.New(slog.NewTextHandler(log, nil))}, http.NotFoundHandler())
	if got := present(t, address); got != "first" {
		t.Errorf("got %s", got)
	}
	ca.issue(dir, time.Time{}, "second")
	if got := present(t, address); got != "second" {
		t.Errorf("after a new one: got %s", got)
	}
	write(t, cert, "half a file")
	if got := present(t, address); got != "second" || !strings.Contains(log.String(), "the one before goes on") {
		t.Errorf("after a broken one: got %s, log %s", got, log)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if got := present(t, address); got != "second" {
		t.Errorf("without a key: got %s", got)
	}
	ca.issue(dir, time.Time{}, "third")
	if got := present(t, address); got != "third" {
		t.Errorf("after a good one: got %s", got)
	}
	if _, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("it speaks TLS 1.1")
	}
}

func TestServingBeginsOnlyWithWhatItNeeds(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	ca := newAuthority(t)
	cert, _ := ca.issue(t.TempDir(), time.Time{}, "a")
	_, key := ca.issue(t.TempDir(), time.Time{}, "b")
	for want, l := range map[string]share.Listen{
		"listen on 127.0.0.1:":             {Address: taken.Addr().String()},
		"needs both":                       {CertFile: cert},
		"read the observer's certificate":  {CertFile: "absent", KeyFile: "absent"},
		"use the observer's certificate":   {CertFile: cert, KeyFile: key},
		"private key does not match publi": {CertFile: cert, KeyFile: key},
	} {
		if l.Address == "" {
			l.Address = "127.0.0.1:0"
		}
		l.Log = slog.New(slog.DiscardHandler)
		if err := share.Serve(t.Context(), l, http.NotFoundHandler(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
