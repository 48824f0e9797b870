package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Each test here holds one fact that was seen on real Flux controllers, a real API server and real webhooks.

// postRender puts postRenderers on HelmRelease/bigbang.
func postRender(patch string) func(tree.Tree) tree.Tree {
	return func(t tree.Tree) tree.Tree {
		t = appendTo(t, "dev/kustomization.yaml", "- path: postrender.yaml\n  target: {kind: HelmRelease, name: bigbang}\n")
		return write("dev/postrender.yaml", "- op: add\n  path: /spec/postRenderers\n  value:\n  - kustomize:\n      patches:\n"+patch)(t)
	}
}

const removesWhatIsNotThere = `      - target: {kind: Namespace, name: kiali}
        patch: |
          - {op: remove, path: /metadata/labels/no-such-label}
          - {op: add, path: /metadata/labels/marked, value: "yes"}
`

func TestFailingPostRendererIsSilentlyGreen(t *testing.T) {
	l := newLab(t, "git")
	before := l.release("bigbang", "bigbang")
	l.push(postRender(removesWhatIsNotThere))
	failed := l.when("the umbrella fails", func() bool { return l.release("bigbang", "bigbang").Ready.Status == "False" })
	green := l.when("the umbrella is ready", func() bool { return l.release("bigbang", "bigbang").Ready.Status == "True" })
	if took := green.Sub(failed); took > 2*time.Second {
		t.Errorf("it stayed red for %s", took)
	}
	l.pass(settle)
	after := l.release("bigbang", "bigbang")
	if after.Ready.Status != "True" || after.ObservedGeneration != after.Generation || after.LastAttemptedGeneration != after.Generation {
		t.Errorf("it does not look done: %+v", after)
	}
	if after.Generation == before.Generation {
		t.Error("the spec did not change")
	}
	if after.Failures != 1 {
		t.Errorf("failures: %d, want 1", after.Failures)
	}
	if diff := cmp.Diff(before.History[0], after.History[0]); diff != "" {
		t.Errorf("the history moved:\n%s", diff)
	}
	if got := l.namespaceLabels("kiali")["marked"]; got != "" {
		t.Error("the label was applied")
	}
}

func TestFailureThatChangesValuesStaysRedAndIsRetried(t *testing.T) {
	l := newLab(t, "git")
	l.push(replace("dev/configmap.yaml", "kiali:\n  enabled: true", "noSuchKey: true\nkiali:\n  enabled: true"))
	l.pass(settle)
	got := l.release("bigbang", "bigbang")
	if got.Ready.Status != "False" || got.Failures < 4 {
		t.Errorf("ready %s after %d failures", got.Ready.Status, got.Failures)
	}
	if got.History[0].ConfigDigest == got.LastAttemptedConfigDigest {
		t.Error("the digests agree")
	}
	if !strings.Contains(got.Ready.Message, "noSuchKey") {
		t.Errorf("the message does not name the key: %s", got.Ready.Message)
	}
}

func TestSecretOnlyChangeWaitsForTheInterval(t *testing.T) {
	l := newLab(t, "git")
	pods := l.podNames("kiali")
	umbrella := l.release("bigbang", "bigbang").History[0].Version
	generation := l.release("bigbang", "kiali").Generation
	l.push(replace("dev/configmap.yaml", "kiali:\n  enabled: true", "kiali:\n  enabled: true\n  values: {podAnnotations: {note: changed}}"))
	deployed := l.when("the umbrella is deployed", func() bool { return l.release("bigbang", "bigbang").History[0].Version > umbrella })
	green := true
	for _, r := range l.Observe().Flux.HelmReleases {
		green = green && r.Ready.Status == "True" && r.ObservedGeneration == r.Generation
	}
	if !green {
		t.Error("something is red, so the lag would show")
	}
	if diff := cmp.Diff(pods, l.podNames("kiali")); diff != "" {
		t.Errorf("kiali rolled with the umbrella:\n%s", diff)
	}
	rolled := l.when("kiali rolls", func() bool { return !slices.Equal(pods, l.podNames("kiali")) })
	if lag := rolled.Sub(deployed); lag < 2*time.Second || lag > 2*time.Minute+10*time.Second {
		t.Errorf("kiali followed after %s", lag)
	}
	if got := l.release("bigbang", "kiali").Generation; got != generation {
		t.Errorf("the generation of kiali moved from %d to %d", generation, got)
	}
}

