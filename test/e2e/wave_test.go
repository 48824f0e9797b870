package e2e_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

var upgrade = checks.Upgrade{
	Environment: "e2e", ID: "e2e/3.20.0", Old: old, Canary: canary, Home: home, CanaryReplicas: 2,
	Flux: checks.FluxNames{Kustomization: "environment", GitRepository: "environment", Namespace: "bigbang", HelmRelease: "bigbang"},
}

// moved is the gate of a wave of namespaces, to the canary or home.
func moved(to checks.ControlPlane, namespaces ...string) checks.Gate {
	from, labels, absent := old, map[string]string{"istio.io/rev": canary.Revision}, []string{"istio-injection"}
	if to.Revision == old.Revision {
		from, labels, absent = canary, map[string]string{"istio-injection": "enabled"}, []string{"istio.io/rev"}
	}
	var effects checks.Effects
	for _, ns := range namespaces {
		effects.Namespaces = append(effects.Namespaces, checks.NamespaceEffect{Name: ns, Want: labels, Absent: absent})
	}
	return checks.Moved(upgrade, checks.Scope{Name: "wave", Namespaces: namespaces}, from, to, effects, 0)
}

// agree holds a verdict against the truth: what is green must be so.
func (w *world) agree(t *testing.T, r checks.Result, to checks.ControlPlane, namespaces ...string) {
	t.Helper()
	tr, err := w.truth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, count := tr.moved(to, namespaces...)
	t.Logf("verdict %s; in truth %d pods, all on %s: %t", r.Verdict, count, to.Revision, all)
	if r.Green() != all {
		t.Errorf("the verdict is %s, but whether all %d pods are on %s is %t:\n%s", r.Verdict, count, to.Revision, all, checks.Text(r, 160))
	}
}

func TestAWaveIsGreenWhenItHasReallyMoved(t *testing.T) {
	live.namespace(t, "shop", map[string]string{"istio-injection": "enabled"})
	live.namespace(t, "bank", map[string]string{"istio-injection": "enabled"})
	live.deployment(t, "shop", "web", 4)
	live.deployment(t, "bank", "ledger", 2)
	live.ready(t, "shop", 4)
	live.ready(t, "bank", 2)
	e := live.eyesOf(t, "istio-system", "linnet-observer")

	seen, before := e.until(t, checks.Preflight(upgrade), checks.Pass)
	t.Log(checks.Summary(before))
	live.agree(t, moved(old, "shop", "bank").Evaluate(seen, checks.Merge{}), old, "shop", "bank")
	if seen.ServerVersion != "v1.36.3" || len(seen.Nodes) != 1 || len(seen.CRDs) < 10 || len(seen.Validating) == 0 || len(seen.RootCertificates) < 3 {
		t.Errorf("got server %s, %d nodes, %d CRDs, %d validators, %d root certificates", seen.ServerVersion, len(seen.Nodes), len(seen.CRDs), len(seen.Validating), len(seen.RootCertificates))
	}

	live.installCanary(t)
	_, ready := e.until(t, checks.Canary(upgrade, checks.Effects{}), checks.Pass)
	t.Log(checks.Summary(ready))

	// The label alone moves nobody.
	live.label(t, "shop", toCanary)
	_, r := e.until(t, moved(canary, "shop"), checks.Wait)
	live.agree(t, r, canary, "shop")
	stragglers := checks.Stragglers(r)
	if len(stragglers) != 4 {
		t.Errorf("got %d stragglers, want 4", len(stragglers))
	}
	for _, s := range stragglers {
		if s.Kind != "Deployment" || s.Name != "web" || !strings.Contains(s.Reason, "not restarted") {
			t.Errorf("got %+v", s)
		}
	}

	// While it rolls, every look is held against the truth.
	live.restart(t, "shop", "deployments", "web", "1")
	ended := make(chan error, 1)
	go func() { ended <- live.awaitRollout(context.WithoutCancel(t.Context()), "shop", "web") }()
	for rolling := true; rolling; {
		select {
		case err := <-ended:
			if rolling = false; err != nil {
				t.Fatal(err)
			}
		default:
		}
		if r := moved(canary, "shop").Evaluate(e.look(t), checks.Merge{}); r.Green() {
			live.agree(t, r, canary, "shop")
		}
	}
	live.gone(t, "shop", 4)
	seen, r = e.until(t, moved(canary, "shop"), checks.Pass)
	live.agree(t, r, canary, "shop")
	live.agree(t, moved(canary, "shop", "bank").Evaluate(seen, checks.Merge{}), canary, "shop", "bank")
	if v := checks.Unused(upgrade, old, 0).Evaluate(seen, checks.Merge{}); v.Green() {
		t.Errorf("the built-in istiod is said to be unused while bank is on it:\n%s", checks.Text(v, 160))
	}

	// The rest, and then nobody uses the built-in istiod.
	live.label(t, "bank", toCanary)
	live.restart(t, "bank", "deployments", "ledger", "1")
	_, r = e.until(t, moved(canary, "shop", "bank"), checks.Pass)
	live.agree(t, r, canary, "shop", "bank")
	e.until(t, checks.Unused(upgrade, old, 0), checks.Pass)

	// And home again.
	for ns, app := range map[string]string{"shop": "web", "bank": "ledger"} {
		live.label(t, ns, map[string]string{"istio.io/rev": "", "istio-injection": "enabled"})
		live.restart(t, ns, "deployments", app, "2")
	}
	_, r = e.until(t, moved(old, "shop", "bank"), checks.Pass)
	live.agree(t, r, old, "shop", "bank")
	e.until(t, checks.Unused(upgrade, canary, 0), checks.Pass)
}

// gone waits until a namespace has so many pods, and none that is being deleted.
func (w *world) gone(t *testing.T, namespace string, count int) {
	t.Helper()
	w.await(t.Context(), t, namespace+" has settled", func(ctx context.Context) error {
		tr, err := w.truth(ctx)
		if err != nil {
			return err
		}
		n := 0
		var left []corev1.Pod
		for _, p := range tr.pods {
			if p.Namespace == namespace {
				n++
				if p.DeletionTimestamp != nil {
					left = append(left, p)
				}
			}
		}
		if n != count || len(left) > 0 {
			return errors.New(describe(left))
		}
		return nil
	})
}
