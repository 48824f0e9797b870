package checks

import (
	"slices"
	"time"
)

// grace is how long a pod may take to become ready and connect before it is missed.
const grace = 2 * time.Minute

// world is an observation with the indexes that checks look things up in.
//
// It is made anew for each verdict, so that a verdict follows from its observation alone. What makes that cheap is that pods come in rows: those of one
// controller stand beside each other and share their chain of owners, so each chain is looked up once a row; and that no key is put together for a pod.
type world struct {
	*Observation
	namespaces map[string]*Namespace
	workloads  map[WorkloadRef]*Workload
	services   map[NamespacedName]*Service
	releases   map[NamespacedName]*HelmRelease
	links      links
	proxies    []proxy              // every pod of the mesh that has not ended
	plain      []*Pod               // every other pod that has not ended
	meshed     map[WorkloadRef]int  // how many proxies an owner has, at any step of the chain
	pulling    map[WorkloadRef]pull // owners with a pod whose image cannot be had
}

// pull is a pod that waits for an image in vain.
type pull struct{ pod, image string }

// proxy is a pod of the mesh that has not ended.
type proxy struct {
	*Pod
	*family
	at       int // its place in the observation's pods
	revision Evidence
}

// family is what pods with the same owners have in common.
type family struct {
	root     WorkloadRef // root owner; the pod itself where it has none
	workload *Workload   // the nearest owner that is a known workload; nil = none
}

func newWorld(o *Observation) *world {
	w := &world{
		Observation: o,
		namespaces:  make(map[string]*Namespace, len(o.Namespaces)),
		workloads:   make(map[WorkloadRef]*Workload, len(o.Workloads)),
		services:    make(map[NamespacedName]*Service, len(o.Services)),
		releases:    make(map[NamespacedName]*HelmRelease, len(o.Flux.HelmReleases)),
		links:       linksOf(o),
		proxies:     make([]proxy, 0, len(o.Pods)),
		meshed:      make(map[WorkloadRef]int, len(o.Workloads)),
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
	w.takePods()
	return w
}

func (w *world) takePods() {
	var (
		first *Pod // the first proxy of a row with the same owners
		of    *family
		row   int // how many there are
	)
	end := func() {
		if row == 0 {
			return
		}
		for _, o := range first.Owners {
			w.meshed[WorkloadRef{first.Namespace, o.Kind, o.Name}] += row
		}
	}
	for i := range w.Pods {
		p := &w.Pods[i]
		if p.ended() {
			continue
		}
		if image := p.pullFails(); image != "" {
			for _, o := range p.Owners {
				w.pulling[WorkloadRef{p.Namespace, o.Kind, o.Name}] = pull{p.Name, image}
			}
		}
		if !InMesh(p) {
			w.plain = append(w.plain, p)
			continue
		}
		if first == nil || !sameOwners(first, p) {
			end()
			root, workload := w.owner(p)
			first, of, row = p, &family{root, workload}, 0
		}
		row++
		w.proxies = append(w.proxies, proxy{Pod: p, family: of, at: i, revision: RevisionOf(p)})
	}
	end()
}

// sameOwners tells of two pods that the chain of the one is that of the other, and not merely equal to it: an observer lets the pods of a controller share it.
func sameOwners(a, b *Pod) bool {
	return len(a.Owners) > 0 && len(a.Owners) == len(b.Owners) && &a.Owners[0] == &b.Owners[0] && a.Namespace == b.Namespace
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

// inScope reports whether proxies of these owners belong to what a phase moves.
func (w *world) inScope(s Scope, f *family) bool {
	if s.leavesProxies(f) {
		return false
	}
	if s.holds(f.root) {
		return true
	}
	return f.workload != nil && s.holds(f.workload.ref())
}

// scoped are the proxies of a scope, in the order in which they were observed.
func (w *world) scoped(s Scope) []*proxy {
	in := make([]*proxy, 0, len(w.proxies))
	var (
		last  *family
		holds bool
	)
	for i := range w.proxies {
		p := &w.proxies[i]
		if p.family != last {
			last, holds = p.family, w.inScope(s, p.family)
		}
		if holds {
			in = append(in, p)
		}
	}
	return in
}

// proxyOf is whose connection it is; nil where that is no proxy of this cluster.
func (w *world) proxyOf(c *Connection) *proxy {
	at, ok := w.links.place(c.Proxy)
	if !ok || w.elsewhere(c) {
		return nil
	}
	i, ok := slices.BinarySearchFunc(w.proxies, int(at), func(p proxy, at int) int { return p.at - at })
	if !ok {
		return nil
	}
	return &w.proxies[i]
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
