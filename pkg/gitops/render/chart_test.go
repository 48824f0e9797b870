package render_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// small is a chart with everything that the renderer must treat apart.
const small = `
-- Chart.yaml --
apiVersion: v2
name: small
version: 1.2.3
kubeVersion: ">=1.30.0-0"
dependencies:
- {name: core, version: 0.1.0, alias: upstream}
- {name: extra, version: 0.1.0, condition: extra.enabled}
-- values.yaml --
domain: example.com
big: 1000000
password: ""
nested: {keep: 1, drop: 2}
extra: {enabled: false}
fail: ""
-- values.schema.json --
{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false, "properties": {
  "domain": {"type": "string"}, "big": {}, "password": {"type": "string"}, "nested": {"type": "object"}, "extra": {}, "upstream": {}, "global": {}, "fail": {"type": "string"},
  "list": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
  "either": {"oneOf": [{"type": "object", "required": ["a", "b", "c"]}, {"type": "object", "properties": {"kind": {"enum": ["x", "y"]}}}]}}}
-- templates/_helpers.tpl --
{{- define "labels" }}app: {{ .Release.Name }}{{ end }}
-- templates/NOTES.txt --
Thank you for {{ .Release.Name }}.
-- templates/.hidden.yaml --
{{ fail "hidden files are no templates" }}
-- templates/empty.yaml --
{{- if false }}
kind: Never
{{- end }}
---
# only a comment
-- templates/deployment.yaml --
{{- if .Values.fail }}{{ fail .Values.fail }}{{ end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: { {{ include "labels" . }} }
  annotations: { big: "{{ .Values.big }}", keys: {{ keys .Values.nested | sortAlpha | join "," | quote }}, looked: "{{ lookup "v1" "Secret" "a" "b" | len }}" }
spec: {template: {metadata: {labels: {app: x}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: {{ .Release.Namespace }}, labels: {upgrade: "{{ .Release.IsUpgrade }}"}}
-- templates/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: drawn}
stringData: {password: {{ .Values.password | default (randAlphaNum 20) }}}
-- templates/hook.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {"helm.sh/hook": pre-upgrade}}
-- templates/monitor.yaml --
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: m, annotations: {kube: {{ .Capabilities.KubeVersion.Version }}}}
{{- end }}
-- crds/thing.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, names: {kind: Thing}, scope: Cluster}
-- charts/core/Chart.yaml --
apiVersion: v2
name: core
version: 0.1.0
-- charts/core/values.yaml --
revision: ""
-- charts/core/values.schema.json --
{"type": "object", "properties": {"revision": {"type": "string"}}}
-- charts/core/templates/cm.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: core{{ with .Values.revision }}-{{ . }}{{ end }}}
-- charts/extra/Chart.yaml --
apiVersion: v2
name: extra
version: 0.1.0
-- charts/extra/templates/cm.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: core}
`

