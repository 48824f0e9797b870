package checks

import (
	"slices"
	"time"
)

// grace is how long a pod may take to become ready and connect before it is missed.
const grace = 2 * time.Minute

// world is an observation with the indexes that checks look things up in.
type world struct {
	*Observation
	namespaces  map[string]*Namespace
	workloads   map[WorkloadRef]*Workload
	services    map[NamespacedName]*Service
	connections map[string][]seen // by "<pod>.<namespace>"
	pods        map[string]*Pod   // by "<pod>.<namespace>"
	proxies     []proxy           // every pod of the mesh that has not ended
	plain       []*Pod            // every other pod that has not ended
	releases    map[NamespacedName]*HelmRelease
	proxyOf     map[string]int       // "<pod>.<namespace>" to its place in proxies
	meshed      map[WorkloadRef]int  // how many proxies an owner has, at any step of the chain
	pulling     map[WorkloadRef]pull // owners with a pod whose image cannot be had
}

// pull is a pod that waits for an image in vain.
type pull struct{ pod, image string }

// seen is one connection and the istiod that told of it.
type seen struct {
	istiod *Istiod
	*Connection
}

// proxy is a pod of the mesh that has not ended.
type proxy struct {
	*Pod
	key      string // "<pod>.<namespace>"
	revision Evidence
	root     WorkloadRef // root owner; the pod itself where it has none
	workload *Workload   // the nearest owner that is a known workload; nil = none
}

func newWorld(o *Observation) *world {
	w := &world{
		Observation: o,
		namespaces:  make(map[string]*Namespace, len(o.Namespaces)),
		workloads:   make(map[WorkloadRef]*Workload, len(o.Workloads)),
		services:    make(map[NamespacedName]*Service, len(o.Services)),
		connections: map[string][]seen{},
		pods:        make(map[string]*Pod, len(o.Pods)),
		releases:    make(map[NamespacedName]*HelmRelease, len(o.Flux.HelmReleases)),
		meshed:      make(map[WorkloadRef]int, len(o.Workloads)),
		proxyOf:     make(map[string]int, len(o.Pods)),
		pulling:     map[WorkloadRef]pull{},
	}
	for i := range o.Namespaces {
		w.namespaces[o.Namespaces[i].Name] = &o.Namespaces[i]
	}
	for i := range o.Workloads {
		w.workloads[o.Workloads[i].ref()] = &o.Workloads[i]
	}
	for i := range o.Services {
		w.services[NamespacedName{o.Services[i].Namespace, o.Services[i].Name}] = &o.Services[i]
	}
	for i := range o.Flux.HelmReleases {
		r := &o.Flux.HelmReleases[i]
		w.releases[NamespacedName{r.Namespace, r.Name}] = r
	}
	for i := range o.Istiods {
		for j := range o.Istiods[i].Connections {
			c := &o.Istiods[i].Connections[j]
			if !w.elsewhere(c) { // a pod of that name may be in another cluster, too
				w.connections[c.Proxy] = append(w.connections[c.Proxy], seen{&o.Istiods[i], c})
			}
		}
	}
	for i := range o.Pods {
		w.add(&o.Pods[i])
	}
	return w
}

func (w *world) add(p *Pod) {
	key := p.Name + "." + p.Namespace
	w.pods[key] = p
	if p.ended() {
		return
	}
	if image := p.pullFails(); image != "" {
		for _, o := range p.Owners {
			w.pulling[WorkloadRef{p.Namespace, o.Kind, o.Name}] = pull{p.Name, image}
		}
	}
	if !InMesh(p) {
		w.plain = append(w.plain, p)
		return
	}
	root, workload := w.owner(p)
	w.proxyOf[key] = len(w.proxies)
	w.proxies = append(w.proxies, proxy{Pod: p, key: key, revision: RevisionOf(p), root: root, workload: workload})
	for _, o := range p.Owners {
		w.meshed[WorkloadRef{p.Namespace, o.Kind, o.Name}]++
	}
}

// pullFails names the image that a pod waits for in vain.
func (p *Pod) pullFails() string {
	for _, c := range p.Containers {
		switch c.Waiting {
		case "ImagePullBackOff", "ErrImagePull", "InvalidImageName":
			return c.Image
		}
	}
	return ""
}

func (w *Workload) ref() WorkloadRef { return WorkloadRef{w.Namespace, w.Kind, w.Name} }

// ended pods have no proxy any more. A pod whose phase is not known may have one.
func (p *Pod) ended() bool { return p.Phase == "Succeeded" || p.Phase == "Failed" }

func (w *world) owner(p *Pod) (root WorkloadRef, workload *Workload) {
	root = WorkloadRef{p.Namespace, "Pod", p.Name}
	for _, o := range p.Owners {
		root = WorkloadRef{p.Namespace, o.Kind, o.Name}
		if found := w.workloads[root]; found != nil && workload == nil {
			workload = found
		}
	}
	if workload != nil {
		// The chain that the workload knows may reach higher than the pod's own.
		if n := len(workload.Owners); n > 0 {
			root = WorkloadRef{p.Namespace, workload.Owners[n-1].Kind, workload.Owners[n-1].Name}
		}
	}
	return root, workload
}

// young pods are still starting: nobody expects them to be ready and connected.
func (w *world) young(p *Pod) bool { return w.At.Sub(p.Created) < grace }

// job pods come and go by themselves.
func (p *Pod) job() bool {
	return slices.ContainsFunc(p.Owners, func(o Owner) bool { return o.Kind == "Job" || o.Kind == "CronJob" })
}

// inScope reports whether a proxy belongs to what a phase moves.
func (w *world) inScope(s Scope, p *proxy) bool {
	if s.leavesProxy(p) {
		return false
	}
	if s.holds(p.root) {
		return true
	}
	return p.workload != nil && s.holds(p.workload.ref())
}

// scoped are the proxies of a scope, in the order in which they were observed.
func (w *world) scoped(s Scope) []*proxy {
	var in []*proxy
	for i := range w.proxies {
		if w.inScope(s, &w.proxies[i]) {
			in = append(in, &w.proxies[i])
		}
	}
	return in
}

// labels are a namespace's; nil where it was not observed.
func (w *world) labels(namespace string) map[string]string {
	if ns := w.namespaces[namespace]; ns != nil {
		return ns.Labels
	}
	return nil
}

// istiods are the pods of a control plane that have not ended.
func (w *world) istiods(revision string) []*Istiod {
	var found []*Istiod
	for i := range w.Istiods {
		if it := &w.Istiods[i]; it.Revision == revision && it.Phase != "Succeeded" && it.Phase != "Failed" {
			found = append(found, it)
		}
	}
	return found
}
