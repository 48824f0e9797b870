package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// targetTries is how often a merge is made anew because somebody pushed to the target meanwhile.
const targetTries = 5

// Merge implements forge.MergeRequests. It never queues.
func (f *Forge) Merge(ctx context.Context, number int, m forge.MergeOptions) (forge.MergeResult, error) {
	method, err := forge.ParseMethod(string(m.Method))
	if err != nil {
		return forge.MergeResult{}, err
	}
	var sha string
	err = f.write(ctx, func(w *writer) error {
		r, err := w.fresh(ctx, number)
		if err != nil {
			return err
		}
		if r.State == forge.Merged {
			return &forge.AlreadyMergedError{Number: number, SHA: r.MergeSHA}
		}
		if r.Head != m.Head {
			return &forge.HeadMovedError{Branch: r.Source, Want: m.Head, Got: r.Head}
		}
		for try := 1; ; try++ {
			reasons, err := f.reasons(ctx, w, r)
			if err != nil {
				return err
			}
			if len(reasons) > 0 {
				return &forge.NotMergeableError{Number: number, Reasons: reasons}
			}
			var old string
			if old, sha, err = f.makeMerge(r, method, m.Message); err != nil {
				return fmt.Errorf("merge !%d: %w", number, err)
			}
			e := entry{Branch: r.Target, Old: old, New: sha, Number: number, Head: r.Head, By: f.who, At: f.clock()}
			err = w.moveRef(ctx, e)
			if errors.Is(err, forge.ErrHeadMoved) && try < targetTries {
				continue
			}
			if err != nil {
				return fmt.Errorf("merge !%d: %w", number, err)
			}
			return recordMerge(ctx, w, number, e.Head, e.New, e.By, e.At)
		}
	})
	if err != nil {
		return forge.MergeResult{}, err
	}
	return forge.MergeResult{SHA: sha}, nil
}

// recordMerge writes down that the target holds the merge. It is idempotent.
func recordMerge(ctx context.Context, w *writer, number int, head, sha, by string, at time.Time) error {
	r, err := loadRow(ctx, w, number)
	if err != nil || r.State == forge.Merged && r.MergeSHA == sha {
		return err
	}
	r.State, r.Head, r.MergeSHA, r.MergedBy, r.Done, r.Updated = forge.Merged, head, sha, user(by), at, at
	return saveRow(ctx, w, r)
}

// makeMerge writes the commits of a merge and tells which head of the target they are made for.
func (f *Forge) makeMerge(r row, method forge.Method, message string) (old, sha string, err error) {
	repo := f.repository()
	old, err = repo.head(r.Target)
	if err != nil {
		return "", "", err
	}
	if method == forge.Rebase {
		sha, err = f.rebase(repo, r, old)
		return old, sha, err
	}
	merged, conflicts, err := repo.Merge(old, r.Head)
	if err != nil {
		return "", "", err
	}
	if len(conflicts) > 0 {
		return "", "", fmt.Errorf("conflict in %s", strings.Join(conflicts, ", "))
	}
	root, err := repo.WriteTree(merged)
	if err != nil {
		return "", "", err
	}
	me := f.signature(f.who)
	c := object.Commit{TreeHash: root, ParentHashes: []plumbing.Hash{plumbing.NewHash(old)}, Author: me, Committer: me, Message: message}
	if method == forge.MergeCommit {
		c.ParentHashes = append(c.ParentHashes, plumbing.NewHash(r.Head))
	} else {
		c.Author = f.signature(r.Author.Name)
	}
	if c.Message == "" {
		c.Message = forge.Message(fmt.Sprintf("Merge branch '%s' into '%s'", r.Source, r.Target), fmt.Sprintf("%s\n\nMerge request !%d", r.Title, r.Number))
		if method == forge.Squash {
			c.Message = forge.Message(r.Title, fmt.Sprintf("Merge request !%d", r.Number))
		}
	}
	hash, err := repo.Write(c.Encode)
	return old, hash.String(), err
}

// Preview implements forge.MergeRequests.
func (f *Forge) Preview(ctx context.Context, number int) (forge.Preview, error) {
	if err := f.settle(ctx); err != nil {
		return forge.Preview{}, err
	}
	r, err := loadRow(ctx, f.db, number)
	if err != nil {
		return forge.Preview{}, err
	}
	if r, err = f.look(ctx, r); err != nil {
		return forge.Preview{}, err
	}
	if r.State != forge.Open {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{notOpen(r)}}
	}
	repo := f.repository()
	target, err := repo.head(r.Target)
	if err != nil {
		return forge.Preview{}, fmt.Errorf("preview the merge of !%d: %w", number, err)
	}
	merged, conflicts, err := repo.Merge(target, r.Head)
	if err != nil {
		return forge.Preview{}, fmt.Errorf("preview the merge of !%d: %w", number, err)
	}
	if len(conflicts) > 0 {
		return forge.Preview{}, &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{conflict(r, conflicts)}}
	}
	t, err := repo.TreeOf(merged)
	if err != nil {
		return forge.Preview{}, fmt.Errorf("preview the merge of !%d: %w", number, err)
	}
	return forge.Preview{Head: r.Head, Target: target, Tree: t}, nil
}