func chart(t testing.TB, archive string) *render.Chart {
	t.Helper()
	c, err := render.LoadChart(files(archive))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var installed = render.HelmOptions{ReleaseName: "rel", Namespace: "ns", Upgrade: true, KubeVersion: "1.33.2"}

func TestAChartRendersInInstallOrderWithHooksAndCRDsApart(t *testing.T) {
	c := chart(t, small)
	m, err := c.Render(map[string]any{"password": "p", "upstream": map[string]any{"revision": "1-30-3"}}, installed)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]any{
		"objects":  {idTexts(m.Objects.IDs()), []string{"Namespace ns", "Secret drawn", "ConfigMap core-1-30-3", "Deployment rel", "ServiceMonitor m"}},
		"hooks":    {idTexts(m.Hooks.IDs()), []string{"Job hook"}},
		"crds":     {idTexts(m.CRDs.IDs()), []string{"CustomResourceDefinition things.example.com"}},
		"notes":    {m.Notes, "Thank you for rel.\n"},
		"chart":    {[]string{c.Name(), c.Version(), c.KubeVersion()}, []string{"small", "1.2.3", ">=1.30.0-0"}},
		"defaults": {c.DefaultValues()["domain"], "example.com"},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	d, _ := m.Objects.Find("Deployment", "", "rel")
	// Helm's templates see every number as a float.
	want := map[string]string{"big": "1e+06", "keys": "drop,keep", "looked": "0"}
	if diff := cmp.Diff(want, d.Annotations()); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	monitor, _ := m.Objects.Find("ServiceMonitor", "", "m")
	if got := monitor.Annotations()["kube"]; got != "v1.33.2" {
		t.Errorf("Kubernetes in templates: got %s, want v1.33.2", got)
	}
}

func TestNullDeletesADefault(t *testing.T) {
	m, err := chart(t, small).Render(map[string]any{"nested": map[string]any{"drop": nil}}, installed)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := m.Objects.Find("Deployment", "", "rel")
	if got := d.Annotations()["keys"]; got != "keep" {
		t.Errorf("got keys %q, want keep alone", got)
	}
}

func TestDuplicateObjectsAreKeptAndReported(t *testing.T) {
	m, err := chart(t, small).Render(map[string]any{"extra": map[string]any{"enabled": true}}, installed)
	if err != nil {
		t.Fatal(err)
	}
	if got := idTexts(m.Duplicates); !slices.Equal(got, []string{"ConfigMap core"}) {
		t.Errorf("got %v, want ConfigMap core", got)
	}
	if got := len(m.Objects.Kind("ConfigMap")); got != 2 {
		t.Errorf("got %d ConfigMaps, want both", got)
	}
}

func TestARenderIsRefusedWithOneSentence(t *testing.T) {
	tests := []struct {
		name    string
		archive string
		values  map[string]any
		kube    string
		want    string
	}{
		{"a failing template", small, map[string]any{"fail": "set a domain"}, "1.33.2", "render small 1.2.3: set a domain (small/templates/deployment.yaml:1:25)"},
		{"an older cluster", small, nil, "1.29.8", "render refused: small 1.2.3 wants Kubernetes >=1.30.0-0 and the cluster runs 1.29.8"},
		{"no version", small, nil, "new", `render small 1.2.3: "new" is not a Kubernetes version: could not parse "new" as version`},
		{"values against the schema", small, map[string]any{"promtail": map[string]any{}, "domain": 3}, "1.33.2", "render refused: the schema of small 1.2.3 does not allow the values: domain: got number, want string; promtail: is not allowed here"},
		{"output that is no YAML", "-- Chart.yaml --\napiVersion: v2\nname: bad\nversion: 1.0.0\n-- templates/a.yaml --\na: b: c\n", nil, "", "render bad 1.0.0: a template's output is not YAML: YAML parse error on bad/templates/a.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context"},
		{"output that is no object", "-- Chart.yaml --\napiVersion: v2\nname: bad\nversion: 1.0.0\n-- templates/a.yaml --\na: b\n", nil, "", "render bad 1.0.0: bad/templates/a.yaml: read YAML document 1: it has no apiVersion and kind, so it is no Kubernetes object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := installed
			o.KubeVersion = test.kube
			_, err := chart(t, test.archive).Render(test.values, o)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestValidateTellsEveryViolationByItsPath(t *testing.T) {
	got := chart(t, small).Validate(map[string]any{
		"promtail": true,
		"upstream": map[string]any{"revision": 1.30},
		"list":     []any{map[string]any{"name": "a"}, map[string]any{}, map[string]any{"name": 2}},
		"either":   map[string]any{"kind": "z"},
	})
	want := []render.SchemaError{
		{Path: "either.kind", Message: "value must be one of 'x', 'y'"},
		{Path: "list.1", Message: "missing property 'name'"},
		{Path: "list.2.name", Message: "got number, want string"},
		{Path: "promtail", Message: "is not allowed here"},
		{Path: "upstream.revision", Message: "got number, want string"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := chart(t, small).Validate(nil); len(got) > 0 {
		t.Errorf("the defaults: got %v, want none", got)
	}
}

func TestASchemaCannotReachTheNetwork(t *testing.T) {
	_, err := chart(t, "-- Chart.yaml --\napiVersion: v2\nname: far\nversion: 1.0.0\n-- values.schema.json --\n{\"$ref\": \"http://127.0.0.1:9/schema.json\"}\n").Render(nil, installed)
	var refused *render.SchemaViolations
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "it refers to http://127.0.0.1:9/schema.json, which is not part of the chart") {
		t.Errorf("got %v", err)
	}
}

func TestObjectsDrawnFromRandomNumbersAreNamed(t *testing.T) {
	c := chart(t, small)
	unstable, err := c.Unstable(nil, installed)
	if err != nil || !slices.Equal(idTexts(unstable), []string{"Secret drawn"}) {
		t.Errorf("got %v, %v, want Secret drawn", unstable, err)
	}
	if unstable, err = c.Unstable(map[string]any{"password": "p"}, installed); err != nil || len(unstable) > 0 {
		t.Errorf("with a password: got %v, %v, want none", unstable, err)
	}
}

func TestRendersAreRememberedAndIndependent(t *testing.T) {
	c := chart(t, small)
	// The drawn password is equal in both only if the second is remembered.
	first, err := c.Render(nil, installed)
	if err != nil {
		t.Fatal(err)
	}
	want := first.Objects.Copy()
	first.Objects[0]["kind"] = "Changed"
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			again, err := c.Render(nil, installed)
			if err != nil || !cmp.Equal(want, again.Objects) {
				t.Errorf("a later render differs: %v", err)
			}
		})
	}
	all.Wait()
	other := installed
	other.Upgrade = false
	if again, _ := c.Render(nil, other); cmp.Equal(want, again.Objects) {
		t.Error("other options gave the same render")
	}
}

func TestLoadChartRefusesWhatCannotRender(t *testing.T) {
	tests := map[string]struct{ archive, want string }{
		"no Chart.yaml":    {"-- values.yaml --\n", "read the chart: Chart.yaml file is missing"},
		"a library":        {"-- Chart.yaml --\napiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n", "read the chart: lib is a library chart, which renders nothing"},
		"absent sub-chart": {"-- Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: b, version: 1.0.0}]\n", "read the chart: a needs the sub-charts b below charts/; package it with its dependencies"},
	}
	for name, test := range tests {
		if _, err := render.LoadChart(files(test.archive)); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
	if _, err := render.LoadArchive([]byte("no archive")); err == nil {
		t.Error("an archive that is none was accepted")
	}
}
