package gitops_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestEnvironmentByName(t *testing.T) {
	files := map[string][]byte{}
	base, _ := fixture(t, "flux-patches")
	for _, dir := range []string{"east/dev", "west/dev", "west/prod", "."} {
		for _, name := range []string{"kustomization.yaml", "repository.yaml", "release.yaml", "values.yaml"} {
			files[filepath.Join(dir, name)] = base["dev/"+name]
		}
	}
	repository := discover(t, files, gitops.Options{})
	for _, row := range []struct{ ask, want, err string }{
		{ask: "east/dev", want: "east/dev"},
		{ask: "./east/dev/", want: "east/dev"},
		{ask: "prod", want: "west/prod"},
		{ask: ".", want: "."},
		{ask: "dev", err: `environment "dev" is ambiguous: it could be east/dev or west/dev; give the whole path`},
		{ask: "stage", err: `environment "stage" is not in the repository; it has ., east/dev, west/dev, west/prod`},
	} {
		e, err := repository.Environment(row.ask)
		if row.err != "" {
			if err == nil || err.Error() != row.err {
				t.Errorf("Environment(%q): got error %v, want %s", row.ask, err, row.err)
			}
			continue
		}
		if err != nil || e.ID != row.want {
			t.Errorf("Environment(%q): got %q, %v, want %q", row.ask, e.ID, err, row.want)
		}
	}
	if _, err := (gitops.Repository{}).Environment("dev"); err == nil || !strings.Contains(err.Error(), "has none") {
		t.Errorf("Environment of nothing: got %v", err)
	}
}

func TestWhatIsNotAnEnvironment(t *testing.T) {
	for _, row := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"no file", nil, "empty repository"},
		{"no Big Bang", map[string][]byte{"README.md": nil, "app/kustomization.yaml": []byte("resources: [app.yaml]\n"), "app/app.yaml": []byte("kind: Deployment\n")}, "not a Big Bang repository"},
		{"a Zarf package of something else", map[string][]byte{"zarf.yaml": []byte("kind: ZarfPackageConfig\ncomponents: [{name: app}]\n")}, "Zarf package"},
	} {
		t.Run(row.name, func(t *testing.T) {
			repository := discover(t, row.files, gitops.Options{})
			if len(repository.Environments) != 0 || len(repository.Unsupported) != 1 || repository.Unsupported[0].What != row.want {
				t.Errorf("got %+v, want no environment and only %q", repository, row.want)
			}
		})
	}
}

// TestAFolderThatFluxAppliesIsAnEnvironmentEvenWhenBuiltUpon: a base with a Flux Kustomization of its own.
func TestAFolderThatFluxAppliesIsAnEnvironmentEvenWhenBuiltUpon(t *testing.T) {
	files, _ := fixture(t, "shared-base")
	if got := gitops.Environments(tree.New(files)); !slices.Equal(got, []string{"dev", "prod"}) {
		t.Fatalf("got %v, want dev and prod", got)
	}
	files["base/bigbang.yaml"] = bytes.Replace(files["dev/bigbang.yaml"], []byte("./dev"), []byte("base"), 1)
	if got := gitops.Environments(tree.New(files)); !slices.Equal(got, []string{"base", "dev", "prod"}) {
		t.Errorf("got %v, want base too", got)
	}
}

// TestPlacesAreWhereTheySay: the line holds the value, and splice reads it at the path, on every fixture and every real repository.
func TestPlacesAreWhereTheySay(t *testing.T) {
	check := func(t *testing.T, files tree.Tree, repository gitops.Repository) {
		for _, e := range repository.Environments {
			for _, p := range e.Release.Places {
				checkText(t, files, e.ID, p.Position, p.Path, p.Value)
			}
			for _, name := range gitops.IstioPackages {
				for _, pin := range e.Packages[name].Pins {
					if name != "istioCRDs" { // an alias in one fixture: read, never edited
						checkText(t, files, e.ID, pin.Position, pin.Path, pin.Value)
					}
				}
			}
		}
	}
	fixtures, _ := filepath.Glob("testdata/discover/*.txtar")
	for _, name := range fixtures {
		name = strings.TrimSuffix(filepath.Base(name), ".txtar")
		t.Run(name, func(t *testing.T) {
			files, options := fixture(t, name)
			check(t, tree.New(files), discover(t, files, options))
		})
	}
	for name := range realFacts {
		t.Run(name, func(t *testing.T) {
			files := realRepository(t, name)
			repository, err := gitops.Discover(files, gitops.Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, files, repository)
		})
	}
}

