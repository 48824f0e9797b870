package local

import (
	"context"
	"errors"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// look brings what the database says about a merge request up to what Git says now, and stores it when it differs.
func (f *Forge) look(ctx context.Context, r row) (row, error) {
	if err := ctx.Err(); err != nil {
		return row{}, err
	}
	now, changed, err := f.compare(r)
	if err != nil || !changed {
		return now, err
	}
	err = f.write(ctx, func(w *writer) error {
		now, err = w.fresh(ctx, r.Number)
		return err
	})
	return now, err
}

// fresh is look within a write.
func (w *writer) fresh(ctx context.Context, number int) (row, error) {
	r, err := loadRow(ctx, w, number)
	if err != nil {
		return row{}, err
	}
	r, changed, err := w.f.compare(r)
	if err != nil || !changed {
		return r, err
	}
	return r, saveRow(ctx, w, r)
}

// compare does as the forges do: an open merge request whose source branch was deleted is closed, and one whose head somebody pushed to the
// target by hand is merged.
func (f *Forge) compare(r row) (now row, changed bool, err error) {
	if r.State != forge.Open {
		return r, false, nil
	}
	repo := f.repository()
	head, err := repo.head(r.Source)
	if errors.Is(err, forge.ErrNotFound) {
		r.State, r.Done, r.Updated = forge.Closed, f.clock(), f.clock()
		return r, true, nil
	}
	if err != nil {
		return row{}, false, err
	}
	if head != r.Head {
		r.Head, r.Updated, changed = head, f.clock(), true
	}
	target, err := repo.head(r.Target)
	if errors.Is(err, forge.ErrNotFound) || target == r.base {
		return r, changed, nil
	}
	if err != nil {
		return row{}, false, err
	}
	in, err := repo.IsAncestor(head, target)
	if err != nil || !in {
		return r, changed, err
	}
	// A branch put back to where the target was before is no merge.
	if was, err := repo.IsAncestor(head, r.base); err != nil || was {
		return r, changed, err
	}
	r.State, r.MergeSHA, r.Done, r.Updated = forge.Merged, "", f.clock(), f.clock()
	r.MergeSHA, err = repo.broughtIn(head, target)
	return r, true, err
}

// broughtIn finds the first commit on the target's own line that holds head.
func (r *repo) broughtIn(head, target string) (string, error) {
	for at := target; ; {
		c, err := r.Commit(at)
		if err != nil {
			return "", err
		}
		if len(c.ParentHashes) == 0 {
			return at, nil
		}
		parent := c.ParentHashes[0].String()
		if in, err := r.IsAncestor(head, parent); err != nil || !in {
			return at, err
		}
		at = parent
	}
}
