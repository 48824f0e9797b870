// Package local is a forge on disk: a folder with a bare Git repository and one SQLite file, for trials without a network and for people
// who want to see a whole upgrade before a real forge is involved.
//
//	DIR/repo.git     branches, commits, merge commits: clone it, push to it, look at it with any git
//	DIR/forge.db     merge requests, checks, comments, approvals, settings
//	DIR/journal/     branches that are being moved right now; empty at rest
//
// Several processes may use a folder at once, and people may push to repo.git meanwhile: heads are read from Git each time, branches are
// moved by compare and swap under git's own locks, and the database is written in transactions that exclude each other. A process that
// dies at any instant leaves something that the next one finishes.
//
// Everyone who can write to the folder can act as anyone: names are taken on trust. The rules it enforces (required approvals and checks, no
// approving of one's own merge request, drafts, conflicts) are there so that a trial feels like the real thing.
package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/go-git/go-git/v5/plumbing/cache"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Forge acts on one folder as one user.
type Forge struct {
	dir string
	who string
	db  *sql.DB
	now func() time.Time

	objects *cache.ObjectLRU // of the repository, as they were read
}

var (
	_ forge.Forge    = (*Forge)(nil)
	_ forge.Reviewer = (*Forge)(nil)
)

// Option changes how a folder is opened.
type Option func(*Forge)

// WithClock gives the times of commits, comments and all else; the default is time.Now.
func WithClock(now func() time.Time) Option { return func(f *Forge) { f.now = now } }

// ErrNotAForge tells that a folder holds no local forge.
var ErrNotAForge = errors.New("not a local forge")

// Open opens the folder dir as the user who. The caller ends it with Shutdown.
func Open(dir, who string, options ...Option) (*Forge, error) {
	if !userName.MatchString(who) {
		return nil, fmt.Errorf("%q cannot be the name of a user: use letters, digits, dots, dashes and underscores", who)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the local forge %s: %w", dir, err)
	}
	for _, part := range []string{databaseName, filepath.Join("repo.git", "HEAD")} {
		if _, err := os.Stat(filepath.Join(dir, part)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open the local forge %s: %w: there is no %s in it; make one with linnet mr init", dir, ErrNotAForge, part)
		} else if err != nil {
			return nil, fmt.Errorf("open the local forge %s: %w", dir, err)
		}
	}
	db, err := openDatabase(filepath.Join(dir, databaseName))
	if err != nil {
		return nil, fmt.Errorf("open the local forge %s: %w", dir, err)
	}
	if err := migrate(context.Background(), db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the local forge %s: %w", dir, err), db.Close())
	}
	f := &Forge{dir: dir, who: who, db: db, now: time.Now, objects: cache.NewObjectLRU(keptObjects)}
	for _, o := range options {
		o(f)
	}
	return f, nil
}

const databaseName = "forge.db"

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Shutdown gives back what Open took.
func (f *Forge) Shutdown() error { return f.db.Close() }

// GitDir is the bare repository, for git clone.
func (f *Forge) GitDir() string { return f.gitDir() }

// Me is the user given to Open.
func (f *Forge) Me(context.Context) (forge.User, error) { return user(f.who), nil }

// user makes the User of a name; here the name is the identity.
func user(name string) forge.User {
	if name == "" {
		return forge.User{}
	}
	return forge.User{ID: name, Name: name}
}

func (f *Forge) clock() time.Time { return f.now().UTC() }
