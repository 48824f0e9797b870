package mesh

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestWhichBudgetsBlock(t *testing.T) {
	app := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "cart"}}
	for name, c := range map[string]struct {
		selector   *metav1.LabelSelector
		namespace  string
		allowed    int32
		generation int64
		replicas   int
		want       bool
	}{
		"none allowed":               {app, "shop", 0, 1, 1, true},
		"one allowed":                {app, "shop", 1, 1, 1, false},
		"other namespace":            {app, "other", 0, 1, 1, false},
		"empty selector is over all": {&metav1.LabelSelector{}, "shop", 0, 1, 1, true},
		"no selector is over none":   {nil, "shop", 0, 1, 1, false},
		"changed and not looked at":  {app, "shop", 1, 2, 1, true},
		"no pods to evict":           {app, "shop", 0, 1, 0, false},
	} {
		b := budgetOf(&policyv1.PodDisruptionBudget{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: "b", Generation: c.generation}, Spec: policyv1.PodDisruptionBudgetSpec{Selector: c.selector},
			Status: policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: c.allowed, ObservedGeneration: 1},
		})
		w := &workload{Workload: checks.Workload{Namespace: "shop", Replicas: c.replicas, TemplateLabels: map[string]string{"app": "cart"}}}
		if got := b.blocks(w); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}

// The same roots have the same fingerprint, however they are written down.
func TestFingerprint(t *testing.T) {
	one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("one")})
	two := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("two")})
	sum := sha256.Sum256([]byte("one"))
	if got, want := fingerprint(one), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("one certificate: got %s, want that of its bytes, %s", got, want)
	}
	if fingerprint([]byte("\n"+string(one)+"\n\n")) != fingerprint(one) || fingerprint(slices.Concat(one, one)) != fingerprint(one) {
		t.Error("white space or repetition makes a difference")
	}
	if fingerprint(slices.Concat(one, two)) != fingerprint(slices.Concat(two, one)) || fingerprint(slices.Concat(one, two)) == fingerprint(one) {
		t.Error("the order makes a difference, or a second root makes none")
	}
	if fingerprint([]byte("no PEM")) == "" || fingerprint(nil) != "" || fingerprint([]byte(" \n")) != "" {
		t.Error("text that is no PEM has no fingerprint, or nothing has one")
	}
}

func TestOwnersUpToTheRoot(t *testing.T) {
	above := map[ownerKey]checks.Owner{
		{"shop", "ReplicaSet", "cart-1"}:    {APIVersion: "apps/v1", Kind: "Deployment", Name: "cart"},
		{"shop", "Deployment", "cart"}:      {},
		{"m", "StatefulSet", "prometheus"}:  {APIVersion: "monitoring.coreos.com/v1", Kind: "Prometheus", Name: "k8s"},
		{"odd", "A", "a"}:                   {Kind: "B", Name: "b"},
		{"elsewhere", "Deployment", "cart"}: {Kind: "Trap", Name: "of another namespace"},
		{"odd", "B", "b"}:                   {Kind: "A", Name: "a"},
	}
	c := chains{func(k ownerKey) (checks.Owner, bool) { o, ok := above[k]; return o, ok }, map[ownerKey][]checks.Owner{}}
	for _, row := range []struct {
		namespace string
		direct    checks.Owner
		want      string
	}{
		{"shop", checks.Owner{}, ""},
		{"shop", checks.Owner{Kind: "ReplicaSet", Name: "cart-1"}, "ReplicaSet/cart-1 Deployment/cart"},
		{"m", checks.Owner{Kind: "StatefulSet", Name: "prometheus"}, "StatefulSet/prometheus Prometheus/k8s"},
		{"m", checks.Owner{Kind: "StrimziPodSet", Name: "kafka"}, "StrimziPodSet/kafka"}, // of an operator that nobody here knows
		{"shop", checks.Owner{Kind: "ReplicaSet", Name: "cart-1"}, "ReplicaSet/cart-1 Deployment/cart"},
	} {
		var got []string
		for _, o := range c.of(row.namespace, row.direct) {
			got = append(got, o.Kind+"/"+o.Name)
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%v in %s: got %q, want %q", row.direct, row.namespace, got, row.want)
		}
	}
	if got := c.of("odd", checks.Owner{Kind: "A", Name: "a"}); len(got) != longest {
		t.Errorf("a circle gives %d owners, want it cut off at %d", len(got), longest)
	}
}

