package share

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// board holds the newest observation, and wakes who waits for a newer one.
type board struct {
	mu     sync.Mutex
	newest *sheet
	count  uint64
	ring   chan struct{} // closed when there is a newer one; nil = nobody waits
}

// sheet is one observation. It is packed when it is first asked for: a busy cluster changes each second, and few of its observations are ever read. Only the
// packed form is kept, a tenth of the text of a large cluster.
type sheet struct {
	tag  string // the opaque part of its ETag
	at   time.Time
	pack func() ([]byte, error) // its JSON, as gzip
}

func (b *board) put(seen *checks.Observation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	// The time tells this process's observations from those of the one before it.
	tag := strconv.FormatInt(seen.At.UnixNano(), 36) + "-" + strconv.FormatUint(b.count, 36)
	b.newest = &sheet{tag: tag, at: seen.At, pack: sync.OnceValues(func() ([]byte, error) { return pack(seen) })}
	if b.ring != nil {
		close(b.ring)
		b.ring = nil
	}
}

// look gives the newest observation, nil before the first, and a channel that is closed when there is a newer one.
func (b *board) look() (*sheet, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ring == nil {
		b.ring = make(chan struct{})
	}
	return b.newest, b.ring
}

func pack(seen *checks.Observation) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack the observation: %w", err)
	}
	if err := json.NewEncoder(w).Encode(seen); err != nil {
		return nil, fmt.Errorf("pack the observation: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the observation: %w", err)
	}
	return packed.Bytes(), nil
}
