package e2e_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

// TestAGatewayHasMovedWhenItsServiceLeadsToItsNewPodsOnly moves one of two injected gateways of a namespace, as the gateway chart makes them.
func TestAGatewayHasMovedWhenItsServiceLeadsToItsNewPodsOnly(t *testing.T) {
	live.installCanary(t)
	live.namespace(t, "istio-gateway", map[string]string{"istio-injection": "enabled"})
	for _, name := range []string{"public", "private"} {
		live.deployment(t, "istio-gateway", name, 2, func(d *appsv1.Deployment) {
			d.Spec.Template.Labels["sidecar.istio.io/inject"] = "true"
			d.Spec.Template.Annotations["inject.istio.io/templates"] = "gateway"
			d.Spec.Template.Spec.Containers[0] = corev1.Container{Name: "istio-proxy", Image: "auto"}
		})
		if _, err := live.Client.CoreV1().Services("istio-gateway").Create(t.Context(), &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{{Name: "https", Port: 443}}}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	live.ready(t, "istio-gateway", 4)
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	scope := checks.Scope{Name: "public gateway", Namespaces: []string{"istio-gateway"}, Workloads: []checks.WorkloadRef{{Namespace: "istio-gateway", Kind: "Deployment", Name: "public"}}}
	gate := func(from, to checks.ControlPlane) checks.Gate {
		return checks.GatewayMoved(upgrade, scope, from, to, checks.Effects{}, 0)
	}
	e.until(t, gate(canary, old), checks.Pass)
	if r := gate(old, canary).Evaluate(e.look(t), checks.Merge{}); r.Green() {
		t.Errorf("it is said to be on the canary before it moves:\n%s", checks.Text(r, 160))
	}

	live.label(t, "istio-gateway", toCanary)
	live.restart(t, "istio-gateway", "deployments", "public", "1")
	_, r := e.until(t, gate(old, canary), checks.Pass)
	t.Log(checks.Summary(r))
	tr, err := live.truth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, p := range tr.pods {
		if want := map[string]string{"public": canary.Revision, "private": old.Revision}[p.Labels["app"]]; p.Namespace == "istio-gateway" && tr.on[key] != want {
			t.Errorf("%s is connected to %q, want %q", key, tr.on[key], want)
		}
	}
}