func TestOneCommitRunsTheNewSpecWithTheOldChartFirst(t *testing.T) {
	l := newLab(t, "git", crds)
	first := l.release("bigbang", "bigbang").History[0]
	var versions []string
	seen := first.Version
	l.push(bump, cleanup)
	var crdVersions []string
	for range 3600 {
		l.pass(100 * time.Millisecond)
		if now := l.release("bigbang", "bigbang").History[0]; now.Version != seen {
			seen = now.Version
			versions = append(versions, now.ChartVersion)
		}
		if got := l.release("bigbang", "istio-crds").History[0].ChartVersion; len(crdVersions) == 0 || crdVersions[len(crdVersions)-1] != got {
			crdVersions = append(crdVersions, got)
		}
	}
	if diff := cmp.Diff([]string{"3.18.0", "3.19.0"}, versions); diff != "" {
		t.Errorf("charts of the umbrella (-want +got):\n%s", diff)
	}
	// Dropping the inline tag together with the release really takes the CRDs back for a moment.
	if diff := cmp.Diff([]string{"1.29.0-bb.0", "1.28.3-bb.0", "1.29.0-bb.0"}, crdVersions); diff != "" {
		t.Errorf("istio-crds (-want +got):\n%s", diff)
	}
}

func TestInPlaceBumpInjectsGatewaysWithTheOldControlPlaneInGitFlavour(t *testing.T) {
	l := newLab(t, "git")
	pods := l.podNames("istio-gateway")
	l.push(bump)
	l.when("a gateway rolls", func() bool { return !slices.Equal(pods, l.podNames("istio-gateway")) })
	if got := l.release("bigbang", "istiod").History[0].ChartVersion; got != "1.28.3-bb.0" {
		t.Errorf("istiod is at %s already", got)
	}
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "default 1.28.3", "kiali": "default 1.29.0"})
	// Mission applications carry no bigbang.dev/istioVersion: an in-place bump never rolls them.
	l.wantRevisions(map[string]string{"orders": "default 1.28.3", "ledger": "default 1.28.3", "reports": "default 1.28.3"})
}

func TestInPlaceBumpWaitsForIstiodInHelmRepoFlavour(t *testing.T) {
	l := newLab(t, "helmRepo")
	l.push(replace("base/helmrelease.yaml", "version: 3.18.0", "version: 3.19.0"))
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "default 1.29.0", "kiali": "default 1.29.0"})
}

func TestUnreadyDependencyIsAskedAgainAfterThirtySeconds(t *testing.T) {
	l := newLab(t, "git")
	l.push(bump)
	waits := l.when("istiod waits", func() bool { return l.release("bigbang", "istiod").Ready.Reason == "DependencyNotReady" })
	goes := l.when("istiod goes on", func() bool { return l.release("bigbang", "istiod").Ready.Reason != "DependencyNotReady" })
	if got := goes.Sub(waits); got < 29*time.Second || got > 31*time.Second {
		t.Errorf("it asked again after %s", got)
	}
}

func TestBumpRollsBothGatewaysOntoTheCanary(t *testing.T) {
	l := newLab(t, "git", crds, canary, moved(passthrough, public))
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "1-29-0 1.29.0"})
	pods := l.podNames("istio-gateway")
	l.push(bump)
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "1-29-0 1.29.0"})
	for _, name := range l.podNames("istio-gateway") {
		if slices.Contains(pods, name) {
			t.Errorf("%s did not roll", name)
		}
	}
}

func TestRoutineReconcilesBlink(t *testing.T) {
	l := newLab(t, "git")
	var kustomization, release time.Duration
	const step = 20 * time.Millisecond
	for range int(time.Minute / step) {
		l.pass(step)
		f := l.Observe().Flux
		if f.Kustomizations[0].Ready.Status == "Unknown" {
			kustomization += step
		}
		for _, r := range f.HelmReleases {
			if r.Ready.Status != "True" {
				t.Fatalf("HelmRelease %s is not ready in a routine pass", r.Name)
			}
			if r.Name == "bigbang" && r.Reconciling {
				release += step
			}
		}
	}
	if kustomization < 300*time.Millisecond || kustomization > 800*time.Millisecond {
		t.Errorf("the Kustomization was unknown for %s of a minute", kustomization)
	}
	if release < 40*time.Millisecond || release > 1400*time.Millisecond {
		t.Errorf("the umbrella was reconciling for %s of a minute", release)
	}
}

func TestWaitStrategyDecidesWhetherTheUmbrellaWaitsForItsPackages(t *testing.T) {
	legacy := func(t tree.Tree) tree.Tree {
		return appendTo(t, "dev/kustomization.yaml", "- patch: |-\n    apiVersion: helm.toolkit.fluxcd.io/v2\n    kind: HelmRelease\n    metadata: {name: bigbang}\n    spec: {waitStrategy: {name: legacy}}\n")
	}
	for _, row := range []struct {
		name  string
		edit  func(tree.Tree) tree.Tree
		waits bool
	}{{"poller by default", func(t tree.Tree) tree.Tree { return t }, true}, {"legacy", legacy, false}} {
		t.Run(row.name, func(t *testing.T) {
			l := newLab(t, "git", crds, canary, row.edit)
			version := l.release("bigbang", "bigbang").History[0].Version
			l.push(moved(kiali))
			l.when("the umbrella is deployed", func() bool { return l.release("bigbang", "bigbang").History[0].Version > version })
			rolled := slices.Equal(l.revisions("kiali"), []string{"1-29-0 1.29.0"})
			if rolled != row.waits {
				t.Errorf("kiali rolled before the umbrella was ready: %v, want %v", rolled, row.waits)
			}
		})
	}
}

