package sim

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// workload is a Deployment, StatefulSet, DaemonSet or Job.
type workload struct {
	checks.Workload
	spec     render.Object // the whole object
	hash     string        // of the pod template
	wanted   int           // spec.replicas
	scaled   int           // what a HorizontalPodAutoscaler asks for at least; 0 = there is none
	done     bool          // Jobs
	retrying bool          // a webhook refused a pod, which is tried again
}

func isWorkload(kind string) bool {
	return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet"
}

// nodes of the cluster.
var nodes = []string{"node-1", "node-2", "node-3"}

func (c *Cluster) workloadChanged(id render.ID, o *object) {
	ref := checks.WorkloadRef{Namespace: id.Namespace, Kind: id.Kind, Name: id.Name}
	w := c.workloads[ref]
	if w == nil {
		w = newWorkload(o.Object)
		w.Created = c.now
		c.workloads[ref] = w
		for _, hpa := range c.all("HorizontalPodAutoscaler") {
			c.scaled(hpa.Namespace(), hpa)
		}
	} else {
		w.read(o.Object)
	}
	w.Generation = o.generation
	w.HelmRelease = o.owner.release
	c.amended(w)
	w.Since = c.now
	c.after(podsAfterUpdate, func() {
		w.ObservedGeneration = w.Generation
		c.roll(w)
	})
}

func newWorkload(o render.Object) *workload {
	w := &workload{}
	w.APIVersion, w.Kind, w.Namespace, w.Name = o.APIVersion(), o.Kind(), o.Namespace(), o.Name()
	w.read(o)
	return w
}

func (w *workload) read(o render.Object) {
	w.spec = o
	w.hash = strings.TrimPrefix(digestOf(o.Get("spec", "template")), "sha256:")[:10]
	w.TemplateLabels, w.TemplateAnnotations = templateOf(o, "spec", "template")
	w.HostNetwork = o.Get("spec", "template", "spec", "hostNetwork") == true
	w.Paused = o.Get("spec", "paused") == true
	w.wanted = number(o.Get("spec", "replicas"), 1)
	w.Partition = number(o.Get("spec", "updateStrategy", "rollingUpdate", "partition"), 0)
	w.Strategy = "RollingUpdate"
	for _, at := range []string{"strategy", "updateStrategy"} {
		if kind, _ := o.Get("spec", at, "type").(string); kind != "" {
			w.Strategy = kind
		}
	}
}

func templateOf(o render.Object, at ...string) (labels, annotations map[string]string) {
	template, _ := o.Get(at...).(map[string]any)
	object := render.Object(template)
	return object.Labels(), object.Annotations()
}

// number reads a count that JSON or a template gave in one of its forms.
func number(v any, otherwise int) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	}
	return otherwise
}

// replicas is how many pods there ought to be.
func (w *workload) replicas() int {
	switch {
	case w.Kind == "DaemonSet":
		return len(nodes)
	case w.scaled > 0 && w.wanted > 0:
		return max(w.scaled, 1)
	}
	return w.wanted
}

// scaled applies the minimum of an autoscaler to what it scales; load never comes.
func (c *Cluster) scaled(namespace string, hpa *object) {
	kind, _ := hpa.Get("spec", "scaleTargetRef", "kind").(string)
	name, _ := hpa.Get("spec", "scaleTargetRef", "name").(string)
	w := c.workloads[checks.WorkloadRef{Namespace: namespace, Kind: kind, Name: name}]
	least := number(hpa.Get("spec", "minReplicas"), 1)
	if w != nil && w.scaled != least {
		w.scaled = least
		c.after(podsAfterUpdate, func() { c.roll(w) })
	}
}

func (c *Cluster) workloadDeleted(ref checks.WorkloadRef) {
	w := c.workloads[ref]
	if w == nil {
		return
	}
	delete(c.workloads, ref)
	for _, p := range c.podsOf(w) {
		c.stop(p)
	}
}

func (c *Cluster) sortedWorkloads() []*workload {
	return slices.SortedFunc(maps.Values(c.workloads), func(a, b *workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
}

// count brings the status up to date with the pods.
func (c *Cluster) count(w *workload) {
	w.Replicas = w.replicas()
	w.CurrentReplicas, w.UpdatedReplicas, w.ReadyReplicas = 0, 0, 0
	for _, p := range c.podsOf(w) {
		if p.Deleting && w.Kind != "StatefulSet" {
			continue
		}
		w.CurrentReplicas++
		if p.hash == w.hash {
			w.UpdatedReplicas++
		}
		if p.Ready && !p.Deleting {
			w.ReadyReplicas++
		}
	}
	w.AvailableReplicas = w.ReadyReplicas
	if w.Kind == "StatefulSet" {
		w.UpdateRevision = w.Name + "-" + w.hash
		w.CurrentRevision = w.UpdateRevision
		for _, p := range c.podsOf(w) {
			if p.hash != w.hash {
				w.CurrentRevision = w.Name + "-" + p.hash
			}
		}
	}
}

// settled means that the rollout is over.
func (w *workload) settled() bool {
	return w.ObservedGeneration == w.Generation && w.UpdatedReplicas == w.Replicas && w.ReadyReplicas == w.Replicas && w.CurrentReplicas == w.Replicas
}

// percent reads "25%" or a number, of a whole.
func percent(v any, whole, otherwise int, up bool) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	case string:
		n, err := strconv.Atoi(strings.TrimSuffix(v, "%"))
		if err != nil {
			return otherwise
		}
		if up {
			return (n*whole + 99) / 100
		}
		return n * whole / 100
	}
	return otherwise
}
