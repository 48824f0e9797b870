package local

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// querier is what a transaction and the database itself have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func openDatabase(path string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(20000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"}}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil || !pending {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// writer is one write to the forge: a transaction that no other process shares, and the journal of the branches it moved.
type writer struct {
	*sql.Tx
	f     *Forge
	begun []entry
}

// write runs do while no other process writes to this forge. What an earlier writer left unfinished is finished first.
func (f *Forge) write(ctx context.Context, do func(w *writer) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("lock the local forge %s: %w", f.dir, err)
	}
	defer func() { _ = tx.Rollback() }()
	w := &writer{Tx: tx, f: f}
	if err := w.finishOthers(ctx); err != nil {
		return err
	}
	if err := do(w); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write to the local forge %s: %w", f.dir, err)
	}
	for _, e := range w.begun {
		e.remove()
	}
	return nil
}

// settle finishes what a writer that died left half done, so that a reader sees all of it or nothing.
func (f *Forge) settle(ctx context.Context) error {
	entries, err := f.journal()
	if err != nil || len(entries) == 0 {
		return err
	}
	return f.write(ctx, func(*writer) error { return nil })
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
