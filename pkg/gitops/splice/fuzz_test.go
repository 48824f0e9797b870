package splice_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// corpus gives the seeds: files in the shapes that customers' repositories have.
func corpus(f testing.TB) [][]byte {
	files, err := filepath.Glob("testdata/corpus/*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata/corpus: %v", err)
	}
	var all [][]byte
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, src)
	}
	return all
}

func TestLawsHoldOnTheCorpus(t *testing.T) {
	for _, src := range corpus(t) {
		made, refused := checkLaws(t, src)
		t.Logf("%d made, %d refused", made, refused)
		if bytes.Contains(src, []byte("sops:")) != (made == 0) {
			t.Errorf("%d edits of %q", made, src)
		}
	}
}

// some bounds the work one fuzz input can cause.
func some(src []byte) []place {
	all, _ := places(src)
	return all[:min(len(all), 12)]
}

func FuzzSet(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src, "1.30")
		f.Add(src, "it's: #")
	}
	f.Fuzz(func(t *testing.T, src []byte, value string) {
		_ = splice.Walk(src, func(p splice.Path, s splice.Scalar) {
			if !bytes.Equal(src[s.Start:s.End], s.Raw) {
				t.Fatalf("%s: Raw is not the bytes between Start and End", p)
			}
		})
		for _, at := range some(src) {
			got, err := splice.Set(src, at.path, value)
			if (err == nil) == (got == nil) {
				t.Fatalf("%s: %q with %v", at.path, got, err)
			}
			if err == nil {
				setLaw(t, src, got, at, value)
			}
		}
	})
}

func FuzzInsertItem(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src, "path: x\ntarget: {kind: y}", 1)
		f.Add(src, "|-\n  text", 0)
	}
	f.Fuzz(func(t *testing.T, src []byte, item string, at int) {
		for _, list := range some(src) {
			if list.node.Kind != yaml.SequenceNode {
				continue
			}
			at := max(0, at) % (len(list.node.Content) + 1)
			got, err := splice.InsertItem(src, list.path, at, item)
			if err != nil {
				continue
			}
			back, err := splice.RemoveItem(got, append(list.path, splice.Index(at)))
			if err != nil || !bytes.Equal(back, src) {
				t.Fatalf("%s: item %d in: %q; out: %q, %v", list.path, at, got, back, err)
			}
		}
	})
}

func FuzzInsertKey(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src, "key", "value")
		f.Add(src, "1.30", "- a\n- b: |\n    c")
	}
	f.Fuzz(func(t *testing.T, src []byte, key, value string) {
		for _, mapping := range some(src) {
			if mapping.node.Kind != yaml.MappingNode {
				continue
			}
			got, err := splice.InsertKey(src, mapping.path, key, value)
			if err != nil {
				continue
			}
			back, err := splice.RemoveKey(got, append(mapping.path, splice.Key(key)))
			if err != nil || !bytes.Equal(back, src) {
				t.Fatalf("%s: key in: %q; out: %q, %v", mapping.path, got, back, err)
			}
		}
	})
}
