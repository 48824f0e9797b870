package checks

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// onDelete is a wave that has moved but for one StatefulSet, whose pods nothing replaces.
func onDelete() *Observation {
	o := observe(during("logging"))
	set := workload(o, "logging", "loki")
	set.Strategy, set.UpdatedReplicas = "OnDelete", 0
	for i := range set.Replicas {
		name := fmt.Sprintf("loki-%d", i)
		p := pod(o, "logging", name)
		p.Annotations = map[string]string{labelRevision: "default"}
		p.Containers[1].Env = map[string]string{"CA_ADDR": "istiod.istio-system.svc:15012"}
		disconnect(o, name+".logging")
		connect(o, name+".logging", "default", "1.28.3")
	}
	return o
}

func signed(kind, namespace, name string) Acceptance {
	return Acceptance{Kind: kind, Namespace: namespace, Name: name, By: "ana", At: noon.Add(-time.Hour), Reason: "OPS-12"}
}

func loggingWave() Gate {
	return Moved(upgrade(), wave("logging"), old, canary, Effects{}, 0)
}

func TestAWaveGoesOnWithoutWhatWasSignedOff(t *testing.T) {
	o, g := onDelete(), loggingWave()
	if r := g.Evaluate(o, theMerge()); r.Verdict != Wait {
		t.Fatalf("without a word: got %s, want wait", r.Verdict)
	}
	loki := signed("StatefulSet", "logging", "loki")
	loki.Until = time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	r := g.EvaluateAccepting(o, theMerge(), []Acceptance{signed("Deployment", "monitoring", "grafana"), loki})
	if r.Verdict != Pass {
		t.Fatalf("got %s, want pass:\n%s", r.Verdict, reasons(r))
	}
	in := AcceptedIn(r)
	if len(in) != 1 || in[0].Acceptance != loki || !strings.Contains(in[0].Was, "OnDelete") {
		t.Errorf("got %+v", in)
	}
	if found := leaf(r, "on-1-29-0").Found; found != "2 of 2; 1 workload signed off" {
		t.Errorf("it was found: %q", found)
	}
	text := strings.Join(strings.Fields(Text(r, 100)), " ")
	if want := "Signed off (1 workload): StatefulSet logging/loki accepted by ana at 2026-03-14 11:00 UTC until 2026-03-15 00:00 UTC: OPS-12; it was: update strategy OnDelete"; !strings.Contains(text, want) {
		t.Errorf("the gate does not say %q:\n%s", want, text)
	}
	if got := Summary(r); got != "wave-1: pass, 8 of 8 checks pass (1 workload signed off)" {
		t.Errorf("the summary is %q", got)
	}
}

func TestOnlyWaitingToMoveCanBeSignedOff(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*Observation)
		say   Acceptance
		want  Verdict
	}{
		{"another workload", func(*Observation) {}, signed("DaemonSet", "logging", "alloy"), Wait},
		{"another kind of the name", func(*Observation) {}, signed("Deployment", "logging", "loki"), Wait},
		{"until yesterday", func(*Observation) {}, Acceptance{Kind: "StatefulSet", Namespace: "logging", Name: "loki", Until: noon.Add(-12 * time.Hour)}, Wait},
		{"one of its pods does not say where it is", func(o *Observation) {
			p := pod(o, "logging", "loki-0")
			p.Annotations, p.Containers[1].Env = nil, nil
		}, signed("StatefulSet", "logging", "loki"), Wait},
		{"one of its pods started without a proxy", func(o *Observation) {
			p := pod(o, "logging", "loki-0")
			p.Annotations, p.Containers = nil, []Container{{Name: "app"}}
		}, signed("StatefulSet", "logging", "loki"), Fail},
		{"an istiod does not answer", func(o *Observation) { istiod(o, "istiod-1-29-0-0").Answered = false }, signed("StatefulSet", "logging", "loki"), Unknown},
		{"its next pod would be un-meshed", func(o *Observation) { namespace(o, "logging").Labels = map[string]string{labelInjection: "null"} }, signed("StatefulSet", "logging", "loki"), Fail},
		{"the injector cannot be called", func(o *Observation) {
			service(o, "istiod-1-29-0").Ready = nil
			o.CronJobs = nil
			o.Workloads = slices.DeleteFunc(o.Workloads, func(w Workload) bool { return w.Name == "alloy" })
			o.Pods = slices.DeleteFunc(o.Pods, func(p Pod) bool { return strings.HasPrefix(p.Name, "alloy") })
			disconnect(o, "alloy-0.logging")
			disconnect(o, "alloy-1.logging")
		}, signed("StatefulSet", "logging", "loki"), Wait},
		{"a pod that moved is not well", func(o *Observation) { pod(o, "logging", "alloy-0").Ready = false }, signed("StatefulSet", "logging", "loki"), Wait},
		{"it is signed off because it is not well", func(o *Observation) { pod(o, "logging", "alloy-0").Ready = false }, signed("DaemonSet", "logging", "alloy"), Wait},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := onDelete()
			tc.spoil(o)
			if r := loggingWave().EvaluateAccepting(o, theMerge(), []Acceptance{tc.say}); r.Verdict != tc.want {
				t.Errorf("got %s, want %s:\n%s", r.Verdict, tc.want, reasons(r))
			}
		})
	}
}

