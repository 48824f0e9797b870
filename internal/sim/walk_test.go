package sim

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

var upgrade = checks.Upgrade{
	Environment: "dev", ID: "dev/3.19.0",
	Flux:           checks.FluxNames{Kustomization: "environment", GitRepository: "environment-repo", Namespace: "bigbang", HelmRelease: "bigbang"},
	Old:            checks.ControlPlane{Revision: "default", Version: "1.28.3"},
	Canary:         checks.ControlPlane{Revision: "1-29-0", Version: "1.29.0"},
	Home:           checks.ControlPlane{Revision: "default", Version: "1.29.0"},
	CanaryReplicas: 2,
	Kubernetes:     checks.KubernetesRange{Min: "1.31", Max: "1.35"},
}

// wantGate evaluates a gate over the cluster as it is now, for the last push.
func (l *lab) wantGate(g checks.Gate, want checks.Verdict) {
	l.Helper()
	r := g.Evaluate(l.Observe(), checks.Merge{Commit: l.commit, At: l.pushed})
	if r.Verdict != want {
		l.Errorf("gate %s is %s, want %s:\n%s", g.Name, r.Verdict, want, checks.Text(r, 140))
	}
}

// everywhere gives every meshed namespace the same revision.
func everywhere(revision string) map[string]string {
	want := map[string]string{}
	for _, namespace := range []string{"istio-gateway", "kiali", "monitoring", "tempo", "orders", "ledger", "reports"} {
		want[namespace] = revision
	}
	return want
}

func with(base map[string]string, revision string, namespaces ...string) map[string]string {
	for _, namespace := range namespaces {
		base[namespace] = revision
	}
	return base
}

func TestWalkMovesEveryPodToTheCanaryAndHome(t *testing.T) {
	const o, n, home = "default 1.28.3", "1-29-0 1.29.0", "default 1.29.0"
	l := newLab(t, "git")
	l.wantRevisions(everywhere(o))
	l.wantGate(checks.Preflight(upgrade), checks.Pass)

	t.Log("crds")
	pods := l.podNames("kiali")
	l.push(crds)
	l.pass(settle)
	l.wantRevisions(everywhere(o))
	if got := l.release("bigbang", "istio-crds").History[0].ChartVersion; got != "1.29.0-bb.0" {
		t.Errorf("istio-crds is at %s", got)
	}
	umbrella := checks.Effects{UmbrellaChanges: true, QuietTime: true}
	l.wantGate(checks.CRDs(upgrade, umbrella), checks.Pass)

	t.Log("canary")
	l.push(canary)
	l.pass(settle)
	l.wantRevisions(everywhere(o))
	if got := l.release("bigbang", "istiod-1-29-0"); got.Ready.Status != "True" {
		t.Fatalf("the canary is not ready: %s", got.Ready.Message)
	}
	if diff := cmp.Diff(pods, l.podNames("kiali")); diff != "" {
		t.Errorf("a pod of kiali moved before its wave:\n%s", diff)
	}
	ready := 0
	for _, i := range l.Observe().Istiods {
		if i.Revision == "1-29-0" && i.Ready && i.Version == "1.29.0" && len(i.Connections) == 0 {
			ready++
		}
	}
	if ready != 2 {
		t.Errorf("%d idle, ready canaries, want 2", ready)
	}

	l.wantGate(checks.Canary(upgrade, checks.Effects{}), checks.Pass)

	t.Log("waves")
	first := checks.Scope{Name: "wave-1", Namespaces: []string{"kiali", "orders"}}
	l.push(moved(kiali, orders))
	l.wantGate(checks.Moved(upgrade, first, upgrade.Old, upgrade.Canary, umbrella, 0), checks.Wait)
	l.pass(settle)
	l.wantRevisions(with(everywhere(o), n, "kiali", "orders"))
	l.wantGate(checks.Moved(upgrade, first, upgrade.Old, upgrade.Canary, umbrella, 0), checks.Pass)
	l.push(moved(kiali, orders, tempo, monitoring, ledger), reportsOut)
	l.pass(settle)
	l.wantRevisions(with(everywhere(n), o, "istio-gateway"))

	t.Log("gateways")
	l.push(moved(kiali, orders, tempo, monitoring, ledger, passthrough))
	l.pass(settle)
	l.wantRevisions(with(everywhere(n), n+", "+o, "istio-gateway"))
	l.push(moved(kiali, orders, tempo, monitoring, ledger, passthrough, public))
	l.pass(settle)
	l.wantRevisions(everywhere(n))
	l.wantGate(checks.GatewayMoved(upgrade, checks.Scope{Name: "gateways", Namespaces: []string{"istio-gateway"}}, upgrade.Old, upgrade.Canary, umbrella, 0), checks.Pass)
	l.wantGate(checks.Unused(upgrade, upgrade.Old, 0), checks.Pass)
	l.wantGate(checks.Unused(upgrade, upgrade.Canary, 0), checks.Wait)
	for _, i := range l.Observe().Istiods {
		if i.Revision == "default" && len(i.Connections) > 0 {
			t.Errorf("%s still has %v", i.Pod, i.Connections)
		}
	}

	t.Log("bump")
	l.push(bump)
	l.pass(settle)
	l.wantRevisions(everywhere(n))
	if got := l.release("bigbang", "istiod").History[0].ChartVersion; got != "1.29.0-bb.0" {
		t.Errorf("the built-in istiod is at %s", got)
	}
	l.wantGate(checks.Bumped(upgrade, umbrella, 0), checks.Pass)

	t.Log("home")
	l.push(moved(orders, tempo, monitoring, ledger, passthrough, public))
	l.pass(settle)
	l.wantRevisions(with(everywhere(n), home, "kiali"))
	l.wantGate(checks.Moved(upgrade, checks.Scope{Name: "home-1", Namespaces: []string{"kiali"}}, upgrade.Canary, upgrade.Home, umbrella, 0), checks.Pass)
	l.wantGate(checks.Unused(upgrade, upgrade.Canary, 0), checks.Wait)
	public := move{"", public.releases}
	l.push(moved(public), reportsHome)
	l.pass(settle)
	l.wantRevisions(with(everywhere(home), n+", "+home, "istio-gateway"))
	l.push(moved())
	l.pass(settle)
	l.wantRevisions(everywhere(home))
	for _, i := range l.Observe().Istiods {
		if i.Revision == "1-29-0" && len(i.Connections) > 0 {
			t.Errorf("%s still has %v", i.Pod, i.Connections)
		}
	}

	l.wantGate(checks.Unused(upgrade, upgrade.Canary, 0), checks.Pass)

	t.Log("cleanup")
	l.push(cleanup)
	l.pass(settle)
	l.wantRevisions(everywhere(home))
	l.wantGate(checks.Pruned(upgrade, umbrella), checks.Pass)
	if lost := l.unconnected(); len(lost) > 0 {
		t.Errorf("proxies without a control plane: %v", lost)
	}

	inPlace := newLab(t, "git")
	inPlace.push(bump)
	inPlace.pass(settle)
	if !l.files.Equal(inPlace.files) {
		t.Errorf("the tree is not that of an in-place bump: %v", l.files.Changes(inPlace.files))
	}
	if diff := cmp.Diff(inPlace.snapshot(), l.snapshot()); diff != "" {
		t.Errorf("the cluster is not that of an in-place bump (-want +got):\n%s", diff)
	}
}
