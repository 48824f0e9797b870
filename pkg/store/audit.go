package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Append adds those entries whose subject's state is news, in one transaction. Seq and Prev are given here. A subject whose last entry is final
// has no news any more.
func (s *Store) Append(ctx context.Context, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		seq, prev := int64(0), ""
		err := tx.QueryRowContext(ctx, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").Scan(&seq, &prev)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		for _, e := range entries {
			if known, err := isKnown(ctx, tx, e); err != nil {
				return err
			} else if known {
				continue
			}
			e.Seq, e.Prev = seq+1, prev
			text, err := e.canonical()
			if err != nil {
				return err
			}
			hash := hashOf(text)
			if _, err := tx.ExecContext(ctx, "INSERT INTO audit (seq, entry, hash, seal) VALUES (?, ?, ?, ?)", e.Seq, text, hash, sealOf(s.options.Key, hash)); err != nil {
				return err
			}
			seq, prev = e.Seq, hash
		}
		return nil
	})
}

// isKnown tells that an entry is no news.
func isKnown(ctx context.Context, tx *sql.Tx, e Entry) (bool, error) {
	var state string
	var final bool
	err := tx.QueryRowContext(ctx, "SELECT entry ->> '$.state', coalesce(entry ->> '$.final', 0) FROM audit WHERE subject = ? ORDER BY seq DESC LIMIT 1", e.Subject).Scan(&state, &final)
	if errors.Is(err, sql.ErrNoRows) {
		return e.Ends, nil
	}
	return final || state == e.State, err
}

// Filter selects; zero fields do not restrict.
type Filter struct {
	Environment string
	Since       time.Time // of what was seen then or later
}

// Entries lists entries in the order in which they were recorded.
func (s *Store) Entries(ctx context.Context, f Filter) ([]Entry, error) {
	all := []Entry{}
	err := s.query(ctx, func(rows *sql.Rows) error {
		var seq int64
		var text string
		if err := rows.Scan(&seq, &text); err != nil {
			return err
		}
		e, err := decodeEntry(text)
		if err != nil {
			return &BrokenError{Row: seq, Reason: "its entry cannot be read: " + err.Error()}
		}
		if !e.At.Before(f.Since) {
			all = append(all, e)
		}
		return nil
	}, "SELECT seq, entry FROM audit WHERE ?1 = '' OR environment = ?1 ORDER BY seq", f.Environment)
	return all, err
}

// Environments are those of which something is recorded, sorted.
func (s *Store) Environments(ctx context.Context) ([]string, error) {
	var all []string
	err := s.query(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		all = append(all, name)
		return err
	}, "SELECT DISTINCT environment FROM audit WHERE environment <> '' ORDER BY environment")
	return all, err
}

// Verify follows the chain from the first row to the last. The error is a *BrokenError for the first row that is not as it was written. head, unless it
// is "", is a hash that was noted down earlier: some row must have it.
func (s *Store) Verify(ctx context.Context, key []byte, head string) (Chain, error) {
	v := verifier{key: key, head: head}
	if err := s.rows(ctx, v.next); err != nil {
		return v.chain, err
	}
	return v.end()
}

func (s *Store) rows(ctx context.Context, each func(row) error) error {
	return s.query(ctx, func(rows *sql.Rows) error {
		var r row
		if err := rows.Scan(&r.entry, &r.hash, &r.seal); err != nil {
			return err
		}
		return each(r)
	}, "SELECT entry, hash, seal FROM audit ORDER BY seq")
}