func checkText(t *testing.T, files tree.Tree, id string, pos gitops.Position, path splice.Path, value string) {
	t.Helper()
	src, ok := files.Read(pos.File)
	if !ok {
		t.Errorf("%s: %s is not there", id, pos.File)
		return
	}
	lines := strings.Split(string(src), "\n")
	if pos.Line < 1 || pos.Line > len(lines) || !strings.Contains(lines[pos.Line-1], value) {
		t.Errorf("%s: %s:%d does not hold %q", id, pos.File, pos.Line, value)
		return
	}
	got, err := splice.Get(src, path)
	if err != nil || got.Value != value {
		t.Errorf("%s: %s at %s: got %q, %v, want %q", id, pos.File, path, got.Value, err, value)
	}
}

// TestCommentedTextIsNoPlace: neither a comment in a patch nor one in a Kustomization counts.
func TestCommentedTextIsNoPlace(t *testing.T) {
	files, options := fixture(t, "override-in-a-file")
	for _, p := range only(t, discover(t, files, options)).Release.Places {
		if p.Value == "3.17.0" || p.Value == "1.0.0" {
			t.Errorf("got place %+v out of a comment", p)
		}
	}
}

func TestLineEndsDoNotMatter(t *testing.T) {
	files, options := fixture(t, "override-in-a-file")
	want := only(t, discover(t, files, options))
	for name := range files {
		files[name] = bytes.ReplaceAll(files[name], []byte("\n"), []byte("\r\n"))
	}
	got := only(t, discover(t, files, options))
	if g, w := strings.Join(environmentFacts(got), "\n"), strings.Join(environmentFacts(want), "\n"); g != w {
		t.Errorf("with CRLF: got\n%s\nwant\n%s", g, w)
	}
}

func TestBrokenFilesAreFindings(t *testing.T) {
	for _, row := range []struct{ name, file, old, text, want string }{
		{"a key twice", "dev/kustomization.yaml", "resources: [../base]", "resources: []\nresources: [../base]", "a key occurs twice"},
		{"not YAML", "dev/release.yaml", "spec:", "\tspec: [", "not YAML"},
		{"not a mapping", "base/kustomization.yaml", "resources:\n", "- x\n---\nresources:\n", "not a Kustomization"},
		{"a cycle", "base/kustomization.yaml", "resources:\n", "resources:\n- ../dev\n", "leads back to itself"},
		{"a folder without a Kustomization", "base/kustomization.yaml", "resources:\n", "resources:\n- ../apps\n", "the folder apps has no Kustomization"},
		{"outside", "base/kustomization.yaml", "resources:\n", "resources:\n- ../../elsewhere\n", "outside the repository"},
		{"patch of another apiVersion", "dev/release.yaml", "toolkit.fluxcd.io/v1\n", "toolkit.fluxcd.io/v1beta1\n", "Kustomize finds no match"},
	} {
		t.Run(row.name, func(t *testing.T) {
			files, options := fixture(t, "override-in-a-file")
			files["apps/app.yaml"] = nil
			replace(files, row.file, row.old, row.text)
			repository := discover(t, files, options)
			for _, e := range repository.Environments {
				if e.ID == "dev" && hasFinding(e, gitops.Refuse, row.want) {
					return
				}
			}
			for _, n := range repository.Notes {
				if strings.Contains(n.Text, row.want) {
					return
				}
			}
			t.Errorf("nothing refuses with %q; the page:\n%s", row.want, repository.Text(120))
		})
	}
}

