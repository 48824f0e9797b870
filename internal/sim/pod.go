package sim

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

type podKey struct{ namespace, name string }

// pod is one pod, with its proxy where it has one and its clients where it is an istiod.
type pod struct {
	checks.Pod
	hash    string // of the template that it was made from
	ordinal int    // in a StatefulSet
	of      checks.WorkloadRef

	started bool   // its own containers would be ready
	proxy   *proxy // nil = no proxy was injected
	istiod  *istiod
}

func (w *workload) key() checks.WorkloadRef {
	return checks.WorkloadRef{Namespace: w.Namespace, Kind: w.Kind, Name: w.Name}
}

func (w *workload) id() render.ID {
	return render.ID{Group: "apps", Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
}

// podsOf are a workload's pods, ended ones left out, in order of their making.
func (c *Cluster) podsOf(w *workload) []*pod {
	var found []*pod
	for _, p := range c.pods {
		if p.of == w.key() && p.Phase != "Succeeded" {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, comparePods)
	return found
}

func comparePods(a, b *pod) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

func (c *Cluster) sortedPods() []*pod { return slices.SortedFunc(maps.Values(c.pods), comparePods) }

// start creates a pod: the API server asks the webhooks that match now, and what they make of it is what runs. It returns nil, and
// tries again later, where a webhook that must answer does not.
func (c *Cluster) start(w *workload, name, node string) *pod {
	p := &pod{hash: w.hash, of: w.key()}
	p.Namespace, p.Name, p.Node = w.Namespace, name, node
	if node == "" {
		p.Node = nodes[c.random.IntN(len(nodes))]
	}
	p.Labels, p.Annotations = maps.Clone(w.TemplateLabels), maps.Clone(w.TemplateAnnotations)
	if p.Annotations == nil {
		p.Annotations = map[string]string{}
	}
	p.HostNetwork = w.HostNetwork
	p.Phase, p.Created = "Pending", c.now
	p.Owners = owners(w)
	p.Containers = containersOf(w)
	why := c.refused(w)
	if why == "" && !c.admit(p) {
		why = "failed calling webhook"
	}
	if why != "" {
		w.Stuck = "pods \"" + name + "\" is forbidden: " + why
		w.retrying = true
		c.after(webhookRetry, func() {
			w.retrying = false
			c.roll(w)
		})
		return nil
	}
	w.Stuck = ""
	w.Since = c.now
	c.pods[podKey{p.Namespace, p.Name}] = p
	if p.Labels["app"] == "istiod" && p.Labels["istio.io/rev"] != "" {
		p.istiod = newIstiod(p)
	}
	if p.proxy != nil {
		c.connectIn(p, c.some(connectTime))
	}
	c.after(c.some(podStart), func() {
		p.started = true
		c.becomeReady(p)
	})
	return p
}

func owners(w *workload) []checks.Owner {
	direct := checks.Owner{APIVersion: w.APIVersion, Kind: w.Kind, Name: w.Name}
	switch {
	case w.Kind == "Deployment":
		return []checks.Owner{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: w.Name + "-" + w.hash[:9]}, direct}
	default:
		return append([]checks.Owner{direct}, w.Owners...)
	}
}

func containersOf(w *workload) []checks.Container {
	var found []checks.Container
	for _, at := range []string{"initContainers", "containers"} {
		list, _ := w.spec.Get("spec", "template", "spec", at).([]any)
		for _, entry := range list {
			container, _ := entry.(map[string]any)
			name, _ := container["name"].(string)
			image, _ := container["image"].(string)
			found = append(found, checks.Container{Name: name, Image: image, Init: at == "initContainers"})
		}
	}
	return found
}

// becomeReady makes a pod ready once its containers are, of which the proxy is one: a proxy that never got a configuration is not.
func (c *Cluster) becomeReady(p *pod) {
	if c.pods[podKey{p.Namespace, p.Name}] != p || p.Ready || p.Deleting || !p.started {
		return
	}
	if p.proxy != nil && !p.proxy.configured {
		return
	}
	p.Phase, p.Ready = "Running", true
	if p.istiod != nil {
		c.istiodReady(p)
	}
	w := c.workloads[p.of]
	if w == nil {
		return
	}
	w.Since = c.now
	if w.Kind == "Job" {
		c.after(jobRun, func() {
			if !c.neverEnds(w) {
				c.succeed(w, p)
			}
		})
	}
	c.roll(w)
}

// stop deletes a pod; it is gone a moment later.
func (c *Cluster) stop(p *pod) {
	if p.Deleting {
		return
	}
	p.Deleting = true
	if p.Phase == "Succeeded" {
		c.gone(p)
		return
	}
	c.after(c.some(podStop), func() { c.gone(p) })
	if w := c.workloads[p.of]; w != nil {
		c.after(podsAfterUpdate, func() { c.roll(w) })
	}
}

func (c *Cluster) gone(p *pod) {
	delete(c.pods, podKey{p.Namespace, p.Name})
	c.disconnect(p)
	c.remember(p)
	if p.istiod != nil {
		c.istiodGone(p)
	}
	if w := c.workloads[p.of]; w != nil {
		w.Since = c.now
		c.roll(w)
	}
}

const alphabet = "bcdfghjklmnpqrstvwxz2456789"

func (c *Cluster) letters(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[c.random.IntN(len(alphabet))])
	}
	return b.String()
}
