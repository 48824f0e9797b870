package release

import (
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Whatever the three files hold, a tag is either a release that agrees with itself or rejected with a reason of one line.
func FuzzFilesOfATag(f *testing.F) {
	const base = "kind: GitRepository\nspec: {ref: {tag: 3.5.0}}\n"
	const chart = "name: bigbang\nversion: 3.5.0\n"
	f.Add(chart, "istiod:\n  enabled: true\n  git: {tag: 1.26.3-bb.1}\n", base)
	f.Add(chart, "istiod: &a {git: *a}\n", base)
	f.Add(chart, "istiod:\n  git: {tag: 1.30}\n  enabled: yes\n", "---\n---\n"+base)
	f.Add(chart, "istio: 7\nistiod: []\nistioCRDs: {git: 1}\n", base)
	f.Add("", "\xff\xfe", "a: b: c\n")
	f.Add("- name\n", "{", "kind: [GitRepository]\n")
	f.Fuzz(func(t *testing.T, chart, values, base string) {
		store := memory.NewStorage()
		put := func(o interface {
			Encode(plumbing.EncodedObject) error
		}) plumbing.Hash {
			encoded := store.NewEncodedObject()
			if err := o.Encode(encoded); err != nil {
				t.Fatal(err)
			}
			hash, err := store.SetEncodedObject(encoded)
			if err != nil {
				t.Fatal(err)
			}
			return hash
		}
		blob := func(content string) plumbing.Hash {
			o := &plumbing.MemoryObject{}
			o.SetType(plumbing.BlobObject)
			_, _ = o.Write([]byte(content))
			hash, err := store.SetEncodedObject(o)
			if err != nil {
				t.Fatal(err)
			}
			return hash
		}
		inBase := put(&object.Tree{Entries: []object.TreeEntry{{Name: "gitrepository.yaml", Mode: filemode.Regular, Hash: blob(base)}}})
		inChart := put(&object.Tree{Entries: []object.TreeEntry{
			{Name: "Chart.yaml", Mode: filemode.Regular, Hash: blob(chart)}, {Name: "values.yaml", Mode: filemode.Regular, Hash: blob(values)},
		}})
		root := put(&object.Tree{Entries: []object.TreeEntry{{Name: "base", Mode: filemode.Dir, Hash: inBase}, {Name: "chart", Mode: filemode.Dir, Hash: inChart}}})
		commit := put(&object.Commit{TreeHash: root})

		got, err := readRelease(store, tag{name: "3.5.0", object: commit, commit: commit})
		if err != nil {
			rejected := asRejection(err)
			if rejected == nil {
				t.Fatalf("odd files are taken for a damaged repository: %v", err)
			}
			if rejected.reason == "" || rejected.reason != oneLine(rejected.reason) {
				t.Errorf("the reason is not one line: %q", rejected.reason)
			}
			return
		}
		if got.Version != "3.5.0" {
			t.Errorf("the release calls itself %q", got.Version)
		}
		for key, p := range got.Packages {
			if p.Key != key {
				t.Errorf("package %q calls itself %q", key, p.Key)
			}
		}
		if c := Compare(got, got); len(c.Packages) != 0 || c.Kind != None && c.Kind != Layout {
			t.Errorf("compared with itself a release changes: %+v", c)
		}
	})
}