func TestAGatewayAndAnOperatorsWorkloadCanBeSignedOff(t *testing.T) {
	o := observe(during("istio-gateway"))
	stay := func(namespace, name string) {
		p := pod(o, namespace, name)
		p.Annotations = map[string]string{labelRevision: "default"}
		p.Containers[1].Env = map[string]string{"CA_ADDR": "istiod.istio-system.svc:15012"}
		disconnect(o, name+"."+namespace)
		connect(o, name+"."+namespace, "default", "1.28.3")
	}
	stay("istio-gateway", "public-ingressgateway-0")
	g := GatewayMoved(upgrade(), gateway("public-ingressgateway"), old, canary, Effects{}, 0)
	if r := g.Evaluate(o, theMerge()); r.Verdict != Wait {
		t.Fatalf("got %s, want wait", r.Verdict)
	}
	public := []Acceptance{signed("Deployment", "istio-gateway", "public-ingressgateway")}
	if r := g.EvaluateAccepting(o, theMerge(), public); r.Verdict != Pass {
		t.Errorf("got %s, want pass:\n%s", r.Verdict, reasons(r))
	}
	service(o, "public-ingressgateway").Ready = nil
	if r := g.EvaluateAccepting(o, theMerge(), public); r.Verdict == Pass {
		t.Error("a gateway without endpoints passes")
	}

	o = observe(during("monitoring"))
	stay("monitoring", "prometheus-main-1")
	g = Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0)
	root := signed("Prometheus", "monitoring", "main")
	r := g.Evaluate(o, theMerge())
	if got := Acceptable(r); len(got) != 1 || got[0].ref() != root.ref() {
		t.Errorf("got %+v, want the owner at the root", got)
	}
	if r := g.EvaluateAccepting(o, theMerge(), []Acceptance{root}); r.Verdict != Pass {
		t.Errorf("got %s, want pass:\n%s", r.Verdict, reasons(r))
	}
}

// Promise 4 and its neighbours: whatever the cluster is like and whoever signs off whatever, a gate over taking something away gives the very answer that it
// gives without; and where a wave goes on without something, nothing in its gate failed and nothing was unknown.
func TestNobodySignsOffThatAControlPlaneIsInUse(t *testing.T) {
	u, e := upgrade(), Effects{UmbrellaChanges: true}
	fixed := []Gate{
		Unused(u, old, 0), Unused(u, canary, 0), Unused(u, home, time.Hour), Bumped(u, e, 0), Pruned(u, e), Preflight(u), CRDs(u, e), Canary(u, e), CNI(u, e),
		Receives(u, canary, old), TakenAway(u, canary), TakenAway(u, home), CRDsBack(u, map[string][]string{"a": {"v1"}}),
	}
	waves := []Gate{
		loggingWave(), Moved(u, wave("logging", "monitoring"), canary, home, e, 0), GatewayMoved(u, gateway("public-ingressgateway"), old, canary, e, 0),
		Join("entry-bump", "the last wave, and nobody uses the built-in istiod", loggingWave(), Unused(u, old, 0)),
	}
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		o := onDelete()
		if rapid.Bool().Draw(t, "all over") {
			o = observe(during(rapid.SliceOfDistinct(rapid.SampledFrom(meshNamespaces), rapid.ID[string]).Draw(t, "moved")...))
		}
		for range rapid.IntRange(0, 3).Draw(t, "spoilt") {
			p := &o.Pods[rapid.IntRange(0, len(o.Pods)-1).Draw(t, "pod")]
			switch rapid.SampledFrom([]string{"silent", "stays", "gone", "unready", "old template", "mute istiod"}).Draw(t, "how") {
			case "silent":
				p.Annotations = nil
			case "stays":
				p.Annotations = map[string]string{labelRevision: rapid.SampledFrom([]string{"default", canary.Revision}).Draw(t, "revision")}
			case "gone":
				p.Phase = "Succeeded"
			case "unready":
				p.Ready = false
			case "old template":
				o.Workloads[rapid.IntRange(0, len(o.Workloads)-1).Draw(t, "workload")].UpdatedReplicas = 0
			case "mute istiod":
				o.Istiods[rapid.IntRange(0, len(o.Istiods)-1).Draw(t, "istiod")].Answered = false
			}
		}
		var everybody []Acceptance
		for _, g := range append(fixed, waves...) {
			for _, s := range Stragglers(g.Evaluate(o, theMerge())) {
				everybody = append(everybody, signed(s.Kind, s.Namespace, s.Name))
			}
		}
		if len(everybody) > 0 && rapid.Bool().Draw(t, "not all") {
			everybody = rapid.SliceOfN(rapid.SampledFrom(everybody), 1, 3).Draw(t, "signed off")
		}
		for _, g := range fixed {
			if offered := Acceptable(g.Evaluate(o, theMerge())); len(offered) > 0 {
				t.Fatalf("%s offers to go on without %v", g.Name, offered)
			}
			if with, without := g.EvaluateAccepting(o, theMerge(), everybody), g.Evaluate(o, theMerge()); !reflect.DeepEqual(with, without) {
				t.Fatalf("%s: signing off made it\n%s\nwithout it is\n%s", g.Name, reasons(with), reasons(without))
			}
		}
		for _, g := range waves {
			with, without := g.EvaluateAccepting(o, theMerge(), everybody), g.Evaluate(o, theMerge())
			if with.Green() && !without.Green() {
				passed++
				if without.Verdict != Wait {
					t.Fatalf("%s: %s became pass:\n%s", g.Name, without.Verdict, reasons(without))
				}
			}
			if n := len(g.Checks); g.Name == "entry-bump" && !reflect.DeepEqual(with.Children[n-1], without.Children[n-1]) {
				t.Fatalf("joined with a wave, promise 4 gives way:\n%s", reasons(with))
			}
		}
	})
	if passed == 0 {
		t.Error("nothing was ever signed off: this test has proven nothing")
	}
}
