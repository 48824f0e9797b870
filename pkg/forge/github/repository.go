package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// DefaultBranch implements forge.Repository.
func (f *Forge) DefaultBranch(ctx context.Context) (string, error) {
	r, _, err := f.rest.Repositories.Get(ctx, f.owner, f.repo)
	if err != nil {
		return "", f.explain("read the repository", err)
	}
	return r.GetDefaultBranch(), nil
}

// Head implements forge.Repository.
func (f *Forge) Head(ctx context.Context, branch string) (string, error) {
	return f.git.Head(ctx, branch)
}

// Branches implements forge.Repository.
func (f *Forge) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	return f.git.Heads(ctx, prefix)
}

// ReadCommit implements forge.Repository.
func (f *Forge) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	return f.git.Commit(ctx, sha)
}

// Tree implements forge.Repository.
func (f *Forge) Tree(ctx context.Context, sha string) (tree.Tree, error) { return f.git.Tree(ctx, sha) }

// FirstParent implements forge.Repository.
func (f *Forge) FirstParent(ctx context.Context, sha string) (string, error) {
	return f.git.FirstParent(ctx, sha)
}

// MergeBase implements forge.Repository.
func (f *Forge) MergeBase(ctx context.Context, a, b string) (string, error) {
	return f.git.MergeBase(ctx, a, b)
}

// IsAncestor implements forge.Repository.
func (f *Forge) IsAncestor(ctx context.Context, ancestor, descendant string) (bool, error) {
	return f.git.IsAncestor(ctx, ancestor, descendant)
}

// DeleteBranch implements forge.Repository. It is a push, because the API deletes a branch wherever it points: a person's commit that came in
// between would be lost. A pull request that is opened between looking and deleting is closed by GitHub and can be reopened once
// the branch is back; this is the one gap.
func (f *Forge) DeleteBranch(ctx context.Context, branch, head string) error {
	inUse := func(why string) error {
		return fmt.Errorf("%s: delete the branch %s: %w: %s", f.name, branch, forge.ErrBranchInUse, why)
	}
	main, err := f.DefaultBranch(ctx)
	if err != nil {
		return err
	}
	if branch == main {
		return inUse("it is the default branch")
	}
	switch at, err := f.git.Head(ctx, branch); {
	case errors.Is(err, forge.ErrNotFound):
		return nil
	case err != nil:
		return err
	case at != head:
		return &forge.HeadMovedError{Branch: branch, Want: head, Got: at}
	}
	for _, end := range []ends{{source: branch}, {target: branch}} {
		open, err := f.openFor(ctx, end)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return inUse(fmt.Sprintf("pull request !%d needs it", open[0].GetNumber()))
		}
	}
	err = f.git.DeleteBranch(ctx, branch, head)
	if errors.Is(err, forge.ErrHeadMoved) {
		if _, gone := f.git.Head(ctx, branch); errors.Is(gone, forge.ErrNotFound) {
			return nil
		}
	}
	return err
}
