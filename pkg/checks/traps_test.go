package checks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each row spoils one thing of a cluster on which the gate passes.
type trap struct {
	name  string
	spoil func(o *Observation)
	want  Verdict
	leaf  string // a node that must not pass; "" where the gate still passes
	says  string // part of that node's reason
}

func runTraps(t *testing.T, gate Gate, s state, traps []trap) {
	t.Helper()
	for _, c := range traps {
		t.Run(c.name, func(t *testing.T) {
			o := observe(s)
			c.spoil(o)
			r := gate.Evaluate(o, theMerge())
			if r.Verdict != c.want {
				t.Errorf("got %s, want %s:\n%s", r.Verdict, c.want, reasons(r))
			}
			if c.leaf == "" {
				return
			}
			l := leaf(r, c.leaf)
			if l == nil || l.Verdict == Pass {
				t.Fatalf("leaf %s: got %+v, want it not to pass; tree:\n%s", c.leaf, l, reasons(r))
			}
			if !strings.Contains(l.Reason, c.says) {
				t.Errorf("leaf %s: reason %q does not say %q", c.leaf, l.Reason, c.says)
			}
		})
	}
}

func TestVisibilityTraps(t *testing.T) {
	runTraps(t, Unused(upgrade(), old, 0), allOnCanary(), []trap{
		{"every answer is silently filtered to nothing", func(o *Observation) {
			for i := range o.Istiods {
				o.Istiods[i].Connections = nil
			}
		}, Unknown, "covered", "seems to filter"},
		{"an answer is filtered in part", func(o *Observation) { disconnect(o, "loki-0.logging") }, Unknown, "covered", "1 running proxy of 10 is connected to no istiod"},
		{"the probe says that the answer is filtered", func(o *Observation) { istiod(o, "istiod-0").Filtered = "permission denied" }, Unknown, "istiods", "DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES"},
		{"a replica does not answer", func(o *Observation) {
			istiod(o, "istiod-1").Answered, istiod(o, "istiod-1").Error = false, "deadline exceeded"
		}, Unknown, "istiods", "istiod pod istiod-1 (default) did not answer: deadline exceeded"},
		{"a replica is missing from the list", func(o *Observation) { o.Istiods = slices.Delete(o.Istiods, 1, 2) }, Unknown, "connections", "should have 2 pods, 1 seen"},
		{"an istiod without a Deployment", func(o *Observation) { o.IstiodDeployments = o.IstiodDeployments[:1] }, Unknown, "istiods", "no Deployment was seen"},
		{"no istiod Deployment at all", func(o *Observation) { o.IstiodDeployments = nil }, Unknown, "istiods", "no istiod Deployment"},
		{"a terminating istiod that does not answer", func(o *Observation) {
			o.Istiods = append(o.Istiods, Istiod{Pod: "istiod-9", Revision: "default", Phase: "Running", Deleting: true, Error: "connection refused"})
		}, Unknown, "connections", "did not answer"},
		{"an answer of long ago", func(o *Observation) { istiod(o, "istiod-0").AskedAt = noon.Add(-10 * time.Minute) }, Unknown, "istiods", "answered 10m ago"},
		{"an answer of a moment ago", func(o *Observation) { istiod(o, "istiod-0").AskedAt = noon.Add(-time.Minute) }, Pass, "", ""},
		{"a right is missing", func(o *Observation) { o.MissingRights = []string{"list cronjobs"} }, Unknown, "rights", "may not list cronjobs"},
		{"no pod was seen at all", func(o *Observation) { o.Pods = nil }, Unknown, "rights", "no pod was seen at all"},
		{"a virtual machine on the canary", func(o *Observation) { connect(o, "vm-1.legacy", "1-29-0", "1.29.0") }, Unknown, "extras", "vm-1.legacy"},
		{"a virtual machine that is signed off", func(o *Observation) {
			connect(o, "vm-1.legacy", "1-29-0", "1.29.0")
			o.SignedOff = []SignedOff{{Proxy: "vm-1.legacy", Reason: "moved by hand in May"}}
		}, Pass, "", ""},
		{"a signature that has run out", func(o *Observation) {
			connect(o, "vm-1.legacy", "1-29-0", "1.29.0")
			o.SignedOff = []SignedOff{{Proxy: "vm-1.legacy", Reason: "moved by hand", Until: noon.Add(-time.Hour)}}
		}, Unknown, "extras", "vm-1.legacy"},
		{"a signature for nobody", func(o *Observation) {
			connect(o, "vm-1.legacy", "1-29-0", "1.29.0")
			o.SignedOff = []SignedOff{{Reason: "all of them"}}
		}, Unknown, "extras", "vm-1.legacy"},
		{"a virtual machine on the old one, signed off", func(o *Observation) {
			connect(o, "vm-1.legacy", "default", "1.28.3")
			o.SignedOff = []SignedOff{{Proxy: "vm-1.legacy", Reason: "moves last"}}
		}, Wait, "connections", "1 proxy is connected to istiod default"},
		{"another cluster's pod of the same name covers nobody", func(o *Observation) {
			connection(o, "loki-0.logging").Cluster = "east"
			o.SignedOff = []SignedOff{{Cluster: "east", Reason: "its own upgrade"}}
		}, Unknown, "covered", "1 running proxy"},
		{"a pod that has just started may be missing", func(o *Observation) {
			disconnect(o, "loki-0.logging")
			pod(o, "logging", "loki-0").Created = noon.Add(-time.Minute)
		}, Pass, "", ""},
		{"a pod that is not ready may be missing", func(o *Observation) {
			disconnect(o, "loki-0.logging")
			pod(o, "logging", "loki-0").Ready = false
		}, Pass, "", ""},
	})
}

