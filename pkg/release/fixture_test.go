package release_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/linnet-bot/linnet/pkg/release"
)

// fixture is a bare git repository written object by object: no work tree, no git program.
type fixture struct {
	t    testing.TB
	dir  string
	repo *git.Repository
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bigbang.git")
	repo, err := git.PlainInit(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, dir: dir, repo: repo}
}

func (f *fixture) must(h plumbing.Hash, err error) plumbing.Hash {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
	return h
}

func (f *fixture) encode(o interface {
	Encode(plumbing.EncodedObject) error
}) plumbing.Hash {
	f.t.Helper()
	encoded := f.repo.Storer.NewEncodedObject()
	if err := o.Encode(encoded); err != nil {
		f.t.Fatal(err)
	}
	return f.must(f.repo.Storer.SetEncodedObject(encoded))
}

func (f *fixture) blob(content string) plumbing.Hash {
	f.t.Helper()
	encoded := f.repo.Storer.NewEncodedObject()
	encoded.SetType(plumbing.BlobObject)
	w, err := encoded.Writer()
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		f.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return f.must(f.repo.Storer.SetEncodedObject(encoded))
}

// tree writes files by path. Content "-> x" makes a symbolic link to x.
func (f *fixture) tree(files map[string]string) plumbing.Hash {
	f.t.Helper()
	here, below := &object.Tree{}, map[string]map[string]string{}
	for name, content := range files {
		dir, rest, nested := strings.Cut(name, "/")
		switch target, link := strings.CutPrefix(content, "-> "); {
		case nested:
			if below[dir] == nil {
				below[dir] = map[string]string{}
			}
			below[dir][rest] = content
		case link:
			here.Entries = append(here.Entries, object.TreeEntry{Name: name, Mode: filemode.Symlink, Hash: f.blob(target)})
		default:
			here.Entries = append(here.Entries, object.TreeEntry{Name: name, Mode: filemode.Regular, Hash: f.blob(content)})
		}
	}
	for dir, inner := range below {
		here.Entries = append(here.Entries, object.TreeEntry{Name: dir, Mode: filemode.Dir, Hash: f.tree(inner)})
	}
	sort.Sort(object.TreeEntrySorter(here.Entries))
	return f.encode(here)
}

func day(s string) time.Time {
	d, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return d
}

func signature(date string) object.Signature {
	return object.Signature{Name: "Fixture", Email: "fixture@example.com", When: day(date)}
}

// commit writes a commit on top of another.
func (f *fixture) commit(date string, files map[string]string, parents ...plumbing.Hash) plumbing.Hash {
	f.t.Helper()
	return f.encode(&object.Commit{
		Author: signature(date), Committer: signature(date), Message: "fixture", TreeHash: f.tree(files), ParentHashes: parents,
	})
}

// lightweight tags a commit with a bare reference, and annotated with a tag object.
func (f *fixture) lightweight(name string, target plumbing.Hash) {
	f.t.Helper()
	if err := f.repo.Storer.SetReference(plumbing.NewHashReference(plumbing.NewTagReferenceName(name), target)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) annotated(name, date string, target plumbing.Hash, kind plumbing.ObjectType) plumbing.Hash {
	f.t.Helper()
	t := f.encode(&object.Tag{Name: name, Tagger: signature(date), Message: name, Target: target, TargetType: kind})
	f.lightweight(name, t)
	return t
}

// release writes a commit with files and an annotated tag on it.
func (f *fixture) release(name, date string, files map[string]string) plumbing.Hash {
	f.t.Helper()
	commit := f.commit(date, files)
	f.annotated(name, date, commit, plumbing.CommitObject)
	return commit
}

// config appends to the repository's configuration.
func (f *fixture) config(lines string) {
	f.t.Helper()
	file, err := os.OpenFile(filepath.Join(f.dir, "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := file.WriteString(lines); err != nil {
		f.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		f.t.Fatal(err)
	}
}

func open(t testing.TB, o release.Options) *release.Source {
	t.Helper()
	s, err := release.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// umbrella is the three files that say what a release is.
func umbrella(chart, version, base, values string) map[string]string {
	return map[string]string{
		"chart/Chart.yaml":        fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\nkubeVersion: \">=1.33.0-0\"\n", chart, version),
		"chart/values.yaml":       values,
		"base/gitrepository.yaml": gitRepository(base),
		"README.md":               "# " + chart + "\n",
	}
}

func gitRepository(tag string) string {
	return "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: bigbang\nspec:\n  interval: 10m\n  ref:\n    tag: " + tag + "\n"
}

func bigbang(version, values string) map[string]string {
	return umbrella("bigbang", version, version, values)
}

// istiod writes the blocks of an operatorless release.
func istiod(version string) string {
	var b strings.Builder
	for _, p := range [][2]string{{"istioCRDs", "istio-crds"}, {"istiod", "istiod"}, {"istioGateway", "gateway"}} {
		b.WriteString(block(p[0], "true", p[1], version))
	}
	return b.String()
}

func block(key, enabled, chart, tag string) string {
	return fmt.Sprintf(`%s:
  enabled: %s
  sourceType: "git"
  git:
    repo: https://git.example.com/packages/%s.git
    path: "./chart"
    tag: %s
  helmRepo:
    repoName: "registry1"
    chartName: "%s"
    tag: %s
`, key, enabled, key, tag, chart, tag)
}

// versions names releases in order.
func versions(s release.Scan) []string {
	var out []string
	for _, r := range s.Releases {
		out = append(out, r.Version)
	}
	return out
}

func reasons(s release.Scan) map[string]string {
	out := map[string]string{}
	for _, r := range s.Rejected {
		out[r.Tag] = r.Reason
	}
	return out
}

func (f *fixture) branch(name string, target plumbing.Hash) {
	f.t.Helper()
	if err := f.repo.Storer.SetReference(plumbing.NewHashReference(plumbing.NewBranchReferenceName(name), target)); err != nil {
		f.t.Fatal(err)
	}
}