// TestSymbolicLinksAreFollowedAndRefused: a values file behind a link is read, and every link is refused, since Flux never fetches it.
func TestSymbolicLinksAreFollowedAndRefused(t *testing.T) {
	dir := t.TempDir()
	files, _ := fixture(t, "flux-patches")
	for name, content := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if name == "dev/values.yaml" {
			name = "shared.yaml"
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../shared.yaml", filepath.Join(dir, "dev/values.yaml")); err != nil {
		t.Fatal(err)
	}
	linked, err := tree.FromDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	repository, err := gitops.Discover(linked, gitops.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := only(t, repository)
	if len(e.Layers) != 1 || e.Layers[0].Position.File != "shared.yaml" {
		t.Errorf("got layers %+v, want the one behind the link", e.Layers)
	}
	if !hasFinding(e, gitops.Refuse, "a symbolic link to ../shared.yaml") {
		t.Errorf("got findings %v, want the link among them", e.Findings)
	}
}

// TestRemoteThatFails: a release source that does not answer is a finding, and the page is still there.
func TestRemoteThatFails(t *testing.T) {
	files, _ := fixture(t, "override-in-a-file")
	options := gitops.Options{Remotes: gitops.FromReleases(func(string, string) (map[string][]byte, error) { return nil, os.ErrDeadlineExceeded })}
	e := only(t, discover(t, files, options))
	if e.Built != nil || e.BuildError == "" || e.Release.Version != "3.19.0" || !hasFinding(e, gitops.Info, "i/o timeout") {
		t.Errorf("got built=%v error=%q release=%s findings=%v", e.Built != nil, e.BuildError, e.Release.Version, e.Findings)
	}
}

// TestTrialCorrectsReading: where a generator or transformer that is only seen in a build changes the winner, the build is believed.
func TestTrialCorrectsReading(t *testing.T) {
	files, options := fixture(t, "flux-patches")
	delete(files, "dev/bigbang.yaml")
	files["dev/kustomization.yaml"] = append(slices.Clone(files["dev/kustomization.yaml"]), "transformers: [patch.yaml]\n"...)
	files["dev/patch.yaml"] = []byte(`apiVersion: builtin
kind: PatchTransformer
metadata: {name: late}
target: {kind: HelmRelease, name: bigbang}
patch: '[{"op": "replace", "path": "/spec/chart/spec/version", "value": "3.20.0"}]'
`)
	e := only(t, discover(t, files, options))
	if e.Release.Version != "3.20.0" {
		t.Errorf("got release %s, want 3.20.0 as built", e.Release.Version)
	}
	for _, p := range e.Release.Places {
		if p.Wins {
			t.Errorf("got winner %+v, want none of the texts that were read", p)
		}
	}
	if !hasFinding(e, gitops.Warn, "only seen in a build") {
		t.Errorf("got findings %v, want one that says reading and build differ", e.Findings)
	}
}

// TestFluxMayApplyAFolderAbove: a Flux Kustomization of a folder without a Kustomization takes in the environments below it, not their bases.
func TestFluxMayApplyAFolderAbove(t *testing.T) {
	source, _ := fixture(t, "shared-base")
	files := map[string][]byte{"flux.yaml": bytes.Replace(source["dev/bigbang.yaml"], []byte("./dev"), []byte("./clusters/east"), 1)}
	for name, content := range source {
		if filepath.Base(name) != "bigbang.yaml" {
			files["clusters/east/"+name] = content
		}
	}
	repository := discover(t, files, gitops.Options{})
	if len(repository.Environments) != 2 {
		t.Fatalf("got %d environments, want dev and prod; the page:\n%s", len(repository.Environments), repository.Text(120))
	}
	for _, e := range repository.Environments {
		if e.Flux == nil || e.Flux.Path != "./clusters/east" {
			t.Errorf("%s: got Flux %+v, want the one of the folder above", e.ID, e.Flux)
		}
	}
}

// TestPodsThatChooseTheirRevision: a label on the pod template is found wherever it lies, and so is one on a namespace, unless an upgrade
// under way put it there.
func TestPodsThatChooseTheirRevision(t *testing.T) {
	files, options := fixture(t, "flux-patches")
	files["apps/deployment.yaml"] = []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\nspec:\n  template:\n    metadata:\n      labels:\n        istio.io/rev: blue\n")
	files["apps/namespace.yaml"] = []byte("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: orders\n  labels: {istio.io/rev: blue}\n")
	e := only(t, discover(t, files, options))
	if !hasFinding(e, gitops.Warn, "the pods of Deployment orders choose their revision") || !hasFinding(e, gitops.Refuse, "namespace orders carries istio.io/rev: blue") {
		t.Errorf("got findings %v, want the Deployment's and the Namespace's label", e.Findings)
	}
	files["dev/istio-canary/kustomization.yaml"] = []byte("resources: []\n")
	e = only(t, discover(t, files, options))
	if !e.CanaryFolder || hasFinding(e, gitops.Refuse, "namespace orders") || !hasFinding(e, gitops.Warn, "the folder of a canary upgrade is already here") {
		t.Errorf("with a canary folder: got %v %v", e.CanaryFolder, e.Findings)
	}
}
