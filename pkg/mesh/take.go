package mesh

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// versionAge is how long the API server's version is believed.
const versionAge = 10 * time.Minute

// memory keeps the lists of the last observation. A list of which nothing has changed is given again: observations are immutable.
type memory struct {
	owners    chains
	ownersAt  int
	podsAt    int // see remembered
	pods      []checks.Pod
	workloads remembered[checks.Workload]
	services  remembered[checks.Service]
	istiods   []checks.Istiod
	cluster   string
}

// remembered is a list, and the sum of the versions of all that it was made from. Versions only grow, so the sum tells any change.
type remembered[T any] struct {
	at   int
	list []T
}

func (r *remembered[T]) refresh(at int, build func() []T) []T {
	if r.at != at {
		r.list = slices.Clip(build())
		r.at = at
	}
	return r.list
}

func (c *Cluster) take(ctx context.Context) (*checks.Observation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &checks.Observation{}
	if err := c.askVersion(ctx, o); err != nil {
		return nil, err
	}
	owners := c.takePods(o)
	o.Namespaces = collect(&c.namespaces.store, whole)
	o.Nodes = collect(&c.nodes.store, whole)
	o.Workloads = c.memory.workloads.refresh(1+owners+c.budgets.store.at(), c.takeWorkloads)
	o.Services = c.memory.services.refresh(1+c.kinds.services.store.at()+c.kinds.slices.store.at(), func() []checks.Service {
		return services(collect(&c.kinds.services.store, whole), collect(&c.kinds.slices.store, whole))
	})
	for _, j := range collect(&c.cronJobs.store, whole) {
		j.Owners = c.memory.owners.of(j.Namespace, j.controller)
		o.CronJobs = append(o.CronJobs, j.CronJob)
	}
	o.IstiodDeployments = collect(&c.deployments.store, func(w *workload) (out checks.IstiodDeployment, ok bool) {
		if w.istiod != nil {
			out = *w.istiod
		}
		return out, w.istiod != nil
	})
	c.takeWebhooks(o)
	o.CRDs = collect(&c.crds.store, func(d *checks.CRD) (checks.CRD, bool) { return *d, istioCRD(d.Name) })
	o.Flux = checks.Flux{
		GitRepositories: collect(&c.gitRepositories.store, whole), HelmRepositories: collect(&c.helmRepositories.store, whole),
		OCIRepositories: collect(&c.ociRepositories.store, whole), Kustomizations: collect(&c.kustomizations.store, whole),
		HelmCharts: collect(&c.helmCharts.store, whole), HelmReleases: collect(&c.helmReleases.store, whole),
	}
	return o, nil
}

func whole[T any](v *T) (T, bool) { return *v, true }

// ownersVersion changes with every object that may stand above another.
func (c *Cluster) ownersVersion() int {
	sum := c.replicaSets.store.at() + c.deployments.store.at() + c.statefulSets.store.at() + c.daemonSets.store.at() + c.jobs.store.at() + c.cronJobs.store.at()
	for _, s := range c.custom {
		sum += s.store.at()
	}
	return sum
}

// above finds the controller of a controller.
func (c *Cluster) above(k ownerKey) (checks.Owner, bool) {
	name := key{k.namespace, k.name}
	if k.kind == "ReplicaSet" {
		return c.replicaSets.store.get(name)
	}
	if k.kind == "CronJob" {
		j, ok := c.cronJobs.store.get(name)
		return j.controller, ok
	}
	s := map[string]*source[workload]{"Deployment": c.deployments, "StatefulSet": c.statefulSets, "DaemonSet": c.daemonSets, "Job": c.jobs}[k.kind]
	if s == nil {
		s = c.custom[k.kind]
	}
	if s == nil {
		return checks.Owner{}, false
	}
	w, ok := s.store.get(name)
	return w.controller, ok
}

