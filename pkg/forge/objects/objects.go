// Package objects works on what Git stores: how two commits relate, what merging them gives, and how files become a tree.
//
// It is what go-git lacks or does by reading everything. Where the objects lie does not matter to it: on the disk of a local forge, or in the memory of
// a mirror. It moves no branch; what it writes, nothing points at until its caller does.
package objects

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Store is where the objects lie.
type Store struct{ storer.EncodedObjectStorer }

// Commit reads a commit by its full SHA. forge.ErrNotFound when there is none.
func (s Store) Commit(sha string) (*object.Commit, error) {
	if !plumbing.IsHash(sha) {
		return nil, fmt.Errorf("read the commit %q: %w: it is not a full SHA", sha, forge.ErrNotFound)
	}
	c, err := object.GetCommit(s, plumbing.NewHash(sha))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, fmt.Errorf("read the commit %s: %w", sha, forge.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read the commit %s: %w", sha, err)
	}
	return c, nil
}

// Write stores an object unless it is there.
func (s Store) Write(encode func(plumbing.EncodedObject) error) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	if err := encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	if s.HasEncodedObject(o.Hash()) == nil {
		return o.Hash(), nil
	}
	return s.SetEncodedObject(o)
}

// TreeOf reads the files through a commit that nothing points at; without times or names in it, the same files make the same one.
func (s Store) TreeOf(all Files) (tree.Tree, error) {
	root, err := s.WriteTree(all)
	if err != nil {
		return tree.Tree{}, err
	}
	c := object.Commit{TreeHash: root}
	hash, err := s.Write(c.Encode)
	if err != nil {
		return tree.Tree{}, err
	}
	return tree.FromCommit(s, hash)
}
