package render

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Where things lie in the file system of a build. The repository is not at the root, so that "../.." out of it finds nothing.
const (
	repoRoot   = "/repo"
	remoteRoot = "/remote"
)

// buildFS is the read-only file system that Kustomize sees: the tree below repoRoot, and in front of it the files that exist only for this build
// (remote folders, rewritten kustomizations), whose aliases whoever makes them has checked. It records what is read. One build uses it at a time.
type buildFS struct {
	tree    tree.Tree
	extra   map[string][]byte // absolute path -> content
	folders map[string]bool   // absolute folders of extra
	read    map[string]bool   // absolute paths of tree files that were read
}

func newBuildFS(t tree.Tree, extra map[string][]byte) *buildFS {
	f := &buildFS{tree: t, extra: extra, folders: map[string]bool{"/": true, repoRoot: true}, read: map[string]bool{}}
	for name := range extra {
		for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
			f.folders[dir] = true
		}
	}
	return f
}

// treePath is the path inside the repository of an absolute path below repoRoot.
func treePath(abs string) (string, bool) {
	if abs == repoRoot {
		return ".", true
	}
	return strings.CutPrefix(abs, repoRoot+"/")
}

func absolute(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(repoRoot, name)
	}
	return path.Clean(name)
}

// lookup finds a file or folder behind links: its real absolute path, and whether it is a folder.
func (f *buildFS) lookup(name string) (abs string, content []byte, dir, ok bool) {
	abs = absolute(name)
	if content, ok := f.extra[abs]; ok {
		return abs, content, false, true
	}
	if inside, ok := treePath(abs); ok {
		if real, _, ok := f.tree.Resolve(inside); ok {
			abs = absolute(real)
			if content, ok := f.extra[abs]; ok {
				return abs, content, false, true
			}
			if content, ok := f.tree.Read(real); ok {
				f.read[abs] = true
				return abs, content, false, true
			}
			if f.tree.HasDir(real) {
				return abs, nil, true, true
			}
		}
	}
	return abs, nil, true, f.folders[abs]
}

func (f *buildFS) ReadFile(name string) ([]byte, error) {
	abs, content, dir, ok := f.lookup(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: abs, Err: fs.ErrNotExist}
	}
	if dir {
		return nil, fmt.Errorf("read %s: is a directory", abs)
	}
	if _, made := f.extra[abs]; !made {
		if err := checkAliases(abs, content); err != nil {
			return nil, fmt.Errorf("read %s: %w", abs, err)
		}
	}
	return slices.Clone(content), nil
}

func (f *buildFS) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	abs, _, dir, ok := f.lookup(name)
	if !ok {
		return "", "", &fs.PathError{Op: "lstat", Path: abs, Err: fs.ErrNotExist}
	}
	if dir {
		return filesys.ConfirmedDir(abs), "", nil
	}
	return filesys.ConfirmedDir(path.Dir(abs)), path.Base(abs), nil
}

func (f *buildFS) IsDir(name string) bool {
	_, _, dir, ok := f.lookup(name)
	return ok && dir
}

func (f *buildFS) Exists(name string) bool {
	_, _, _, ok := f.lookup(name)
	return ok
}

// The rest of filesys.FileSystem serves kustomize's editing commands; a build never asks for it.

func (f *buildFS) readOnly(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
}

func (f *buildFS) Create(name string) (filesys.File, error)    { return nil, f.readOnly("create", name) }
func (f *buildFS) Mkdir(name string) error                     { return f.readOnly("mkdir", name) }
func (f *buildFS) MkdirAll(name string) error                  { return f.readOnly("mkdir", name) }
func (f *buildFS) RemoveAll(name string) error                 { return f.readOnly("remove", name) }
func (f *buildFS) Open(name string) (filesys.File, error)      { return nil, f.readOnly("open", name) }
func (f *buildFS) ReadDir(name string) ([]string, error)       { return nil, f.readOnly("readdir", name) }
func (f *buildFS) Glob(pattern string) ([]string, error)       { return nil, f.readOnly("glob", pattern) }
func (f *buildFS) WriteFile(name string, _ []byte) error       { return f.readOnly("write", name) }
func (f *buildFS) Walk(name string, _ filepath.WalkFunc) error { return f.readOnly("walk", name) }

var _ filesys.FileSystem = (*buildFS)(nil)
