package release

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// origin is where the objects of a source come from.
type origin interface {
	// tags lists every tag, peeled, by name.
	tags(ctx context.Context) (map[string]tag, error)
	// fetch makes what choose picks of the tags' commits readable until done is called.
	fetch(ctx context.Context, tags []tag, choose pick) (store storer.EncodedObjectStorer, done func(), err error)
	// remote is whether fetching costs enough to keep what was fetched.
	remote() bool
	// String names the origin in errors and never holds a secret.
	String() string
}

// openOrigin decides between a path and a server.
func openOrigin(o Options) (origin, error) {
	if o.URL == "" {
		return nil, errors.New("no release source is given: name a git URL or a path")
	}
	if path, ok := pathOf(o.URL); ok {
		return &localOrigin{path: path}, nil
	}
	return newRemote(o)
}

// pathOf tells a path on disk from a URL. Something that exists is a path, whatever it looks like.
func pathOf(s string) (string, bool) {
	if strings.HasPrefix(s, "file://") {
		if u, err := url.Parse(s); err == nil && (u.Host == "" || u.Host == "localhost") {
			return u.Path, true
		}
	}
	if strings.Contains(s, "://") {
		return "", false
	}
	if _, err := os.Stat(s); err == nil {
		return s, true
	}
	host, _, scp := strings.Cut(s, ":")
	return s, !scp || strings.Contains(host, "/")
}

// localOrigin reads the objects of a repository on disk where they lie. It is opened anew each time: go-git's storage is not made for
// concurrent readers, and a mirror may be repacked between two scans.
type localOrigin struct{ path string }

func (l *localOrigin) String() string { return l.path }
func (l *localOrigin) remote() bool   { return false }

func (l *localOrigin) open() (*git.Repository, error) {
	if _, err := os.Stat(l.path); err != nil {
		return nil, fmt.Errorf("cannot read releases from %s: %w; give the path of a git repository or a git URL", l.path, errors.Unwrap(err))
	}
	repository, err := git.PlainOpenWithOptions(l.path, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, fmt.Errorf("cannot read releases from %s: it is not a git repository; give the path of a clone or a bare repository", l.path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open the git repository %s: %w", l.path, err)
	}
	return repository, nil
}

func (l *localOrigin) tags(ctx context.Context) (map[string]tag, error) {
	repository, err := l.open()
	if err != nil {
		return nil, err
	}
	references, err := repository.References()
	if err != nil {
		return nil, fmt.Errorf("cannot list the tags of %s: %w", l.path, err)
	}
	tags, any := map[string]tag{}, false
	err = references.ForEach(func(r *plumbing.Reference) error {
		if r.Type() != plumbing.HashReference {
			return ctx.Err()
		}
		any = true
		if !r.Name().IsTag() {
			return ctx.Err()
		}
		commit, err := peelHash(repository.Storer, r.Hash())
		if err != nil {
			return fmt.Errorf("tag %s: %w", r.Name().Short(), err)
		}
		tags[r.Name().Short()] = tag{name: r.Name().Short(), object: r.Hash(), commit: commit}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the tags of %s: %w", l.path, err)
	}
	if !any {
		return nil, emptyRepository(l.path)
	}
	return tags, nil
}

// peelHash follows tag objects to what they are put on, whatever that is.
func peelHash(store storer.EncodedObjectStorer, hash plumbing.Hash) (plumbing.Hash, error) {
	for {
		t, err := object.GetTag(store, hash)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			return hash, nil
		}
		if err != nil {
			return plumbing.ZeroHash, err
		}
		hash = t.Target
	}
}

func (l *localOrigin) fetch(context.Context, []tag, pick) (storer.EncodedObjectStorer, func(), error) {
	repository, err := l.open()
	if err != nil {
		return nil, nil, err
	}
	return repository.Storer, func() {}, nil
}

func emptyRepository(name string) error {
	return fmt.Errorf("the repository %s is empty: %w", name, ErrNoReleases)
}
