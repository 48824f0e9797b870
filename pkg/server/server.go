// Package server is what Linnet listens with: webhooks, and whether it lives.
//
// Nothing is decided here. A webhook wakes the loop that looks at the forge by the clock anyway; see package hook.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Options say where to listen and for what.
type Options struct {
	// Listen is an address such as "127.0.0.1:8080" or ":8080".
	Listen string
	// Hooks are receivers of webhooks by path: "/hooks/gitlab".
	Hooks map[string]http.Handler
	Log   *slog.Logger
}

const (
	// headerTime is how long a client may take for its headers; bodies are bounded by who reads them.
	headerTime = 5 * time.Second
	idleTime   = time.Minute
	headerSize = 64 << 10
	// lastAnswers is how long requests that have begun may take after the end.
	lastAnswers = 5 * time.Second
)

// Serve listens until ctx is done, and then lets the requests that have begun come to their end. The error of an end by ctx is nil. Ready, which may be
// nil, is told the address once clients can connect.
func Serve(ctx context.Context, o Options, ready func(net.Addr)) error {
	return Run(ctx, o.Listen, &http.Server{
		Handler: routes(o), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}, ready)
}

// Run is Serve of a server with limits of its own; by TLS where it has a TLSConfig, which must bring the certificate.
func Run(ctx context.Context, address string, s *http.Server, ready func(net.Addr)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	if ready != nil {
		ready(listener.Addr())
	}
	ended := make(chan error, 1)
	go func() {
		if s.TLSConfig != nil {
			ended <- s.ServeTLS(listener, "", "")
		} else {
			ended <- s.Serve(listener)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("listen on %s: %w", address, err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswers)
	defer cancel()
	err = s.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if failed := <-ended; err == nil && !errors.Is(failed, http.ErrServerClosed) {
		err = failed
	}
	return err
}

func routes(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("alive\n")) })
	for path, hook := range o.Hooks {
		mux.Handle(path, hook)
	}
	return mux
}
