package planner_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// BenchmarkPlanMiniature plans for the repository and the Big Bang written for this project; after the first plan charts and releases are in memory.
func BenchmarkPlanMiniature(b *testing.B) {
	benchmarkPlan(b, tree.New(miniature.Repository("git")), "dev", "3.19.0", miniatureMaterial(b))
}

// BenchmarkPlan2000Files plans for an environment in a repository of two thousand files, most of them other teams' manifests.
func BenchmarkPlan2000Files(b *testing.B) {
	benchmarkPlan(b, tree.New(repositoryOf(2000)), "dev", "3.19.0", miniatureMaterial(b))
}

// BenchmarkPlanRealUmbrella plans the real step from 3.18.0 to 3.19.0 for the official customer template.
func BenchmarkPlanRealUmbrella(b *testing.B) {
	material := newRealMaterial(b)
	benchmarkPlan(b, realRepository(b, "customer-template-2026-02", "3.2.0", "3.18.0"), "gitRepo/dev", "3.19.0", material)
}

func benchmarkPlan(b *testing.B, t tree.Tree, environment, to string, material planner.Material) {
	b.Helper()
	in := planner.Input{Environment: environment, To: to, Material: material}
	for n := 0; b.Loop(); n++ {
		// What was rendered for one plan must not answer the next: each has values of its own.
		in.Tree = t.With(tree.Change{Path: environment + "/configmap.yaml", Content: withDomain(b, t, environment+"/configmap.yaml", n)})
		mustPlan(b, in)
	}
}

var domain = regexp.MustCompile(`(?m)^domain: .*$`)

func withDomain(b *testing.B, t tree.Tree, name string, n int) []byte {
	b.Helper()
	content, _ := t.Read(name)
	if !domain.Match(content) {
		b.Fatalf("%s sets no domain", name)
	}
	return domain.ReplaceAll(content, fmt.Appendf(nil, "domain: d%d.example.mil", n))
}

// repositoryOf puts other teams' Kustomize folders around the miniature repository until it has n files.
func repositoryOf(n int) map[string][]byte {
	files := miniature.Repository("git")
	for i := 0; len(files) < n; i++ {
		dir := fmt.Sprintf("teams/team-%02d/app-%03d/", i%40, i)
		files[dir+"kustomization.yaml"] = []byte("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - deployment.yaml\n  - service.yaml\n")
		files[dir+"deployment.yaml"] = fmt.Appendf(nil, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\n  namespace: team-%d\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {app: app-%d}\n  template:\n    metadata:\n      labels: {app: app-%d}\n    spec:\n      containers:\n        - name: app\n          image: registry.example.com/app:%d\n", i, i%40, i, i, i)
		files[dir+"service.yaml"] = fmt.Appendf(nil, "apiVersion: v1\nkind: Service\nmetadata:\n  name: app-%d\n  namespace: team-%d\nspec:\n  selector: {app: app-%d}\n  ports:\n    - port: 80\n", i, i%40, i)
	}
	return files
}
