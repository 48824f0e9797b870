package planner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

const values, overlay = "dev/configmap.yaml", "dev/kustomization.yaml"

func TestPreflightRefuses(t *testing.T) {
	material := miniatureMaterial(t)
	rows := []struct {
		name   string
		change func(r *repository)
		policy planner.Policy
		want   string // of the only sentence
	}{
		{name: "ambient mode", change: func(r *repository) { r.add(values, "istio: {ambient: {enabled: true}}\n") },
			want: "ambient mode is on: there are no sidecars to move by revision (dev/configmap.yaml:62)"},
		{name: "a revision of the built-in istiod", change: func(r *repository) {
			r.replace(values, "    upstream:\n", "    upstream:\n      revision: blue\n")
		}, want: "upstream.revision is set: the built-in istiod must be the one without a revision (dev/configmap.yaml:11)"},
		{name: "revision tags", change: func(r *repository) {
			r.replace(values, "    upstream:\n", "    upstream:\n      revisionTags: [prod]\n")
		}, want: "upstream.revisionTags is set: tags decide injection beside the labels that an upgrade moves (dev/configmap.yaml:11)"},
		{name: "a namespace with a revision", change: func(r *repository) {
			r.replace("dev/mission/namespace.yaml", "istio-injection: enabled", "istio.io/rev: blue")
		}, want: "namespace reports carries istio.io/rev: blue; a revision that somebody else chose must go first (dev/mission/namespace.yaml:1)"},
		{name: "Flux that does not prune", change: func(r *repository) { r.replace("dev/bigbang.yaml", "prune: true", "prune: false") },
			want: "Flux Kustomization environment does not prune: what an upgrade removes from Git would stay on the cluster; set prune: true (dev/bigbang.yaml:19)"},
		{name: "an enforced label", change: func(r *repository) {
			r.add(values, "kyvernoPolicies: {values: {policies: {require-istio-on-namespaces: {validationFailureAction: Enforce}}}}\n")
		}, want: "Kyverno enforces require-istio-on-namespaces, which demands istio-injection: enabled; set it to Audit for the upgrade (dev/configmap.yaml:62)"},
		{name: "a release by branch", change: func(r *repository) {
			r.replace(overlay, "      interval: 1m\n", "      interval: 1m\n      ref: {$patch: replace, branch: main}\n")
		}, want: "the release is chosen by a branch (main): which release is deployed is not in Git (dev/kustomization.yaml:22)"},
		{name: "an Istio package by semver", change: func(r *repository) {
			r.replace(values, "istioCRDs:\n", "istioCRDs:\n  git: {semver: 1.28.x}\n")
		}, want: "istioCRDs.git.semver: 1.28.x is not a tag, so what is deployed is not in Git (dev/configmap.yaml:16)"},
		{name: "a pin that keeps istiod where it is", change: func(r *repository) {
			r.replace(values, "istiod:\n  enabled: true\n", "istiod:\n  enabled: true\n  git: {tag: 1.28.3-bb.0}\n")
		}, want: "with Big Bang 3.19.0 this environment would run istiod 1.28.3-bb.0, and the release ships 1.29.0-bb.0; a values layer pins it, so bumping Big Bang would not move Istio: take the pin out first"},
		{name: "offline without a source", change: func(r *repository) { r.add(values, "offline: true\n") },
			want: "the source of istiod's chart is in neither the repository nor the rendered umbrella (offline: true?); give the canary's source as environments[].canarySource in the configuration"},
		{name: "istiod off", change: func(r *repository) { r.replace(values, "istiod:\n  enabled: true", "istiod:\n  enabled: false") },
			want: "istiod is off: there is no mesh to upgrade (dev/configmap.yaml:7)"},
		{name: "a cluster outside what Istio supports", policy: planner.Policy{Kubernetes: "1.38.0"},
			want: "the cluster runs Kubernetes 1.38.0, and Big Bang 3.18.0 and 3.19.0 with their Istio support 1.32 to 1.34; upgrade Kubernetes first, or take a release in between"},
		{name: "a cluster that the umbrella refuses", policy: planner.Policy{Kubernetes: "1.31.0"},
			want: "the cluster runs Kubernetes 1.31.0, and Big Bang 3.18.0 asks for >=1.32.0; upgrade Kubernetes first"},
		{name: "a Kubernetes version that is none", policy: planner.Policy{Kubernetes: "new"},
			want: `the configured Kubernetes version "new" is not a version; write it like 1.34.1`},
		{name: "an injected namespace that nothing can move", change: func(r *repository) {
			r.write("apps/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: stray\n  labels: {istio-injection: enabled}\n")
		}, want: "namespace stray is injected by the old istiod and nothing here can move it, since the build of dev does not hold it, so bump could never open; list its manifest in dev/kustomization.yaml, or take the label out (apps/ns.yaml:1)"},
		{name: "pods that ask for a proxy themselves", change: func(r *repository) {
			r.replace("dev/mission/namespace.yaml", "istio-injection: enabled", "team: reports").
				replace("dev/mission/reports.yaml", "        app: reports\n    spec:", "        app: reports\n        sidecar.istio.io/inject: \"true\"\n    spec:")
		}, want: "Deployment reports/reports is injected by a label of its pods in a namespace that no wave moves, so bump could never open; label namespace reports istio-injection: enabled instead"},
		{name: "a namespace in two waves", policy: planner.Policy{Waves: []planner.WaveChoice{{Name: "a", Namespaces: []string{"kiali"}}, {Name: "b", Namespaces: []string{"kiali"}}}},
			want: "namespace kiali is in wave a and in wave b; leave it in one"},
		{name: "a namespace outside the mesh in a wave", policy: planner.Policy{Waves: []planner.WaveChoice{{Name: "a", Namespaces: []string{"kyverno"}}, {Name: "b", Rest: true}}},
			want: "wave a names namespace kyverno, which Big Bang 3.18.0 does not inject with the values of dev; the injected ones are kiali, ledger, monitoring, orders, reports, tempo"},
		{name: "a namespace in no wave", policy: planner.Policy{Waves: []planner.WaveChoice{{Name: "a", Namespaces: []string{"kiali", "monitoring", "tempo"}}}},
			want: "no wave covers ledger, orders, reports, so the old istiod could never go; add them to a wave, or a wave with `rest: true`"},
		{name: "an unknown gateway", policy: planner.Policy{Gateways: []string{"private"}},
			want: "the configured gateway private is not one of dev's; they are passthrough, public"},
		{name: "a gateway left out", policy: planner.Policy{Gateways: []string{"public"}},
			want: "the configured order of gateways leaves out passthrough; add it"},
		{name: "values that are no mapping", change: func(r *repository) { r.write(values, "- not\n- values\n") },
			want: "the values in ConfigMap environment are not a YAML mapping"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := gitFlavour(t)
			if row.change != nil {
				row.change(r)
			}
			in := r.input(material)
			in.Policy = row.policy
			got := refusal(t, in)
			if len(got) != 1 || !strings.HasPrefix(got[0], row.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), row.want)
			}
		})
	}
}

