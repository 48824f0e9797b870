package checks

import (
	"strings"
	"testing"
	"time"
)

func TestStragglersSayWhyAndWhatHelps(t *testing.T) {
	// Namespace monitoring is labelled for the canary; one pod of it is still old.
	const name, key = "grafana-0", "grafana-0.monitoring"
	for _, c := range []struct {
		name           string
		spoil          func(o *Observation, p *Pod, w *Workload)
		reason, remedy string
		owner          string
	}{
		{"not restarted", func(o *Observation, p *Pod, w *Workload) {}, "not restarted since the label moved", "restart annotation in Git on Deployment grafana", "Deployment/grafana"},
		{"label not moved", func(o *Observation, p *Pod, w *Workload) {
			namespace(o, "monitoring").Labels = injectionLabels("default")
		}, "its next pod would get default again: the namespace says istio-injection=enabled", "move the label", "Deployment/grafana"},
		{"label gone", func(o *Observation, p *Pod, w *Workload) { namespace(o, "monitoring").Labels = nil }, "would start without a proxy", "label namespace monitoring", "Deployment/grafana"},
		{"two labels", func(o *Observation, p *Pod, w *Workload) {
			o.Mutating = append(o.Mutating, injector("istio-revision-tag-x", "1-29-0", "1-29-0", false))
		}, "injected twice", "leave one", "Deployment/grafana"},
		{"opted out", func(o *Observation, p *Pod, w *Workload) { w.TemplateLabels = map[string]string{labelInject: "false"} }, "the template opts out", "sign it off", "Deployment/grafana"},
		{"terminating", func(o *Observation, p *Pod, w *Workload) { p.Deleting = true }, "terminating", "finalizers", "Deployment/grafana"},
		{"bare pod", func(o *Observation, p *Pod, w *Workload) { p.Owners = nil }, "bare pod", "kubectl -n monitoring delete pod grafana-0", "Pod/grafana-0"},
		{"static pod", func(o *Observation, p *Pod, w *Workload) { p.Owners = []Owner{{Kind: "Node", Name: "node-a"}} }, "static pod", "node-a", "Node/node-a"},
		{"Job", func(o *Observation, p *Pod, w *Workload) { p.Owners = []Owner{{Kind: "Job", Name: "migrate"}} }, "until it ends", "delete pod", "Job/migrate"},
		{"CronJob", func(o *Observation, p *Pod, w *Workload) {
			p.Owners = []Owner{{Kind: "Job", Name: "backup-1"}, {Kind: "CronJob", Name: "backup"}}
		}, "pod of a CronJob", "delete pod", "CronJob/backup"},
		{"operator without a workload", func(o *Observation, p *Pod, w *Workload) {
			p.Owners = []Owner{{Kind: "StrimziPodSet", Name: "kafka"}}
		}, "owned by StrimziPodSet kafka, whose operator must replace it", "StrimziPodSet", "StrimziPodSet/kafka"},
		{"operator above a workload", func(o *Observation, p *Pod, w *Workload) {
			w.Owners = []Owner{{Kind: "Grafana", Name: "main"}}
		}, "owned by Grafana main, whose operator has not rolled it", "restart annotation in Git on the Grafana", "Grafana/main"},
		{"operator that may not evict", func(o *Observation, p *Pod, w *Workload) {
			w.Owners, w.BlockedBy = []Owner{{Kind: "Grafana", Name: "main"}}, "grafana-pdb"
		}, "PodDisruptionBudget grafana-pdb refuses evictions", "allow one disruption", "Grafana/main"},
		{"OnDelete", func(o *Observation, p *Pod, w *Workload) { w.Strategy, w.BlockedBy = "OnDelete", "grafana-pdb" }, "OnDelete: nothing replaces its pods, and PodDisruptionBudget grafana-pdb", "delete pod", "Deployment/grafana"},
		{"paused", func(o *Observation, p *Pod, w *Workload) { w.Paused = true }, "its rollout is paused", "spec.paused: false", "Deployment/grafana"},
		{"partition", func(o *Observation, p *Pod, w *Workload) { w.Partition = 2 }, "partition 2", "partition: 0", "Deployment/grafana"},
		{"stuck", func(o *Observation, p *Pod, w *Workload) { w.Stuck = "deadline exceeded" }, "its rollout is stuck: deadline exceeded", "describe", "Deployment/grafana"},
		{"under way", func(o *Observation, p *Pod, w *Workload) { w.UpdatedReplicas = 1 }, "its rollout is under way", "wait", "Deployment/grafana"},
		{"suspended HelmRelease", func(o *Observation, p *Pod, w *Workload) { release(o, "monitoring").Suspended = true }, "HelmRelease bigbang/monitoring is suspended", "flux resume", "Deployment/grafana"},
		{"remediated HelmRelease", func(o *Observation, p *Pod, w *Workload) {
			release(o, "monitoring").Remediated = Condition{Status: "True", Message: "timed out waiting"}
		}, "failed and was taken back: timed out waiting", "fix the release", "Deployment/grafana"},
		{"image pull", func(o *Observation, p *Pod, w *Workload) {
			o.Pods = append(o.Pods, Pod{
				Namespace: "monitoring", Name: "grafana-new", Phase: "Pending", Created: noon, Owners: p.Owners,
				Containers: []Container{{Name: "istio-proxy", Init: true, Image: "registry.example/proxyv2:1.29.0", Waiting: "ImagePullBackOff"}},
			})
		}, "its new pod grafana-new cannot pull registry.example/proxyv2:1.29.0", "put the image into the registry", "Deployment/grafana"},
		{"ztunnel", func(o *Observation, p *Pod, w *Workload) { p.Labels["app"] = "ztunnel" }, "ztunnel is one per node", "ambient", "Deployment/grafana"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := observe(during("monitoring"))
			p := pod(o, "monitoring", name)
			p.Annotations = map[string]string{labelRevision: "default"}
			disconnect(o, key)
			connect(o, key, "default", "1.28.3")
			c.spoil(o, p, workload(o, "monitoring", "grafana"))
			r := allOn(wave("monitoring"), canary).Evaluate(o, Merge{})
			for _, s := range r.Stragglers {
				if s.Pod != name {
					continue
				}
				if !strings.Contains(s.Reason, c.reason) || !strings.Contains(s.Remedy, c.remedy) || s.Kind+"/"+s.Name != c.owner || s.Revision != "default" {
					t.Errorf("got %+v\nwant owner %s, reason %q, remedy %q", s, c.owner, c.reason, c.remedy)
				}
				if got := s.Stayed(noon); got != "30m" {
					t.Errorf("got %q, want 30m", got)
				}
				return
			}
			t.Fatalf("no straggler %s in %+v", name, r.Stragglers)
		})
	}
}

