package checks

import (
	"fmt"
	"slices"
	"strings"
)

// unused asks the question of promise 4, as one tree: does anything use this control plane, would anything use it tomorrow?
func unused(c ControlPlane) Check {
	return question{
		name: "unused-" + c.Revision, asks: "Does nothing use istiod " + c.Revision + ", and would nothing use it?",
		words: fmt.Sprintf("no pod, workload template, CronJob, namespace, tag or webhook uses or would use istiod %s, and each of its istiod pods answers with zero connections", c.Revision),
		id:    "unused/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			return tree("", "", w.noConnections(c), w.noPods(c), w.noTemplates(c), w.noNamespaces(c), w.noWebhooks(c))
		},
		departed: func(w *world) *DepartedPod {
			return w.lastDeparted(everything(), func(revision string) bool { return revision == c.Revision || revision == "" })
		},
	}
}

// noConnections: every istiod pod of it was seen and says that nobody is connected, explained or not.
func (w *world) noConnections(c ControlPlane) Result {
	r := Result{Name: "connections", Question: "Does every istiod pod of " + c.Revision + " answer with zero connections?", Verdict: Pass, Required: "0 connections, all pods answering"}
	istiods := w.istiods(c.Revision)
	total := 0
	for _, it := range istiods {
		v, why := w.answer(it)
		r = r.worsen(v, why)
		for i := range it.Connections {
			total++
			if len(r.Stragglers) < manyStragglers {
				r.Stragglers = append(r.Stragglers, w.connected(&it.Connections[i], it))
			}
		}
	}
	for _, d := range w.IstiodDeployments {
		if d.Revision == c.Revision {
			r = r.worsen(w.listed(d.Revision))
			break
		}
	}
	r.Found = count(total, "connection") + " on " + count(len(istiods), "istiod pod")
	if total > 0 {
		r = r.worsen(Wait, fmt.Sprintf("%s %s connected to istiod %s", count(total, "proxy"), plural(total, "is", "are"), c.Revision))
	}
	return r
}

// manyStragglers is where a list stops being read.
const manyStragglers = 500

// connected describes who is behind a connection.
func (w *world) connected(c *Connection, it *Istiod) Straggler {
	if p := w.proxyOf(c); p != nil {
		return w.leavingStraggler(p, it.Revision)
	}
	name, namespace, _ := strings.Cut(c.Proxy, ".")
	return Straggler{
		Namespace: namespace, Kind: "Proxy", Name: name, Revision: it.Revision, Since: c.Since,
		Reason: "no pod of this cluster" + ofCluster(c), Remedy: "move it by hand (virtual machine or other cluster)",
	}
}

func (w *world) leavingStraggler(p *proxy, revision string) Straggler {
	s := w.leaving(p, ControlPlane{Revision: revision})
	if p.revision.Known() && p.revision.Revision != revision {
		s.Reason = "connected to " + revision + " although " + p.revision.Revision + " injected it"
		s.Remedy = "kubectl -n " + p.Namespace + " delete pod " + p.Name
	}
	return s
}

// noPods: no pod that has not ended was injected by it. One that does not say counts, and so does one that is terminating.
func (w *world) noPods(c ControlPlane) Result {
	r := Result{Name: "pods", Question: "Was no pod injected by " + c.Revision + "?", Verdict: Pass, Required: "no pod"}
	using, unknown := 0, 0
	for i := range w.proxies {
		p := &w.proxies[i]
		switch {
		case p.revision.Revision == c.Revision:
			using++
			r = r.worsen(Wait, p.Namespace+"/"+p.Name+" was injected by "+c.Revision)
		case !p.revision.Known():
			unknown++
			r = r.worsen(Unknown, p.Namespace+"/"+p.Name+" does not say which control plane injected it, so it counts as using "+c.Revision)
		default:
			continue
		}
		r.Stragglers = append(r.Stragglers, w.leaving(p, c))
	}
	r.Found = count(using, "pod")
	if unknown > 0 {
		r.Found += fmt.Sprintf(", %d unknown", unknown)
	}
	return r
}

// noTemplates: no workload, of any size, and no CronJob, suspended or not, would get its next pod from it.
func (w *world) noTemplates(c ControlPlane) Result {
	r := Result{Name: "templates", Question: "Would no workload or CronJob get its next pod from " + c.Revision + "?", Verdict: Pass, Required: "no workload or CronJob"}
	n := 0
	for _, t := range append(w.templates(), w.unknownOwners(everything())...) {
		why := w.points(t, c)
		if why == "" {
			continue
		}
		n++
		r = r.worsen(Wait, t.ref.String()+": "+why)
		r.Stragglers = append(r.Stragglers, t.straggler(c.Revision, why, w.templateRemedy(t)))
	}
	r.Found = count(n, "workload")
	return r
}

// points says how a template leads to a control plane; "" = it does not.
func (w *world) points(t template, c ControlPlane) string {
	if t.injectable() {
		for _, i := range t.injectors(w) {
			if i.Revision == c.Revision || i.Revision == "" {
				return "its next pod would be injected by " + c.Revision + ": " + w.labelWords(t.ref.Namespace)
			}
		}
	}
	// An annotation istio.io/rev in the template is that of a gateway or ztunnel which is started with its proxy in it, without any webhook.
	if t.annotations[labelRevision] == c.Revision {
		return "its template names " + c.Revision + " in annotation " + labelRevision
	}
	if t.injectable() && w.names(t.labels[labelRevision], c) {
		return "its template names " + c.Revision + " in label " + labelRevision
	}
	return ""
}

