package e2e_test

import (
	"context"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

// TestAWholeUpgradePassesEachGateInTurn goes from the built-in istiod at the old version over the canary to the built-in one at the new version, as a plan of Linnet's does: each
// gate is not green before its phase, and green after it.
func TestAWholeUpgradePassesEachGateInTurn(t *testing.T) {
	live.namespace(t, "shop", map[string]string{"istio-injection": "enabled"})
	live.deployment(t, "shop", "web", 3)
	live.statefulSet(t, "shop", "db", 2, appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType})
	live.ready(t, "shop", 5)
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	none := checks.Effects{}
	for _, phase := range []struct {
		gate checks.Gate
		do   func()
	}{
		{checks.Preflight(upgrade), func() {}},
		{checks.CRDs(upgrade, none), func() {}},
		{checks.Canary(upgrade, none), func() { live.installCanary(t) }},
		{moved(canary, "shop"), func() { live.label(t, "shop", toCanary); live.roll(t, "1") }},
		{checks.Unused(upgrade, old, 0), func() {}},
		{checks.Bumped(upgrade, none, 0), func() { live.builtIn(t, home.Version) }},
		{moved(home, "shop"), func() {
			live.label(t, "shop", map[string]string{"istio.io/rev": "", "istio-injection": "enabled"})
			live.roll(t, "2")
		}},
		{checks.Unused(upgrade, canary, 0), func() {}},
		{checks.Pruned(upgrade, none), func() { live.removeCanary(t) }},
	} {
		if r := phase.gate.Evaluate(e.look(t), checks.Merge{}); r.Green() && phase.gate.Name != "preflight" && phase.gate.Name != "crds" && phase.gate.Name[:6] != "unused" {
			t.Errorf("%s is green before its phase:\n%s", phase.gate.Name, checks.Text(r, 160))
		}
		phase.do()
		_, r := e.until(t, phase.gate, checks.Pass)
		t.Log(checks.Summary(r))
	}
	tr, err := live.truth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all, n := tr.moved(home, "shop"); !all || n != 5 {
		t.Errorf("in truth %d pods are there, and whether all are at home is %t", n, all)
	}
}

// roll restarts the workloads of shop.
func (w *world) roll(t *testing.T, value string) {
	t.Helper()
	w.restart(t, "shop", "deployments", "web", value)
	w.restart(t, "shop", "statefulsets", "db", value)
}

// builtIn brings the built-in istiod to a version for as long as a test lasts.
func (w *world) builtIn(t *testing.T, version string) {
	t.Helper()
	if err := w.applyBuiltIn(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := w.applyBuiltIn(ctx, old.Version); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) applyBuiltIn(ctx context.Context, version string) error {
	all, err := istiod.Manifest(ctx, w.binaries, "", version)
	if err != nil {
		return err
	}
	if err := w.applier.Apply(ctx, all...); err != nil {
		return err
	}
	return w.awaitIstiod(ctx, "istiod", "istio-sidecar-injector")
}
