package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// fixed are the objects that two istiods would share.
var fixed = []render.ID{
	{Group: "security.istio.io", Kind: "PeerAuthentication", Namespace: "istio-system", Name: "default"},
	{Group: "networking.istio.io", Kind: "EnvoyFilter", Namespace: "istio-system", Name: "classification-banner"},
	{Group: "networking.istio.io", Kind: "EnvoyFilter", Namespace: "istio-system", Name: "misdirected-request"},
	{Group: "networking.istio.io", Kind: "EnvoyFilter", Namespace: "istio-system", Name: "remove-server-header"},
}

func withoutDeletes(t tree.Tree) tree.Tree {
	content, _ := t.Read("dev/istio-canary/control-plane.yaml")
	before, _, _ := strings.Cut(string(content), "  postRenderers:")
	return write("dev/istio-canary/control-plane.yaml", before)(t)
}

func withTakeOwnership(t tree.Tree) tree.Tree {
	content, _ := t.Read("dev/istio-canary/control-plane.yaml")
	return write("dev/istio-canary/control-plane.yaml", strings.ReplaceAll(string(content), "disableTakeOwnership: true", "disableTakeOwnership: false"))(t)
}

func TestCanaryThatSharesObjectsFailsBeforeItCreatesAnything(t *testing.T) {
	l := newLab(t, "git")
	l.push(crds, canary, withoutDeletes)
	l.pass(settle)
	got := l.release("bigbang", "istiod-1-29-0")
	if got.Ready.Status != "False" || !strings.Contains(got.Ready.Message, "cannot be imported") {
		t.Errorf("it says %q", got.Ready.Message)
	}
	if _, made := l.live[render.ID{Group: "apps", Kind: "Deployment", Namespace: "istio-system", Name: "istiod-1-29-0"}]; made {
		t.Error("its Deployment was made")
	}
}

func TestCanaryThatTakesOverTheMeshesPoliciesDeletesThemWhenItGoes(t *testing.T) {
	l := newLab(t, "git")
	l.push(crds, canary, withoutDeletes, withTakeOwnership)
	l.pass(settle)
	if got := l.release("bigbang", "istiod-1-29-0"); got.Ready.Status != "True" {
		t.Fatalf("it is not ready: %s", got.Ready.Message)
	}
	l.push(cleanup)
	l.pass(settle)
	for _, id := range fixed {
		if l.live[id] != nil {
			t.Errorf("%s survived", id)
		}
	}
	istiod := l.release("bigbang", "istiod")
	if istiod.Ready.Status != "True" || istiod.Drifted.Status != "True" || istiod.Drifted.Reason != "DriftDetected" {
		t.Errorf("the built-in istiod: ready %s, drifted %+v", istiod.Ready.Status, istiod.Drifted)
	}
	// Its drift detection only warns: nothing brings them back but the next upgrade of the chart.
	l.pass(time.Hour)
	if l.live[fixed[0]] != nil {
		t.Error("the policy came back by itself")
	}
	l.push(bump)
	l.pass(settle)
	if l.live[fixed[0]] == nil {
		t.Error("the next upgrade did not bring the policy back")
	}
}

func TestCleanupTakesOnlyTheCanary(t *testing.T) {
	l := newLab(t, "git")
	before := l.snapshot()
	l.push(crds, canary)
	l.pass(settle)
	l.push(cleanup)
	l.pass(settle)
	if diff := cmp.Diff(before, l.snapshot()); diff != "" {
		t.Errorf("the cluster before and after (-want +got):\n%s", diff)
	}
	for id := range l.live {
		if strings.Contains(id.Name, "1-29-0") {
			t.Errorf("%s is left", id)
		}
	}
}

func TestPruneUnderARunningGatewayStrandsIt(t *testing.T) {
	l := newLab(t, "git")
	l.push(crds, canary, moved(passthrough, public))
	l.pass(settle)
	// The label leaves with the last gateway: the public one came back on the canary, and the label alone does not roll it.
	l.push(moved(move{"istio-gateway", nil}))
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "1-29-0 1.29.0"})
	l.push(moved())
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "1-29-0 1.29.0"})
	// Nothing but the entry gate of cleanup sees it.
	l.wantGate(checks.Unused(upgrade, upgrade.Canary, 0), checks.Wait)
	l.push(cleanup)
	l.pass(settle)
	for _, r := range l.Observe().Flux.HelmReleases {
		if r.Ready.Status != "True" || r.Failures != 0 {
			t.Errorf("HelmRelease %s tells of it", r.Name)
		}
	}
	if got := len(l.unconnected()); got != 2 {
		t.Errorf("%d gateways are without a control plane, want 2: %v", got, l.unconnected())
	}
	l.wantRevisions(map[string]string{"istio-gateway": "1-29-0 1.29.0"})
}

func TestCleanupUninstallsWithinASecondAndAsksNobody(t *testing.T) {
	l := newLab(t, "git", crds, canary)
	l.push(cleanup)
	gone := l.when("the HelmRelease is gone", func() bool {
		return l.live[render.ID{Group: helmGroup, Kind: "HelmRelease", Namespace: "bigbang", Name: "istiod-1-29-0"}] == nil
	})
	hook := render.ID{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration", Name: "istio-sidecar-injector-1-29-0"}
	deployment := render.ID{Group: "apps", Kind: "Deployment", Namespace: "istio-system", Name: "istiod-1-29-0"}
	first := l.when("its webhook is gone", func() bool { return l.live[hook] == nil })
	last := l.when("its Deployment is gone", func() bool { return l.live[deployment] == nil })
	if last.Before(first) || last.Sub(gone) > time.Second {
		t.Errorf("webhook after %s, Deployment after %s", first.Sub(gone), last.Sub(gone))
	}
}

func TestRollbackTakesTheCRDsBack(t *testing.T) {
	l := newLab(t, "git", crds)
	crd := render.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: "virtualservices.networking.istio.io"}
	if got := l.live[crd].Labels()["app.kubernetes.io/version"]; got != "1.29.0" {
		t.Fatalf("the CRD is at %s", got)
	}
	l.push(cleanup)
	l.pass(settle)
	if got := l.live[crd].Labels()["app.kubernetes.io/version"]; got != "1.28.3" {
		t.Errorf("the CRD stayed at %s", got)
	}
}

func TestRemovedKeysStayInSecrets(t *testing.T) {
	l := newLab(t, "git")
	secret := render.ID{Kind: "Secret", Namespace: "orders", Name: "orders-values"}
	old := l.live[secret]
	old.Object = old.Copy()
	old.Object["stringData"].(map[string]any)["common.yaml"] = "left: over"
	l.push(replace("dev/configmap.yaml", "      replicas: 2\n", "      replicas: 3\n"))
	l.pass(settle)
	if _, left := l.live[secret].Get("stringData").(map[string]any)["common.yaml"]; !left {
		t.Error("the key is gone")
	}
	if got := len(l.podNames("orders")); got < 3 {
		t.Errorf("orders has %d pods, want 3", got)
	}
}
