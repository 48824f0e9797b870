package gitops_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// mangle changes some files of a repository as accidents do: cut short, bytes overwritten, lines doubled or dropped, files swapped or gone.
func mangle(files map[string][]byte, names []string, r *rand.Rand) map[string][]byte {
	mangled := map[string][]byte{}
	for name, content := range files {
		mangled[name] = content
	}
	for range 1 + r.IntN(4) {
		name := names[r.IntN(len(names))]
		src := bytes.Clone(mangled[name])
		at := 0
		if len(src) > 0 {
			at = r.IntN(len(src))
		}
		switch r.IntN(8) {
		case 0:
			src = src[:at]
		case 1:
			for i := at; i < len(src) && i < at+8; i++ {
				src[i] = byte(r.IntN(256))
			}
		case 2:
			words := []string{"&a *a", "<<: *x", "- - - -", "{{ .Values }}", "\t", "\x00", "!!binary x", "? ", "|-\n", "\xef\xbb\xbf", "...\n---\n", "$patch: delete\n", "..", "null"}
			src = append(src[:at:at], append([]byte(words[r.IntN(len(words))]), src[at:]...)...)
		case 3:
			lines := bytes.SplitAfter(src, []byte("\n"))
			i := r.IntN(len(lines))
			src = bytes.Join(append(lines[:i:i], append([][]byte{lines[i]}, lines[i:]...)...), nil)
		case 4:
			lines := bytes.SplitAfter(src, []byte("\n"))
			i := r.IntN(len(lines))
			src = bytes.Join(append(lines[:i:i], lines[i+1:]...), nil)
		case 5:
			src = mangled[names[r.IntN(len(names))]]
		case 6:
			delete(mangled, name)
			continue
		case 7:
			src = bytes.Replace(src, []byte(": "), []byte(": [{"), 1)
		}
		mangled[name] = src
	}
	return mangled
}

// checkDiscovery holds of every tree, however broken: no panic, the same answer twice, and places that lie in the tree.
func checkDiscovery(t *testing.T, files map[string][]byte, options gitops.Options) {
	t.Helper()
	repository, err := gitops.Discover(tree.New(files), options)
	if err != nil {
		t.Fatalf("Discover: %v", err)
	}
	again, _ := gitops.Discover(tree.New(files), options)
	if a, b := repository.Text(80), again.Text(80); a != b {
		t.Errorf("two answers for one tree:\n%s\n---\n%s", a, b)
	}
	if len(repository.Environments) == 0 && len(repository.Unsupported) == 0 {
		t.Error("nothing found and nothing said about it")
	}
	for _, e := range repository.Environments {
		for _, p := range e.Release.Places {
			if src, ok := files[p.Position.File]; !ok || p.Position.Line > lines(src) {
				t.Errorf("%s: place %+v lies outside the tree", e.ID, p)
			}
		}
	}
}

// lines is how many lines YAML finds in a text, at most: it breaks them at more than newlines.
func lines(src []byte) int {
	n := 1
	for _, lineBreak := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(src, []byte(lineBreak))
	}
	return n
}

func TestAPlacesLineIsTheOneThatYAMLCounts(t *testing.T) {
	for _, lineBreak := range []string{"\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029"} {
		files, options := fixture(t, "override-in-a-file")
		before, _ := gitops.Discover(tree.New(files), options)
		for name, src := range files {
			files[name] = append([]byte("# one"+lineBreak+"# two"+lineBreak), src...)
		}
		after, _ := gitops.Discover(tree.New(files), options)
		for i, e := range after.Environments {
			for j, p := range e.Release.Places {
				if want := before.Environments[i].Release.Places[j].Position.Line + 2; p.Position.Line != want {
					t.Errorf("with %q: %s lies in line %d, want %d", lineBreak, p.Path, p.Position.Line, want)
				}
			}
		}
		checkDiscovery(t, files, options)
	}
}

// TestMangledRepositories runs mangled copies of every fixture and every real repository.
func TestMangledRepositories(t *testing.T) {
	repositories := map[string]map[string][]byte{}
	options := map[string]gitops.Options{}
	fixtures, _ := filepath.Glob("testdata/discover/*.txtar")
	for _, name := range fixtures {
		name = filepath.Base(name[:len(name)-len(".txtar")])
		repositories[name], options[name] = fixture(t, name)
	}
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	for name, files := range repositories {
		runMangled(t, name, files, options[name], rounds)
	}
	t.Run("real", func(t *testing.T) {
		entries, err := os.ReadDir(shareddata.Path(t, "gitops-repos"))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if !entry.IsDir() {
				continue
			}
			real := realRepository(t, entry.Name())
			files := map[string][]byte{}
			for _, name := range real.Paths() {
				files[name], _ = real.Read(name)
			}
			runMangled(t, entry.Name(), files, gitops.Options{}, rounds)
		}
	})
}

func runMangled(t *testing.T, name string, files map[string][]byte, options gitops.Options, rounds int) {
	t.Run(name, func(t *testing.T) {
		names := tree.New(files).Paths()
		var yaml []string
		for _, n := range names {
			if ext := filepath.Ext(n); ext == ".yaml" || ext == ".yml" || ext == ".json" || ext == ".json5" {
				yaml = append(yaml, n)
			}
		}
		for seed := range rounds {
			mangled := mangle(files, yaml, rand.New(rand.NewPCG(uint64(seed), 1)))
			checkDiscovery(t, mangled, options)
			if t.Failed() {
				t.Fatalf("with seed %d", seed)
			}
		}
	})
}

// FuzzDiscover mangles the fixtures by a seed, and puts free text where the most is read from.
func FuzzDiscover(f *testing.F) {
	names := []string{"shared-base", "override-in-a-file", "replacements", "bases-and-documents", "updaters", "shapes", "flux-patches"}
	for i, text := range []string{
		"resources: [../base]\n", "bases:\n- x.git//base?ref=1\n", "a: &a [*a]\n", "patches: [{patch: '[{op: add, path: /spec/-, value: 1}]'}]\n",
		"replacements: [{source: {fieldPath: 'a.[x=y].b'}, targets: [{select: {}, fieldPaths: ['spec.ref.tag']}]}]\n",
		"{\"customManagers\": [{\"managerFilePatterns\": [\"/(/\"], \"matchStrings\": [\"(?<currentValue>.*)\"]}]}",
	} {
		f.Add(uint64(i), uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint8, text string) {
		files, options := fixture(t, names[int(which)%len(names)])
		files["dev/kustomization.yaml"] = append(bytes.Clone(files["dev/kustomization.yaml"]), text...)
		files["renovate.json"] = []byte(text)
		files["dev/extra.yaml"] = []byte(text)
		checkDiscovery(t, mangle(files, tree.New(files).Paths(), rand.New(rand.NewPCG(seed, 2))), options)
	})
}
