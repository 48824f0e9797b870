package render_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// realChart reads one of the real charts.
func realChart(t testing.TB, name string) *render.Chart {
	t.Helper()
	content, err := os.ReadFile(shareddata.Path(t, "charts", name+".tgz"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := render.LoadArchive(content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// realBase answers remote references to a release's base/ from the real bases.
func realBase(t testing.TB) render.Remotes {
	t.Helper()
	releases := shareddata.Path(t, "bigbang")
	return func(url render.RemoteURL) (map[string][]byte, error) {
		if url.Path != "base" {
			return nil, fmt.Errorf("no folder %q", url.Path)
		}
		dir := filepath.Join(releases, url.Ref, "base")
		files := map[string][]byte{}
		err := filepath.Walk(dir, func(p string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			content, err := os.ReadFile(p)
			rel, _ := filepath.Rel(dir, p)
			files[filepath.ToSlash(rel)] = content
			return err
		})
		return files, err
	}
}

// realRepository is a real customer repository with its SOPS files made from the plain samples beside them, and its remote reference at the given release.
func realRepository(t testing.TB, name, release string) tree.Tree {
	t.Helper()
	repo, err := tree.FromDir(shareddata.Path(t, "gitops-repos", name))
	if err != nil {
		t.Fatal(err)
	}
	var changes []tree.Change
	for _, p := range repo.Paths() {
		content, _ := repo.Read(p)
		if strings.HasSuffix(p, "secret.yaml") && !strings.HasSuffix(p, "cosignsecret.yaml") {
			changes = append(changes, tree.Change{Path: strings.TrimSuffix(p, ".yaml") + ".enc.yaml", Content: content})
		}
		if release == "" {
			continue
		}
		if at := strings.Index(string(content), "base?ref="); at >= 0 && strings.HasSuffix(p, "kustomization.yaml") {
			line, rest, _ := strings.Cut(string(content)[at:], "\n")
			_ = line
			changes = append(changes, tree.Change{Path: p, Content: []byte(string(content)[:at] + "base?ref=" + release + "\n" + rest)})
		}
	}
	return repo.With(changes...)
}

var kubernetes = map[string]string{"3.12.0": "1.32.0", "3.18.0": "1.33.0", "3.19.0": "1.33.0", "3.26.0": "1.33.5", "3.30.0": "1.34.0"}

// umbrella renders the template's dev environment at a release. The sample of the git flavour still holds promtail values, which no 3.x umbrella here allows.
func umbrella(t testing.TB, release, flavour string) render.ReleaseRender {
	t.Helper()
	repo := realRepository(t, "customer-template-2026-02", release)
	values := flavour + "/dev/configmap.yaml"
	content, _ := repo.Read(values)
	if before, after, found := strings.Cut(string(content), "\npromtail:\n"); found {
		_, after, _ = strings.Cut(after, "\n\n")
		repo = repo.With(tree.Change{Path: values, Content: []byte(before + "\n" + after)})
	}
	objs, err := render.Overlay(repo, flavour+"/dev", realBase(t))
	if err != nil {
		t.Fatal(err)
	}
	hr, ok := objs.Find("HelmRelease", "", "bigbang")
	if !ok {
		t.Fatalf("no HelmRelease bigbang among %v", objs.IDs())
	}
	r, err := render.Release(objs, hr, realChart(t, "bigbang-"+release), kubernetes[release])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRealUmbrellasRenderWithTheTemplatesDevValues(t *testing.T) {
	if testing.Short() {
		t.Skip("renders every real umbrella; run without -short")
	}
	for release := range kubernetes {
		for _, flavour := range []string{"gitRepo", "helmRepo"} {
			t.Run(release+" "+flavour, func(t *testing.T) {
				r := umbrella(t, release, flavour)
				for _, id := range []string{"HelmRelease bigbang/istiod", "HelmRelease bigbang/istio-crds", "HelmRelease bigbang/public-ingressgateway", "Secret bigbang/bigbang-istiod-values", "Namespace istio-system"} {
					if !slices.ContainsFunc(r.Objects.IDs(), func(have render.ID) bool { return have.String() == id }) {
						t.Errorf("%s is not among the %d objects %v", id, len(r.Objects), r.Objects.IDs())
					}
				}
				if len(r.Duplicates) > 0 {
					t.Errorf("got duplicates %v, want none", r.Duplicates)
				}
			})
		}
	}
}

func TestTheTemplatesPromtailValuesAreRefusedByEveryUmbrella(t *testing.T) {
	for release, kube := range kubernetes {
		objs, err := render.Overlay(realRepository(t, "customer-template-2026-02", release), "gitRepo/dev", realBase(t))
		if err != nil {
			t.Fatal(err)
		}
		hr, _ := objs.Find("HelmRelease", "", "bigbang")
		_, err = render.Release(objs, hr, realChart(t, "bigbang-"+release), kube)
		var refused *render.SchemaViolations
		if !errors.As(err, &refused) {
			t.Fatalf("%s: got %v, want a refusal by the schema", release, err)
		}
		want := []render.SchemaError{{Path: "promtail", Message: "is not allowed here"}}
		if !slices.Equal(refused.Errors, want) {
			t.Errorf("%s: got %v, want %v", release, refused.Errors, want)
		}
	}
}

func TestAnUmbrellaRefusesAnOlderCluster(t *testing.T) {
	_, err := realChart(t, "bigbang-3.30.0").Render(nil, render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang", KubeVersion: "1.33.2"})
	want := "render refused: bigbang 3.30.0 wants Kubernetes >=1.34.0-0 and the cluster runs 1.33.2"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// istiodRelease is the umbrella's own HelmRelease of istiod and what it reads.
func istiodRelease(t testing.TB, umbrella render.ReleaseRender) render.Object {
	t.Helper()
	hr, ok := umbrella.Objects.Find("HelmRelease", "bigbang", "istiod")
	if !ok {
		t.Fatal("no HelmRelease istiod")
	}
	return hr
}

const withoutMeshObjects = `
- kustomize:
    patches:
      - target: {group: security.istio.io}
        patch: "{$patch: delete, apiVersion: security.istio.io/v1, kind: x, metadata: {name: x}}"
      - target: {group: networking.istio.io}
        patch: "{$patch: delete, apiVersion: networking.istio.io/v1, kind: x, metadata: {name: x}}"
`

func TestACanaryIstiodSharesNoObjectWithTheBuiltInOne(t *testing.T) {
	u := umbrella(t, "3.18.0", "gitRepo")
	chart := realChart(t, "istiod-1.28.3-bb.0")
	hr := istiodRelease(t, u)
	builtIn, err := render.Release(u.Objects, hr, chart, "1.33.0")
	if err != nil {
		t.Fatal(err)
	}
	canary := hr.Copy()
	spec := canary["spec"].(map[string]any)
	spec["releaseName"] = "istiod-1-28-3"
	canary["metadata"].(map[string]any)["name"] = "istiod-1-28-3"
	spec["values"] = map[string]any{
		"upstream":               map[string]any{"revision": "1-28-3"},
		"networkPolicies":        map[string]any{"enabled": false},
		"monitoring":             map[string]any{"enabled": false},
		"defaultSecurityHeaders": map[string]any{"enabled": false},
	}
	var list any
	if err := yaml.Unmarshal([]byte(withoutMeshObjects), &list); err != nil {
		t.Fatal(err)
	}
	spec["postRenderers"] = list
	r, err := render.Release(u.Objects, canary, chart, "1.33.0")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Objects) != 17 {
		t.Errorf("got %d objects %v, want 17", len(r.Objects), r.Objects.IDs())
	}
	for _, id := range r.Objects.IDs() {
		if slices.Contains(builtIn.Objects.IDs(), id) {
			t.Errorf("%s belongs to both", id)
		}
	}
}

func TestUmbrella319FeedsTheOlderIstiodPackageValuesThatItRefuses(t *testing.T) {
	u := umbrella(t, "3.19.0", "gitRepo")
	_, err := render.Release(u.Objects, istiodRelease(t, u), realChart(t, "istiod-1.28.3-bb.0"), "1.33.0")
	var refused *render.SchemaViolations
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal by the schema", err)
	}
	if want := []render.SchemaError{{Path: "istio", Message: "is not allowed here"}}; !slices.Equal(refused.Errors, want) {
		t.Errorf("got %v, want %v", refused.Errors, want)
	}
}

func TestTheNextIstiodPackageRendersUnderTheUmbrellaBefore(t *testing.T) {
	for release, pkg := range map[string]string{"3.12.0": "istiod-1.28.3-bb.0", "3.18.0": "istiod-1.29.0-bb.0"} {
		u := umbrella(t, release, "gitRepo")
		if _, err := render.Release(u.Objects, istiodRelease(t, u), realChart(t, pkg), kubernetes[release]); err != nil {
			t.Errorf("%s under %s: %v", pkg, release, err)
		}
	}
}

func TestRealGatewaysRenderOneInjectedWorkloadEach(t *testing.T) {
	u := umbrella(t, "3.18.0", "gitRepo")
	chart := realChart(t, "istio-gateway-1.28.2-bb.0")
	for _, name := range []string{"public-ingressgateway", "passthrough-ingressgateway"} {
		hr, ok := u.Objects.Find("HelmRelease", "bigbang", name)
		if !ok {
			continue
		}
		r, err := render.Release(u.Objects, hr, chart, "1.33.0")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var rolling []string
		for _, p := range render.PodTemplates(r.Objects) {
			if p.Rolls {
				rolling = append(rolling, p.ID.String())
			}
		}
		if want := []string{"Deployment istio-gateway/" + name}; !slices.Equal(rolling, want) {
			t.Errorf("%s: got %v, want %v", name, rolling, want)
		}
	}
}

// NeuVector's metrics password is looked up on the cluster and drawn where it is not found; its HelmRelease carries a checksum of it. Nothing else differs
// between two renders of the umbrella.
func TestOnlyNeuVectorIsUnstableInARealUmbrella(t *testing.T) {
	u := umbrella(t, "3.18.0", "gitRepo")
	options := render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang", Upgrade: true, KubeVersion: kubernetes["3.18.0"]}
	got, err := realChart(t, "bigbang-3.18.0").Unstable(u.Values, options)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Secret bigbang/bigbang-neuvector-values", "HelmRelease bigbang/neuvector"}
	if !slices.Equal(idTexts(got), want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRealOverlaysThatReplaceTheVersionByReplacementsBuild(t *testing.T) {
	for _, flavour := range []string{"gitRepo", "helmRepo"} {
		objs, err := render.Overlay(realRepository(t, "bb5-3.21", "3.19.0"), flavour+"/dev", realBase(t))
		if err != nil {
			t.Errorf("%s: %v", flavour, err)
			continue
		}
		if _, ok := objs.Find("HelmRelease", "bigbang", "bigbang"); !ok {
			t.Errorf("%s: no HelmRelease bigbang/bigbang among %v", flavour, objs.IDs())
		}
	}
}
