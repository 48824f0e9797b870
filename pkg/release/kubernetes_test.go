package release_test

import (
	"os"
	"testing"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/release"
	"sigs.k8s.io/yaml"
)

func TestKubernetesRange(t *testing.T) {
	for _, row := range []struct {
		istio, min, max string
		known           bool
	}{
		{"1.25", "1.29", "1.32", true},
		{"1.28", "1.30", "1.34", true},
		{"1.29", "1.31", "1.35", true},
		{"1.30", "1.32", "1.36", true},
		{"1.99", "", "", false},
		{"1.2", "", "", false},
		{"", "", "", false},
	} {
		lowest, highest, known := release.KubernetesRange(row.istio)
		if lowest != row.min || highest != row.max || known != row.known {
			t.Errorf("KubernetesRange(%q) = %q, %q, %v, want %q, %q, %v", row.istio, lowest, highest, known, row.min, row.max, row.known)
		}
	}
	if row, ok := release.Kubernetes("1.30"); !ok || row.Floor != "1.32" || row.Source == "" {
		t.Errorf("Kubernetes(1.30) = %+v, %v, want a floor of 1.32 and a source", row, ok)
	}
}

// The table that the bundled one was written from says the same of every minor it knows.
func TestKubernetesRangeAgreesWithTheCollectedTable(t *testing.T) {
	for _, r := range readSupport(t) {
		if r.Confidence != "scraped" {
			continue
		}
		lowest, highest, known := release.KubernetesRange(r.Istio)
		if !known || lowest != r.K8s[0] || highest != r.K8s[len(r.K8s)-1] {
			t.Errorf("KubernetesRange(%q) = %q, %q, %v, want %v", r.Istio, lowest, highest, known, r.K8s)
		}
		if row, _ := release.Kubernetes(r.Istio); row.Floor != r.MinK8s {
			t.Errorf("the floor of %s is %q, want %q", r.Istio, row.Floor, r.MinK8s)
		}
	}
}

type support struct {
	Istio      string   `json:"istio"`
	K8s        []string `json:"k8s"`
	MinK8s     string   `json:"minK8s"`
	Confidence string   `json:"confidence"`
}

func readSupport(t *testing.T) []support {
	t.Helper()
	src, err := os.ReadFile(shareddata.Path(t, "istio", "support", "istio-k8s-support.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []support
	if err := yaml.Unmarshal(src, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
