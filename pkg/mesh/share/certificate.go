package share

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
)

// certificate is one in two files, which is read anew when either has changed: whoever renews it need not restart anything.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu   sync.Mutex
	held *tls.Certificate
	seen [2]fs.FileInfo
}

// newCertificate reads the files at once, so that a wrong name is noticed at the start.
func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	return c, c.load()
}

// load reads the files where they have changed.
func (c *certificate) load() error {
	var now [2]fs.FileInfo
	for i, file := range []string{c.certFile, c.keyFile} {
		var err error
		if now[i], err = os.Stat(file); err != nil {
			return fmt.Errorf("read the observer's certificate: %w", err)
		}
	}
	if c.held != nil && sameFile(c.seen[0], now[0]) && sameFile(c.seen[1], now[1]) {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("use the observer's certificate %s with the key %s: %w", c.certFile, c.keyFile, err)
	}
	c.held, c.seen = &pair, now
	return nil
}

// get implements tls.Config.GetCertificate. While new files cannot be used, as when one is written and the other not yet, the one before goes on.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.load(); err != nil {
		c.log.Error("a new certificate cannot be used, so the one before goes on", "error", err)
	}
	return c.held, nil
}

// sameFile tells whether a file, links followed, is as it was. A mounted secret changes by its link.
func sameFile(before, now fs.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && before.ModTime().Equal(now.ModTime()) && before.Size() == now.Size()
}
