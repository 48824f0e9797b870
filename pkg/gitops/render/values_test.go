package render_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

const sources = `
apiVersion: v1
kind: ConfigMap
metadata: {name: common, namespace: bigbang}
data:
  values.yaml: |
    domain: a
    istiod: {enabled: true, git: {tag: "1"}}
    list: [1, 2]
  other.yaml: "domain: other"
  replicas: "3"
  text: "'3'"
---
apiVersion: v1
kind: Secret
metadata: {name: stored, namespace: bigbang}
data: {values.yaml: ` + "ZG9tYWluOiBi" + `}
---
apiVersion: v1
kind: Secret
metadata: {name: plain}
stringData: {values.yaml: "istiod: {git: {tag: \"2\"}}\nlist: [3]\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: sops, namespace: bigbang}
stringData: {values.yaml: "ENC[AES256_GCM,data:abc,type:str]"}
sops: {mac: "ENC[AES256_GCM]"}
---
apiVersion: v1
kind: Secret
metadata: {name: generated, namespace: bigbang}
stringData: {values.yaml: "domain: ENC[AES256_GCM,data:abc]\nsops:\n  mac: ENC[x]\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: broken, namespace: bigbang}
data: {values.yaml: "%%%"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: common, namespace: elsewhere}
data: {values.yaml: "domain: elsewhere"}
`

func release(t testing.TB, spec string) render.Object {
	t.Helper()
	indented := "  " + strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  ")
	return parsed(t, "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: rel, namespace: bigbang}\nspec:\n"+indented+"\n")[0]
}

