package local

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// repo is the bare repository as one operation sees it. It is made anew for each: go-git keeps the list of packs that it saw first, and
// a push may bring another at any moment.
type repo struct{ store objects }

func (f *Forge) repository() *repo { return openRepo(f.gitDir(), f.objects) }

func openRepo(dir string, read *cache.ObjectLRU) *repo {
	return &repo{store: objects{filesystem.NewStorage(osfs.New(dir, osfs.WithBoundOS()), read), read}}
}

// objects reads an object from the disk once. Whoever writes to the repository, an object never changes under its name, so what was read is kept from one
// operation to the next. go-git's storage has the same cache, but opens the object's file before it looks there.
type objects struct {
	*filesystem.Storage
	read *cache.ObjectLRU
}

// keptObjects is how many bytes of objects a Forge keeps.
const keptObjects = 16 * cache.MiByte

// EncodedObject implements storer.EncodedObjectStorer.
func (o objects) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
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
	ref, err := r.store.Reference(plumbing.NewBranchReferenceName(branch))
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return "", fmt.Errorf("read the branch %s: %w", branch, forge.ErrNotFound)
	}
	if err != nil {
		return "", fmt.Errorf("read the branch %s: %w", branch, err)
	}
	return ref.Hash().String(), nil
}

func (r *repo) branches(prefix string) ([]forge.Branch, error) {
	refs, err := r.store.IterReferences()
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

func (r *repo) commit(sha string) (*object.Commit, error) {
	if !plumbing.IsHash(sha) {
		return nil, fmt.Errorf("read the commit %q: %w: it is not a full SHA", sha, forge.ErrNotFound)
	}
	c, err := object.GetCommit(r.store, plumbing.NewHash(sha))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, fmt.Errorf("read the commit %s: %w", sha, forge.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read the commit %s: %w", sha, err)
	}
	return c, nil
}

func (r *repo) isAncestor(ancestor, descendant string) (bool, error) {
	base, err := r.mergeBase(ancestor, descendant)
	if errors.Is(err, errNoBase) {
		return false, nil
	}
	return base == ancestor, err
}

// errNoBase tells that two commits share no history.
var errNoBase = fmt.Errorf("the two share no history: %w", forge.ErrNotFound)

// mergeBase paints the histories of both commits, newest first, until only shared commits are left to look at: like git it does not
// read further back than it must, while go-git's own reads all.
func (r *repo) mergeBase(a, b string) (string, error) {
	const fromA, fromB, stale = 1, 2, 4
	paint := map[plumbing.Hash]int{}
	queue := &byTime{}
	push := func(c *object.Commit, color int) {
		if paint[c.Hash]|color != paint[c.Hash] {
			paint[c.Hash] |= color
			heap.Push(queue, c)
		}
	}
	for _, start := range []struct {
		sha   string
		color int
	}{{a, fromA}, {b, fromB}} {
		c, err := r.commit(start.sha)
		if err != nil {
			return "", err
		}
		push(c, start.color)
	}
	var shared []*object.Commit
	for slices.ContainsFunc(*queue, func(c *object.Commit) bool { return paint[c.Hash]&stale == 0 }) {
		c := heap.Pop(queue).(*object.Commit)
		color := paint[c.Hash]
		if color == fromA|fromB {
			// A commit that got its two colours one by one lies in the queue twice.
			if !slices.ContainsFunc(shared, func(other *object.Commit) bool { return other.Hash == c.Hash }) {
				shared = append(shared, c)
			}
			color |= stale
		}
		for _, hash := range c.ParentHashes {
			parent, err := object.GetCommit(r.store, hash)
			if errors.Is(err, plumbing.ErrObjectNotFound) {
				continue // a shallow repository ends here
			}
			if err != nil {
				return "", fmt.Errorf("read the commit %s: %w", hash, err)
			}
			push(parent, color)
		}
	}
	// Painting may end before every ancestor of a better one is known as such; comparing pairs decides.
	best := ""
	for _, c := range shared {
		candidate := c.Hash.String()
		if paint[c.Hash]&stale != 0 {
			continue
		}
		better := best == ""
		if !better {
			var err error
			if better, err = r.isAncestor(best, candidate); err != nil {
				return "", err
			}
		}
		if better {
			best = candidate
		}
	}
	if best == "" {
		return "", fmt.Errorf("find the merge base of %.8s and %.8s: %w", a, b, errNoBase)
	}
	return best, nil
}

// byTime is a heap of commits, the newest first.
type byTime []*object.Commit

func (q byTime) Len() int           { return len(q) }
func (q byTime) Less(i, j int) bool { return q[i].Committer.When.After(q[j].Committer.When) }
func (q byTime) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byTime) Push(x any)        { *q = append(*q, x.(*object.Commit)) }
func (q *byTime) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// storeObject writes an object unless it is there.
func storeObject(s storer.EncodedObjectStorer, encode func(plumbing.EncodedObject) error) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	if err := encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	if s.HasEncodedObject(o.Hash()) == nil {
		return o.Hash(), nil
	}
	return s.SetEncodedObject(o)
}
