package miniature_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

const kubernetes = "1.34.0"

func TestReleasesHoldTheReleasesAndTheTagsThatAreNone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bigbang")
	if err := miniature.Releases(dir); err != nil {
		t.Fatal(err)
	}
	source, err := release.Open(release.Options{URL: dir, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := source.Scan(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range scan.Releases {
		got[r.Version] = r.Istio()
	}
	want := map[string]string{"3.17.0": "1.28.2", "3.18.0": "1.28.3", "3.18.1": "1.28.3", "3.19.0": "1.29.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("releases and their Istio (-want +got):\n%s", diff)
	}
	var rejected []string
	for _, r := range scan.Rejected {
		rejected = append(rejected, r.Tag)
	}
	slices.Sort(rejected)
	if diff := cmp.Diff([]string{"1.2.3", "3.16.1", "3.19.0-rc.0", "v1.0"}, rejected); diff != "" {
		t.Errorf("rejected tags (-want +got):\n%s", diff)
	}
}

func TestReleasesAreTheSameEveryTime(t *testing.T) {
	var heads []plumbing.Hash
	for range 2 {
		dir := filepath.Join(t.TempDir(), "bigbang")
		if err := miniature.Releases(dir); err != nil {
			t.Fatal(err)
		}
		repo, err := git.PlainOpen(dir)
		if err != nil {
			t.Fatal(err)
		}
		head, err := repo.Head()
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, head.Hash())
	}
	if heads[0] != heads[1] {
		t.Errorf("two runs gave two histories: %s and %s", heads[0], heads[1])
	}
}

func TestPackagesAreTheSameEveryTimeAndEachIsAChart(t *testing.T) {
	first, second := miniature.Packages(), miniature.Packages()
	for name, packed := range first {
		if string(packed) != string(second[name]) {
			t.Errorf("%s differs between two calls", name)
		}
		chart, err := render.LoadArchive(packed)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := chart.Name() + "-" + chart.Version() + ".tgz"; name != want {
			t.Errorf("%s holds the chart %s", name, want)
		}
	}
}

// environments are the folders that Flux applies.
var environments = []struct{ flavour, folder string }{{"git", "dev"}, {"helmRepo", "dev"}, {"helmRepo", "prod"}}

func TestEveryEnvironmentRendersDownToItsPackages(t *testing.T) {
	for _, e := range environments {
		t.Run(e.flavour+" "+e.folder, func(t *testing.T) {
			built := build(t, e.flavour, e.folder)
			umbrella := renderUmbrella(t, built, "3.18.0")
			for _, r := range umbrella.Objects.Kind("HelmRelease") {
				chart := packageChart(t, umbrella.Objects, r)
				out, err := render.Release(umbrella.Objects, r, chart, kubernetes)
				if err != nil {
					t.Error(err)
				} else if len(out.Objects) == 0 {
					t.Errorf("%s renders nothing", r.ID())
				}
			}
		})
	}
}

func TestUmbrellaGivesWhatThePlansRelyOn(t *testing.T) {
	umbrella := renderUmbrella(t, build(t, "git", "dev"), "3.18.0").Objects
	injection := map[string]string{}
	for _, ns := range umbrella.Kind("Namespace") {
		injection[ns.Name()] = ns.Labels()["istio-injection"]
	}
	want := map[string]string{
		"istio-system": "disabled", "istio-gateway": "enabled", "kiali": "enabled", "monitoring": "enabled", "tempo": "enabled",
		"orders": "enabled", "ledger": "enabled",
	}
	if diff := cmp.Diff(want, injection); diff != "" {
		t.Errorf("namespaces and their injection label (-want +got):\n%s", diff)
	}
	istiod, _ := umbrella.Find("HelmRelease", "bigbang", "istiod")
	var keys []string
	for _, v := range istiod.Get("spec", "valuesFrom").([]any) {
		keys = append(keys, render.Object(v.(map[string]any)).Get("valuesKey").(string))
	}
	if diff := cmp.Diff([]string{"common", "defaults", "overlays"}, keys); diff != "" {
		t.Errorf("values of istiod (-want +got):\n%s", diff)
	}
	for name, want := range map[string]int{"tempo": 1, "grafana": 1, "monitoring": 0, "kiali": 0, "ledger": 1} {
		r, ok := umbrella.Find("HelmRelease", "", name)
		if !ok {
			t.Fatalf("no HelmRelease %s", name)
		}
		list, _ := r.Get("spec", "postRenderers").([]any)
		if len(list) != want {
			t.Errorf("HelmRelease %s has %d postRenderers, want %d", name, len(list), want)
		}
	}
	if _, ok := umbrella.Find("HelmRelease", "bigbang", "passthrough-ingressgateway"); !ok {
		t.Error("no HelmRelease for the gateway passthrough")
	}
}

func TestIstioVersionAnnotationIsTrimmedOnlyInGitMode(t *testing.T) {
	for flavour, want := range map[string]string{"git": "1.28.3", "helmRepo": "1.28.3-bb.0"} {
		umbrella := renderUmbrella(t, build(t, flavour, "dev"), "3.18.0").Objects
		r, _ := umbrella.Find("HelmRelease", "", "kiali")
		layers, err := render.Layers(umbrella, r)
		if err != nil {
			t.Fatal(err)
		}
		annotations, _ := render.Merge(layers)["podAnnotations"].(map[string]any)
		if got := annotations["bigbang.dev/istioVersion"]; got != want {
			t.Errorf("%s mode: bigbang.dev/istioVersion is %v, want %s", flavour, got, want)
		}
	}
}

func TestNewestUmbrellaRefusesWhatTheRealOneRefuses(t *testing.T) {
	built := build(t, "git", "dev")
	t.Run("a value that is gone", func(t *testing.T) {
		chart := umbrellaChart(t, "3.19.0")
		if got := chart.Validate(map[string]any{"promtail": map[string]any{"enabled": true}}); len(got) == 0 {
			t.Error("3.19.0 accepts promtail")
		}
		if got := umbrellaChart(t, "3.18.0").Validate(map[string]any{"promtail": map[string]any{"enabled": true}}); len(got) > 0 {
			t.Errorf("3.18.0 refuses promtail: %v", got)
		}
	})
	t.Run("the older istiod package", func(t *testing.T) {
		umbrella := renderUmbrella(t, built, "3.19.0").Objects
		istiod, _ := umbrella.Find("HelmRelease", "bigbang", "istiod")
		for tag, refused := range map[string]bool{"1.28.3-bb.0": true, "1.29.0-bb.0": false} {
			_, err := render.Release(umbrella, istiod, loadChart(t, "istiod", tag), kubernetes)
			if (err != nil) != refused {
				t.Errorf("istiod %s with the values of 3.19.0: %v", tag, err)
			}
		}
	})
	t.Run("waitStrategy", func(t *testing.T) {
		for _, version := range miniature.Versions() {
			files, err := miniature.Umbrella(version)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Contains(string(files["base/helmrelease.yaml"]), "waitStrategy"), version == "3.19.0"; got != want {
				t.Errorf("base of %s has waitStrategy: %v", version, got)
			}
		}
	})
}

func TestRevisionedIstiodSharesOnlyTheFixedNames(t *testing.T) {
	objects := func(values map[string]any) []render.ID {
		m, err := loadChart(t, "istiod", "1.29.0-bb.0").Render(values, render.HelmOptions{ReleaseName: "x", Namespace: "istio-system"})
		if err != nil {
			t.Fatal(err)
		}
		return m.Objects.IDs()
	}
	plain := objects(nil)
	off := map[string]any{"enabled": false}
	canary := objects(map[string]any{
		"upstream": map[string]any{"revision": "1-29-0"}, "monitoring": off, "networkPolicies": off, "defaultSecurityHeaders": off,
	})
	var shared []string
	for _, id := range canary {
		if slices.Contains(plain, id) {
			shared = append(shared, id.String())
		}
	}
	slices.Sort(shared)
	want := []string{
		"EnvoyFilter istio-system/classification-banner", "EnvoyFilter istio-system/misdirected-request",
		"EnvoyFilter istio-system/remove-server-header", "PeerAuthentication istio-system/default",
	}
	if diff := cmp.Diff(want, shared); diff != "" {
		t.Errorf("objects of both (-want +got):\n%s", diff)
	}
}

func TestRepositoriesHaveTheQuirksThatEditingMustSurvive(t *testing.T) {
	quirks := map[string]bool{}
	for _, flavour := range []string{"git", "helmRepo"} {
		for _, content := range miniature.Repository(flavour) {
			text := string(content)
			quirks["CRLF"] = quirks["CRLF"] || strings.Contains(text, "\r\n")
			quirks["no final newline"] = quirks["no final newline"] || !strings.HasSuffix(text, "\n")
			quirks["leading blank line"] = quirks["leading blank line"] || strings.HasPrefix(text, "\n")
		}
	}
	if got := len(slices.DeleteFunc(slices.Collect(maps.Values(quirks)), func(has bool) bool { return !has })); got != 3 {
		t.Errorf("quirks: %v", quirks)
	}
	if miniature.Repository("zarf") != nil {
		t.Error("an unknown flavour gives files")
	}
}

func build(t *testing.T, flavour, folder string) render.Objects {
	t.Helper()
	built, err := render.Overlay(tree.New(miniature.Repository(flavour)), folder, func(u render.RemoteURL) (map[string][]byte, error) {
		files, err := miniature.Umbrella(u.Ref)
		return under(files, "base/"), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func under(files map[string][]byte, folder string) map[string][]byte {
	found := map[string][]byte{}
	for name, content := range files {
		if inside, ok := strings.CutPrefix(name, folder); ok {
			found[inside] = content
		}
	}
	return found
}

func umbrellaChart(t *testing.T, version string) *render.Chart {
	t.Helper()
	files, err := miniature.Umbrella(version)
	if err != nil {
		t.Fatal(err)
	}
	chart, err := render.LoadChart(under(files, "chart/"))
	if err != nil {
		t.Fatal(err)
	}
	return chart
}

func renderUmbrella(t *testing.T, built render.Objects, version string) render.ReleaseRender {
	t.Helper()
	r, ok := built.Find("HelmRelease", "bigbang", "bigbang")
	if !ok {
		t.Fatal("the overlay has no HelmRelease bigbang")
	}
	out, err := render.Release(built, r, umbrellaChart(t, version), kubernetes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func packageChart(t *testing.T, umbrella render.Objects, r render.Object) *render.Chart {
	t.Helper()
	spec := render.Object(r.Get("spec", "chart", "spec").(map[string]any))
	name, _ := spec.Get("chart").(string)
	tag, _ := spec.Get("version").(string)
	if spec.Get("sourceRef", "kind") == "GitRepository" {
		source, ok := umbrella.Find("GitRepository", "", spec.Get("sourceRef", "name").(string))
		if !ok {
			t.Fatalf("%s has no source", r.ID())
		}
		name = source.Name()
		tag, _ = source.Get("spec", "ref", "tag").(string)
	}
	return loadChart(t, name, tag)
}

func loadChart(t *testing.T, name, tag string) *render.Chart {
	t.Helper()
	files := miniature.Chart(name, tag)
	if files == nil {
		t.Fatalf("no chart %s %s", name, tag)
	}
	chart, err := render.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	return chart
}
