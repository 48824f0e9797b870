package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// clone is a customer's GitOps repository on disk, read at one commit.
type clone struct {
	path   string
	branch string
	commit string
	tree   tree.Tree
	dirty  bool // the work tree holds changes that no commit has
}

// openClone reads the commit that the branch points at; "" is the branch that is checked out. Each thing that may be wrong with a clone is one
// sentence with its remedy.
func openClone(path, branch string) (clone, error) {
	repo, err := openRepository(path, true)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return clone{}, fmt.Errorf("open the repository %s: it is not a git repository; give a clone with --repo, or run `git init` and commit there", path)
	}
	if err != nil {
		return clone{}, err
	}
	c := clone{path: path, branch: branch}
	hash, err := c.resolve(repo)
	if err != nil {
		return clone{}, err
	}
	c.commit = hash.String()
	if c.tree, err = readCommit(path, repo, hash); err != nil {
		return clone{}, err
	}
	if c.tree.Len() == 0 {
		return clone{}, fmt.Errorf("read the repository %s: commit %.8s holds no file; commit your GitOps files first", path, c.commit)
	}
	c.dirty = uncommitted(repo)
	return c, nil
}

func (c *clone) resolve(repo *git.Repository) (plumbing.Hash, error) {
	if c.branch != "" {
		for _, name := range []plumbing.ReferenceName{plumbing.NewBranchReferenceName(c.branch), plumbing.NewRemoteReferenceName("origin", c.branch)} {
			if ref, err := repo.Reference(name, true); err == nil {
				return ref.Hash(), nil
			}
		}
		return plumbing.ZeroHash, fmt.Errorf("open the repository %s: it has no branch %s; fetch it first, or name another with --branch", c.path, c.branch)
	}
	head, err := repo.Reference(plumbing.HEAD, false)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("open the repository %s: it has no HEAD (%w); check out the branch that Flux follows", c.path, err)
	}
	if head.Type() != plumbing.SymbolicReference {
		return plumbing.ZeroHash, fmt.Errorf("open the repository %s: HEAD is detached at %.8s; check out the branch that Flux follows, or name it with --branch", c.path, head.Hash())
	}
	c.branch = head.Target().Short()
	ref, err := repo.Reference(head.Target(), true)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("open the repository %s: branch %s has no commit yet; commit your GitOps files first", c.path, c.branch)
	}
	return ref.Hash(), nil
}

// openRepository opens the git repository at a folder; above also looks in the folders above it. The error is git.ErrRepositoryNotExists where there
// is a folder and no repository.
func openRepository(path string, above bool) (*git.Repository, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the repository %s: there is no such folder; give the path of a clone", path)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read the repository %s: it is a file; give the folder that holds the repository", path)
	}
	repo, err := git.PlainOpenWithOptions(path, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if above && errors.Is(err, git.ErrRepositoryNotExists) { // looked for second: go-git sees no bare repository when it looks above
		repo, err = git.PlainOpenWithOptions(path, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	}
	if err != nil && !errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, fmt.Errorf("open the repository %s: %w; check it with `git fsck`", path, err)
	}
	return repo, err
}

func readCommit(path string, repo *git.Repository, commit plumbing.Hash) (tree.Tree, error) {
	t, err := tree.FromCommit(repo.Storer, commit)
	if err != nil {
		return tree.Tree{}, fmt.Errorf("read the repository %s: %w; check it with `git fsck`, and that the clone is not a partial one", path, err)
	}
	return t, nil
}

// uncommitted tells whether tracked files differ from HEAD, or files wait to be committed. A bare repository has no work tree.
func uncommitted(repo *git.Repository) bool {
	work, err := repo.Worktree()
	if err != nil {
		return false
	}
	status, err := work.StatusWithOptions(git.StatusOptions{Strategy: git.Preload})
	return err == nil && !status.IsClean()
}
