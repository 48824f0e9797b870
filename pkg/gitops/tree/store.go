package tree

import (
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// Store writes the files and folders as Git objects and gives the hash of the root.
func (t Tree) Store(store storer.EncodedObjectStorer) (plumbing.Hash, error) {
	root := folder{}
	for _, name := range t.paths {
		e := t.files[name]
		if e.mode == Submodule {
			root.put(strings.Split(name, "/"), leaf{plumbing.NewHash(string(e.content)), filemode.Submodule})
			continue
		}
		blob := store.NewEncodedObject()
		blob.SetType(plumbing.BlobObject)
		w, err := blob.Writer()
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if _, err := w.Write(e.content); err != nil {
			return plumbing.ZeroHash, err
		}
		if err := w.Close(); err != nil {
			return plumbing.ZeroHash, err
		}
		hash, err := store.SetEncodedObject(blob)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		root.put(strings.Split(name, "/"), leaf{hash, fileMode(e.mode)})
	}
	return root.write(store)
}

func fileMode(m Mode) filemode.FileMode {
	switch m {
	case Executable:
		return filemode.Executable
	case Symlink:
		return filemode.Symlink
	default:
		return filemode.Regular
	}
}

type leaf struct {
	hash plumbing.Hash
	mode filemode.FileMode
}

// folder holds leaves and folders by name.
type folder map[string]any

func (f folder) put(elems []string, l leaf) {
	if len(elems) == 1 {
		f[elems[0]] = l
		return
	}
	sub, ok := f[elems[0]].(folder)
	if !ok {
		sub = folder{}
		f[elems[0]] = sub
	}
	sub.put(elems[1:], l)
}

func (f folder) write(store storer.EncodedObjectStorer) (plumbing.Hash, error) {
	var t object.Tree
	for name, v := range f {
		switch v := v.(type) {
		case leaf:
			t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: v.mode, Hash: v.hash})
		case folder:
			hash, err := v.write(store)
			if err != nil {
				return plumbing.ZeroHash, err
			}
			t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash})
		}
	}
	slices.SortFunc(t.Entries, func(a, b object.TreeEntry) int { return strings.Compare(gitOrder(a), gitOrder(b)) })
	o := store.NewEncodedObject()
	if err := t.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return store.SetEncodedObject(o)
}

// gitOrder sorts a folder as if its name ended with a slash, as Git does.
func gitOrder(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}
