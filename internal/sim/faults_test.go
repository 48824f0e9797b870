package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestOverlayThatDoesNotBuildStopsTheKustomization(t *testing.T) {
	l := newLab(t, "git")
	k := l.sortedKustomizations()[0]
	applied := k.LastAppliedRevision
	l.push(replace("dev/kustomization.yaml", "- mission ", "- no-such-folder\n- mission "))
	l.pass(settle)
	if k.Ready.Status != "False" || k.LastAppliedRevision != applied || !strings.HasSuffix(k.LastAttemptedRevision, l.commit) {
		t.Errorf("the Kustomization: %+v", k.Kustomization)
	}
	if !strings.Contains(k.Ready.Message, "no-such-folder") {
		t.Errorf("it does not name the folder: %s", k.Ready.Message)
	}
	l.push(replace("dev/kustomization.yaml", "- no-such-folder\n", ""))
	l.pass(settle)
	if k.Ready.Status != "True" || k.LastAppliedRevision == applied {
		t.Errorf("it did not recover: %+v", k.Kustomization)
	}
}

func TestSuspendedReleaseObservesItsGenerationAndDoesNothing(t *testing.T) {
	l := newLab(t, "git")
	pods := l.podNames("kiali")
	l.push(postRender(`      - target: {kind: HelmRelease, name: kiali}
        patch: |
          - {op: add, path: /spec/suspend, value: true}
`), replace("dev/configmap.yaml", "kiali:\n  enabled: true", "kiali:\n  enabled: true\n  values: {podAnnotations: {note: changed}}"))
	l.pass(settle)
	r := l.release("bigbang", "kiali")
	if !r.Suspended || r.ObservedGeneration != r.Generation || r.LastAttemptedGeneration == r.Generation {
		t.Errorf("HelmRelease kiali: %+v", r)
	}
	if !slices.Equal(pods, l.podNames("kiali")) {
		t.Error("it rolled")
	}
}

func TestPackageWhoseSchemaRefusesTheValuesStallsAndItsDependentsWait(t *testing.T) {
	l := newLab(t, "git")
	l.push(replace("dev/configmap.yaml", "istiod:\n  enabled: true", "istiod:\n  enabled: true\n  git: {tag: 1.28.3-bb.0}"), bump)
	l.pass(settle)
	if got := l.release("bigbang", "istiod"); got.Ready.Status != "False" || got.Failures == 0 || !strings.Contains(got.Ready.Message, "istio") {
		t.Errorf("istiod: %s after %d failures: %s", got.Ready.Status, got.Failures, got.Ready.Message)
	}
	l.wantRevisions(everywhere("default 1.28.3"))
}

func TestNoPodStartsWhileItsInjectorDoesNotAnswer(t *testing.T) {
	l := newLab(t, "git")
	istiod := l.workloads[checks.WorkloadRef{Namespace: "istio-system", Kind: "Deployment", Name: "istiod"}]
	istiod.wanted = 0 // scaled to zero by hand
	l.roll(istiod)
	l.pass(10 * time.Second)
	for _, p := range l.sortedPods() {
		if p.Namespace == "kiali" {
			l.stop(p)
		}
	}
	l.pass(time.Minute)
	if got := l.podNames("kiali"); len(got) > 0 {
		t.Errorf("pods started: %v", got)
	}
	kiali := l.workloads[checks.WorkloadRef{Namespace: "kiali", Kind: "Deployment", Name: "kiali-kiali"}]
	if !strings.Contains(kiali.Stuck, "webhook") {
		t.Errorf("the Deployment says %q", kiali.Stuck)
	}
	istiod.wanted = 1
	l.roll(istiod)
	l.pass(time.Minute)
	l.wantRevisions(everywhere("default 1.28.3"))
	if lost := l.unconnected(); len(lost) > 0 {
		t.Errorf("proxies did not come back: %v", lost)
	}
}

func TestProxiesSpreadOverReplicasAndFollowWhenOneGoes(t *testing.T) {
	l := newLab(t, "git", crds, canary, moved(kiali, orders, ledger))
	l.pass(settle)
	var counts []int
	var one *pod
	for _, p := range l.sortedPods() {
		if p.istiod != nil && p.istiod.revision == "1-29-0" {
			counts = append(counts, len(p.istiod.clients))
			one = p
		}
	}
	if len(counts) != 2 || counts[0] == 0 || counts[1] == 0 {
		t.Fatalf("clients of the canary's replicas: %v", counts)
	}
	l.stop(one)
	l.when("its clients are gone", func() bool { return len(l.unconnected()) > 0 })
	// Sooner than a new replica could be ready and take them.
	l.pass(reconnectTime.longest)
	if lost := l.unconnected(); len(lost) > 0 {
		t.Errorf("still lost: %v", lost)
	}
}

