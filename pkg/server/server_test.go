package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// serving starts a server; stop ends it and gives what Serve returned.
func serving(t *testing.T, hooks map[string]http.Handler) (address string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	at, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- Serve(ctx, Options{Listen: "127.0.0.1:0", Hooks: hooks, Log: slog.New(slog.DiscardHandler)}, func(a net.Addr) { at <- a })
	}()
	t.Cleanup(cancel)
	return "http://" + (<-at).String(), func() error { cancel(); return <-ended }
}

func ask(t *testing.T, method, address string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestServesHooksAndWhetherItLives(t *testing.T) {
	heard := 0
	address, stop := serving(t, map[string]http.Handler{"/hooks/gitlab": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		heard++
		w.WriteHeader(http.StatusAccepted)
	})})
	for _, row := range []struct {
		method, path string
		want         int
	}{{"POST", "/hooks/gitlab", 202}, {"GET", "/healthz", 200}, {"POST", "/hooks/github", 404}, {"GET", "/", 404}} {
		if got, _ := ask(t, row.method, address+row.path); got != row.want {
			t.Errorf("%s %s: got %d, want %d", row.method, row.path, got, row.want)
		}
	}
	if err := stop(); err != nil || heard != 1 {
		t.Errorf("heard %d, ended with %v", heard, err)
	}
}

func TestARequestThatHasBegunIsAnsweredAfterTheEnd(t *testing.T) {
	began, goOn := make(chan struct{}), make(chan struct{})
	address, stop := serving(t, map[string]http.Handler{"/slow": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		_, _ = w.Write([]byte("answered"))
	})})
	ended := make(chan error, 1)
	go func() {
		<-began
		go func() { ended <- stop() }()
		close(goOn)
	}()
	if code, body := ask(t, "POST", address+"/slow"); code != 200 || body != "answered" {
		t.Errorf("got %d %q", code, body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnAddressInUseIsSaid(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = Serve(t.Context(), Options{Listen: taken.Addr().String(), Log: slog.New(slog.DiscardHandler)}, nil)
	if err == nil || !strings.Contains(err.Error(), "listen on 127.0.0.1:") {
		t.Errorf("got %v", err)
	}
}