func TestLayersTellWhereValuesComeFrom(t *testing.T) {
	hr := release(t, `
valuesFrom:
- {kind: Secret, name: absent, optional: true}
- {kind: ConfigMap, name: common, valuesKey: gone.yaml}
- {kind: Secret, name: stored}
- {kind: Secret, name: plain}
- {kind: Secret, name: sops}
- {kind: Secret, name: generated}
- {kind: Secret, name: broken}
- {kind: ConfigMap, name: common, valuesKey: other.yaml}
values: {num: 1}
`)
	got, err := render.Layers(parsed(t, sources), hr)
	if err != nil {
		t.Fatal(err)
	}
	want := []render.Layer{
		{Kind: "Secret", Name: "absent", Key: "values.yaml", Optional: true},
		{Kind: "ConfigMap", Name: "common", Key: "gone.yaml"},
		{Kind: "Secret", Name: "stored", Key: "values.yaml", Found: true, Values: map[string]any{"domain": "b"}},
		{Kind: "Secret", Name: "plain", Key: "values.yaml", Found: true, Values: map[string]any{"istiod": map[string]any{"git": map[string]any{"tag": "2"}}, "list": []any{3.0}}},
		{Kind: "Secret", Name: "sops", Key: "values.yaml", Found: true, Unreadable: "encrypted with SOPS"},
		{Kind: "Secret", Name: "generated", Key: "values.yaml", Found: true, Unreadable: "encrypted with SOPS"},
		{Kind: "Secret", Name: "broken", Key: "values.yaml", Found: true, Unreadable: "its key values.yaml is not base64"},
		{Kind: "ConfigMap", Name: "common", Key: "other.yaml", Found: true, Values: map[string]any{"domain": "other"}},
		{Kind: "Inline", Found: true, Values: map[string]any{"num": 1.0}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(render.Layer{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, l := range got {
		if text := fmt.Sprintf("%v %s %+v", l, l, l); strings.Contains(text, "map[") {
			t.Errorf("%q shows values, which may be secret", text)
		}
	}
}

func TestMergeFollowsFlux(t *testing.T) {
	tests := []struct{ name, spec, want string }{
		{"later layers win, mappings merge, lists are replaced", "valuesFrom: [{kind: ConfigMap, name: common}, {kind: Secret, name: stored}, {kind: Secret, name: plain}]",
			`{"domain":"b","istiod":{"enabled":true,"git":{"tag":"2"}},"list":[3]}`},
		{"inline values win over all", "valuesFrom: [{kind: ConfigMap, name: common}]\nvalues: {domain: inline, istiod: {git: {tag: null}}}",
			`{"domain":"inline","istiod":{"enabled":true,"git":{"tag":null}},"list":[1,2]}`},
		{"unreadable layers are left out", "valuesFrom: [{kind: Secret, name: sops}, {kind: Secret, name: stored}, {kind: Secret, name: broken}]", `{"domain":"b"}`},
		{"a target path sets one value", "valuesFrom: [{kind: ConfigMap, name: common, valuesKey: replicas, targetPath: 'a.list[1].n'}]", `{"a":{"list":[null,{"n":3}]}}`},
		{"a quoted value stays text", "valuesFrom: [{kind: ConfigMap, name: common, valuesKey: text, targetPath: a.n}]", `{"a":{"n":"3"}}`},
		{"a target path wins over inline values that stand alone", "valuesFrom: [{kind: ConfigMap, name: common, valuesKey: replicas, targetPath: a.b}]\nvalues: {a: {b: 1, c: 1}}", `{"a":{"b":3,"c":1}}`},
		{"nothing", "interval: 1m", `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			layers, err := render.Layers(parsed(t, sources), release(t, test.spec))
			if err != nil {
				t.Fatal(err)
			}
			got := render.Merge(layers)
			asJSON, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(asJSON) != test.want {
				t.Errorf("got  %s\nwant %s", asJSON, test.want)
			}
			if diff := cmp.Diff(got, render.Merge(layers)); diff != "" {
				t.Errorf("merging changed the layers:\n%s", diff)
			}
		})
	}
}

func TestLayersRefuseWhatFluxRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"valuesFrom: text":                   "read the values of HelmRelease bigbang/rel: spec.valuesFrom is a string and not a list",
		"valuesFrom: [{kind: Job, name: a}]": `read the values of HelmRelease bigbang/rel: spec.valuesFrom[0] is of kind "Job"; Flux knows ConfigMap and Secret`,
		"values: [a]":                        "read the values of HelmRelease bigbang/rel: spec.values is a []interface {} and not a mapping",
	} {
		if _, err := render.Layers(nil, release(t, spec)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", spec, err, want)
		}
	}
}

func TestReleaseNamesFollowFlux(t *testing.T) {
	long := strings.Repeat("a", 60)
	for spec, want := range map[string][2]string{
		"interval: 1m":                           {"rel", "bigbang"},
		"targetNamespace: istio-system":          {"istio-system-rel", "istio-system"},
		"targetNamespace: x\nreleaseName: given": {"given", "x"},
		"releaseName: " + long:                   {strings.Repeat("a", 40) + "-11ee391211c6", "bigbang"},
	} {
		hr := release(t, spec)
		if got := [2]string{render.ReleaseName(hr), render.ReleaseNamespace(hr)}; got != want {
			t.Errorf("%s: got %v, want %v", spec, got, want)
		}
	}
}

func TestAReleaseIsRenderedAsHelmControllerWould(t *testing.T) {
	hr := release(t, `
targetNamespace: apps
releaseName: web
chart: {spec: {chart: ./chart, valuesFiles: [values.yaml, chart/prod.yaml, nowhere.yaml], ignoreMissingValuesFiles: true}}
valuesFrom: [{kind: Secret, name: sops}]
values: {fail: ""}
postRenderers:
- kustomize: {patches: [{target: {kind: Namespace}, patch: "- {op: add, path: /metadata/labels/added, value: 'yes'}"}]}
`)
	c := chart(t, small+"-- prod.yaml --\npassword: prod\n")
	r, err := render.Release(parsed(t, sources), hr, c, "1.33.0")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Namespace apps", "Secret apps/drawn", "ConfigMap apps/core", "Deployment apps/web", "ServiceMonitor apps/m"}
	if diff := cmp.Diff(want, idTexts(r.Objects.IDs())); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	for _, o := range r.Objects {
		if l := o.Labels(); l["helm.toolkit.fluxcd.io/name"] != "rel" || l["helm.toolkit.fluxcd.io/namespace"] != "bigbang" {
			t.Errorf("%s does not carry Flux's labels: %v", o.ID(), l)
		}
	}
	if ns, _ := r.Objects.Find("Namespace", "", "apps"); ns.Labels()["added"] != "yes" || ns.Labels()["upgrade"] != "true" {
		t.Errorf("got labels %v, want those of the post-renderer and of an upgrade", ns.Labels())
	}
	if drawn, _ := r.Objects.Find("Secret", "apps", "drawn"); drawn.Get("stringData", "password") != "prod" {
		t.Errorf("got %v, want the password of prod.yaml", drawn)
	}
	if got := idTexts(r.Hooks.IDs()); !cmp.Equal(got, []string{"Job apps/hook"}) {
		t.Errorf("hooks: got %v", got)
	}
}

func TestAReleaseIsRefusedWithItsName(t *testing.T) {
	tests := []struct{ name, spec, want string }{
		{"a schema", "values: {promtail: 1}", "HelmRelease bigbang/rel: render refused: the schema of small 1.2.3 does not allow the values: promtail: is not allowed here"},
		{"a post-renderer", "postRenderers: [{kustomize: {patches: [{target: {kind: Namespace}, patch: '- {op: remove, path: /spec}'}]}}]",
			"HelmRelease bigbang/rel: spec.postRenderers[0].kustomize.patches[0]: Namespace bigbang: operation 0 (remove /spec): error in remove for path: '/spec': Unable to remove nonexistent key: spec: missing value"},
		{"a values file", "chart: {spec: {valuesFiles: [prod.yaml]}}", "render HelmRelease bigbang/rel: spec.chart.spec.valuesFiles names prod.yaml, which is not in the chart small"},
	}
	for _, test := range tests {
		if _, err := render.Release(nil, release(t, test.spec), chart(t, small), "1.33.0"); err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.name, err, test.want)
		}
	}
	if _, err := render.Release(nil, release(t, "interval: 1m"), nil, ""); err == nil || err.Error() != "render HelmRelease bigbang/rel: its chart is not at hand" {
		t.Errorf("no chart: got %v", err)
	}
}
