package gitops_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// BenchmarkDiscover reads each real repository, and one of 2,000 files written here.
func BenchmarkDiscover(b *testing.B) {
	run := func(name string, files tree.Tree, options gitops.Options) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gitops.Discover(files, options); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(files.Len()), "files")
		})
	}
	files, options := generated(b, 2000)
	run("generated-2000", tree.New(files), options)
	entries, err := os.ReadDir(shareddata.Path(b, "gitops-repos"))
	if err != nil {
		b.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			run(entry.Name(), realRepository(b, entry.Name()), gitops.Options{})
		}
	}
}

// generated is a repository of n files: ten environments over one base, and mission applications with their namespaces below apps/.
func generated(t testing.TB, n int) (map[string][]byte, gitops.Options) {
	files, options := fixture(t, "shared-base")
	for i := range 10 {
		env := fmt.Sprintf("clusters/c%d", i)
		files[env+"/kustomization.yaml"] = []byte("resources:\n- ../../base\n- values.yaml\n")
		files[env+"/values.yaml"] = files["dev/values.yaml"]
	}
	for i := 0; len(files) < n; i++ {
		dir := fmt.Sprintf("apps/a%d", i)
		files[dir+"/kustomization.yaml"] = []byte("resources:\n- namespace.yaml\n- deployment.yaml\n")
		files[dir+"/namespace.yaml"] = fmt.Appendf(nil, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a%d\n  labels:\n    istio-injection: enabled\n", i)
		files[dir+"/deployment.yaml"] = fmt.Appendf(nil, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a%d, namespace: a%d}\nspec:\n  replicas: 1\n", i, i)
		files[dir+"/README.md"] = []byte("An application.\n")
	}
	return files, options
}

// TestDiscoverAmongManyFiles: size does not change the answer.
func TestDiscoverAmongManyFiles(t *testing.T) {
	files, options := generated(t, 2000)
	repository := discover(t, files, options)
	if len(repository.Environments) != 12 {
		t.Errorf("got %d environments, want 12", len(repository.Environments))
	}
	dev, err := repository.Environment("dev")
	if err != nil {
		t.Fatal(err)
	}
	if len(dev.MissionNamespaces) < 400 {
		t.Errorf("got %d mission namespaces, want those of every application", len(dev.MissionNamespaces))
	}
}
