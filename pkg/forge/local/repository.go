package local

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/objects"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// DefaultBranch implements forge.Repository.
func (f *Forge) DefaultBranch(ctx context.Context) (name string, err error) {
	if err := f.db.QueryRowContext(ctx, `SELECT default_branch FROM project`).Scan(&name); err != nil {
		return "", fmt.Errorf("read the settings: %w", err)
	}
	return name, nil
}

// Head implements forge.Repository.
func (f *Forge) Head(ctx context.Context, branch string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return f.repository().head(branch)
}

// Branches implements forge.Repository.
func (f *Forge) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f.repository().branches(prefix)
}

// ReadCommit implements forge.Repository.
func (f *Forge) ReadCommit(ctx context.Context, sha string) (forge.Commit, error) {
	if err := ctx.Err(); err != nil {
		return forge.Commit{}, err
	}
	c, err := f.repository().Commit(sha)
	if err != nil {
		return forge.Commit{}, err
	}
	out := forge.Commit{
		SHA: sha, Message: c.Message, Time: c.Committer.When.UTC(),
		Author: fmt.Sprintf("%s <%s>", c.Author.Name, c.Author.Email),
	}
	for _, p := range c.ParentHashes {
		out.Parents = append(out.Parents, p.String())
	}
	return out, nil
}

// Tree implements forge.Repository.
func (f *Forge) Tree(ctx context.Context, sha string) (tree.Tree, error) {
	if err := ctx.Err(); err != nil {
		return tree.Tree{}, err
	}
	r := f.repository()
	if _, err := r.Commit(sha); err != nil {
		return tree.Tree{}, err
	}
	return tree.FromCommit(r.Store, plumbing.NewHash(sha))
}

// FirstParent implements forge.Repository.
func (f *Forge) FirstParent(ctx context.Context, sha string) (string, error) {
	c, err := f.ReadCommit(ctx, sha)
	if err != nil || len(c.Parents) == 0 {
		return "", err
	}
	return c.Parents[0], nil
}

// MergeBase implements forge.Repository.
func (f *Forge) MergeBase(ctx context.Context, a, b string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return f.repository().MergeBase(a, b)
}

// IsAncestor implements forge.Repository.
func (f *Forge) IsAncestor(ctx context.Context, ancestor, descendant string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return f.repository().IsAncestor(ancestor, descendant)
}

// Commit implements forge.Repository. Creating a branch and its commit is one step here.
func (f *Forge) Commit(ctx context.Context, n forge.NewCommit) (string, error) {
	if err := checkBranchName(n.Branch); err != nil {
		return "", err
	}
	var sha string
	err := f.write(ctx, func(w *writer) error {
		r := f.repository()
		// Looked at first so that a refusal is the same whatever the changes are; moveRef decides.
		switch got, err := r.head(n.Branch); {
		case n.Create && err == nil:
			return fmt.Errorf("create the branch %s: %w, at %.8s", n.Branch, forge.ErrBranchExists, got)
		case !n.Create && err != nil:
			return err
		case !n.Create && got != n.Parent:
			return &forge.HeadMovedError{Branch: n.Branch, Want: n.Parent, Got: got}
		case err != nil && !errors.Is(err, forge.ErrNotFound):
			return err
		}
		parent, err := r.Commit(n.Parent)
		if err != nil {
			return err
		}
		root, err := r.change(parent.TreeHash, n.Changes)
		if err != nil {
			return err
		}
		if root == parent.TreeHash {
			return fmt.Errorf("commit to %s: %w", n.Branch, forge.ErrNoChange)
		}
		me := f.signature(f.who)
		commit := object.Commit{TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash}, Author: me, Committer: me, Message: n.Message}
		hash, err := r.Write(commit.Encode)
		if err != nil {
			return fmt.Errorf("commit to %s: %w", n.Branch, err)
		}
		sha = hash.String()
		old := n.Parent
		if n.Create {
			old = ""
		}
		return w.moveRef(ctx, entry{Branch: n.Branch, Old: old, New: sha})
	})
	if err != nil {
		return "", err
	}
	return sha, nil
}

func (f *Forge) signature(name string) object.Signature {
	return object.Signature{Name: name, Email: name + "@localhost", When: f.clock()}
}

// change gives the tree after the changes.
func (r *repo) change(root plumbing.Hash, changes []tree.Change) (plumbing.Hash, error) {
	all, err := r.Files(root)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	seen := map[string]bool{}
	for _, c := range changes {
		was, exists := all[c.Path]
		refuse := func(reason string) error { return &forge.ChangeRefusedError{Path: c.Path, Reason: reason} }
		switch {
		case !plainPath(c.Path):
			return plumbing.ZeroHash, refuse("it is not a path below the root of the repository")
		case seen[c.Path]:
			return plumbing.ZeroHash, refuse("it is changed twice")
		case exists && was.Mode == filemode.Symlink:
			return plumbing.ZeroHash, refuse("it is a symbolic link")
		case exists && was.Mode == filemode.Submodule:
			return plumbing.ZeroHash, refuse("it is a submodule")
		case c.Delete && !exists:
			return plumbing.ZeroHash, refuse("it is to be deleted and is not there")
		}
		seen[c.Path] = true
		if c.Delete {
			delete(all, c.Path)
			continue
		}
		hash, err := r.WriteBlob(c.Content)
		if err != nil {
			return plumbing.ZeroHash, fmt.Errorf("write %s: %w", c.Path, err)
		}
		mode := filemode.Regular
		if exists {
			mode = was.Mode
		}
		all[c.Path] = objects.File{Mode: mode, Hash: hash}
	}
	if name, ok := all.Clash(); ok {
		return plumbing.ZeroHash, &forge.ChangeRefusedError{Path: name, Reason: "it would be both a file and a folder"}
	}
	return r.WriteTree(all)
}

func plainPath(p string) bool {
	if p == "" || p == "." || path.Clean(p) != p || path.IsAbs(p) || strings.ContainsAny(p, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." || strings.EqualFold(part, ".git") {
			return false
		}
	}
	return true
}

// DeleteBranch implements forge.Repository.
func (f *Forge) DeleteBranch(ctx context.Context, branch, head string) error {
	// One that a push merged does not need its branches any more.
	if _, err := f.Find(ctx, forge.Query{States: []forge.State{forge.Open}}); err != nil {
		return err
	}
	return f.write(ctx, func(w *writer) error {
		got, err := f.repository().head(branch)
		if errors.Is(err, forge.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if got != head {
			return &forge.HeadMovedError{Branch: branch, Want: head, Got: got}
		}
		row := w.QueryRowContext(ctx, `SELECT (SELECT 'it is the default branch' FROM project WHERE default_branch = ?1),
			(SELECT 'merge request !' || number || ' is open' FROM merge_requests WHERE state = 'open' AND ?1 IN (source, target) LIMIT 1)`, branch)
		var isDefault, isUsed *string
		if err := row.Scan(&isDefault, &isUsed); err != nil {
			return fmt.Errorf("delete the branch %s: %w", branch, err)
		}
		for _, why := range []*string{isDefault, isUsed} {
			if why != nil {
				return fmt.Errorf("delete the branch %s: %w: %s", branch, forge.ErrBranchInUse, *why)
			}
		}
		return w.moveRef(ctx, entry{Branch: branch, Old: head})
	})
}
