package mesh

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func fluxObject(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range decode(t, "testdata/flux.yaml") {
		if u := o.(*unstructured.Unstructured); u.GetKind() == kind && u.GetName() == name {
			return u
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

func TestSources(t *testing.T) {
	same(t, sourceOf(fluxObject(t, "GitRepository", "environment")), checks.Source{
		FluxObject: checks.FluxObject{
			Namespace: "bigbang", Name: "environment", Generation: 3, ObservedGeneration: 3,
			Kustomization: checks.NamespacedName{Namespace: "flux-system", Name: "flux-system"},
			Ready:         checks.Condition{Status: "True", Reason: "Succeeded", Message: "stored artifact", Since: at("2026-11-01T10:00:00Z")},
		},
		URL: "https://git.example.com/acme/gitops.git", Ref: "main", RefKind: "branch", Interval: time.Minute, // no credentials
		Artifact: "main@sha1:0123456789012345678901234567890123456789",
	})
	for _, c := range []struct{ kind, name, refKind, ref, url string }{
		{"GitRepository", "istiod", "semver", ">=1.28.0", "ssh://git@git.example.com/istiod.git"}, // beats the tag beside it
		{"OCIRepository", "kiali", "digest", "sha256:abc", "oci://registry.example.com/kiali"},
		{"HelmRepository", "registry1", "", "", "oci://registry.example.com/charts"},
	} {
		got := sourceOf(fluxObject(t, c.kind, c.name))
		if got.RefKind != c.refKind || got.Ref != c.ref || got.URL != c.url {
			t.Errorf("%s %s: got %s %q at %s, want %s %q at %s", c.kind, c.name, got.RefKind, got.Ref, got.URL, c.refKind, c.ref, c.url)
		}
	}
	if !sourceOf(fluxObject(t, "GitRepository", "istiod")).Suspended {
		t.Error("a suspended source is not seen as one")
	}
}

func TestKustomizationAndChart(t *testing.T) {
	same(t, kustomizationOf(fluxObject(t, "Kustomization", "environment")), checks.Kustomization{
		FluxObject: checks.FluxObject{
			Namespace: "bigbang", Name: "environment", Generation: 4, ObservedGeneration: 4,
			Ready: checks.Condition{Status: "Unknown", Reason: "Progressing", Message: "reconciliation in progress", Since: at("2026-11-01T10:00:30Z")},
		},
		Path: "./dev", SourceKind: "GitRepository", Source: checks.NamespacedName{Namespace: "bigbang", Name: "environment"}, // its own namespace where none is named
		Prune: true, LastAppliedRevision: "main@sha1:01", LastAttemptedRevision: "main@sha1:02", Interval: 10 * time.Minute,
	})
	same(t, helmChartOf(fluxObject(t, "HelmChart", "bigbang-istiod")), checks.HelmChart{
		FluxObject: checks.FluxObject{Namespace: "bigbang", Name: "bigbang-istiod", Generation: 2, ObservedGeneration: 2},
		SourceKind: "GitRepository", SourceName: "istiod", ObservedSourceArtifactRevision: "1.28.3-bb.0@sha1:aa", Artifact: "1.28.3-bb.0",
	})
}

// Every field that tells a settled release from one that only says so.
func TestHelmRelease(t *testing.T) {
	same(t, helmReleaseOf(fluxObject(t, "HelmRelease", "istiod")), checks.HelmRelease{
		FluxObject: checks.FluxObject{
			Namespace: "bigbang", Name: "istiod", Generation: 9, ObservedGeneration: 9, Release: checks.NamespacedName{Namespace: "bigbang", Name: "bigbang"},
			Ready: checks.Condition{Status: "True", Reason: "UpgradeSucceeded"},
		},
		Interval: 2 * time.Minute, ChartVersion: "*", Chart: checks.NamespacedName{Namespace: "bigbang", Name: "bigbang-istiod"},
		LastAttemptedGeneration: 9, LastAttemptedRevision: "1.28.3-bb.0", LastAttemptedConfigDigest: "sha256:new",
		Failures: 1, UpgradeFailures: 2, InstallFailures: 3,
		History: []checks.Snapshot{
			{Version: 12, Status: "deployed", ChartVersion: "1.28.3-bb.0", ConfigDigest: "sha256:old", LastDeployed: at("2026-11-01T09:00:00Z")},
			{Version: 11, Status: "superseded", ChartVersion: "1.28.2-bb.0", ConfigDigest: "sha256:older", LastDeployed: at("2026-10-01T09:00:00Z")},
		},
		Reconciling: true, Drifted: checks.Condition{Status: "True", Reason: "DriftDetected", Message: "a Deployment changed"},
		Remediated: checks.Condition{Status: "False"},
	})
	by := helmReleaseOf(fluxObject(t, "HelmRelease", "kiali"))
	same(t, by.ChartRef, checks.NamespacedName{Namespace: "bigbang", Name: "kiali"})
	if by.ChartRefKind != "OCIRepository" || by.Chart != (checks.NamespacedName{}) {
		t.Errorf("got chart %s and a reference to a %s, want only an OCIRepository", by.Chart, by.ChartRefKind)
	}
}

// The annotation that restarts pods is read from where package planner writes it.
func TestCustomResourcesCarryWhatBecomesOfTheirPods(t *testing.T) {
	found := 0
	for _, o := range operators {
		if o.kind == "Alertmanager" || o.kind == "ThanosRuler" {
			continue // as Prometheus
		}
		for _, object := range decode(t, "testdata/flux.yaml") {
			u := object.(*unstructured.Unstructured)
			if u.GetKind() != o.kind {
				continue
			}
			found++
			w := o.workloadOf(u)
			if w.Kind != o.kind || w.TemplateAnnotations["linnet-bot.github.io/mesh-revision"] != "1-30-3" || w.TemplateLabels["team"] != "ops" {
				t.Errorf("%s: got %+v", o.kind, w.Workload)
			}
		}
	}
	if found != 4 {
		t.Errorf("got %d kinds, want 4", found)
	}
}
