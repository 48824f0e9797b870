package sim

import (
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Truth is what is so in the cluster, whatever an observer sees of it. Gates are held against it: what it denies, no gate may say.
type Truth struct {
	At      time.Time
	Applied string // commit whose files Flux has applied
	Proxies []TrueProxy
	Gone    []TrueProxy // of the last hour
	Bare    []string    // "namespace/pod": should have a proxy and has none
	Behind  []string    // "namespace/name": HelmReleases that have not deployed what their spec, chart and values say now
	Waiting []string    // "Kind namespace/name": workloads whose pods are not all of the newest template and ready
	Leading []string    // "namespace to revision": what a namespace's live labels lead to, sorted
	Objects []string    // names of live objects that belong to a control plane, "istiod-1-29-0"
	Planes  []string    // "revision version" of each control plane that has a pod which is ready, "1-29-0 1.29.0", sorted
}

// TrueProxy is one proxy.
type TrueProxy struct {
	Namespace, Pod string
	Owner          checks.WorkloadRef
	Injected       string // revision
	Version        string
	Connected      string // revision of the istiod that it is connected to; "" = none
	Ready          bool
	Created, Gone  time.Time
}

// Truth tells it.
func (c *Cluster) Truth() Truth {
	t := Truth{At: c.now}
	for _, k := range c.sortedKustomizations() {
		t.Applied = k.LastAppliedRevision
	}
	for _, p := range c.sortedPods() {
		if p.istiod != nil && p.Ready {
			t.Planes = append(t.Planes, p.istiod.revision+" "+p.istiod.version)
		}
		switch {
		case p.Phase == "Succeeded":
		case p.proxy != nil:
			connected := ""
			if p.proxy.to != nil {
				connected = p.proxy.to.istiod.revision
			}
			t.Proxies = append(t.Proxies, TrueProxy{
				Namespace: p.Namespace, Pod: p.Name, Owner: p.of, Injected: p.proxy.revision, Version: p.proxy.version,
				Connected: connected, Ready: p.Ready, Created: p.Created,
			})
		case !p.Deleting && c.wantsProxy(p):
			t.Bare = append(t.Bare, p.Namespace+"/"+p.Name)
		}
	}
	for _, p := range c.passed {
		if revision := p.Annotations["istio.io/rev"]; revision != "" {
			t.Gone = append(t.Gone, TrueProxy{Namespace: p.Namespace, Pod: p.Name, Injected: revision, Connected: p.connected, Created: p.Created, Gone: p.gone})
		}
	}
	for _, r := range c.sortedReleases() {
		if c.behind(r) {
			t.Behind = append(t.Behind, r.key().String())
		}
	}
	for _, w := range c.sortedWorkloads() {
		c.count(w)
		if isWorkload(w.Kind) && !w.settled() {
			t.Waiting = append(t.Waiting, w.Kind+" "+w.Namespace+"/"+w.Name)
		}
	}
	hooks := c.webhooks("MutatingWebhookConfiguration")
	for _, ns := range c.all("Namespace") {
		for _, i := range checks.Match(hooks, ns.Labels(), nil) {
			t.Leading = append(t.Leading, ns.Name()+" to "+i.Revision)
		}
	}
	for id := range c.live {
		if id.Kind == "HelmRelease" || id.Kind == "Deployment" || id.Kind == "GitRepository" || id.Kind == "HelmRepository" {
			t.Objects = append(t.Objects, id.Name)
		}
	}
	slices.Sort(t.Objects)
	slices.Sort(t.Planes)
	t.Planes = slices.Compact(t.Planes)
	return t
}

// wantsProxy reports whether Git wants a pod to have a proxy: by the labels that its namespace was last applied with, whatever became of them.
func (c *Cluster) wantsProxy(p *pod) bool {
	ns := c.live[namespaceID(p.Namespace)]
	if ns == nil || !checks.Injectable(p.Namespace, p.HostNetwork, p.Labels, p.Annotations) {
		return false
	}
	return ns.labels["istio-injection"] == "enabled" || ns.labels["istio.io/rev"] != ""
}

// behind reports whether something else is deployed than what is wanted now, whatever the release's conditions say.
func (c *Cluster) behind(r *helmRelease) bool {
	o := c.liveRelease(r.key())
	if o == nil || r.Suspended {
		return false
	}
	chart := c.charts[r.Chart]
	if chart == nil || len(r.History) == 0 {
		return true
	}
	wanted, err := c.valuesDigest(r, o)
	if err != nil {
		return true
	}
	last := r.History[0]
	return last.Status != "deployed" || last.ChartVersion != chart.Artifact || last.ConfigDigest != wanted ||
		r.deployed != digestOf(o.Get("spec", "postRenderers"))
}
