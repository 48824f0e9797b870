package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Comments implements forge.Comments.
func (f *Forge) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	if _, err := loadRow(ctx, f.db, number); err != nil {
		return nil, err
	}
	return comments(ctx, f.db, `WHERE number = ? ORDER BY id`, number)
}

// GetComment implements forge.Comments.
func (f *Forge) GetComment(ctx context.Context, number int, id int64) (forge.Comment, error) {
	return comment(ctx, f.db, number, id)
}

// AddComment implements forge.Comments.
func (f *Forge) AddComment(ctx context.Context, number int, body string) (forge.Comment, error) {
	if err := checkBody(number, body); err != nil {
		return forge.Comment{}, err
	}
	var added forge.Comment
	err := f.write(ctx, func(w *writer) error {
		if _, err := loadRow(ctx, w, number); err != nil {
			return err
		}
		result, err := w.ExecContext(ctx, `INSERT INTO comments (number, user, body, created) VALUES (?, ?, ?, ?)`, number, f.who, body, nanos(f.clock()))
		if err != nil {
			return fmt.Errorf("comment on merge request !%d: %w", number, err)
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		added, err = comment(ctx, w, number, id)
		return err
	})
	return added, err
}

// EditComment implements forge.Comments.
func (f *Forge) EditComment(ctx context.Context, number int, id int64, body string) (forge.Comment, error) {
	if err := checkBody(number, body); err != nil {
		return forge.Comment{}, err
	}
	var edited forge.Comment
	err := f.write(ctx, func(w *writer) error {
		c, err := comment(ctx, w, number, id)
		if err != nil {
			return err
		}
		if c.By.Name != f.who {
			return fmt.Errorf("edit comment %d of merge request !%d: %w: it is by %s", id, number, forge.ErrForbidden, c.By.Name)
		}
		if c.Body != body {
			if _, err := w.ExecContext(ctx, `UPDATE comments SET body = ?, edited = ? WHERE id = ?`, body, nanos(f.clock()), id); err != nil {
				return fmt.Errorf("edit comment %d of merge request !%d: %w", id, number, err)
			}
		}
		edited, err = comment(ctx, w, number, id)
		return err
	})
	return edited, err
}

// DeleteComment implements forge.Comments.
func (f *Forge) DeleteComment(ctx context.Context, number int, id int64) error {
	return f.write(ctx, func(w *writer) error {
		c, err := comment(ctx, w, number, id)
		if errors.Is(err, forge.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.By.Name != f.who {
			return fmt.Errorf("delete comment %d of merge request !%d: %w: it is by %s", id, number, forge.ErrForbidden, c.By.Name)
		}
		if _, err := w.ExecContext(ctx, `DELETE FROM comments WHERE id = ?`, id); err != nil {
			return fmt.Errorf("delete comment %d of merge request !%d: %w", id, number, err)
		}
		return nil
	})
}

// React implements forge.Comments.
func (f *Forge) React(ctx context.Context, number int, id int64, kind forge.ReactionKind) error {
	switch kind {
	case forge.Eyes, forge.Rocket, forge.ThumbsUp, forge.ThumbsDown, forge.Confused:
	default:
		return fmt.Errorf("%q is no reaction", kind)
	}
	return f.write(ctx, func(w *writer) error {
		if _, err := comment(ctx, w, number, id); err != nil {
			return err
		}
		if _, err := w.ExecContext(ctx, `INSERT OR IGNORE INTO reactions (comment, user, kind) VALUES (?, ?, ?)`, id, f.who, kind); err != nil {
			return fmt.Errorf("react to comment %d of merge request !%d: %w", id, number, err)
		}
		return nil
	})
}

// Unreact implements forge.Comments.
func (f *Forge) Unreact(ctx context.Context, _ int, id int64, kind forge.ReactionKind) error {
	return f.write(ctx, func(w *writer) error {
		if _, err := w.ExecContext(ctx, `DELETE FROM reactions WHERE comment = ? AND user = ? AND kind = ?`, id, f.who, kind); err != nil {
			return fmt.Errorf("take back a reaction to comment %d: %w", id, err)
		}
		return nil
	})
}

func checkBody(number int, body string) error {
	if strings.TrimSpace(body) == "" || !utf8.ValidString(body) {
		return fmt.Errorf("comment on merge request !%d: the comment is empty or not UTF-8", number)
	}
	return nil
}

func comment(ctx context.Context, q querier, number int, id int64) (forge.Comment, error) {
	list, err := comments(ctx, q, `WHERE number = ? AND id = ?`, number, id)
	if err == nil && len(list) == 0 {
		return forge.Comment{}, fmt.Errorf("read comment %d of merge request !%d: %w", id, number, forge.ErrNotFound)
	}
	if err != nil {
		return forge.Comment{}, err
	}
	return list[0], nil
}

func comments(ctx context.Context, q querier, where string, args ...any) ([]forge.Comment, error) {
	list, err := commentRows(ctx, q, where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the comments: %w", err)
	}
	for i := range list {
		if list[i].Reactions, err = reactions(ctx, q, list[i].ID); err != nil {
			return nil, fmt.Errorf("read the reactions to comment %d: %w", list[i].ID, err)
		}
	}
	return list, nil
}

func commentRows(ctx context.Context, q querier, where string, args ...any) (list []forge.Comment, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, user, body, created, edited FROM comments `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c forge.Comment
		var by string
		var created, edited int64
		if err := rows.Scan(&c.ID, &by, &c.Body, &created, &edited); err != nil {
			return nil, err
		}
		c.By, c.Created, c.Edited = user(by), fromNanos(created), fromNanos(edited)
		list = append(list, c)
	}
	return list, rows.Err()
}

func reactions(ctx context.Context, q querier, id int64) (list []forge.Reaction, err error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, user FROM reactions WHERE comment = ? ORDER BY id`, id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r forge.Reaction
		var by string
		if err := rows.Scan(&r.Kind, &by); err != nil {
			return nil, err
		}
		r.By = user(by)
		list = append(list, r)
	}
	return list, rows.Err()
}
