package local

import (
	"context"
	"fmt"
)

// Settings are the rules of the project.
type Settings struct {
	// RequiredApprovals is how many people other than the author must approve the head.
	RequiredApprovals int
	// RequiredChecks must be there and green on the head.
	RequiredChecks []RequiredCheck
}

// RequiredCheck names a check that must be green. By pins it to one user, so that nobody else's word counts; with "" every check of
// that name must be green.
type RequiredCheck struct{ Name, By string }

// Settings reads the rules.
func (f *Forge) Settings(ctx context.Context) (Settings, error) { return getSettings(ctx, f.db) }

// SetSettings replaces the rules. It is idempotent.
func (f *Forge) SetSettings(ctx context.Context, s Settings) error {
	return f.write(ctx, func(w *writer) error { return putSettings(ctx, w, s) })
}

func putSettings(ctx context.Context, q querier, s Settings) error {
	if s.RequiredApprovals < 0 {
		return fmt.Errorf("%d required approvals are too few: give 0 or more", s.RequiredApprovals)
	}
	if _, err := q.ExecContext(ctx, `UPDATE project SET required_approvals = ?`, s.RequiredApprovals); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM required_checks`); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	for _, c := range s.RequiredChecks {
		if _, err := q.ExecContext(ctx, `INSERT OR IGNORE INTO required_checks VALUES (?, ?)`, c.Name, c.By); err != nil {
			return fmt.Errorf("write the settings: %w", err)
		}
	}
	return nil
}

func getSettings(ctx context.Context, q querier) (s Settings, err error) {
	if err := q.QueryRowContext(ctx, `SELECT required_approvals FROM project`).Scan(&s.RequiredApprovals); err != nil {
		return Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT name, user FROM required_checks ORDER BY name, user`)
	if err != nil {
		return Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c RequiredCheck
		if err := rows.Scan(&c.Name, &c.By); err != nil {
			return Settings{}, fmt.Errorf("read the settings: %w", err)
		}
		s.RequiredChecks = append(s.RequiredChecks, c)
	}
	return s, rows.Err()
}
