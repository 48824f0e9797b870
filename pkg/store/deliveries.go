package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// deliveryPatience is how long one delivery may wait for the others and for other processes: it is a hint, and who waits holds up the next.
	deliveryPatience = time.Second
	// mostQuarantined bounds what is kept for good.
	mostQuarantined = 1_000
)

// Deliveries remembers which webhooks came in, for this process, for the next and for those beside it on the same file. It is safe for concurrent use.
//
// A delivery is only a hint to look at the forge. So an error means "not known whether it came before", within two seconds, and who gets one
// acts as if it had not: to look once more than needed is harmless.
type Deliveries struct {
	s    *Store
	keep time.Duration
	turn chan struct{} // holds the one whose turn it is
}

// OpenDeliveries opens the history at path for remembering deliveries, and makes it where there is none. Each is kept for keep after it came.
// The caller closes it.
func OpenDeliveries(ctx context.Context, path string, keep time.Duration) (*Deliveries, error) {
	s := &Store{path: path, patience: deliveryPatience}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return &Deliveries{s: s, keep: keep, turn: make(chan struct{}, 1)}, nil
}

// Close ends the connection to the file.
func (d *Deliveries) Close() error { return d.s.Close() }

// First remembers the key from at on and reports whether it was unknown: of several calls at once for one key, one gives true. A
// quarantined key is known.
func (d *Deliveries) First(key string, at time.Time) (first bool, err error) {
	err = d.write(func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM deliveries WHERE quarantined = 0 AND at < ?", at.Add(-d.keep).UnixNano()); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO deliveries (key, at) VALUES (?, ?)", key, at.UnixNano())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		first = n > 0
		return err
	})
	return first && err == nil, err
}

// Quarantine keeps the key for good, or until a thousand later ones are in quarantine. It is idempotent.
func (d *Deliveries) Quarantine(key string, at time.Time) error {
	return d.write(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO deliveries (key, at, quarantined) VALUES (?, ?, 1)
			ON CONFLICT (key) DO UPDATE SET quarantined = 1`, key, at.UnixNano())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM deliveries WHERE key IN (
			SELECT key FROM deliveries WHERE quarantined = 1 ORDER BY at DESC, key LIMIT -1 OFFSET ?)`, mostQuarantined)
		return err
	})
}

func (d *Deliveries) write(do func(ctx context.Context, tx *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), deliveryPatience)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return fmt.Errorf("write to the history %s: %w", d.s.path, errors.New("others have been writing for too long"))
	}
	return d.s.write(ctx, func(tx *sql.Tx) error { return do(ctx, tx) })
}
