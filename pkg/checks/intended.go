package checks

import "fmt"

// intended asks what the next pod of every workload would get, whoever evicts it and whenever: exactly one injector, of the wanted control plane, that can
// be called.
func intended(s Scope, c ControlPlane) Check {
	return question{
		name: "next-pods-" + c.Revision, asks: "Would the next pod of every workload of " + s.String() + " get " + c.Revision + "?",
		words: "the next pod of every workload of " + s.String() + " would be injected by " + c.Revision + " and by nothing else",
		id:    "intended/" + scopeID(s) + "/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "exactly one injector that can be called", Verdict: Pass}
			if c.Revision != "" {
				r.Required += ", of " + c.Revision
			}
			if len(w.Mutating) == 0 {
				r.Verdict, r.Reason = Unknown, "no injector was seen"
				return r
			}
			total, right := 0, 0
			for _, t := range append(w.templates(), w.unknownOwners(s)...) {
				if !t.in(s) || !w.intends(t) {
					continue
				}
				total++
				v, revision, why, remedy := w.nextPod(t, c)
				if v == Pass {
					right++
					continue
				}
				r = r.worsen(v, t.ref.String()+": "+why)
				who := t.straggler(revision, why, remedy)
				// An injector that cannot be called is istiod's fault and not the workload's.
				who.Acceptable = v == Wait && c.Revision != "" && revision != c.Revision
				r.Stragglers = append(r.Stragglers, who)
			}
			r.Found = fmt.Sprintf("%d of %d", right, total)
			return r
		},
	}
}

// oneInjector asks the same without saying which control plane is right: promise 3, nobody is un-meshed and nobody injected twice.
func oneInjector(s Scope) Check {
	return question{
		name: "one-injector", asks: "Would the next pod of every workload meet exactly one injector?",
		words: "the next pod of every workload of " + s.String() + " meets exactly one injector, which can be called",
		id:    "one-injector/" + scopeID(s),
		judge: func(w *world, m Merge) Result { return intended(s, ControlPlane{}).(question).judge(w, m) },
	}
}

// unknownOwners stand for proxies whose owner is of a kind that was not observed; the pods tell what the next ones will be like.
func (w *world) unknownOwners(s Scope) []template {
	var found []template
	done := map[WorkloadRef]bool{}
	for _, p := range w.scoped(s) {
		if (p.workload != nil && !p.workload.custom()) || p.root.Kind == "Pod" || p.root.Kind == "Node" || p.job() || done[p.root] {
			continue
		}
		done[p.root] = true
		found = append(found, template{ref: p.root, labels: p.Labels, annotations: p.Annotations, hostNetwork: p.HostNetwork})
	}
	return found
}

// intends reports whether a template's pods are meant to be in the mesh: they are in it, or its labels speak of it, and it may be injected.
func (w *world) intends(t template) bool {
	if !t.injectable() {
		return false
	}
	return w.meshed[t.ref] > 0 || w.meant(t.ref.Namespace, t.labels) || len(t.injectors(w)) > 0
}

// nextPod judges one template. An empty c accepts any control plane.
func (w *world) nextPod(t template, c ControlPlane) (v Verdict, revision, why, remedy string) {
	found := t.injectors(w)
	switch len(found) {
	case 0:
		return Fail, "-", "its next pod would start without a proxy: " + w.labelWords(t.ref.Namespace), "put the label of namespace " + t.ref.Namespace + " right in Git"
	case 1:
	default:
		return Fail, "?", "its next pod would be injected twice, by " + injectorNames(found), "leave one of the labels on namespace " + t.ref.Namespace
	}
	i := found[0]
	switch {
	case i.Revision == "":
		return Unknown, "?", "injector " + i.Configuration + " does not say whose it is", "give it the label " + labelRevision
	case c.Revision != "" && i.Revision != c.Revision:
		return Wait, i.Revision, "its next pod would get " + i.Revision + ": " + w.labelWords(t.ref.Namespace), "move the label of namespace " + t.ref.Namespace + " in Git"
	case !i.CABundle:
		return Wait, i.Revision, "injector " + i.Configuration + " has no CA bundle yet, so pods cannot start", "wait for istiod " + i.Revision + " to write it"
	case !w.reachable(i.Service):
		return Wait, i.Revision, "injector " + i.Configuration + " calls Service " + i.Service.String() + ", which has no ready pod", "bring istiod " + i.Revision + " up"
	}
	return Pass, i.Revision, "", ""
}

// reachable reports whether a pod is ready behind a Service. A URL in place of a Service cannot be judged from here.
func (w *world) reachable(name NamespacedName) bool {
	if name == (NamespacedName{}) {
		return true
	}
	s := w.services[name]
	return s != nil && len(s.Ready) > 0
}
