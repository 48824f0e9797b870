package render_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

const rendered = `
apiVersion: v1
kind: Namespace
metadata:
  name: logging
  labels: {istio-injection: enabled}
---
apiVersion: v1
kind: Namespace
metadata:
  name: kyverno
  labels: {istio-injection: disabled}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: loki, namespace: bigbang}
spec: {interval: 2m}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: logging}
spec:
  template:
    spec: {containers: [{name: web, image: "docker.io/web:1"}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`

func postRenderers(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPostRenderFollowsFlux(t *testing.T) {
	objs := parsed(t, rendered)
	before := objs.Copy()
	got, err := render.PostRender(objs, postRenderers(t, `
- kustomize:
    patches:
    - target: {kind: Namespace, labelSelector: istio-injection=enabled}
      patch: |
        - {op: remove, path: /metadata/labels/istio-injection}
        - {op: add, path: /metadata/labels/istio.io~1rev, value: "1-30-3"}
    - target: {group: apps, kind: Deployment|StatefulSet|DaemonSet}
      patch: |
        apiVersion: apps/v1
        kind: x
        metadata: {name: any}
        spec: {template: {metadata: {annotations: {linnet/revision: "1-30-3"}}}}
    images:
    - {name: docker.io/web, newName: registry.example.com/web, newTag: "2"}
- other: {}
- kustomize:
    patches:
    - target: {group: security.istio.io}
      patch: "{$patch: delete, apiVersion: security.istio.io/v1, kind: x, metadata: {name: x}}"
    - target: {kind: Deployment, name: web}
      patch: '- {op: test, path: /spec/template/metadata/annotations/linnet~1revision, value: 1-30-3}'
`))
	if err != nil {
		t.Fatal(err)
	}
	want := render.Changes{
		Removed: []render.ID{{Group: "security.istio.io", Kind: "PeerAuthentication", Namespace: "istio-system", Name: "default"}},
		Changed: []render.Change{
			{ID: render.ID{Kind: "Namespace", Name: "logging"}, Fields: []string{
				"metadata.labels.istio-injection: enabled -> (none)", `metadata.labels["istio.io/rev"]: (none) -> 1-30-3`,
			}},
			{ID: render.ID{Group: "apps", Kind: "Deployment", Namespace: "logging", Name: "web"}, Fields: []string{
				`spec.template.metadata.annotations["linnet/revision"]: (none) -> 1-30-3`,
				"spec.template.spec.containers[0].image: docker.io/web:1 -> registry.example.com/web:2",
			}},
		},
	}
	if diff := cmp.Diff(want, render.Diff(objs, got)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, objs); diff != "" {
		t.Errorf("the given objects were changed:\n%s", diff)
	}
}

// "test" of an absent path against null passes in this Kustomize, which is what lets a patch demand that a list is not there before it adds one.
func TestTestNullThenAddWorksOnAnAbsentPath(t *testing.T) {
	list := `
- kustomize:
    patches:
    - target: {kind: HelmRelease, name: loki}
      patch: |
        - {op: test, path: /spec/postRenderers, value: null}
        - {op: add, path: /spec/postRenderers, value: [{kustomize: {}}]}
`
	got, err := render.PostRender(parsed(t, rendered), postRenderers(t, list))
	if err != nil {
		t.Fatal(err)
	}
	loki, _ := got.Find("HelmRelease", "bigbang", "loki")
	if n, _ := loki.Get("spec", "postRenderers").([]any); len(n) != 1 {
		t.Errorf("got %v, want one post-renderer", loki.Get("spec", "postRenderers"))
	}
	if _, err = render.PostRender(got, postRenderers(t, list)); err == nil || !strings.Contains(err.Error(), "operation 0 (test /spec/postRenderers)") {
		t.Errorf("a second time: got %v, want the test to fail", err)
	}
}

// The trap that would strip sidecars: Kustomize does not delete a label that a merge patch sets to null, it writes the text "null", and a
// namespace with any value of istio-injection matches no other injector.
func TestAMergePatchWithNullWritesTheTextNull(t *testing.T) {
	got, err := render.PostRender(parsed(t, rendered), postRenderers(t, `
- kustomize:
    patches:
    - target: {kind: Namespace, name: logging}
      patch: |
        apiVersion: v1
        kind: Namespace
        metadata: {name: logging, labels: {istio-injection: null}}
`))
	if err != nil {
		t.Fatal(err)
	}
	ns, _ := got.Find("Namespace", "", "logging")
	if v := ns.Labels()["istio-injection"]; v != "null" {
		t.Errorf(`got %q, want the trap: "null"`, v)
	}
}

func TestAnOperationThatDoesNotApplyIsNamed(t *testing.T) {
	_, err := render.PostRender(parsed(t, rendered), postRenderers(t, `
- kustomize: {}
- kustomize:
    patches:
    - target: {kind: HelmRelease}
      patch: '- {op: add, path: /spec/suspend, value: true}'
    - target: {kind: Namespace}
      patch: |
        - {op: add, path: /metadata/labels/a, value: b}
        - {op: remove, path: /metadata/labels/absent}
`))
	want := "postRenderers[1].kustomize.patches[1]: Namespace logging: operation 1 (remove /metadata/labels/absent): error in remove for path: '/metadata/labels/absent': Unable to remove nonexistent key: absent: missing value"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestTargetsThatMatchNothingAreListed(t *testing.T) {
	got, err := render.Unmatched(parsed(t, rendered), postRenderers(t, `
- kustomize:
    patches:
    - target: {kind: Namespace, labelSelector: istio-injection=enabled}
      patch: '- {op: remove, path: /metadata/labels/istio-injection}'
    - target: {kind: Namespace, labelSelector: istio-injection=enabled}
      patch: '- {op: remove, path: /metadata/labels/istio-injection}'
    - target: {kind: Namespace, name: log.*}
      patch: '- {op: add, path: /metadata/labels/x, value: y}'
    - target: {kind: StatefulSet, namespace: logging, name: log}
      patch: '[]'
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"postRenderers[0].kustomize.patches[1] (Namespace istio-injection=enabled)",
		"postRenderers[0].kustomize.patches[3] (StatefulSet logging/log)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoPostRenderersChangeNothing(t *testing.T) {
	for name, list := range map[string]any{"nil": nil, "empty": []any{}, "an entry without kustomize": []any{map[string]any{}}} {
		objs := parsed(t, rendered)
		got, err := render.PostRender(objs, list)
		if err != nil || !cmp.Equal(objs, got) {
			t.Errorf("%s: got a change or %v", name, err)
		}
	}
	if _, err := render.PostRender(nil, "text"); err == nil {
		t.Error("a list that is no list was accepted")
	}
}

func TestAFluxKustomizationAddsItsOwn(t *testing.T) {
	flux := parsed(t, `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: environment, namespace: bigbang}
spec:
  targetNamespace: other
  namePrefix: p-
  commonMetadata: {labels: {team: a}, annotations: {note: b}}
  images: [{name: docker.io/web, newTag: "9"}]
  patches:
  - target: {kind: Deployment}
    patch: '- {op: add, path: /spec/replicas, value: 4}'
`)[0]
	const folder = "-- a/web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: \"docker.io/web:1\"}]}}}\n"
	whole, err := render.FluxOverlay(repo(folder), "a", flux, nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := render.FluxPatches(built(t, repo(folder), "a", nil), flux)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, after); diff != "" {
		t.Errorf("before and after the build differ:\n%s", diff)
	}
	web, ok := whole.Find("Deployment", "other", "p-web")
	if !ok || web.Labels()["team"] != "a" || web.Annotations()["note"] != "b" || web.Get("spec", "replicas") != int64(4) ||
		web.Get("spec", "template", "spec", "containers", "0", "image") != "docker.io/web:9" {
		t.Errorf("got %s", whole.YAML())
	}
	flux["spec"].(map[string]any)["postBuild"] = map[string]any{"substitute": map[string]any{"a": "b"}}
	_, err = render.FluxPatches(whole, flux)
	want := "render Kustomization bigbang/environment: spec.postBuild substitutes variables after the build, which is not imitated; write the values out in the environment instead"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
