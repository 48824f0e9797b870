package gitops_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

var update = flag.Bool("update", false, "rewrite what the fixtures expect")

// TestDiscover reads each fixture: the files of a repository, those of releases/<version>/ where a release source is given, and the page
// that inspect prints of it.
func TestDiscover(t *testing.T) {
	fixtures, err := filepath.Glob("testdata/discover/*.txtar")
	if err != nil || len(fixtures) == 0 {
		t.Fatalf("fixtures: %v, %v", fixtures, err)
	}
	for _, name := range fixtures {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files, options, want := unpack(archive)
			repository, err := gitops.Discover(tree.New(files), options)
			if err != nil {
				t.Fatal(err)
			}
			got := repository.Text(80)
			if *update {
				setWant(archive, got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("page of %s (-want +got):\n%s", name, diff)
			}
		})
	}
}

func unpack(archive *txtar.Archive) (files map[string][]byte, options gitops.Options, want string) {
	files = map[string][]byte{}
	releases := map[string][]byte{}
	for _, f := range archive.Files {
		switch {
		case f.Name == "want":
			want = string(f.Data)
		case strings.HasPrefix(f.Name, "releases/"):
			releases[strings.TrimPrefix(f.Name, "releases/")] = f.Data
		default:
			files[f.Name] = f.Data
		}
	}
	if len(releases) > 0 {
		options.Remotes = gitops.FromReleases(folderOf(releases))
	}
	return files, options, want
}

func folderOf(releases map[string][]byte) func(version, folder string) (map[string][]byte, error) {
	return func(version, folder string) (map[string][]byte, error) {
		found := map[string][]byte{}
		for name, content := range releases {
			if rest, ok := strings.CutPrefix(name, version+"/"+folder+"/"); ok {
				found[rest] = content
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("release %s has no folder %s", version, folder)
		}
		return found, nil
	}
}

func setWant(archive *txtar.Archive, got string) {
	for i := range archive.Files {
		if archive.Files[i].Name == "want" {
			archive.Files[i].Data = []byte(got)
			return
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
}

// fixture reads the files of one fixture for tests that change them.
func fixture(t testing.TB, name string) (map[string][]byte, gitops.Options) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata/discover", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files, options, _ := unpack(archive)
	return files, options
}

func discover(t testing.TB, files map[string][]byte, options gitops.Options) gitops.Repository {
	t.Helper()
	repository, err := gitops.Discover(tree.New(files), options)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

func only(t testing.TB, r gitops.Repository) gitops.Environment {
	t.Helper()
	if len(r.Environments) != 1 {
		t.Fatalf("got %d environments, want 1; the page:\n%s", len(r.Environments), r.Text(100))
	}
	return r.Environments[0]
}

func hasFinding(e gitops.Environment, level gitops.Level, words string) bool {
	for _, n := range e.Findings {
		if n.Level == level && strings.Contains(n.Text, words) {
			return true
		}
	}
	return false
}

// TestPageFitsItsWidth: words are wrapped; only what has no space in it may be longer.
func TestPageFitsItsWidth(t *testing.T) {
	for _, name := range []string{"shared-base", "values-that-refuse", "updaters"} {
		files, options := fixture(t, name)
		repository := discover(t, files, options)
		for _, width := range []int{44, 60, 80, 120} {
			for _, line := range strings.Split(repository.Text(width), "\n") {
				if words := strings.Fields(line); utf8.RuneCountInString(line) > width && len(words) > 1 && !strings.HasPrefix(words[0], `"`) {
					t.Errorf("%s at width %d: a line of %d: %q", name, width, len(line), line)
				}
			}
		}
	}
}

func replace(files map[string][]byte, name, old, text string) {
	files[name] = bytes.Replace(files[name], []byte(old), []byte(text), 1)
}
