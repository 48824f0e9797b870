package syncz

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"
)

// way is the way to an istiod. gRPC tells of failures on it in words only; this keeps the errors themselves, and what istiod proved to be.
type way struct {
	credentials.TransportCredentials
	other            func() (net.Conn, error) // see Target.Dial; nil = none
	mu               sync.Mutex
	dial, shake, cut error
	root             string
}

func (c *Client) way(t Target) *way {
	return &way{TransportCredentials: credentials.NewTLS(&tls.Config{ServerName: t.ServerName, RootCAs: c.roots, MinVersion: tls.VersionTLS12})}
}

// connect dials without a proxy: HTTPS_PROXY is not for pods.
func (w *way) connect(ctx context.Context, address string) (conn net.Conn, err error) {
	if w.other == nil {
		var d net.Dialer
		conn, err = d.DialContext(ctx, "tcp", address)
	} else if conn, err = w.other(); err == nil {
		conn = otherConn{conn, w}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dial = err
	return conn, err
}

// otherConn keeps why it broke.
type otherConn struct {
	net.Conn
	way *way
}

// Read implements net.Conn.
func (c otherConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.way.mu.Lock()
		defer c.way.mu.Unlock()
		c.way.cut = err
	}
	return n, err
}

// ClientHandshake implements credentials.TransportCredentials.
func (w *way) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := w.TransportCredentials.ClientHandshake(ctx, authority, raw)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shake = err
	if known, ok := info.(credentials.TLSInfo); ok && err == nil {
		w.root = rootOf(known.State)
	}
	return conn, info, err
}

// Clone implements credentials.TransportCredentials. gRPC clones before it dials, and there is one connection only.
func (w *way) Clone() credentials.TransportCredentials { return w }

// rootOf is the fingerprint of the root that vouches for whoever answered.
func rootOf(s tls.ConnectionState) string {
	if len(s.VerifiedChains) == 0 {
		return ""
	}
	chain := s.VerifiedChains[0]
	sum := sha256.Sum256(chain[len(chain)-1].Raw)
	return hex.EncodeToString(sum[:])
}

func (w *way) dialed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dial
}

// broken is why there was no other way, or no more.
func (w *way) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut == nil && w.other != nil {
		return w.dial
	}
	return w.cut
}

func (w *way) shaken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shake
}

func (w *way) vouched() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.root
}
