package share

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/linnet-bot/linnet/pkg/server"
)

const (
	// headerTime is how long a caller may take for its headers; there are no bodies.
	headerTime = 5 * time.Second
	// headerSize is a few times a token. The server adds 4 KiB of its own.
	headerSize = 16 << 10
	idleTime   = 2 * longestWait
)

// Listen says where observations are served.
type Listen struct {
	// Address such as ":8443".
	Address string
	// CertFile and KeyFile, PEM, make it TLS; both are read anew when they change. Without them it is plain http.
	CertFile, KeyFile string
	Log               *slog.Logger
}

// Serve answers by h until ctx is done; then callers that wait get at once what there is, and answers that have begun come to their end. The error of an end by
// ctx is nil. Ready, which may be nil, is told the address once callers can connect.
func Serve(ctx context.Context, l Listen, h http.Handler, ready func(net.Addr)) error {
	if (l.CertFile == "") != (l.KeyFile == "") {
		return errors.New("a certificate needs both its certificate file and its key file")
	}
	s := &http.Server{
		Handler: bodiless(h), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
		ErrorLog:    slog.NewLogLogger(l.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	if l.CertFile != "" {
		c, err := newCertificate(l.CertFile, l.KeyFile, l.Log)
		if err != nil {
			return err
		}
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	}
	return server.Run(ctx, l.Address, s, ready)
}

// bodiless refuses requests with a body, for which nothing here has a use: reading one would have no end.
func bodiless(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close")
			say(w, http.StatusRequestEntityTooLarge, "a request here has no body")
			return
		}
		h.ServeHTTP(w, r)
	})
}
