// Package mirror reads the Git side of a forge over smart HTTP, without a git program and without a folder on disk.
//
// Every forge with smart HTTP answers the same three questions the same way: where the branches are (the reference advertisement, read anew
// each time), what a commit holds, and how two commits relate. Commits never change under their name, so those once fetched are kept
// in memory and cost nothing again; a commit that is missing is fetched with its history: first all branches, which is how a forge is read
// cheapest, then exactly that commit, for those that no branch holds any more. What is kept is bounded, and fetched anew when it grows beyond.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Options say which repository.
type Options struct {
	// URL is the smart HTTP URL, without credentials.
	URL string
	// Client authenticates with a header. The zero value is a client without credentials.
	Client *http.Client
	// Name is what errors call the repository, such as "github.com/acme/gitops".
	Name string
}

// Mirror is one repository as its server has it. It is safe for concurrent use.
type Mirror struct {
	name   string
	url    string
	client transport.Transport
	limit  int64

	fetching sync.Mutex // held over the network: one fetch at a time
	mu       sync.Mutex // guards what follows, never held over the network
	store    *store
	tips     []plumbing.Hash // wants that were fetched with all their history
}

// keptBytes is how many bytes of objects a Mirror keeps.
const keptBytes = 512 << 20

// New gives a mirror that has fetched nothing yet.
func New(o Options) *Mirror {
	c := http.Client{}
	if o.Client != nil {
		c = *o.Client
	}
	inner := c.CheckRedirect
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 0 && !sameOrigin(r.URL, via[0].URL) {
			return errElsewhere
		}
		if inner != nil {
			return inner(r, via)
		}
		return nil
	}
	name := o.Name
	if name == "" {
		name = "the repository"
	}
	return &Mirror{name: name, url: o.URL, client: githttp.NewClient(&c), limit: keptBytes, store: newStore(keptBytes)}
}

func sameOrigin(a, b *url.URL) bool { return a.Host == b.Host && a.Scheme == b.Scheme }

// Heads lists the branches whose name starts with prefix, sorted by name, as the server has them now.
func (m *Mirror) Heads(ctx context.Context, prefix string) ([]forge.Branch, error) {
	_, adv, err := m.advertise(ctx)
	if err != nil {
		return nil, m.explain(ctx, "list the branches", err)
	}
	var found []forge.Branch
	for ref, hash := range adv.References {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok && strings.HasPrefix(name, prefix) {
			found = append(found, forge.Branch{Name: name, Head: hash.String()})
		}
	}
	slices.SortFunc(found, func(a, b forge.Branch) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// Head is the SHA that a branch points at now. forge.ErrNotFound when there is no such branch.
func (m *Mirror) Head(ctx context.Context, branch string) (string, error) {
	_, adv, err := m.advertise(ctx)
	if err != nil {
		return "", m.explain(ctx, "read the branch "+branch, err)
	}
	hash, ok := adv.References["refs/heads/"+branch]
	if !ok {
		return "", fmt.Errorf("read the branch %s of %s: %w", branch, m.name, forge.ErrNotFound)
	}
	return hash.String(), nil
}

// Commit gives the commit at sha. forge.ErrNotFound when the repository has no such commit.
func (m *Mirror) Commit(ctx context.Context, sha string) (c forge.Commit, err error) {
	err = m.with(ctx, func(s *store) error {
		found, err := s.objects().Commit(sha)
		if err != nil {
			return err
		}
		c = forge.Commit{SHA: sha, Message: found.Message, Author: found.Author.Name + " <" + found.Author.Email + ">", Time: found.Committer.When}
		for _, p := range found.ParentHashes {
			c.Parents = append(c.Parents, p.String())
		}
		return nil
	}, sha)
	return c, err
}

// Tree gives every file of the commit, with the bytes and modes that Git holds. forge.ErrNotFound when there is no such commit.
func (m *Mirror) Tree(ctx context.Context, sha string) (t tree.Tree, err error) {
	err = m.with(ctx, func(s *store) error {
		t, err = tree.FromCommit(s, plumbing.NewHash(sha))
		return err
	}, sha)
	return t, err
}

// FirstParent is the first parent of the commit, "" for a root commit. forge.ErrNotFound when there is no such commit.
func (m *Mirror) FirstParent(ctx context.Context, sha string) (string, error) {
	c, err := m.Commit(ctx, sha)
	if err != nil || len(c.Parents) == 0 {
		return "", err
	}
	return c.Parents[0], nil
}

// MergeBase is the best common ancestor of two commits. forge.ErrNotFound when they share none or one of them does not exist.
func (m *Mirror) MergeBase(ctx context.Context, a, b string) (base string, err error) {
	err = m.with(ctx, func(s *store) error {
		base, err = s.objects().MergeBase(a, b)
		return err
	}, a, b)
	return base, err
}

// IsAncestor reports whether ancestor can be reached from descendant; a commit is its own ancestor. forge.ErrNotFound when one of them does
// not exist.
func (m *Mirror) IsAncestor(ctx context.Context, ancestor, descendant string) (is bool, err error) {
	err = m.with(ctx, func(s *store) error {
		is, err = s.objects().IsAncestor(ancestor, descendant)
		return err
	}, ancestor, descendant)
	return is, err
}

// Merge gives the files after merging source into target, line by line where both changed one. It is made here and kept nowhere. errors.Is(err, ErrConflict) where a person has to choose (a *ConflictError then names the paths), forge.ErrNotFound when one of
// the commits does not exist.
func (m *Mirror) Merge(ctx context.Context, target, source string) (t tree.Tree, err error) {
	err = m.with(ctx, func(s *store) error {
		t, err = s.merge(target, source)
		return err
	}, target, source)
	return t, err
}

// with runs f on a store that has the commits.
func (m *Mirror) with(ctx context.Context, f func(*store) error, shas ...string) error {
	for _, sha := range shas {
		if !plumbing.IsHash(sha) || len(sha) != 40 {
			return fmt.Errorf("read the commit %q of %s: %w: it is not a full SHA", sha, m.name, forge.ErrNotFound)
		}
	}
	if done, err := m.try(f, shas); done {
		return err
	}
	m.fetching.Lock()
	defer m.fetching.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read %s: %w", m.name, err)
	}
	if done, err := m.try(f, shas); done { // whoever was before in the queue fetched it
		return err
	}
	if err := m.fetch(ctx, shas); err != nil {
		return err
	}
	_, err := m.try(f, shas)
	return err
}

// try runs f if everything is there.
func (m *Mirror) try(f func(*store) error, shas []string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.store.missing(shas)) > 0 {
		return false, nil
	}
	if err := f(m.store); err != nil {
		return true, fmt.Errorf("read %s: %w", m.name, err)
	}
	return true, nil
}

// missing tells which commits are not in the store.
func (s *store) missing(shas []string) (missing []plumbing.Hash) {
	for _, sha := range shas {
		if hash := plumbing.NewHash(sha); !slices.Contains(missing, hash) {
			if _, err := object.GetCommit(s, hash); errors.Is(err, plumbing.ErrObjectNotFound) {
				missing = append(missing, hash)
			}
		}
	}
	return missing
}
