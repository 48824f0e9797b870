package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var checkStates = []forge.CheckState{forge.Pending, forge.InProgress, forge.ActionRequired, forge.Failure, forge.Success}

const titleLimit = 255

// SetCheck implements forge.Checks.
func (f *Forge) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	if err := checkText("name of a check", c.Name); err != nil {
		return err
	}
	if !slices.Contains(checkStates, c.State) {
		return fmt.Errorf("set the check %s: %q is no state of a check", c.Name, c.State)
	}
	title := cut(c.Title, titleLimit)
	return f.write(ctx, func(w *writer) error {
		if _, err := f.repository().Commit(sha); err != nil {
			return fmt.Errorf("set the check %s: %w", c.Name, err)
		}
		_, err := w.ExecContext(ctx, `INSERT INTO checks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
			ON CONFLICT DO UPDATE SET state = ?4, title = ?5, summary = ?6, url = ?7, updated = ?8
			WHERE state <> ?4 OR title <> ?5 OR summary <> ?6 OR url <> ?7`,
			sha, c.Name, f.who, c.State, title, c.Summary, c.URL, nanos(f.clock()))
		if err != nil {
			return fmt.Errorf("set the check %s on %.8s: %w", c.Name, sha, err)
		}
		return nil
	})
}

// cut shortens s to limit bytes without splitting a rune.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// Checks implements forge.Checks.
func (f *Forge) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	return checks(ctx, f.db, sha)
}

func checks(ctx context.Context, q querier, sha string) (list []forge.Check, err error) {
	rows, err := q.QueryContext(ctx, `SELECT name, user, state, title, summary, url, updated FROM checks WHERE sha = ? ORDER BY name, user`, sha)
	if err != nil {
		return nil, fmt.Errorf("read the checks of %.8s: %w", sha, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c forge.Check
		var by string
		var updated int64
		if err := rows.Scan(&c.Name, &by, &c.State, &c.Title, &c.Summary, &c.URL, &updated); err != nil {
			return nil, fmt.Errorf("read the checks of %.8s: %w", sha, err)
		}
		c.By, c.Updated = user(by), fromNanos(updated)
		list = append(list, c)
	}
	return list, rows.Err()
}