func TestLabelsChangeExactlyAndComeBackExactly(t *testing.T) {
	l := newLab(t, "git", crds, canary)
	before := l.namespaceLabels("kiali")
	l.push(moved(kiali))
	l.pass(settle)
	want := map[string]string{"istio.io/rev": "1-29-0"}
	for key, value := range before {
		if key != "istio-injection" {
			want[key] = value
		}
	}
	if diff := cmp.Diff(want, l.namespaceLabels("kiali")); diff != "" {
		t.Errorf("out (-want +got):\n%s", diff)
	}
	l.push(moved())
	l.pass(settle)
	if diff := cmp.Diff(before, l.namespaceLabels("kiali")); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
}

func TestNullInAStrategicMergeTakesTheNextPodOutOfTheMesh(t *testing.T) {
	l := newLab(t, "git")
	l.push(postRender(`      - target: {kind: Namespace, name: kiali}
        patch: |
          apiVersion: v1
          kind: Namespace
          metadata: {name: kiali, labels: {istio-injection: null, istio.io/rev: "1-29-0"}}
`))
	l.pass(settle)
	if got, is := l.namespaceLabels("kiali")["istio-injection"]; !is || got == "enabled" {
		t.Errorf("the label is %q, present %v", got, is)
	}
	l.wantRevisions(map[string]string{"kiali": "default 1.28.3"})
	for _, p := range l.sortedPods() {
		if p.Namespace == "kiali" {
			l.stop(p)
			break
		}
	}
	l.pass(time.Minute)
	l.wantRevisions(map[string]string{"kiali": "-, default 1.28.3"})
	for _, r := range l.Observe().Flux.HelmReleases {
		if r.Ready.Status != "True" || r.Failures != 0 {
			t.Errorf("HelmRelease %s tells of it", r.Name)
		}
	}
}

func TestLabelAddedByHandSurvivesUpgrades(t *testing.T) {
	l := newLab(t, "git")
	ns := l.live[render.ID{Kind: "Namespace", Name: "kiali"}]
	labels := ns.Labels()
	labels["istio.io/rev"], labels["istio-injection"] = "rogue", "disabled"
	ns.Object = withMetadata(ns.Object, labels, ns.Annotations())
	l.pass(settle)
	if got := l.namespaceLabels("kiali")["istio-injection"]; got != "disabled" {
		t.Errorf("an owned label was mended without an upgrade: %q", got)
	}
	l.push(bump)
	l.pass(settle)
	if got := l.namespaceLabels("kiali"); got["istio-injection"] != "enabled" || got["istio.io/rev"] != "rogue" {
		t.Errorf("after an upgrade: %v", got)
	}
}

func TestNamespacesAreLabelledBeforeReleasesChangeAndPodsStart(t *testing.T) {
	l := newLab(t, "git", crds, canary)
	// Nothing that kiali depends on moves with it: else it would wait for the requeue.
	l.push(moved(kiali, passthrough))
	pods := l.podNames("kiali")
	generation := l.release("bigbang", "kiali").Generation
	labelled := l.when("the namespace is labelled", func() bool { return l.namespaceLabels("kiali")["istio.io/rev"] != "" })
	changed := l.when("the release changed", func() bool { return l.release("bigbang", "kiali").Generation > generation })
	rolled := l.when("a pod starts", func() bool {
		return slices.ContainsFunc(l.sortedPods(), func(p *pod) bool { return p.Namespace == "kiali" && !slices.Contains(pods, p.Name) })
	})
	if got := changed.Sub(labelled); got < 0 || got > 500*time.Millisecond {
		t.Errorf("the release changed %s after the label", got)
	}
	if got := rolled.Sub(labelled); got < 200*time.Millisecond || got > 1500*time.Millisecond {
		t.Errorf("the first pod started %s after the label", got)
	}
	l.pass(settle)
	l.wantRevisions(map[string]string{"kiali": "1-29-0 1.29.0"})
}

func TestEachWorkloadRollsOncePerPhase(t *testing.T) {
	l := newLab(t, "git", crds, canary)
	generations := map[checks.WorkloadRef]int64{}
	for _, w := range l.sortedWorkloads() {
		generations[w.key()] = w.Generation
	}
	l.push(moved(kiali, tempo, monitoring, ledger))
	l.pass(settle)
	for _, w := range l.sortedWorkloads() {
		want := generations[w.key()]
		if slices.Contains([]string{"kiali", "tempo", "monitoring", "ledger"}, w.Namespace) {
			want++
		}
		if w.Generation != want {
			t.Errorf("%s went from generation %d to %d", w.key(), generations[w.key()], w.Generation)
		}
	}
}