func TestTheWayByWhichIstiodsAnsweredIsEvidence(t *testing.T) {
	o := observe(allOnCanary())
	istiod(o, "istiod-0").Way = "by a port-forward"
	r := leaf(Unused(upgrade(), old, 0).Evaluate(o, theMerge()), "istiods")
	if want := fmt.Sprintf("%d answers, 1 by a port-forward", len(o.Istiods)); r == nil || r.Found != want {
		t.Errorf("got %+v, want it to have found %q", r, want)
	}
}

func TestPromiseFourTraps(t *testing.T) {
	oldPod := func(name, phase string) Pod {
		return Pod{
			Namespace: "logging", Name: name, Phase: phase, Created: noon.Add(-time.Hour), Owners: []Owner{{Kind: "Job", Name: name}},
			Annotations: map[string]string{labelRevision: "default"}, Containers: []Container{{Name: "istio-proxy", Init: true}},
		}
	}
	runTraps(t, Unused(upgrade(), old, 0), allOnCanary(), []trap{
		{"a proxy is still connected", func(o *Observation) {
			disconnect(o, "loki-0.logging")
			connect(o, "loki-0.logging", "default", "1.28.3")
		}, Wait, "connections", "1 proxy is connected"},
		{"completed and failed pods do not count", func(o *Observation) {
			o.Pods = append(o.Pods, oldPod("wait-1", "Succeeded"), oldPod("wait-2", "Failed"))
		}, Pass, "", ""},
		{"a running Job does", func(o *Observation) { o.Pods = append(o.Pods, oldPod("export", "Running")) }, Wait, "pods", "was injected by default"},
		{"so does a terminating pod", func(o *Observation) {
			p := oldPod("export", "Running")
			p.Deleting = true
			o.Pods = append(o.Pods, p)
		}, Wait, "pods", "logging/export"},
		{"and one whose phase is not known", func(o *Observation) { o.Pods = append(o.Pods, oldPod("lost", "Unknown")) }, Wait, "pods", "logging/lost"},
		{"a pod that does not say who injected it", func(o *Observation) {
			p := pod(o, "logging", "loki-0")
			p.Annotations = map[string]string{annotStatus: "{}"}
			p.Containers = []Container{{Name: "istio-proxy"}}
		}, Unknown, "pods", "counts as using default"},
		{"ztunnel without a revision", func(o *Observation) {
			o.Pods = append(o.Pods, Pod{Namespace: "istio-system", Name: "ztunnel-x", Labels: map[string]string{"app": "ztunnel"}, Phase: "Running", Created: noon, Containers: []Container{{Name: "istio-proxy"}}})
		}, Unknown, "pods", "ztunnel-x does not say"},
		{"ztunnel on the built-in istiod", func(o *Observation) {
			o.Pods = append(o.Pods, Pod{
				Namespace: "istio-system", Name: "ztunnel-x", Labels: map[string]string{"app": "ztunnel"}, Phase: "Running", Created: noon,
				Containers: []Container{{Name: "istio-proxy", Env: map[string]string{"XDS_ADDRESS": "istiod.istio-system.svc:15012"}}},
			})
		}, Wait, "pods", "was injected by default"},
		{"a namespace that no wave covers, and that is empty", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission", Labels: injectionLabels("default")})
		}, Wait, "namespaces", "1 namespace still leads to default: mission"},
		{"a namespace labelled with the revision's name", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission", Labels: map[string]string{labelRevision: "default"}})
		}, Wait, "namespaces", "mission"},
		{"a namespace that opted out, whatever else it says", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission", Labels: map[string]string{labelInjection: "disabled", labelRevision: "default"}})
		}, Pass, "", ""},
		{"a namespace whose label is gone although its webhook is not there", func(o *Observation) {
			o.Mutating = o.Mutating[1:]
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission", Labels: injectionLabels("default")})
		}, Wait, "namespaces", "mission"},
		{"a workload scaled to zero", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission"})
			o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: "mission", Name: "idle", TemplateLabels: map[string]string{labelInject: "true"}})
		}, Wait, "templates", "Deployment mission/idle: its next pod would be injected by default"},
		{"a suspended CronJob", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission"})
			o.CronJobs = append(o.CronJobs, CronJob{Namespace: "mission", Name: "yearly", Suspended: true, TemplateLabels: map[string]string{labelInject: "true"}})
		}, Wait, "templates", "CronJob mission/yearly"},
		{"a gateway whose template carries the proxy itself", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission"})
			o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: "mission", Name: "gw-istio", TemplateAnnotations: map[string]string{labelRevision: "default"}})
		}, Wait, "templates", "annotation istio.io/rev"},
		{"a template that names it where no webhook listens", func(o *Observation) {
			o.Mutating = o.Mutating[1:]
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission"})
			o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: "mission", Name: "app", TemplateLabels: map[string]string{labelRevision: "default"}})
		}, Wait, "templates", "label istio.io/rev"},
		{"a template that names it, though its namespace decides otherwise today", func(o *Observation) {
			workload(o, "logging", "loki").TemplateLabels = map[string]string{labelRevision: "default"}
		}, Wait, "templates", "label istio.io/rev"},
		{"the host network is never injected", func(o *Observation) {
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission"})
			o.Workloads = append(o.Workloads, Workload{Kind: "DaemonSet", Namespace: "mission", Name: "node", HostNetwork: true, TemplateLabels: map[string]string{labelInject: "true"}})
			o.Pods = append(o.Pods, Pod{Namespace: "logging", Name: "node-exporter", Phase: "Running", Ready: true, HostNetwork: true, Created: noon.Add(-time.Hour)})
		}, Pass, "", ""},
		{"inject=false is never injected", func(o *Observation) {
			o.Workloads = append(o.Workloads, Workload{Kind: "Deployment", Namespace: "logging", Name: "raw", TemplateLabels: map[string]string{labelInject: "false"}})
			o.Pods = append(o.Pods, Pod{Namespace: "logging", Name: "raw-0", Labels: map[string]string{labelInject: "false"}, Phase: "Running", Created: noon.Add(-time.Hour)})
		}, Pass, "", ""},
		{"a tag leads to it", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-stable", "default", "stable", false))
		}, Wait, "webhooks", "istio-revision-tag-stable"},
		{"a namespace names such a tag", func(o *Observation) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-stable", "default", "stable", false))
			o.Namespaces = append(o.Namespaces, Namespace{Name: "mission", Labels: map[string]string{labelRevision: "stable"}})
		}, Wait, "namespaces", "mission"},
		{"a foreign webhook calls its Service", func(o *Observation) {
			o.Validating = append(o.Validating, WebhookConfiguration{Name: "policy", Hooks: []Webhook{{Service: NamespacedName{"istio-system", "istiod"}}}})
		}, Wait, "webhooks", "policy"},
		{"no webhook was seen", func(o *Observation) { o.Mutating, o.Validating = nil, nil }, Unknown, "webhooks", "no webhook was seen"},
	})
}

