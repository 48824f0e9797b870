package objects

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

// File is an entry of a commit's tree that is not a folder. Merging and committing work on these, so that what is not touched keeps its mode
// and object, whatever they are.
type File struct {
	Mode filemode.FileMode
	Hash plumbing.Hash
}

// Files is all of a commit, by path.
type Files map[string]File

// FilesAt are those of a commit. forge.ErrNotFound when there is no such commit.
func (s Store) FilesAt(sha string) (Files, error) {
	c, err := s.Commit(sha)
	if err != nil {
		return nil, err
	}
	return s.Files(c.TreeHash)
}

// Files are those of a tree, submodules and symbolic links among them.
func (s Store) Files(tree plumbing.Hash) (Files, error) {
	root, err := object.GetTree(s.EncodedObjectStorer, tree)
	if err != nil {
		return nil, fmt.Errorf("read the tree %s: %w", tree, err)
	}
	walker := object.NewTreeWalker(root, true, nil)
	defer walker.Close()
	all := Files{}
	for {
		name, e, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the tree %s: %w", tree, err)
		}
		if e.Mode != filemode.Dir {
			all[name] = File{Mode: e.Mode, Hash: e.Hash}
		}
	}
}

// WriteTree stores the folders that hold the files.
func (s Store) WriteTree(all Files) (plumbing.Hash, error) {
	if name, ok := all.Clash(); ok {
		return plumbing.ZeroHash, fmt.Errorf("write a tree: %s would be both a file and a folder", name)
	}
	return s.writeFolder(all, slices.Sorted(maps.Keys(all)), "")
}

func (s Store) writeFolder(all Files, names []string, prefix string) (plumbing.Hash, error) {
	var t object.Tree
	for i := 0; i < len(names); {
		rest := names[i][len(prefix):]
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			f := all[names[i]]
			t.Entries = append(t.Entries, object.TreeEntry{Name: rest, Mode: f.Mode, Hash: f.Hash})
			i++
			continue
		}
		folder := prefix + rest[:slash+1]
		end := i
		for end < len(names) && strings.HasPrefix(names[end], folder) {
			end++
		}
		hash, err := s.writeFolder(all, names[i:end], folder)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: rest[:slash], Mode: filemode.Dir, Hash: hash})
		i = end
	}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	return s.Write(t.Encode)
}

// Clash names a file that is also a folder of another one.
func (all Files) Clash() (string, bool) {
	for name := range all {
		for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
			if _, ok := all[name[:i]]; ok {
				return name[:i], true
			}
		}
	}
	return "", false
}

// Blob is the content of a file.
func (s Store) Blob(hash plumbing.Hash) ([]byte, error) {
	b, err := object.GetBlob(s.EncodedObjectStorer, hash)
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

// WriteBlob stores the content of a file.
func (s Store) WriteBlob(content []byte) (plumbing.Hash, error) {
	return s.Write(func(o plumbing.EncodedObject) error {
		o.SetType(plumbing.BlobObject)
		w, err := o.Writer()
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return errors.Join(err, w.Close())
	})
}
