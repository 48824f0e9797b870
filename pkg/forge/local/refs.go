package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Branches are moved by git's own protocol (NAME.lock made exclusively, compare, rename), since people push to the same repository with
// git at any moment. go-git's protocol is another one, which git does not heed.

func (f *Forge) gitDir() string     { return filepath.Join(f.dir, "repo.git") }
func (f *Forge) packedPath() string { return filepath.Join(f.gitDir(), "packed-refs") }
func (f *Forge) refPath(branch string) string {
	return filepath.Join(f.gitDir(), "refs", "heads", filepath.FromSlash(branch))
}

func checkBranchName(branch string) error {
	name := plumbing.NewBranchReferenceName(branch)
	if err := name.Validate(); err != nil || strings.ContainsAny(branch, "\\ ~^:?*[") || strings.HasPrefix(branch, "-") || branch == "HEAD" {
		return fmt.Errorf("%q cannot be the name of a branch: use letters, digits, dashes and slashes", branch)
	}
	return nil
}

// moveRef moves a branch from e.Old ("" means that it must not exist) to e.New ("" deletes it).
func (w *writer) moveRef(ctx context.Context, e entry) error {
	e, err := w.begin(e)
	if err != nil {
		return fmt.Errorf("write the journal of the local forge %s: %w", w.f.dir, err)
	}
	if err := w.f.swapRef(ctx, e); err != nil {
		e.remove()
		return err
	}
	w.begun = append(w.begun, e)
	return nil
}

func (f *Forge) swapRef(ctx context.Context, e entry) error {
	if e.Old == "" {
		if err := f.roomFor(e.Branch); err != nil {
			return err
		}
	}
	file := f.refPath(e.Branch)
	lock := file + ".lock"
	if err := takeLock(ctx, e.path+".ref", lock); err != nil {
		return fmt.Errorf("lock the branch %s: %w", e.Branch, err)
	}
	held := true
	defer func() {
		if held {
			_ = os.Remove(lock)
		}
	}()
	got, err := f.repository().head(e.Branch)
	if err != nil && !errors.Is(err, forge.ErrNotFound) {
		return err
	}
	switch {
	case e.Old == "" && got != "":
		return fmt.Errorf("create the branch %s: %w, at %.8s", e.Branch, forge.ErrBranchExists, got)
	case got != e.Old:
		return &forge.HeadMovedError{Branch: e.Branch, Want: e.Old, Got: got}
	}
	if e.New == "" {
		if err := f.unpackRef(ctx, e); err != nil {
			return fmt.Errorf("delete the branch %s: %w", e.Branch, err)
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete the branch %s: %w", e.Branch, err)
		}
		return nil
	}
	if info, err := os.Lstat(file); err == nil && info.IsDir() {
		_ = os.Remove(file) // an empty folder, left by branches below it that were deleted
	}
	if err := os.Rename(lock, file); err != nil {
		return fmt.Errorf("move the branch %s: %w", e.Branch, err)
	}
	held = false
	return nil
}

// roomFor refuses a name that is a folder of an existing branch's name, or the other way round, as git does.
func (f *Forge) roomFor(branch string) error {
	r := f.repository()
	for dir := path.Dir(branch); dir != "."; dir = path.Dir(dir) {
		if _, err := r.head(dir); err == nil {
			return fmt.Errorf("create the branch %s: the branch %s stands in its way", branch, dir)
		}
	}
	below, err := r.branches(branch + "/")
	if err != nil {
		return err
	}
	if len(below) > 0 {
		return fmt.Errorf("create the branch %s: the branch %s stands in its way", branch, below[0].Name)
	}
	return nil
}

// unpackRef drops the branch from packed-refs, where a deleted loose file would let an old value show through.
func (f *Forge) unpackRef(ctx context.Context, e entry) error {
	suffix := []byte(" refs/heads/" + e.Branch)
	was, err := os.ReadFile(f.packedPath())
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(was, suffix) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.path+".packed", nil, 0o644); err != nil {
		return err
	}
	lock := f.packedPath() + ".lock"
	if err := takeLock(ctx, e.path+".packed", lock); err != nil {
		return err
	}
	is, err := os.ReadFile(f.packedPath())
	if err == nil {
		// The lock and the journal's file are one file with two names.
		err = os.WriteFile(lock, withoutRef(is, suffix), 0o644)
	}
	if err == nil {
		err = os.Rename(lock, f.packedPath())
	}
	if err != nil {
		_ = os.Remove(lock)
	}
	return err
}

// withoutRef leaves out the line that ends in suffix. Only tags have a second line.
func withoutRef(packed, suffix []byte) []byte {
	var out []byte
	for line := range bytes.Lines(packed) {
		if name := bytes.TrimSuffix(line, []byte("\n")); !bytes.HasSuffix(name, suffix) || len(name) != len(suffix)+40 {
			out = append(out, line...)
		}
	}
	return out
}

const (
	lockPatience = 5 * time.Second // a git that pushes holds a branch's lock for milliseconds
	lockRetry    = 5 * time.Millisecond
)

// takeLock gives the file ours a second name, which fails when the lock is held. Its owner can be told afterwards by comparing the two.
func takeLock(ctx context.Context, ours, lock string) error {
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		if err := os.MkdirAll(filepath.Dir(lock), 0o755); err != nil {
			return err
		}
		err := os.Link(ours, lock)
		if err == nil {
			return nil
		}
		// ErrNotExist: git removes folders that became empty.
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-patience.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%s stays locked: when no git is at work there, remove %s", strings.TrimSuffix(filepath.Base(lock), ".lock"), lock)
		case <-time.After(lockRetry):
		}
	}
}