func TestTheDefaultValidatorOnACanaryKeepsTheCanary(t *testing.T) {
	runTraps(t, Unused(upgrade(), canary, 0), state{builtIn: home.Version, canary: 2}, []trap{
		{"the default validator calls the canary", func(o *Observation) {
			o.Validating[1].Labels, o.Validating[1].Hooks[0].Service = map[string]string{labelRevision: "1-29-0"}, NamespacedName{"istio-system", "istiod-1-29-0"}
		}, Wait, "webhooks", defaultValidator},
	})
}

// Seen in a rehearsal: the label of the gateways' namespace left with the last gateway instead of the first, so the first one's restart brought it up on the
// canary again, and cleanup pulled the canary away while every Flux object was green.
func TestAGatewayThatCameHomeToTheCanaryKeepsIt(t *testing.T) {
	u := upgrade()
	s := state{on: map[string]string{"istio-gateway": canary.Revision}, builtIn: home.Version, canary: 2}
	o := observe(s)
	namespace(o, "istio-gateway").Labels = injectionLabels("default") // the label has left by now
	r := Unused(u, canary, 0).Evaluate(o, theMerge())
	if r.Verdict != Wait {
		t.Fatalf("entry of cleanup: got %s, want wait\n%s", r.Verdict, reasons(r))
	}
	var who []string
	for _, s := range Stragglers(r) {
		who = append(who, s.Name+": "+s.Reason)
	}
	if want := "public-ingressgateway: not restarted since the label moved"; !slices.Contains(who, want) {
		t.Errorf("got stragglers %q, want among them %q", who, want)
	}
	if r := Pruned(u, Effects{}).Evaluate(o, theMerge()); r.Verdict == Pass {
		t.Error("exit of cleanup passes with a gateway on the canary")
	}
}
