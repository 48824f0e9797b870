package gitops_test

import (
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops"
)

// gitFiles is a repository whose GitRepository is a plain manifest with the given spec.ref, patched by the environment's patch.
func gitFiles(ref, patch string, layers ...string) map[string][]byte {
	files := map[string][]byte{
		"base/kustomization.yaml": []byte("resources: [source.yaml, release.yaml]\n"),
		"base/source.yaml": fmt.Appendf(nil, `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: bigbang, namespace: bigbang}
spec:
  url: https://git.example.mil/mirrors/bigbang.git
  ref: %s
`, ref),
		"dev/kustomization.yaml": []byte("resources: [../base]\n"),
	}
	release := `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: bigbang, namespace: bigbang}
spec:
  chart: {spec: {chart: chart, version: 1.2.3, sourceRef: {kind: GitRepository, name: bigbang}}}
`
	if len(layers) > 0 {
		release += "  valuesFrom:\n"
	}
	for i, layer := range layers {
		name := fmt.Sprintf("layer-%d", i)
		release += fmt.Sprintf("  - {kind: ConfigMap, name: %s}\n", name)
		files["base/kustomization.yaml"] = append(files["base/kustomization.yaml"][:len(files["base/kustomization.yaml"])-2], fmt.Sprintf(", %s.yaml]\n", name)...)
		files["base/"+name+".yaml"] = fmt.Appendf(nil, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: bigbang}\ndata:\n  values.yaml: |\n    %s\n", name, layer)
	}
	files["base/release.yaml"] = []byte(release)
	if patch != "" {
		files["dev/kustomization.yaml"] = append(files["dev/kustomization.yaml"], fmt.Sprintf(`patches:
- patch: |-
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata: {name: bigbang, namespace: bigbang}
    spec:
      ref: %s
`, patch)...)
	}
	return files
}

// TestReferencePrecedence: which field of spec.ref Flux obeys, after the patches; each row is also built, so that reading and building agree.
func TestReferencePrecedence(t *testing.T) {
	for _, row := range []struct{ name, ref, patch, reference, version string }{
		{"a tag", "{tag: 3.18.0}", "", "tag", "3.18.0"},
		{"a tag beats a branch", "{tag: 3.18.0, branch: main}", "", "tag", "3.18.0"},
		{"a range beats a tag", "{tag: 3.18.0, semver: 3.x}", "", "semver", "3.x"},
		{"a commit beats all", "{tag: 3.18.0, semver: 3.x, branch: main, commit: 0123456789abcdef0123456789abcdef01234567}", "", "commit", "0123456789abcdef0123456789abcdef01234567"},
		{"an empty tag is none", `{tag: "", branch: main}`, "", "branch", "main"},
		{"a patch adds a field", "{semver: 3.x}", "{tag: 3.18.0}", "semver", "3.x"},
		{"a patch replaces the mapping", "{semver: 3.x}", "{$patch: replace, tag: 3.18.0}", "tag", "3.18.0"},
		{"a patch takes a field away", "{semver: 3.x, tag: 3.18.0}", "{semver: null}", "tag", "3.18.0"},
		{"nothing", "{}", "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := only(t, discover(t, gitFiles(row.ref, row.patch), gitops.Options{}))
			if e.Release.Reference != row.reference || e.Release.Version != row.version {
				t.Errorf("got %s %q, want %s %q", e.Release.Reference, e.Release.Version, row.reference, row.version)
			}
			if e.Built == nil {
				t.Errorf("does not build: %s", e.BuildError)
			}
			if hasFinding(e, gitops.Warn, "only seen in a build") {
				t.Errorf("reading and building differ: %v", e.Findings)
			}
			winner, ok := e.Release.Winner()
			if want := row.reference != ""; ok != want || (ok && winner.Value != row.version) {
				t.Errorf("got winner %+v, %v, want the text %q", winner, ok, row.version)
			}
			if refused := hasFinding(e, gitops.Refuse, "the release is chosen by a") || hasFinding(e, gitops.Refuse, "which release is deployed is not known"); refused != (row.reference != "tag") {
				t.Errorf("got refused %v for %s; findings %v", refused, row.reference, e.Findings)
			}
		})
	}
}

// TestPackagePins: which pins of a copied package block are in force, over two layers.
func TestPackagePins(t *testing.T) {
	for _, row := range []struct {
		name          string
		weak, strong  string
		wins          string // field=value in force
		level         gitops.Level
		words         string
		sourceType    string
		overriddenToo string // field=value that is overridden
	}{
		{name: "one tag", weak: "{}", strong: "istiod: {git: {tag: 1.28.3-bb.0}}", wins: "git.tag=1.28.3-bb.0", level: gitops.Warn, words: "pins its version"},
		{name: "the later tag", weak: "istiod: {git: {tag: 1.27.0-bb.0}}", strong: "istiod: {git: {tag: 1.28.3-bb.0}}", wins: "git.tag=1.28.3-bb.0", overriddenToo: "git.tag=1.27.0-bb.0", level: gitops.Warn, words: "1.28.3-bb.0 pins"},
		{name: "a range", weak: "istiod: {git: {semver: 1.28.x}}", strong: "{}", wins: "git.semver=1.28.x", level: gitops.Refuse, words: "is not a tag"},
		{name: "a branch beside the release's tag", weak: "istiod: {git: {branch: main}}", strong: "{}", wins: "git.branch=main", level: gitops.Info, words: "is not used: git.tag"},
		{name: "a branch without a tag", weak: "istiod: {git: {tag: null, branch: main}}", strong: "{}", wins: "git.branch=main", level: gitops.Refuse, words: "is not a tag"},
		{name: "a git tag under helmRepo", weak: "istiod: {git: {tag: 1.28.3-bb.0}}", strong: "istiod: {sourceType: helmRepo}", wins: "git.tag=1.28.3-bb.0", level: gitops.Info, words: "sourceType is helmRepo", sourceType: "helmRepo"},
		{name: "a chart tag under git", weak: "istiod: {helmRepo: {tag: 1.28.3-bb.0}}", strong: "{}", wins: "helmRepo.tag=1.28.3-bb.0", level: gitops.Info, words: "is not used"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := only(t, discover(t, gitFiles("{tag: 3.18.0}", "", row.weak, row.strong), gitops.Options{}))
			p := e.Packages["istiod"]
			for _, pin := range p.Pins {
				text := pin.Field + "=" + pin.Value
				if pin.Wins != (text == row.wins) {
					t.Errorf("got %s wins=%v, want only %s", text, pin.Wins, row.wins)
				}
				if text != row.wins && text != row.overriddenToo {
					t.Errorf("got pin %s, want only %s and %s", text, row.wins, row.overriddenToo)
				}
			}
			if len(p.Pins) == 0 || p.SourceType != row.sourceType {
				t.Errorf("got %+v", p)
			}
			if !hasFinding(e, row.level, row.words) {
				t.Errorf("got findings %v, want a %s that says %q", e.Findings, row.level, row.words)
			}
		})
	}
}
