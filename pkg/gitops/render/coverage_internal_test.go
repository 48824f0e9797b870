package render

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Everything that Kustomize reads must be known beforehand: it is what makes builds safe to remember, and what tells which environment an edit reaches.
func TestNoRealFolderReadsAFileThatFilesUsedDoesNotList(t *testing.T) {
	repositories := shareddata.Path(t, "gitops-repos")
	names, err := os.ReadDir(repositories)
	if err != nil {
		t.Fatal(err)
	}
	// A real base of the same generation stands for every remote folder.
	generations := map[string]string{"1": "1.15.0", "2": "2.30.0", "3": "3.18.0"}
	anything := func(url RemoteURL) (map[string][]byte, error) {
		ref := strings.TrimPrefix(url.Ref, "tags/")
		release, ok := generations[ref[:min(len(ref), 1)]]
		if !ok {
			release = "1.15.0"
		}
		base, err := tree.FromDir(shareddata.Path(t, "bigbang", release, "base"))
		files := map[string][]byte{}
		for _, p := range base.Paths() {
			files[p], _ = base.Read(p)
		}
		return files, err
	}
	builtFolders := 0
	for _, entry := range names {
		if !entry.IsDir() {
			continue
		}
		repo, err := tree.FromDir(filepath.Join(repositories, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range repo.Paths() {
			if !slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(file)) {
				continue
			}
			dir := path.Dir(file)
			c := newClosure(repo, anything)
			c.build(dir)
			if c.refusal != nil {
				t.Errorf("%s %s: %v", entry.Name(), dir, c.refusal)
				continue
			}
			for _, m := range c.missing {
				if m.NeededBy == "" || m.Line == 0 {
					t.Errorf("%s %s: the place of a missing file is not known: %+v", entry.Name(), dir, m)
				}
				// In a base it patches the Secret of the release, elsewhere it is one of its own.
				name := strings.NewReplacer("/", "-", ".", "-").Replace(m.Path)
				if path.Base(path.Dir(m.Path)) == "base" && !strings.HasPrefix(dir, "helmRepo") {
					name = "common-bb"
				}
				c.put(absolute(m.Path), []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: "+name+"}\n"))
			}
			f := newBuildFS(repo, c.extra)
			if _, err := runKustomize(f, absolute(dir), c.customs); err == nil {
				builtFolders++
			} else {
				t.Logf("%s %s: %s", entry.Name(), dir, c.display(oneLine(err.Error())))
			}
			for read := range f.read {
				if inside, _ := treePath(read); !c.used[inside] {
					t.Errorf("%s %s: the build reads %s, which FilesUsed does not list", entry.Name(), dir, inside)
				}
			}
		}
	}
	if builtFolders < 30 {
		t.Errorf("only %d folders were built to the end", builtFolders)
	}
	t.Logf("%d folders built", builtFolders)
}

func TestLinksAreFollowedInsideTheRepositoryOnly(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(name, target string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("real/kustomization.yaml", "resources: [ns.yaml]\n")
	write("real/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
	write("dev/kustomization.yaml", "resources: [../linked, file.yaml]\n")
	link("linked", "real")
	link("dev/file.yaml", "../other.yaml")
	write("other.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n")
	write("out/kustomization.yaml", "resources: [outside.yaml, rooted.yaml, circle.yaml]\n")
	link("out/outside.yaml", "../../outside.yaml")
	link("out/rooted.yaml", "/etc/hostname")
	link("out/circle.yaml", "circle.yaml")
	repo, err := tree.FromDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	objs, err := Overlay(repo, "dev", nil)
	if err != nil || len(objs) != 2 {
		t.Errorf("got %v, %v, want both namespaces", objs.IDs(), err)
	}
	want := []string{"dev/kustomization.yaml", "other.yaml", "real/kustomization.yaml", "real/ns.yaml"}
	if got := FilesUsed(repo, "dev"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Missing(repo, "out"); len(got) != 3 {
		t.Errorf("got %v, want all three links leading nowhere", got)
	}
}