// Pods of one controller share what is equal, and nothing is kept of pods that are gone.
func TestPodsShareWhatIsEqual(t *testing.T) {
	var s shapes
	yes := true
	make := func(rs, hash string, restarts int32) pod {
		return s.pod(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "shop", Labels: map[string]string{"hash": hash},
				OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: rs, Controller: &yes}},
			},
			Spec:   corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}},
			Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "app", RestartCount: restarts}}},
		})
	}
	a, b := make("a", "1", 0), make("a", "1", 0)
	if a.shape != b.shape {
		t.Error("equal pods share nothing")
	}
	c := make("a", "1", 3)
	if c.shape == a.shape || c.containers[0].Restarts != 3 || a.containers[0].Restarts != 0 {
		t.Errorf("got restarts %d and %d, want 0 and 3", a.containers[0].Restarts, c.containers[0].Restarts)
	}
	d := make("a", "2", 0)
	if a.labels["hash"] != "1" || d.labels["hash"] != "2" {
		t.Errorf("got labels %v and %v", a.labels, d.labels)
	}
	runtime.KeepAlive(d)
	for i := range 5000 {
		make("gone-"+string(rune('a'+i%26))+time.Duration(i).String(), "x", 0)
		if i%500 == 0 {
			runtime.GC()
		}
	}
	if n := len(s.last); n > 3000 {
		t.Errorf("%d controllers are remembered, nearly all of them gone", n)
	}
}

func TestWithAnswers(t *testing.T) {
	o := &checks.Observation{Istiods: []checks.Istiod{
		{Namespace: "istio-system", Pod: "istiod-1", Revision: "default", Version: "1.28.3", Ready: true, Phase: "Running", Error: "it was not asked"},
		{Namespace: "istio-system", Pod: "istiod-2", Revision: "default", Version: "1.28.3", Phase: "Pending", Error: "it was not asked"},
	}}
	before := slices.Clone(o.Istiods)
	got := WithAnswers(o, map[checks.NamespacedName]checks.Istiod{
		{Namespace: "istio-system", Name: "istiod-1"}: {
			Revision: "a lie", Version: "1.28.3-bb.0", Answered: true, AskedAt: at("2026-11-01T10:00:00Z"),
			Connections: []checks.Connection{{Proxy: "cart.shop", State: checks.Synced}},
		},
		{Namespace: "istio-system", Name: "istiod-gone"}: {Answered: true, Connections: []checks.Connection{{Proxy: "x.y"}}},
	})
	same(t, o.Istiods, before)
	same(t, got.Istiods, []checks.Istiod{
		{
			Namespace: "istio-system", Pod: "istiod-1", Revision: "default", Version: "1.28.3-bb.0", Ready: true, Phase: "Running", Answered: true,
			AskedAt: at("2026-11-01T10:00:00Z"), Connections: []checks.Connection{{Proxy: "cart.shop", State: checks.Synced}},
		},
		{Namespace: "istio-system", Pod: "istiod-2", Revision: "default", Version: "1.28.3", Phase: "Pending", Error: "it was not asked"},
	})
}

// Joining slices into one Service's list never writes into what other observations share.
func TestServicesShareNothingThatChanges(t *testing.T) {
	shared := slice{namespace: "n", service: "s", ready: append(make([]string, 0, 8), "a", "b")}
	name := []checks.NamespacedName{{Namespace: "n", Name: "s"}}
	first := services(name, []slice{shared, {namespace: "n", service: "s", ready: []string{"first"}}})
	services(name, []slice{shared, {namespace: "n", service: "s", ready: []string{"second"}}})
	same(t, first[0].Ready, []string{"a", "b", "first"})
}