func (w *world) templateRemedy(t template) string {
	l := w.labels(t.ref.Namespace)
	if l[labelInjection] != "" || l[labelRevision] != "" {
		return "no wave covers namespace " + t.ref.Namespace + ", or its wave is not done: add it to a wave"
	}
	return "change the label in its pod template in Git"
}

// names reports whether the value of a label istio.io/rev is this control plane or a tag of it.
func (w *world) names(value string, c ControlPlane) bool {
	if value == "" {
		return false
	}
	if value == c.Revision {
		return true
	}
	return slices.ContainsFunc(w.Mutating, func(m WebhookConfiguration) bool {
		return m.Labels[labelTag] == value && m.Revision() == c.Revision
	})
}

// noNamespaces: no namespace, empty or not, would give a pod to it.
func (w *world) noNamespaces(c ControlPlane) Result {
	r := Result{Name: "namespaces", Question: "Does no namespace's label lead to " + c.Revision + "?", Verdict: Pass, Required: "no namespace"}
	if len(w.Namespaces) == 0 {
		r.Verdict, r.Reason = Unknown, "no namespace was seen"
		return r
	}
	var found []string
	for i := range w.Namespaces {
		ns := &w.Namespaces[i]
		if slices.Contains(ignoredNamespaces, ns.Name) || !w.leads(ns.Labels, c) {
			continue
		}
		found = append(found, ns.Name)
		r.Stragglers = append(r.Stragglers, Straggler{
			Namespace: ns.Name, Kind: "Namespace", Name: ns.Name, Revision: c.Revision,
			Reason: strings.TrimPrefix(w.labelWords(ns.Name), "the namespace "), Remedy: "no wave covers it, or its wave is not done: add it to a wave, or label it istio-injection=disabled",
		})
	}
	r.Found = enumerate(found)
	if len(found) > 0 {
		r.Verdict = Wait
		r.Reason = fmt.Sprintf("%s still %s to %s: %s", count(len(found), "namespace"), plural(len(found), "leads", "lead"), c.Revision, enumerate(found))
	} else {
		r.Found = "no namespace"
	}
	return r
}

// leads reports whether a namespace with these labels would give an ordinary pod to a control plane.
func (w *world) leads(labels map[string]string, c ControlPlane) bool {
	for _, i := range Match(w.Mutating, labels, nil) {
		if i.Revision == c.Revision || i.Revision == "" {
			return true
		}
	}
	if injection, ok := labels[labelInjection]; ok {
		return injection == "enabled" && c.Revision == "default" && !w.defaultTag()
	}
	return w.names(labels[labelRevision], c)
}

// defaultTag reports whether somebody else answers to "default".
func (w *world) defaultTag() bool {
	return slices.ContainsFunc(w.Mutating, func(m WebhookConfiguration) bool {
		return m.Labels[labelTag] == "default" && m.Revision() != "default"
	})
}

// noWebhooks: no tag and no foreign webhook calls it. Its own injector and validator go with it.
func (w *world) noWebhooks(c ControlPlane) Result {
	r := Result{Name: "webhooks", Question: "Does no tag or webhook but its own call " + c.Revision + "?", Verdict: Pass, Required: "none", Found: "none"}
	if len(w.Mutating) == 0 && len(w.Validating) == 0 {
		r.Verdict, r.Reason, r.Found = Unknown, "no webhook was seen", ""
		return r
	}
	var found []string
	for _, conf := range slices.Concat(w.Mutating, w.Validating) {
		if conf.calls(c.Revision) && !conf.belongsTo(c.Revision) {
			found = append(found, conf.Name)
			r.Stragglers = append(r.Stragglers, Straggler{
				Kind: "Webhook", Name: conf.Name, Revision: c.Revision, Reason: "calls istiod " + c.Revision, Remedy: "point it at another revision in Git",
			})
		}
	}
	if len(found) > 0 {
		r.Verdict, r.Found = Wait, enumerate(found)
		r.Reason = fmt.Sprintf("%s %s istiod %s: %s", count(len(found), "webhook"), plural(len(found), "calls", "call"), c.Revision, enumerate(found))
	}
	return r
}

// calls reports whether a configuration leads to a control plane, by its label or by any Service that it calls.
func (c WebhookConfiguration) calls(revision string) bool {
	if c.Labels[labelRevision] == revision {
		return true
	}
	return slices.ContainsFunc(c.Hooks, func(h Webhook) bool {
		r, ok := revisionOfService(h.Service.Name)
		return ok && r == revision
	})
}

// belongsTo reports whether a configuration is part of a control plane's own installation, by the names that Istio's charts give. The default
// validator belongs to the built-in one: it comes with the CRDs and stays with it.
func (c WebhookConfiguration) belongsTo(revision string) bool {
	if c.Labels[labelTag] != "" {
		return false
	}
	suffix := "-" + revision
	if revision == "default" {
		suffix = ""
	}
	for _, h := range c.Hooks {
		ns := "-" + h.Service.Namespace
		switch c.Name {
		case "istio-sidecar-injector" + suffix, "istio-sidecar-injector" + suffix + ns, "istio-validator" + suffix + ns:
			return true
		case defaultValidator:
			return revision == "default"
		}
	}
	return false
}
