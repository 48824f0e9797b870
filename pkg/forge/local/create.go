package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/revlist"

	"github.com/linnet-bot/linnet/pkg/forge/objects"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// CreateOptions says what a new forge starts with.
type CreateOptions struct {
	// DefaultBranch is "main" when empty.
	DefaultBranch string
	Settings      Settings
	// Clone is the path of a Git repository (a work tree or a bare one) whose commit CloneRef ("HEAD" when empty), with all of its
	// history, becomes the default branch.
	Clone, CloneRef string
	// Initial becomes the first commit, when Clone is empty and Initial is not. Without either the repository is empty: push to it.
	Initial tree.Tree
	// Now gives the time of the first commit; the default is time.Now.
	Now func() time.Time
}

// Create makes a local forge in the folder dir, which must not exist or be empty. It is made whole or not at all.
func Create(dir string, o CreateOptions) (err error) {
	if o.DefaultBranch == "" {
		o.DefaultBranch = "main"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("create a local forge in %s: %w", dir, err)
		}
	}()
	if err := checkBranchName(o.DefaultBranch); err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return errors.New("the folder is not empty: name another one")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// Made beside it and renamed: nobody meets half a forge.
	making, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(making)) }()
	if err := fill(making, o); err != nil {
		return err
	}
	if err := os.Chmod(making, 0o755); err != nil {
		return err
	}
	return os.Rename(making, dir)
}

func fill(dir string, o CreateOptions) (err error) {
	if err := os.Mkdir(filepath.Join(dir, "journal"), 0o755); err != nil {
		return err
	}
	bare := filepath.Join(dir, "repo.git")
	branch := plumbing.NewBranchReferenceName(o.DefaultBranch)
	if _, err := git.PlainInitWithOptions(bare, &git.PlainInitOptions{Bare: true, InitOptions: git.InitOptions{DefaultBranch: branch}}); err != nil {
		return err
	}
	r := openRepo(bare, cache.NewObjectLRU(keptObjects))
	var first plumbing.Hash
	switch {
	case o.Clone != "":
		first, err = r.copyFrom(o.Clone, o.CloneRef)
	case o.Initial.Len() > 0:
		first, err = r.firstCommit(o.Initial, o.Now().UTC())
	}
	if err != nil {
		return err
	}
	if !first.IsZero() {
		if err := r.refs.SetReference(plumbing.NewHashReference(branch, first)); err != nil {
			return err
		}
	}
	ctx := context.Background()
	db, err := openDatabase(filepath.Join(dir, databaseName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO project VALUES (1, ?, 0)`, o.DefaultBranch); err != nil {
		return err
	}
	return putSettings(ctx, db, o.Settings)
}

// copyFrom copies a commit of another repository on disk and everything it is made of.
func (r *repo) copyFrom(source, ref string) (plumbing.Hash, error) {
	if ref == "" {
		ref = "HEAD"
	}
	from, err := git.PlainOpenWithOptions(source, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("open the repository %s: %w", source, err)
	}
	head, err := from.ResolveRevision(plumbing.Revision(ref))
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("find %s in the repository %s: %w", ref, source, err)
	}
	hashes, err := revlist.Objects(from.Storer, []plumbing.Hash{*head}, nil)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read the history of %s in the repository %s: %w", ref, source, err)
	}
	for _, hash := range hashes {
		o, err := from.Storer.EncodedObject(plumbing.AnyObject, hash)
		if err != nil {
			return plumbing.ZeroHash, fmt.Errorf("read %s of the repository %s: %w", hash, source, err)
		}
		if _, err := r.SetEncodedObject(o); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	return *head, nil
}

func (r *repo) firstCommit(t tree.Tree, now time.Time) (plumbing.Hash, error) {
	all := objects.Files{}
	for _, name := range t.Paths() {
		mode, _ := t.Mode(name)
		content, _ := t.Read(name)
		var f objects.File
		switch mode {
		case tree.Executable:
			f.Mode = filemode.Executable
		case tree.Symlink:
			f.Mode = filemode.Symlink
			target, _ := t.LinkTarget(name)
			content = []byte(target)
		case tree.Submodule:
			return plumbing.ZeroHash, fmt.Errorf("%s is a submodule: start from a clone of the repository instead", name)
		default:
			f.Mode = filemode.Regular
		}
		var err error
		if f.Hash, err = r.WriteBlob(content); err != nil {
			return plumbing.ZeroHash, err
		}
		all[name] = f
	}
	root, err := r.WriteTree(all)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	who := object.Signature{Name: "local forge", Email: "forge@localhost", When: now}
	c := object.Commit{TreeHash: root, Author: who, Committer: who, Message: "Start\n"}
	return r.Write(c.Encode)
}
