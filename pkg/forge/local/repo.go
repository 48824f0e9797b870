package local

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/objects"
)

// repo is the bare repository as one operation sees it. It is made anew for each: go-git keeps the list of packs that it saw first, and
// a push may bring another at any moment.
type repo struct {
	objects.Store
	refs storer.ReferenceStorer
}

func (f *Forge) repository() *repo { return openRepo(f.gitDir(), f.objects) }

func openRepo(dir string, read *cache.ObjectLRU) *repo {
	store := kept{filesystem.NewStorage(osfs.New(dir, osfs.WithBoundOS()), read), read}
	return &repo{Store: objects.Store{EncodedObjectStorer: store}, refs: store}
}

// kept reads an object from the disk once. Whoever writes to the repository, an object never changes under its name, so what was read is kept from one
// operation to the next. go-git's storage has the same cache, but opens the object's file before it looks there.
type kept struct {
	*filesystem.Storage
	read *cache.ObjectLRU
}

// keptObjects is how many bytes of objects a Forge keeps.
const keptObjects = 16 * cache.MiByte

// EncodedObject implements storer.EncodedObjectStorer.
func (o kept) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	if known, ok := o.read.Get(hash); ok && (kind == plumbing.AnyObject || kind == known.Type()) {
		return known, nil
	}
	return o.Storage.EncodedObject(kind, hash)
}

// head gives the SHA of a branch.
func (r *repo) head(branch string) (string, error) {
	if err := checkBranchName(branch); err != nil {
		return "", fmt.Errorf("%w: %w", forge.ErrNotFound, err)
	}
	ref, err := r.refs.Reference(plumbing.NewBranchReferenceName(branch))
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", fmt.Errorf("read the branch %s: %w", branch, forge.ErrNotFound)
	}
	if err != nil {
		return "", fmt.Errorf("read the branch %s: %w", branch, err)
	}
	return ref.Hash().String(), nil
}

func (r *repo) branches(prefix string) ([]forge.Branch, error) {
	refs, err := r.refs.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("list the branches: %w", err)
	}
	var found []forge.Branch
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Name().IsBranch() && ref.Type() == plumbing.HashReference && strings.HasPrefix(ref.Name().Short(), prefix) {
			found = append(found, forge.Branch{Name: ref.Name().Short(), Head: ref.Hash().String()})
		}
		return nil
	})
	slices.SortFunc(found, func(a, b forge.Branch) int { return strings.Compare(a.Name, b.Name) })
	return found, err
}