func TestCronJobsStartShortLivedProxiesOfTheNamespacesRevision(t *testing.T) {
	l := newLab(t, "git", crds, canary, moved(orders))
	l.pass(start.Add(74 * time.Minute).Sub(l.Now()))
	run := l.when("a run starts", func() bool {
		return slices.ContainsFunc(l.sortedPods(), func(p *pod) bool { return p.of.Kind == "Job" && p.Namespace == "orders" && p.Ready })
	})
	if run.Minute() != 15 {
		t.Errorf("it ran at %s, want a quarter past", run.Format("15:04"))
	}
	l.pass(time.Minute)
	for _, p := range l.sortedPods() {
		if p.of.Kind == "Job" && (p.Phase != "Succeeded" || p.Annotations["istio.io/rev"] != "1-29-0" || p.proxy.to != nil) {
			t.Errorf("%s is %s, revision %s, connected %v", p.Name, p.Phase, p.Annotations["istio.io/rev"], p.proxy.to != nil)
		}
	}
	l.pass(24 * time.Hour)
	if got := len(l.pods); got > 30 {
		t.Errorf("%d pods after a day: ended ones pile up", got)
	}
}

func TestStatefulSetsRollFromTheHighestOrdinalOneAtATime(t *testing.T) {
	l := newLab(t, "git", crds, canary)
	l.push(moved(ledger))
	var order []string
	done := map[string]bool{}
	l.when("all moved", func() bool {
		away := 0
		for i := range 3 {
			name := fmt.Sprintf("ledger-%d", i)
			p := l.pods[podKey{"ledger", name}]
			if p == nil || p.Deleting || !p.Ready {
				away++
			} else if p.Annotations["istio.io/rev"] == "1-29-0" && !done[name] {
				done[name] = true
				order = append(order, name)
			}
		}
		if away > 1 {
			t.Fatalf("%d pods of three are away at once", away)
		}
		return len(order) == 3
	})
	if want := []string{"ledger-2", "ledger-1", "ledger-0"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestWaveThatIsMergedWithItsCanaryStartsPodsWithoutAProxy(t *testing.T) {
	l := newLab(t, "git")
	l.push(crds, canary, moved(kiali))
	l.pass(settle)
	// The label came before there was anybody to answer to it.
	if got := l.revisions("kiali"); !slices.Contains(got, "-") {
		t.Errorf("every pod has a proxy: %v", got)
	}
}

func TestHostNetworkIsNeverInjected(t *testing.T) {
	l := newLab(t, "git")
	for _, p := range l.sortedPods() {
		if p.HostNetwork && p.proxy != nil {
			t.Errorf("%s has a proxy", p.Name)
		}
	}
}

func TestValidatorsFailOpenUntilIstiodHasWrittenItsRoot(t *testing.T) {
	l := newLab(t, "git")
	name := "istio-validator-1-29-0-istio-system"
	l.push(crds, canary)
	id := render.ID{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration", Name: name}
	l.when("the validator is there", func() bool { return l.live[id] != nil })
	hook := func() checks.Webhook {
		for _, w := range l.Observe().Validating {
			if w.Name == name {
				return w.Hooks[0]
			}
		}
		return checks.Webhook{}
	}
	if got := hook(); got.CABundle || got.FailurePolicy != "Ignore" {
		t.Errorf("before: %+v", got)
	}
	l.pass(settle)
	if got := hook(); !got.CABundle || got.FailurePolicy != "Fail" {
		t.Errorf("after: %+v", got)
	}
}

func TestPreflightPassesOnBothFlavours(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			newLab(t, flavour).wantGate(checks.Preflight(upgrade), checks.Pass)
		})
	}
}

func TestWithoutAnyPackageAtHandIstioIsTheMiniaturesAndTheRestOneDeploymentEach(t *testing.T) {
	releases, _ := Miniature()
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, Cluster: c, files: tree.New(miniature.Repository("git"))}
	l.push()
	l.pass(10 * time.Minute)
	l.wantRevisions(everywhere("default 1.28.3"))
	if got := len(l.StandIns()); got != 10 {
		t.Errorf("%d stand-ins, want 10: %s", got, strings.Join(l.StandIns(), "\n"))
	}
	l.push(crds, canary)
	l.pass(settle)
	l.push(moved(kiali, ledger))
	l.pass(settle)
	l.wantRevisions(map[string]string{"kiali": "1-29-0 1.29.0", "ledger": "1-29-0 1.29.0", "tempo": "default 1.28.3"})
}