func TestWhatCannotBeToldFromTheRepositoryIsUnknownAndNeverPasses(t *testing.T) {
	material := miniatureMaterial(t)
	rows := []struct {
		name   string
		change func(r *repository)
		level  planner.Level
		want   string
	}{
		{"an encrypted layer", func(r *repository) {
			r.write("dev/secrets/dev-bb-secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: dev-bb-secret, namespace: bigbang}\nstringData:\n  values.yaml: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\nsops: {version: 3.8.1, mac: m}\n")
		}, planner.Unknown, "Secret dev-bb-secret cannot be read"},
		{"no Flux Kustomization", func(r *repository) { delete(r.files, "dev/bigbang.yaml") },
			planner.Unknown, "the Flux Kustomization that applies dev is not in the repository"},
		{"the cluster's version", func(*repository) {}, planner.Unknown, "the cluster's version is not known here"},
		{"variables", func(r *repository) {
			r.replace("dev/bigbang.yaml", "  prune: true", "  prune: true\n  postBuild: {substitute: {domain: x}}")
		}, planner.Warn, "Flux substitutes variables after the build (postBuild)"},
		{"another updater", func(*repository) {}, planner.Warn, "Renovate would bump the same line"},
		{"a field of a newer Flux", func(*repository) {}, planner.Warn, "sets spec.waitStrategy on its HelmRelease"},
		{"an EnvoyFilter for one version", func(r *repository) {
			r.write("dev/mission/filter.yaml", "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: old-only, namespace: reports}\nspec:\n  configPatches:\n  - applyTo: HTTP_FILTER\n    match: {proxy: {proxyVersion: '^1\\.28.*'}}\n    patch: {operation: MERGE}\n").
				replace("dev/mission/kustomization.yaml", "- reports.yaml", "- reports.yaml\n- filter.yaml")
		}, planner.Warn, "EnvoyFilter reports/old-only match proxies by version (proxyVersion); see that they match Istio 1.29.0 too"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := gitFlavour(t)
			row.change(r)
			plan := mustPlan(t, r.input(material))
			if got := findings(plan, row.level); !strings.Contains(got, row.want) {
				t.Errorf("findings of level %s:\n%s\nwant one that holds %q", row.level, got, row.want)
			}
		})
	}
}

