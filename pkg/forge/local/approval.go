package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Approve implements forge.Reviewer.
func (f *Forge) Approve(ctx context.Context, number int, head string) error {
	return f.write(ctx, func(w *writer) error {
		r, err := w.fresh(ctx, number)
		if err != nil {
			return err
		}
		switch {
		case r.State != forge.Open:
			return &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{notOpen(r)}}
		case r.Author.Name == f.who:
			return fmt.Errorf("approve merge request !%d: %w: %s is its author; ask somebody else", number, forge.ErrForbidden, f.who)
		case r.Head != head:
			return &forge.HeadMovedError{Branch: r.Source, Want: head, Got: r.Head}
		}
		_, err = w.ExecContext(ctx, `INSERT INTO approvals VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT DO UPDATE SET head = ?3, at = ?4 WHERE head <> ?3`, number, f.who, head, nanos(f.clock()))
		if err != nil {
			return fmt.Errorf("approve merge request !%d: %w", number, err)
		}
		return nil
	})
}

// Unapprove implements forge.Reviewer.
func (f *Forge) Unapprove(ctx context.Context, number int) error {
	return f.write(ctx, func(w *writer) error {
		if _, err := loadRow(ctx, w, number); err != nil {
			return err
		}
		if _, err := w.ExecContext(ctx, `DELETE FROM approvals WHERE number = ? AND user = ?`, number, f.who); err != nil {
			return fmt.Errorf("take back the approval of merge request !%d: %w", number, err)
		}
		return nil
	})
}

// approvals reads those that are for head.
func approvals(ctx context.Context, q querier, number int, head string) (a forge.Approvals, err error) {
	if err := q.QueryRowContext(ctx, `SELECT required_approvals FROM project`).Scan(&a.Required); err != nil {
		return forge.Approvals{}, fmt.Errorf("read the settings: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT user, at FROM approvals WHERE number = ? AND head = ? ORDER BY at, user`, number, head)
	if err != nil {
		return forge.Approvals{}, fmt.Errorf("read the approvals of merge request !%d: %w", number, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var at int64
		if err := rows.Scan(&name, &at); err != nil {
			return forge.Approvals{}, fmt.Errorf("read the approvals of merge request !%d: %w", number, err)
		}
		a.Given = append(a.Given, forge.Approval{By: user(name), Head: head, At: fromNanos(at)})
	}
	return a, rows.Err()
}
