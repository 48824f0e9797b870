package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// FromCommit reads every file of the commit.
func FromCommit(store storer.EncodedObjectStorer, commit plumbing.Hash) (Tree, error) {
	c, err := object.GetCommit(store, commit)
	if err != nil {
		return Tree{}, fmt.Errorf("read commit %s: %w", commit, err)
	}
	root, err := c.Tree()
	if err != nil {
		return Tree{}, fmt.Errorf("read the tree of commit %s: %w", commit, err)
	}
	walker := object.NewTreeWalker(root, true, nil)
	defer walker.Close()
	entries := map[string]entry{}
	for {
		name, found, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return fromEntries(entries), nil
		}
		if err != nil {
			return Tree{}, fmt.Errorf("read the tree of commit %s: %w", commit, err)
		}
		if found.Mode == filemode.Dir {
			continue
		}
		if found.Mode == filemode.Submodule {
			entries[name] = entry{mode: Submodule, content: []byte(found.Hash.String())}
			continue
		}
		content, err := readBlob(store, found.Hash)
		if err != nil {
			return Tree{}, fmt.Errorf("read %s of commit %s: %w", name, commit, err)
		}
		entries[name] = entry{content: content, mode: gitMode(found.Mode)}
	}
}

func gitMode(m filemode.FileMode) Mode {
	switch m {
	case filemode.Executable:
		return Executable
	case filemode.Symlink:
		return Symlink
	default:
		return Regular
	}
}

func readBlob(store storer.EncodedObjectStorer, hash plumbing.Hash) ([]byte, error) {
	blob, err := object.GetBlob(store, hash)
	if err != nil {
		return nil, err
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	content := make([]byte, 0, blob.Size)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := r.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// FromDir reads a folder as it lies on disk, its .git left out. Symbolic links are kept as links and never followed.
func FromDir(dir string) (Tree, error) {
	entries := map[string]entry{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" && p != dir {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			entries[rel] = entry{content: []byte(target), mode: Symlink}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		mode := Regular
		if info, err := d.Info(); err == nil && info.Mode()&0o111 != 0 {
			mode = Executable
		}
		entries[rel] = entry{content: content, mode: mode}
		return nil
	})
	if err != nil {
		return Tree{}, fmt.Errorf("read the folder %s: %w", dir, err)
	}
	return fromEntries(entries), nil
}