func TestAManifestOfAnotherEnvironmentIsNotBlamed(t *testing.T) {
	r := &repository{t: t, files: miniature.Repository("helmRepo")}
	r.write("prod/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: stray\n  labels: {istio-injection: enabled}\n")
	r.write("prod/rev.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n  labels: {istio.io/rev: blue}\n")
	mustPlan(t, r.input(miniatureMaterial(t)))
}

// charted answers with another chart for one package.
type charted struct {
	planner.Material
	name, tag string
	chart     *render.Chart
}

func (c charted) Package(name, tag string) (*render.Chart, error) {
	if name != c.name || tag != c.tag {
		return c.Material.Package(name, tag)
	}
	if c.chart == nil {
		return nil, release.ErrNotAtHand
	}
	return c.chart, nil
}

func chartOf(t *testing.T, templates map[string]string) *render.Chart {
	t.Helper()
	files := map[string][]byte{"Chart.yaml": []byte("apiVersion: v2\nname: istiod\nversion: 1.0.0\n")}
	for name, content := range templates {
		files["templates/"+name] = []byte(content)
	}
	chart, err := render.LoadChart(files)
	if err != nil {
		t.Fatal(err)
	}
	return chart
}

func TestTheCanaryMustRenderAndShareNothing(t *testing.T) {
	material := miniatureMaterial(t)
	mesh := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
	rows := []struct {
		name string
		with planner.Material
		want string
	}{
		{"a template that fails", charted{material, "istiod", "1.29.0-bb.0", chartOf(t, map[string]string{"x.yaml": `{{ if .Values.upstream.revision }}{{ fail "values of another age" }}{{ end }}`})},
			"the canary does not render with the values of Big Bang 3.18.0: "},
		{"an object of the built-in release", charted{material, "istiod", "1.29.0-bb.0", chartOf(t, map[string]string{"x.yaml": mesh})},
			"the canary would share ConfigMap istio-system/istio with the built-in istiod, and one release would delete the other's; this package version needs another switch"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := refusal(t, gitFlavour(t).input(row.with))
			if !strings.HasPrefix(got[0], row.want) {
				t.Errorf("got %q, want %q", got[0], row.want)
			}
		})
	}
	t.Run("a chart that is not at hand", func(t *testing.T) {
		plan := mustPlan(t, gitFlavour(t).input(charted{material, "istiod", "1.29.0-bb.0", nil}))
		if got := findings(plan, planner.Unknown); !strings.Contains(got, "the chart istiod 1.29.0-bb.0 is not at hand") {
			t.Errorf("unknown findings are %q", got)
		}
		if findings(plan, planner.Pass) == "" || strings.Contains(findings(plan, planner.Pass), "renders as istiod-1-29-0") {
			t.Error("what was not rendered passes")
		}
		if len(plan.NotAtHand) != 1 || plan.NotAtHand[0] != "istiod 1.29.0-bb.0" {
			t.Errorf("charts not at hand: %q", plan.NotAtHand)
		}
	})
}

func TestARefusalOfSeveralReasonsGivesEachAsAnErrorOfItsOwn(t *testing.T) {
	r := gitFlavour(t).add(values, "nonsense: 1\nother: 2\n")
	_, err := planner.Make(r.input(miniatureMaterial(t)))
	var several interface{ Unwrap() []error }
	if !errors.As(err, &several) || len(several.Unwrap()) != 2 {
		t.Fatalf("got %v, want two errors", err)
	}
	for i, want := range []string{"nonsense: is not allowed here", "other: is not allowed here"} {
		if got := several.Unwrap()[i].Error(); !strings.HasPrefix(got, "no plan for dev: ") || !strings.Contains(got, want) {
			t.Errorf("sentence %d is %q", i, got)
		}
	}
}

func TestAnUpgradeNeedsATarget(t *testing.T) {
	in := gitFlavour(t).input(miniatureMaterial(t))
	in.To = ""
	if got := refusal(t, in)[0]; got != "no upgrade is under way in dev and no target is named; name the release to go to" {
		t.Errorf("got %q", got)
	}
}
