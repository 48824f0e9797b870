// Package store keeps the history of upgrades in one SQLite file: what happened, who asked for it and why, and how many proxies were where.
//
// The model has two nouns. An Entry is one thing that happened to one subject, such as "merge request 3" or "the gate of a branch": the subject came into
// a state, at a time, for a cause. Entries are only ever added, and each names the hash of the one before, so that a changed, removed or added one in
// the middle is found; sealed with the state key, nobody without that key can write the chain anew either. A Look is what was counted in a cluster at
// one moment; looks grow thinner with age and leave after the retention. Entries do not leave.
//
// What must hold: nothing is decided from what is kept here. The forge and Git hold the truth of an upgrade; whoever deletes the file loses history
// and nothing else. The same state of the same subject is recorded once, however often and by however many processes it is reported.
//
// Beside them lie the Deliveries: which webhooks came in lately. They only keep one from being heeded twice.
//
// One connection writes, in transactions that no other process shares; readers do not wait for it. All times come from the caller.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// DefaultRetention is how long looks are kept.
const DefaultRetention = 90 * 24 * time.Hour

// defaultPatience is how long a reader or a writer waits for other processes.
const defaultPatience = 10 * time.Second

// ErrAbsent tells that there is no file to read.
var ErrAbsent = errors.New("there is no history yet")

// Options of a Store that is written to.
type Options struct {
	Key       []byte        // seals entries; nil = they are chained but not sealed
	Retention time.Duration // of looks; 0 = DefaultRetention
}

// Store is an open history. It is safe for concurrent use.
type Store struct {
	path    string
	options Options
	// patience is how long a write waits for other processes.
	patience time.Duration
	reading  bool // opened by Read

	mu      sync.Mutex // guards what follows, and lets one write at a time
	file    os.FileInfo
	writer  *sql.DB
	readers *sql.DB
	thinned time.Time // when looks were thinned last
}

// Open opens the history at path for writing and makes it where there is none. The folder must exist.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	s := &Store{path: path, options: o, patience: defaultPatience}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Read opens the history at path for reading only. ErrAbsent when there is no file.
func Read(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the history %s: %w", path, ErrAbsent)
	}
	s := &Store{path: path, reading: true, readers: database(path, "rw", defaultPatience, "query_only(1)")}
	if err := schemaIsKnown(ctx, s.readers); err != nil {
		return nil, errors.Join(fmt.Errorf("read the history %s: %w", path, err), s.Close())
	}
	return s, nil
}

// Close ends all connections.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.readers, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	s.readers, s.writer = nil, nil
	return errors.Join(errs...)
}

func (s *Store) connect(ctx context.Context) error {
	s.writer = database(s.path, "rwc", s.patience, "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)")
	s.writer.SetMaxOpenConns(1)
	err := migrate(ctx, s.writer)
	if err == nil {
		s.file, err = os.Stat(s.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("open the history %s: %w; it may be moved away, no upgrade needs it", s.path, err), s.Close())
	}
	s.readers = database(s.path, "rw", s.patience, "query_only(1)")
	return nil
}

func database(path, mode string, patience time.Duration, pragmas ...string) *sql.DB {
	busy := fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds())
	query := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": append([]string{busy}, pragmas...)}
	// Open only fails for a driver that is not registered.
	db, _ := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String())
	return db
}

// write runs do in a transaction that no other process shares. Where the file was deleted or replaced since it was opened, a new one is begun.
func (s *Store) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	if s.reading {
		return fmt.Errorf("write to the history %s: it is open for reading only", s.path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, err := os.Stat(s.path); s.writer == nil || err != nil || !os.SameFile(now, s.file) {
		_ = s.Close() // of a file that is gone
		if err := s.connect(ctx); err != nil {
			return err
		}
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write to the history %s: %w", s.path, err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return fmt.Errorf("write to the history %s: %w", s.path, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write to the history %s: %w", s.path, err)
	}
	return nil
}

// query gives the rows of a query to each.
func (s *Store) query(ctx context.Context, each func(rows *sql.Rows) error, query string, args ...any) error {
	s.mu.Lock()
	db := s.readers
	s.mu.Unlock()
	if db == nil {
		return fmt.Errorf("read the history %s: it is closed", s.path)
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read the history %s: %w", s.path, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the history %s: %w", s.path, err)
	}
	return nil
}