// takePods takes the pods that are there, those that have left, and the time, all of one moment. It gives the version of the owners.
func (c *Cluster) takePods(o *checks.Observation) (owners int) {
	owners = c.takeOwners()
	c.pods.store.read(func(all []kept[pod]) {
		o.At = c.now().UTC()
		o.Departed, o.Watched = c.departures.until(o.At)
		if at := 1 + owners + c.pods.store.version; c.memory.podsAt != at {
			c.memory.podsAt = at
			c.rememberPods(all)
		}
	})
	o.Pods, o.Istiods, o.Cluster = c.memory.pods, slices.Clone(c.memory.istiods), c.memory.cluster
	return owners
}

// takeOwners forgets chains of owners that may have changed, and gives the version of those that are known then.
func (c *Cluster) takeOwners() int {
	at := c.ownersVersion()
	if c.memory.ownersAt != at || c.memory.owners.known == nil {
		c.memory.owners, c.memory.ownersAt = chains{c.above, map[ownerKey][]checks.Owner{}}, at
	}
	return at
}

func (c *Cluster) rememberPods(all []kept[pod]) {
	var (
		istiods []*istiodPod
		row     ownerKey // the controller of the pod before; those of one stand together
		chain   []checks.Owner
	)
	c.memory.pods, c.memory.istiods = nil, nil
	if len(all) > 0 {
		c.memory.pods = make([]checks.Pod, len(all))
	}
	for i := range all {
		k, p := all[i].key, &all[i].value
		if p.istiod != nil {
			istiods = append(istiods, p.istiod)
			c.memory.istiods = append(c.memory.istiods, istiodOf(k, p))
		}
		if own := (ownerKey{k.namespace, p.controller.Kind, p.controller.Name}); i == 0 || own != row {
			row, chain = own, c.memory.owners.of(k.namespace, p.controller)
		}
		c.memory.pods[i] = p.observed(k, chain)
	}
	c.memory.cluster = clusterOf(istiods)
}

func (c *Cluster) takeWorkloads() []checks.Workload {
	blocking := map[string][]budget{}
	for _, b := range collect(&c.budgets.store, func(b *budget) (budget, bool) { return *b, b.refuses }) {
		blocking[b.namespace] = append(blocking[b.namespace], b)
	}
	all := []*source[workload]{c.deployments, c.statefulSets, c.daemonSets, c.jobs}
	for _, o := range operators {
		all = append(all, c.custom[o.kind])
	}
	var out []checks.Workload
	for _, s := range all {
		// Owners are looked up when the list has been left: they may stand on it.
		for _, w := range collect(&s.store, func(w *workload) (workload, bool) { return *w, !w.over }) {
			w.Owners = c.memory.owners.of(w.Namespace, w.controller)
			for _, b := range blocking[w.Namespace] {
				if w.BlockedBy == "" && b.blocks(&w) {
					w.BlockedBy = b.name
				}
			}
			out = append(out, w.Workload)
		}
	}
	return out
}

func (c *Cluster) takeWebhooks(o *checks.Observation) {
	take := func(h *hooks) (checks.WebhookConfiguration, bool) {
		if h.istio {
			o.RootCertificates = append(o.RootCertificates, h.certificates()...)
		}
		return h.WebhookConfiguration, h.istio
	}
	o.RootCertificates = collect(&c.roots.store, func(r *root) (checks.RootCertificate, bool) { return r.RootCertificate, r.Fingerprint != "" })
	o.Mutating = collect(&c.mutating.store, take)
	o.Validating = collect(&c.validating.store, take)
}

// askVersion asks the API server for its version now and then.
func (c *Cluster) askVersion(ctx context.Context, o *checks.Observation) error {
	if now := c.now(); c.version == "" || now.Sub(c.asked) > versionAge {
		said, err := c.clients.serverVersion(ctx)
		switch {
		case apierrors.IsForbidden(err):
			o.MissingRights = append(o.MissingRights, "get /version: forbidden")
			return nil
		case err != nil:
			return fmt.Errorf("ask the cluster %s for its version: %w", c.host, err)
		}
		c.version, c.asked = said, now
	}
	o.ServerVersion = c.version
	return nil
}

// sorted joins lists, each word once.
func sorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
