// Package tree holds the files of one commit.
//
// A Tree is what Flux would check out: paths relative to the repository root, always with forward slashes, and the bytes of each
// file. It is immutable; an edit gives a new Tree that shares the bytes it did not change. Everything that decides (discovery,
// rendering, planning) takes a Tree and returns a Tree or a description of one, so that nothing can be half-written: a refused edit
// simply yields no new Tree.
//
// Symbolic links, submodules and executable bits are kept as they are and are never edited.
package tree

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
)

// Mode tells what an entry is. Only Regular and Executable entries have contents that may be edited.
type Mode int

const (
	// Regular is an ordinary file.
	Regular Mode = iota
	// Executable is an ordinary file with its executable bit set.
	Executable
	// Symlink is a symbolic link; its content is the target.
	Symlink
	// Submodule is a commit of another repository; it has no content here.
	Submodule
)

type entry struct {
	content []byte
	mode    Mode
}

// Tree is an immutable set of files. The zero value is the empty tree.
type Tree struct {
	files map[string]entry
	paths []string
}

// New makes a tree of regular files. It keeps the given byte slices; the caller must not change them afterwards.
func New(files map[string][]byte) Tree {
	entries := make(map[string]entry, len(files))
	for name, content := range files {
		entries[path.Clean(name)] = entry{content: content}
	}
	return fromEntries(entries)
}

func fromEntries(entries map[string]entry) Tree {
	return Tree{files: entries, paths: slices.Sorted(maps.Keys(entries))}
}

// Read returns the bytes of a regular file, and whether there is one. The caller must not change them.
func (t Tree) Read(name string) ([]byte, bool) {
	e, ok := t.files[path.Clean(name)]
	if !ok || e.mode == Symlink || e.mode == Submodule {
		return nil, false
	}
	return e.content, true
}

// Mode tells what lies at name, and whether anything does.
func (t Tree) Mode(name string) (Mode, bool) {
	e, ok := t.files[path.Clean(name)]
	return e.mode, ok
}

// LinkTarget returns the target of a symbolic link.
func (t Tree) LinkTarget(name string) (string, bool) {
	e, ok := t.files[path.Clean(name)]
	if !ok || e.mode != Symlink {
		return "", false
	}
	return string(e.content), true
}

// Resolve follows the symbolic links on the way to name, as a checkout would, and tells which links those were. It fails for links that leave the
// repository or run in circles; that anything lies at the resolved name is not said.
func (t Tree) Resolve(name string) (real string, through []string, ok bool) {
	name = path.Clean(name)
	for range 40 {
		link := t.firstLink(name)
		if link == "" {
			return name, through, name != ".." && !strings.HasPrefix(name, "../")
		}
		through = append(through, link)
		target, _ := t.LinkTarget(link)
		if path.IsAbs(target) {
			return "", through, false
		}
		name = path.Join(path.Dir(link), target, strings.TrimPrefix(name, link))
		if name == ".." || strings.HasPrefix(name, "../") {
			return "", through, false
		}
	}
	return "", through, false
}

// firstLink is the outermost symbolic link on the way to name, "" where there is none.
func (t Tree) firstLink(name string) string {
	at := ""
	for segment := range strings.SplitSeq(name, "/") {
		at = path.Join(at, segment)
		if mode, ok := t.Mode(at); ok && mode == Symlink {
			return at
		}
	}
	return ""
}

// Paths lists every entry, sorted. The caller must not change the slice.
func (t Tree) Paths() []string { return t.paths }

// Len is the number of entries.
func (t Tree) Len() int { return len(t.paths) }

// Under lists the entries in the folder dir and below it, sorted. "." is the root.
func (t Tree) Under(dir string) []string {
	dir = path.Clean(dir)
	if dir == "." {
		return t.paths
	}
	prefix := dir + "/"
	from, _ := slices.BinarySearch(t.paths, prefix)
	to := from
	for to < len(t.paths) && strings.HasPrefix(t.paths[to], prefix) {
		to++
	}
	return t.paths[from:to]
}

// HasDir reports whether anything lies in or below the folder dir.
func (t Tree) HasDir(dir string) bool { return len(t.Under(dir)) > 0 }

// Change is one file written or deleted.
type Change struct {
	Path    string `json:"path"`
	Content []byte `json:"content,omitempty"`
	Delete  bool   `json:"delete,omitempty"`
}

// With returns the tree after the changes. A file that existed keeps its mode; a new one is Regular.
func (t Tree) With(changes ...Change) Tree {
	entries := maps.Clone(t.files)
	if entries == nil {
		entries = map[string]entry{}
	}
	for _, c := range changes {
		name := path.Clean(c.Path)
		if c.Delete {
			delete(entries, name)
			continue
		}
		entries[name] = entry{content: c.Content, mode: entries[name].mode}
	}
	return fromEntries(entries)
}

// Changes lists what turns t into u, sorted by path: what t.With needs to give u.
func (t Tree) Changes(u Tree) []Change {
	var changes []Change
	for _, name := range t.paths {
		if _, ok := u.files[name]; !ok {
			changes = append(changes, Change{Path: name, Delete: true})
		}
	}
	for _, name := range u.paths {
		was, had := t.files[name]
		is := u.files[name]
		if !had || was.mode != is.mode || !bytes.Equal(was.content, is.content) {
			changes = append(changes, Change{Path: name, Content: is.content})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes
}

// Equal reports whether both trees hold the same bytes at the same paths with the same modes.
func (t Tree) Equal(u Tree) bool { return len(t.Changes(u)) == 0 }