func TestStragglersOfATreeAreNamedOnce(t *testing.T) {
	o := observe(during("monitoring"))
	pod(o, "monitoring", "grafana-0").Annotations = map[string]string{labelRevision: "default"}
	r := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0).Evaluate(o, theMerge())
	if got := Stragglers(r); len(got) != 1 {
		t.Errorf("got %d stragglers, want 1: %+v", len(got), got)
	}
}

func TestAnnotationEffects(t *testing.T) {
	const key = "linnet-bot.github.io/mesh-revision"
	e := Effects{Annotations: []AnnotationEffect{
		{"monitoring", "Deployment", "grafana", key, "1-29-0"},
		{"logging", "CronJob", "curator", key, ""},
		{"logging", "StatefulSet", "gone", key, ""},
		{"monitoring", "Prometheus", "main", key, "1-29-0"},
	}}
	set := func(o *Observation) {
		workload(o, "monitoring", "grafana").TemplateAnnotations = map[string]string{key: "1-29-0"}
		o.Workloads = append(o.Workloads, Workload{Kind: "Prometheus", Namespace: "monitoring", Name: "main", TemplateAnnotations: map[string]string{key: "1-29-0"}})
	}
	gate := Gate{Name: "x", Checks: []Check{effective(upgrade(), e)}}
	runTraps(t, gate, during("monitoring"), []trap{
		{"as planned", set, Pass, "", ""},
		{"no annotation", func(o *Observation) { set(o); workload(o, "monitoring", "grafana").TemplateAnnotations = nil }, Fail, "annotations", "has no " + key},
		{"another value", func(o *Observation) {
			set(o)
			workload(o, "monitoring", "grafana").TemplateAnnotations[key] = "1-28-3"
		}, Fail, "annotations", "=1-28-3, wanted 1-29-0"},
		{"still there", func(o *Observation) {
			set(o)
			o.CronJobs[0].TemplateAnnotations = map[string]string{key: "1-28-3"}
		}, Fail, "annotations", "still " + key},
		{"no such workload", func(o *Observation) { set(o); o.Workloads = o.Workloads[:len(o.Workloads)-1] }, Fail, "annotations", "Prometheus monitoring/main does not exist"},
	})
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "", 5 * time.Second: "5s", 3 * time.Minute: "3m", 30 * time.Hour: "30h", 72 * time.Hour: "3d",
	} {
		if got := age(noon.Add(-d), noon); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
	if got := age(time.Time{}, noon); got != "" {
		t.Errorf("unknown: got %q, want nothing", got)
	}
}
