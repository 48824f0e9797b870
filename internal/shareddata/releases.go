package shareddata

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Releases makes a Git repository that stands for Big Bang's: one tag for each release whose umbrella chart is at hand, with the real chart and the
// real base/. Dates are made up. It gives the repository's path.
func Releases(t testing.TB) string {
	t.Helper()
	archives, err := filepath.Glob(filepath.Join(Path(t, "charts"), "bigbang-*.tgz"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("find umbrella charts in %s: %d found, %v", Path(t, "charts"), len(archives), err)
	}
	dir := t.TempDir()
	repo, err := git.PlainInit(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	var parents []plumbing.Hash
	for i, archive := range archives {
		version := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(archive), "bigbang-"), ".tgz")
		files := Chart(t, archive, "chart/")
		base, err := tree.FromDir(Path(t, "bigbang", version, "base"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range base.Paths() {
			content, _ := base.Read(name)
			files["base/"+name] = content
		}
		root, err := tree.New(files).Store(repo.Storer)
		if err != nil {
			t.Fatal(err)
		}
		who := object.Signature{Name: "release", Email: "release@localhost", When: time.Date(2026, 1, i+1, 0, 0, 0, 0, time.UTC)}
		commit := &object.Commit{Author: who, Committer: who, Message: version, TreeHash: root, ParentHashes: parents}
		o := repo.Storer.NewEncodedObject()
		if err := commit.Encode(o); err != nil {
			t.Fatal(err)
		}
		hash, err := repo.Storer.SetEncodedObject(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := repo.Storer.SetReference(plumbing.NewHashReference(plumbing.NewTagReferenceName(version), hash)); err != nil {
			t.Fatal(err)
		}
		parents = []plumbing.Hash{hash}
	}
	if err := repo.Storer.SetReference(plumbing.NewHashReference(plumbing.NewBranchReferenceName("master"), parents[0])); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Chart reads an archive; each file's first folder is replaced by prefix.
func Chart(t testing.TB, archive, prefix string) map[string][]byte {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(h.Name, "/")
		files[prefix+name] = content
	}
}
