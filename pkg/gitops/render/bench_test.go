package render_test

import (
	"fmt"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func BenchmarkOverlay(b *testing.B) {
	repo := realRepository(b, "customer-template-2026-02", "3.18.0")
	base := realBase(b)
	b.Run("cold", func(b *testing.B) {
		for i := range b.N {
			edited := repo.With(tree.Change{Path: "gitRepo/dev/configmap.yaml", Content: fmt.Appendf(nil, "domain: d%d.example.com\n", i)})
			if _, err := render.Overlay(edited, "gitRepo/dev", base); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			if _, err := render.Overlay(repo, "gitRepo/dev", base); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUmbrella(b *testing.B) {
	u := umbrella(b, "3.18.0", "gitRepo")
	chart := realChart(b, "bigbang-3.18.0")
	options := render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang", KubeVersion: "1.33.0"}
	b.Run("cold", func(b *testing.B) {
		for i := range b.N {
			u.Values["domain"] = fmt.Sprintf("d%d.example.com", i)
			if _, err := chart.Render(u.Values, options); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			if _, err := chart.Render(u.Values, options); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("validate", func(b *testing.B) {
		for b.Loop() {
			if got := chart.Validate(u.Values); len(got) > 0 {
				b.Fatal(got)
			}
		}
	})
}

func BenchmarkPostRender(b *testing.B) {
	objs := make(render.Objects, 0, 300)
	for i := range 300 {
		objs = append(objs, parsed(b, fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: ns-%d, labels: {app: web}}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1", env: [{name: A, value: b}]}]}}}
`, i, i%20))...)
	}
	var list any
	if err := yaml.Unmarshal([]byte(`
- kustomize:
    patches:
    - target: {kind: Deployment, namespace: ns-3}
      patch: "- {op: add, path: /spec/template/metadata/annotations, value: {revision: '1-30-3'}}"
`), &list); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := render.PostRender(objs, list); err != nil {
			b.Fatal(err)
		}
	}
}
