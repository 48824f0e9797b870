package release

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

const (
	chartFile  = "chart/Chart.yaml"
	valuesFile = "chart/values.yaml"
	baseFile   = "base/gitrepository.yaml"
)

// rejection is why a tag is no release: about the tag, not about a failure to read it.
type rejection struct{ reason string }

func (r *rejection) Error() string { return r.reason }

func asRejection(err error) *rejection {
	var r *rejection
	if errors.As(err, &r) {
		return r
	}
	return nil
}

func rejectf(format string, args ...any) error {
	return &rejection{reason: oneLine(fmt.Sprintf(format, args...))}
}

// readRelease applies the filter to a tag whose name is a version. The error is a *rejection where the tag is no release.
func readRelease(store storer.EncodedObjectStorer, t tag) (Release, error) {
	commit, date, err := peel(store, t.object)
	if err != nil {
		return Release{}, err
	}
	files, err := readFiles(store, commit, pickFiles(chartFile, valuesFile, baseFile))
	if err != nil {
		return Release{}, err
	}
	r := Release{Version: t.name, Commit: commit.Hash.String(), Date: date}
	if r.KubeVersion, err = checkChart(files, t.name); err != nil {
		return Release{}, err
	}
	if err := checkBase(files, t.name); err != nil {
		return Release{}, err
	}
	values, ok := files[valuesFile]
	if !ok {
		return Release{}, rejectf("it has no file %s", valuesFile)
	}
	if r.Packages, r.Era, err = readValues(values); err != nil {
		return Release{}, rejectf("its %s is %v", valuesFile, err)
	}
	return r, nil
}

func checkChart(files map[string][]byte, version string) (kubeVersion string, err error) {
	src, ok := files[chartFile]
	if !ok {
		return "", rejectf("it has no file %s", chartFile)
	}
	docs, err := documents(src)
	if err != nil {
		return "", rejectf("its %s is %v", chartFile, err)
	}
	if len(docs) == 0 {
		return "", rejectf("its %s is empty", chartFile)
	}
	if name := text(docs[0], "name"); name != "bigbang" {
		return "", rejectf("it belongs to the chart %s, not to bigbang", quoteEmpty(name))
	}
	if got := text(docs[0], "version"); got != version {
		return "", rejectf("its %s says version %s", chartFile, quoteEmpty(got))
	}
	return text(docs[0], "kubeVersion"), nil
}

func checkBase(files map[string][]byte, version string) error {
	src, ok := files[baseFile]
	if !ok {
		return rejectf("it has no file %s", baseFile)
	}
	docs, err := documents(src)
	if err != nil {
		return rejectf("its %s is %v", baseFile, err)
	}
	for _, doc := range docs {
		if text(doc, "kind") != "GitRepository" {
			continue
		}
		if got := text(doc, "spec", "ref", "tag"); got != version {
			return rejectf("its %s fetches tag %s", baseFile, quoteEmpty(got))
		}
		return nil
	}
	return rejectf("its %s holds no GitRepository", baseFile)
}

func quoteEmpty(s string) string {
	if s == "" {
		return `""`
	}
	return oneLine(s)
}

// peel follows a tag to its commit. The date is that of the outermost tag object, else of the commit.
func peel(store storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Commit, time.Time, error) {
	var date time.Time
	// A tag of a tag of a tag is legal; a chain without an end cannot exist, but a bound costs nothing.
	for range 16 {
		found, err := object.GetObject(store, hash)
		if err != nil {
			return nil, date, fmt.Errorf("read the object %s: %w", hash, err)
		}
		switch found := found.(type) {
		case *object.Commit:
			if date.IsZero() {
				date = found.Committer.When
			}
			return found, date.UTC(), nil
		case *object.Tag:
			if date.IsZero() {
				date = found.Tagger.When
			}
			hash = found.Target
		default:
			return nil, date, rejectf("it is not on a commit but on a %s", found.Type())
		}
	}
	return nil, date, rejectf("it is not on a commit within sixteen tags of tags")
}

// pick chooses files of a commit by its root tree: path to blob.
type pick func(root *object.Tree) (map[string]plumbing.Hash, error)

// pickFiles chooses the named files that are there, as regular files.
func pickFiles(names ...string) pick {
	return func(root *object.Tree) (map[string]plumbing.Hash, error) {
		files := map[string]plumbing.Hash{}
		for _, name := range names {
			found, err := lookUp(root, name)
			if err != nil {
				return nil, err
			}
			if isFile(found.Mode) {
				files[name] = found.Hash
			}
		}
		return files, nil
	}
}

// pickFolder chooses every regular file below a folder, by path relative to it. Symbolic links and submodules are left out.
func pickFolder(folder string) pick {
	return func(root *object.Tree) (map[string]plumbing.Hash, error) {
		sub := root
		if folder != "" {
			found, err := lookUp(root, folder)
			if err != nil {
				return nil, err
			}
			if found.Mode != filemode.Dir {
				return nil, rejectf("it has no folder %s/", folder)
			}
			if sub, err = root.Tree(folder); err != nil {
				return nil, fmt.Errorf("read the folder %s: %w", folder, err)
			}
		}
		files := map[string]plumbing.Hash{}
		walker := object.NewTreeWalker(sub, true, nil)
		defer walker.Close()
		for {
			name, entry, err := walker.Next()
			if errors.Is(err, io.EOF) {
				return files, nil
			}
			if err != nil {
				return nil, fmt.Errorf("read the folder %s: %w", folder, err)
			}
			if isFile(entry.Mode) {
				files[name] = entry.Hash
			}
		}
	}
}

// lookUp finds a path below a tree; the zero entry says that it is not there. A tree that should be readable and is not is an error, which
// go-git's own lookup does not tell from absence.
func lookUp(root *object.Tree, name string) (object.TreeEntry, error) {
	parts := strings.Split(name, "/")
	for i := range parts {
		found, err := root.FindEntry(strings.Join(parts[:i+1], "/"))
		switch {
		case errors.Is(err, object.ErrEntryNotFound):
			return object.TreeEntry{}, nil
		case err != nil:
			return object.TreeEntry{}, fmt.Errorf("read %s of the tree %s: %w", name, root.Hash, err)
		case i == len(parts)-1:
			return *found, nil
		case found.Mode != filemode.Dir:
			return object.TreeEntry{}, nil
		}
	}
	return object.TreeEntry{}, nil
}

func isFile(m filemode.FileMode) bool {
	return m == filemode.Regular || m == filemode.Executable || m == filemode.Deprecated
}

// readFiles reads the chosen files of a commit.
func readFiles(store storer.EncodedObjectStorer, commit *object.Commit, choose pick) (map[string][]byte, error) {
	root, err := object.GetTree(store, commit.TreeHash)
	if err != nil {
		return nil, fmt.Errorf("read the tree of commit %s: %w", commit.Hash, err)
	}
	chosen, err := choose(root)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(chosen))
	for name, hash := range chosen {
		if files[name], err = readBlob(store, hash); err != nil {
			return nil, fmt.Errorf("read %s of commit %s: %w", name, commit.Hash, err)
		}
	}
	return files, nil
}

func readBlob(store storer.EncodedObjectStorer, hash plumbing.Hash) (content []byte, err error) {
	blob, err := object.GetBlob(store, hash)
	if err != nil {
		return nil, err
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}
