package checks

import (
	"fmt"
	"strings"
)

// allOn asks whether the pods of a scope say that this control plane injected them. A pod that does not say is not on it.
func allOn(s Scope, c ControlPlane) Check {
	return question{
		name: "on-" + c.Revision, asks: "Is every proxy of " + s.String() + " on " + c.Revision + "?",
		words: "every proxy of " + s.String() + " is on " + c.String(),
		id:    "all-on/" + scopeID(s) + "/" + c.String(),
		judge: func(w *world, m Merge) Result {
			r := Result{Required: "all on " + c.Revision}
			proxies := w.scoped(s)
			on, unknown := 0, 0
			for _, p := range proxies {
				switch {
				case p.revision.Revision == c.Revision:
					on++
				case !p.revision.Known():
					unknown++
					fallthrough
				default:
					who := w.straggler(p, c)
					who.Acceptable = p.revision.Known()
					r.Stragglers = append(r.Stragglers, who)
				}
			}
			bare := w.startedBare(s, m)
			r.Stragglers = append(r.Stragglers, bare...)
			r.Found = fmt.Sprintf("%d of %d", on, len(proxies))
			switch {
			case len(bare) > 0:
				r.Verdict = Fail
				r.Reason = fmt.Sprintf("%s of %s started without a proxy since the merge", count(len(bare), "pod"), s)
			case on < len(proxies) && unknown == len(proxies)-on:
				r.Verdict = Unknown
				r.Reason = fmt.Sprintf("%s %s not say which control plane injected %s", count(unknown, "proxy"), plural(unknown, "does", "do"), plural(unknown, "it", "them"))
			case on < len(proxies):
				r.Verdict = Wait
				r.Reason = fmt.Sprintf("%s of %s %s not on %s", count(len(proxies)-on, "proxy"), s, plural(len(proxies)-on, "is", "are"), c.Revision)
			default:
				r.Verdict = Pass
			}
			if missing := w.emptyScope(s, len(proxies)); r.Verdict == Pass && missing != "" {
				r.Verdict, r.Reason = Unknown, missing
			}
			return r
		},
		departed: func(w *world) *DepartedPod {
			return w.lastDeparted(s, func(revision string) bool { return revision != c.Revision })
		},
	}
}

// emptyScope: a scope that names workloads to be moved, and in which no proxy is seen, was not seen moving, unless all of them are scaled to zero.
func (w *world) emptyScope(s Scope, proxies int) string {
	if proxies > 0 {
		return ""
	}
	for _, ref := range s.Workloads {
		if wl := w.workloads[ref]; wl != nil && !(template{ref: ref, workload: wl}).left(s) && wl.Replicas > 0 && !wl.custom() && wl.Kind != "Job" {
			if t := (template{wl.ref(), wl.TemplateLabels, wl.TemplateAnnotations, wl.HostNetwork, wl, nil}); t.injectable() && len(t.injectors(w)) > 0 {
				return ref.String() + " should have proxies, and none was seen"
			}
		}
	}
	return ""
}

// startedBare are pods that came up without a proxy after the merge although their namespace and template ask for one. Pods that were so before are
// not this upgrade's doing.
func (w *world) startedBare(s Scope, m Merge) []Straggler {
	if m.At.IsZero() {
		return nil
	}
	var found []Straggler
	for _, p := range w.plain {
		root, wl := w.owner(p)
		if !s.holds(root) && (wl == nil || !s.holds(wl.ref())) {
			continue
		}
		if p.Deleting || p.Created.Before(m.At) || !w.asksForProxy(p) {
			continue
		}
		found = append(found, Straggler{
			Namespace: p.Namespace, Kind: root.Kind, Name: root.Name, Pod: p.Name, Revision: "-",
			Reason: "started without a proxy: " + w.labelWords(p.Namespace), Remedy: "put the namespace's label right in Git, then restart it", Since: p.Created,
		})
	}
	return found
}

// asksForProxy reports whether a pod without a proxy should have one: nothing opts it out, and its namespace or labels speak of injection.
func (w *world) asksForProxy(p *Pod) bool {
	if !Injectable(p.Namespace, p.HostNetwork, p.Labels, p.Annotations) {
		return false
	}
	return w.meant(p.Namespace, p.Labels)
}

// meant reports whether labels speak of injection at all, be it in a way that no webhook understands.
func (w *world) meant(namespace string, podLabels map[string]string) bool {
	ns := w.labels(namespace)
	if v, ok := ns[labelInjection]; ok {
		return v != "disabled"
	}
	if ns[labelRevision] != "" {
		return true
	}
	return podLabels[labelRevision] != "" || strings.EqualFold(podLabels[labelInject], "true")
}

// noneOn asks both witnesses whether a scope has left a control plane: no pod was injected by it, and none of its istiods is connected to one.
func noneOn(s Scope, c ControlPlane) Check {
	return question{
		name: "off-" + c.Revision, asks: "Has every proxy of " + s.String() + " left " + c.Revision + "?",
		words: "no proxy of " + s.String() + " was injected by " + c.Revision + " or is connected to it",
		id:    "none-on/" + scopeID(s) + "/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "none injected by " + c.Revision + ", none connected to it", Verdict: Pass}
			injected, unknown, connected := 0, 0, 0
			for _, p := range w.scoped(s) {
				switch {
				case p.revision.Revision == c.Revision:
					injected++
					who := w.leaving(p, c)
					who.Acceptable = true
					r.Stragglers = append(r.Stragglers, who)
				case !p.revision.Known():
					unknown++
					r.Stragglers = append(r.Stragglers, w.leaving(p, c))
				case w.connectedTo(p, c.Revision):
					r.Stragglers = append(r.Stragglers, Straggler{
						Namespace: p.Namespace, Kind: p.root.Kind, Name: p.root.Name, Pod: p.Name, Revision: p.revision.String(),
						Reason: "connected to " + c.Revision + " although " + p.revision.Revision + " injected it", Remedy: "kubectl -n " + p.Namespace + " delete pod " + p.Name, Since: p.Created,
						Acceptable: true,
					})
				}
				if w.connectedTo(p, c.Revision) {
					connected++
				}
			}
			r.Found = fmt.Sprintf("%d injected, %d connected", injected, connected)
			switch {
			case injected+connected > 0:
				r.Verdict = Wait
				r.Reason = fmt.Sprintf("%s of %s still %s %s", count(len(r.Stragglers), "proxy"), s, plural(len(r.Stragglers), "uses", "use"), c.Revision)
			case unknown > 0:
				r.Verdict = Unknown
				r.Reason = fmt.Sprintf("%s %s not say which control plane injected %s; it may be %s", count(unknown, "proxy"), plural(unknown, "does", "do"), plural(unknown, "it", "them"), c.Revision)
			}
			return r
		},
	}
}

// leaving explains a proxy that should leave a control plane for any other.
func (w *world) leaving(p *proxy, c ControlPlane) Straggler {
	t := w.next(p)
	if found := t.injectors(w); t.injectable() && len(found) == 1 && found[0].Revision != c.Revision {
		return w.straggler(p, ControlPlane{Revision: found[0].Revision})
	}
	return w.straggler(p, ControlPlane{})
}

func (w *world) connectedTo(p *proxy, revision string) bool {
	for _, s := range w.connections(p) {
		if s.istiod.Revision == revision {
			return true
		}
	}
	return false
}

func scopeID(s Scope) string {
	return fmt.Sprintf("%q/%q/%t/%v", s.Namespaces, s.AllBut, s.Only, s.Workloads)
}
