package checks

import (
	"strings"
	"testing"
	"time"
)

// goneOn is a pod of grafana that was on this revision and has left a minute before noon.
func goneOn(revision string) DepartedPod {
	return DepartedPod{
		Namespace: "monitoring", Name: "grafana-x", Revision: revision, Gone: noon.Add(-time.Minute),
		Owners: []Owner{{Kind: "ReplicaSet", Name: "grafana-5d"}, {Kind: "Deployment", Name: "grafana"}},
	}
}

func withDeparted(o *Observation, pods ...DepartedPod) *Observation {
	o.Departed = pods
	return o
}

// What has left is no reason to be red, but nothing counts as green up to then.
func TestGatesTellWhenWhatIsGoneHadLeft(t *testing.T) {
	elsewhere, gateway := goneOn("default"), goneOn("default")
	elsewhere.Namespace = "logging"
	gateway.Namespace, gateway.Owners = "istio-gateway", []Owner{{Kind: "Deployment", Name: "public-ingressgateway"}}
	other := gateway
	other.Owners = []Owner{{Kind: "Deployment", Name: "passthrough-ingressgateway"}}
	first := goneOn("default")
	first.Name, first.Gone = "grafana-w", noon.Add(-time.Hour)
	unseen := goneOn("default")
	unseen.Unseen = true
	monitoring := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, time.Hour)
	public := GatewayMoved(upgrade(), Scope{Name: "public", Namespaces: []string{"istio-gateway"}, Workloads: []WorkloadRef{{"istio-gateway", "Deployment", "public-ingressgateway"}}}, old, canary, Effects{}, time.Hour)
	const words = "monitoring/grafana-x on default was there until 2026-03-14 11:59:00 UTC"
	for _, c := range []struct {
		name string
		gate Gate
		left []DepartedPod
		want time.Time
		says string
	}{
		{"a wave, the old revision", monitoring, []DepartedPod{goneOn("default")}, noon.Add(-time.Minute), "on-1-29-0: 4 of 4; " + words},
		{"a wave, the last of them", monitoring, []DepartedPod{first, goneOn("default"), elsewhere}, noon.Add(-time.Minute), words},
		{"a wave, a list that is in no order", monitoring, []DepartedPod{goneOn("default"), first}, noon.Add(-time.Minute), words},
		{"a wave, a revision that nobody knows", monitoring, []DepartedPod{goneOn("")}, noon.Add(-time.Minute), "monitoring/grafana-x on ? was there until"},
		{"a wave, the new revision", monitoring, []DepartedPod{goneOn("1-29-0")}, time.Time{}, ""},
		{"a wave, another namespace", monitoring, []DepartedPod{elsewhere}, time.Time{}, ""},
		{"a wave, nobody saw it leave", monitoring, []DepartedPod{unseen}, noon.Add(-time.Minute), "monitoring/grafana-x on default was there before 2026-03-14 11:59:00 UTC, and nobody saw it leave"},
		{"a gateway, itself", public, []DepartedPod{gateway}, noon.Add(-time.Minute), "istio-gateway/grafana-x on default was there until"},
		{"a gateway, its neighbour", public, []DepartedPod{other}, time.Time{}, ""},
		{"a control plane that is to be unused", Unused(upgrade(), old, 0), []DepartedPod{goneOn("default")}, noon.Add(-time.Minute), "unused-default: 5 checks pass; " + words},
		{"a control plane that is to be unused, another revision", Unused(upgrade(), old, 0), []DepartedPod{goneOn("1-29-0")}, time.Time{}, ""},
		{"a control plane that is to be unused, a revision that nobody knows", Unused(upgrade(), old, 0), []DepartedPod{goneOn("")}, noon.Add(-time.Minute), "on ?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.gate.Evaluate(withDeparted(observe(allOnCanary()), c.left...), theMerge())
			text := strings.Join(strings.Fields(Text(r, 120)), " ")
			if r.Verdict != Pass || !r.NotBefore.Equal(c.want) || !strings.Contains(text, c.says) || c.says == "" && strings.Contains(text, "was there") {
				t.Errorf("got %s from %s on, want pass from %s on, and %q in\n%s", r.Verdict, r.NotBefore, c.want, c.says, Text(r, 120))
			}
		})
	}
}

// What a person signed off may come and go.
func TestWhatWasSignedOffMayHaveBeenThere(t *testing.T) {
	gate := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, time.Hour)
	accepted := []Acceptance{{Namespace: "monitoring", Kind: "Deployment", Name: "grafana", By: "ana", At: noon.Add(-time.Hour), Reason: "it is short"}}
	o := withDeparted(observe(allOnCanary()), goneOn("default"))
	if r := gate.EvaluateAccepting(o, theMerge(), accepted); r.Verdict != Pass || !r.NotBefore.IsZero() {
		t.Errorf("got %s from %s on, want pass from ever", r.Verdict, r.NotBefore)
	}
	accepted[0].Name = "another"
	if r := gate.EvaluateAccepting(o, theMerge(), accepted); r.NotBefore.IsZero() {
		t.Error("somebody else was signed off, and yet nothing is held against it")
	}
	accepted[0].Name, accepted[0].Until = "grafana", noon.Add(-time.Second)
	if r := gate.EvaluateAccepting(o, theMerge(), accepted); r.NotBefore.IsZero() {
		t.Error("the acceptance has ended, and yet nothing is held against it")
	}
}

// An interrupted watch is told of, and is no reason to be red.
func TestGatesTellOfAnInterruptedWatch(t *testing.T) {
	o := observe(allOnCanary())
	o.Watched = Watched{Since: noon, Why: "the watch on pods was interrupted until noon"}
	r := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, time.Hour).Evaluate(o, theMerge())
	if text := Text(r, 120); r.Verdict != Pass || !strings.Contains(text, "visible: 4 checks pass; the watch on pods was interrupted until noon") {
		t.Errorf("got\n%s", text)
	}
}
