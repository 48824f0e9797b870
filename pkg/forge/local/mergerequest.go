package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Open implements forge.MergeRequests. Everybody is known here, so that only the author is left out of the reviewers.
func (f *Forge) Open(ctx context.Context, r forge.OpenRequest) (forge.MergeRequest, error) {
	if err := checkText("title", r.Title); err != nil {
		return forge.MergeRequest{}, err
	}
	if !utf8.ValidString(r.Description) {
		return forge.MergeRequest{}, errors.New("the description is not UTF-8")
	}
	var number int
	err := f.write(ctx, func(w *writer) error {
		repo := f.repository()
		head, err := repo.head(r.Source)
		if err != nil {
			return fmt.Errorf("open a merge request: %w", err)
		}
		base, err := repo.head(r.Target)
		if err != nil {
			return fmt.Errorf("open a merge request: %w", err)
		}
		if err := w.refuseSecond(ctx, r.Source, r.Target); err != nil {
			return err
		}
		if has, err := repo.IsAncestor(head, base); err != nil {
			return err
		} else if has {
			return fmt.Errorf("open a merge request from %s to %s: %w", r.Source, r.Target, forge.ErrNoChange)
		}
		now := nanos(f.clock())
		result, err := w.ExecContext(ctx, `INSERT INTO merge_requests (source, target, title, description, state, draft, author, head, base, opened, updated)
			VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)`, r.Source, r.Target, r.Title, r.Description, r.Draft, f.who, head, base, now, now)
		if err != nil {
			return fmt.Errorf("open a merge request from %s to %s: %w", r.Source, r.Target, err)
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		number = int(id)
		for _, label := range r.Labels {
			if _, err := w.ExecContext(ctx, `INSERT OR IGNORE INTO labels VALUES (?, ?)`, number, label); err != nil {
				return fmt.Errorf("label merge request !%d: %w", number, err)
			}
		}
		for _, name := range r.Reviewers {
			if name == f.who {
				continue
			}
			if _, err := w.ExecContext(ctx, `INSERT OR IGNORE INTO reviewers VALUES (?, ?)`, number, name); err != nil {
				return fmt.Errorf("ask for a review of merge request !%d: %w", number, err)
			}
		}
		return nil
	})
	if err != nil {
		return forge.MergeRequest{}, err
	}
	return f.Get(ctx, number)
}

func (w *writer) refuseSecond(ctx context.Context, source, target string) error {
	var open int
	err := w.QueryRowContext(ctx, `SELECT number FROM merge_requests WHERE state = 'open' AND source = ? AND target = ?`, source, target).Scan(&open)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look for an open merge request from %s to %s: %w", source, target, err)
	}
	return &forge.AlreadyOpenError{Source: source, Target: target, Number: open}
}

// checkText refuses what a title cannot be.
func checkText(what, s string) error {
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "\r\n") || !utf8.ValidString(s) {
		return fmt.Errorf("the %s %q is not one line of text", what, s)
	}
	return nil
}

// Find implements forge.MergeRequests.
func (f *Forge) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	if err := f.settle(ctx); err != nil {
		return nil, err
	}
	rows, err := loadRows(ctx, f.db, `WHERE substr(source, 1, length(?1)) = ?1 AND (?2 = '' OR target = ?2) ORDER BY number`, q.SourcePrefix, q.Target)
	if err != nil {
		return nil, err
	}
	var found []forge.MergeRequest
	for _, r := range rows {
		if r, err = f.look(ctx, r); err != nil {
			return nil, err
		}
		if len(q.States) > 0 && !slices.Contains(q.States, r.State) {
			continue
		}
		found = append(found, r.MergeRequest)
	}
	return found, nil
}

// Get implements forge.MergeRequests.
func (f *Forge) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	if err := f.settle(ctx); err != nil {
		return forge.MergeRequest{}, err
	}
	r, err := loadRow(ctx, f.db, number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	if r, err = f.look(ctx, r); err != nil {
		return forge.MergeRequest{}, err
	}
	if r.Approvals, err = approvals(ctx, f.db, number, r.Head); err != nil {
		return forge.MergeRequest{}, err
	}
	reasons, err := f.reasons(ctx, f.db, r)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	r.Mergeability = forge.Mergeability{Readiness: forge.Ready, Reasons: reasons}
	if len(reasons) > 0 {
		r.Mergeability.Readiness = forge.Blocked
	}
	return r.MergeRequest, nil
}

// Update implements forge.MergeRequests.
func (f *Forge) Update(ctx context.Context, number int, u forge.Update) (forge.MergeRequest, error) {
	if u.Title != nil {
		if err := checkText("title", *u.Title); err != nil {
			return forge.MergeRequest{}, err
		}
	}
	if u.Description != nil && !utf8.ValidString(*u.Description) {
		return forge.MergeRequest{}, errors.New("the description is not UTF-8")
	}
	err := f.write(ctx, func(w *writer) error {
		r, err := loadRow(ctx, w, number)
		if err != nil {
			return err
		}
		was := r
		if u.Title != nil {
			r.Title = *u.Title
		}
		if u.Description != nil {
			r.Description = *u.Description
		}
		if u.Draft != nil && r.State == forge.Open {
			r.Draft = *u.Draft
		}
		if r.Title == was.Title && r.Description == was.Description && r.Draft == was.Draft {
			return nil
		}
		r.Updated = f.clock()
		return saveRow(ctx, w, r)
	})
	if err != nil {
		return forge.MergeRequest{}, err
	}
	return f.Get(ctx, number)
}

// Close implements forge.MergeRequests.
func (f *Forge) Close(ctx context.Context, number int) error {
	return f.write(ctx, func(w *writer) error {
		r, err := w.fresh(ctx, number)
		if err != nil {
			return err
		}
		switch r.State {
		case forge.Merged:
			return &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
		case forge.Closed:
			return nil
		}
		r.State, r.Done, r.Updated = forge.Closed, f.clock(), f.clock()
		return saveRow(ctx, w, r)
	})
}

// Reopen implements forge.MergeRequests.
func (f *Forge) Reopen(ctx context.Context, number int) error {
	return f.write(ctx, func(w *writer) error {
		r, err := w.fresh(ctx, number)
		if err != nil {
			return err
		}
		switch r.State {
		case forge.Merged:
			return &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
		case forge.Open:
			return nil
		}
		if r.Head, err = f.repository().head(r.Source); err != nil {
			return fmt.Errorf("reopen merge request !%d: %w", number, err)
		}
		if err := w.refuseSecond(ctx, r.Source, r.Target); err != nil {
			return err
		}
		r.State, r.Done, r.Updated = forge.Open, fromNanos(0), f.clock()
		return saveRow(ctx, w, r)
	})
}
