package local

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// file is an entry of a commit's tree that is not a folder. Merging and committing work on these, so that what is not touched keeps its mode
// and object, whatever they are.
type file struct {
	mode filemode.FileMode
	hash plumbing.Hash
}

// files is all of a commit, by path.
type files map[string]file

func (r *repo) files(tree plumbing.Hash) (files, error) {
	root, err := object.GetTree(r.store, tree)
	if err != nil {
		return nil, fmt.Errorf("read the tree %s: %w", tree, err)
	}
	walker := object.NewTreeWalker(root, true, nil)
	defer walker.Close()
	all := files{}
	for {
		name, e, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the tree %s: %w", tree, err)
		}
		if e.Mode != filemode.Dir {
			all[name] = file{mode: e.Mode, hash: e.Hash}
		}
	}
}

// writeTree stores the folders that hold the files.
func (r *repo) writeTree(all files) (plumbing.Hash, error) {
	if name, ok := all.clash(); ok {
		return plumbing.ZeroHash, fmt.Errorf("write a tree: %s would be both a file and a folder", name)
	}
	return r.writeFolder(all, slices.Sorted(maps.Keys(all)), "")
}

func (r *repo) writeFolder(all files, names []string, prefix string) (plumbing.Hash, error) {
	var t object.Tree
	for i := 0; i < len(names); {
		rest := names[i][len(prefix):]
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			f := all[names[i]]
			t.Entries = append(t.Entries, object.TreeEntry{Name: rest, Mode: f.mode, Hash: f.hash})
			i++
			continue
		}
		folder := prefix + rest[:slash+1]
		end := i
		for end < len(names) && strings.HasPrefix(names[end], folder) {
			end++
		}
		hash, err := r.writeFolder(all, names[i:end], folder)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: rest[:slash], Mode: filemode.Dir, Hash: hash})
		i = end
	}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	return storeObject(r.store, t.Encode)
}

// clash names a file that is also a folder of another one.
func (all files) clash() (string, bool) {
	for name := range all {
		for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
			if _, ok := all[name[:i]]; ok {
				return name[:i], true
			}
		}
	}
	return "", false
}

func (r *repo) blob(hash plumbing.Hash) ([]byte, error) {
	b, err := object.GetBlob(r.store, hash)
	if err != nil {
		return nil, fmt.Errorf("read the blob %s: %w", hash, err)
	}
	reader, err := b.Reader()
	if err != nil {
		return nil, fmt.Errorf("read the blob %s: %w", hash, err)
	}
	defer func() { _ = reader.Close() }()
	return io.ReadAll(reader)
}

func (r *repo) writeBlob(content []byte) (plumbing.Hash, error) {
	return storeObject(r.store, func(o plumbing.EncodedObject) error {
		o.SetType(plumbing.BlobObject)
		w, err := o.Writer()
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return errors.Join(err, w.Close())
	})
}
