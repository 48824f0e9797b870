package render

import (
	"slices"
	"strconv"
)

// PodTemplate is the part of a workload that decides whether its pods roll. Path leads from the object to the mapping that holds labels and annotations
// (a template's metadata); numeric steps index lists. Replicas is -1 where the object does not say.
type PodTemplate struct {
	ID          ID
	Path        []string
	Labels      map[string]string
	Annotations map[string]string
	Replicas    int
	// Rolls tells whether a change of the template replaces running pods: not for Jobs, CronJobs, bare Pods and ReplicaSets, nor for custom resources whose
	// operator leaves pods alone.
	Rolls bool
}

// CustomResource is a kind whose operator makes pods from it.
type CustomResource struct {
	Group, Kind string
	// Path leads to the metadata that the pods get; "*" stands for every item of a list.
	Path []string
	// Annotations is the step below Path that holds annotations: "annotations" beside "labels" in a metadata mapping. Where the resource keeps
	// annotations elsewhere, Path leads to the parent and this is the key.
	Annotations string
	// Replicas leads from the object (or from the list item that "*" stands for) to the number of pods; nil where there is none.
	Replicas []string
	// Rolls tells whether the operator replaces running pods when the annotations change.
	Rolls bool
}

// CustomResources lists the operators' kinds found in Big Bang packages, with where the annotations of their pods stand. The paths are those of the
// operators' published API types: Prometheus operator (monitoring.coreos.com/v1: spec.podMetadata), Elastic Cloud on Kubernetes (podTemplate is a whole
// pod template), and the MinIO operator (minio.min.io/v2: each pool's annotations, which it puts on the StatefulSet's pods).
var CustomResources = []CustomResource{
	{Group: "monitoring.coreos.com", Kind: "Prometheus", Path: []string{"spec", "podMetadata"}, Annotations: "annotations", Replicas: []string{"spec", "replicas"}, Rolls: true},
	{Group: "monitoring.coreos.com", Kind: "PrometheusAgent", Path: []string{"spec", "podMetadata"}, Annotations: "annotations", Replicas: []string{"spec", "replicas"}, Rolls: true},
	{Group: "monitoring.coreos.com", Kind: "Alertmanager", Path: []string{"spec", "podMetadata"}, Annotations: "annotations", Replicas: []string{"spec", "replicas"}, Rolls: true},
	{Group: "monitoring.coreos.com", Kind: "ThanosRuler", Path: []string{"spec", "podMetadata"}, Annotations: "annotations", Replicas: []string{"spec", "replicas"}, Rolls: true},
	{Group: "elasticsearch.k8s.elastic.co", Kind: "Elasticsearch", Path: []string{"spec", "nodeSets", "*", "podTemplate", "metadata"}, Annotations: "annotations", Replicas: []string{"count"}, Rolls: true},
	{Group: "kibana.k8s.elastic.co", Kind: "Kibana", Path: []string{"spec", "podTemplate", "metadata"}, Annotations: "annotations", Replicas: []string{"spec", "count"}, Rolls: true},
	{Group: "minio.min.io", Kind: "Tenant", Path: []string{"spec", "pools", "*"}, Annotations: "annotations", Replicas: []string{"servers"}, Rolls: true},
}

type workload struct {
	path  []string
	rolls bool
}

var workloads = map[[2]string]workload{
	{"", "Pod"}:                   {path: []string{"metadata"}},
	{"", "ReplicationController"}: {path: []string{"spec", "template", "metadata"}},
	{"apps", "Deployment"}:        {path: []string{"spec", "template", "metadata"}, rolls: true},
	{"apps", "StatefulSet"}:       {path: []string{"spec", "template", "metadata"}, rolls: true},
	{"apps", "DaemonSet"}:         {path: []string{"spec", "template", "metadata"}, rolls: true},
	{"apps", "ReplicaSet"}:        {path: []string{"spec", "template", "metadata"}},
	{"batch", "Job"}:              {path: []string{"spec", "template", "metadata"}},
	{"batch", "CronJob"}:          {path: []string{"spec", "jobTemplate", "spec", "template", "metadata"}},
}

// PodTemplates lists the pod templates among objs, in order: one per workload, and one per node set or pool of the custom resources in CustomResources.
func PodTemplates(objs Objects) []PodTemplate {
	var out []PodTemplate
	for _, o := range objs {
		id := o.ID()
		if w, ok := workloads[[2]string{id.Group, id.Kind}]; ok {
			out = append(out, PodTemplate{
				ID: id, Path: w.path, Rolls: w.rolls, Replicas: replicas(o, []string{"spec", "replicas"}),
				Labels:      stringMap(o.Get(append(slices.Clone(w.path), "labels")...)),
				Annotations: stringMap(o.Get(append(slices.Clone(w.path), "annotations")...)),
			})
			continue
		}
		for _, cr := range CustomResources {
			if cr.Group == id.Group && cr.Kind == id.Kind {
				out = append(out, cr.templates(o)...)
			}
		}
	}
	return out
}

func (cr CustomResource) templates(o Object) []PodTemplate {
	one := func(at, count []string) PodTemplate {
		return PodTemplate{
			ID: o.ID(), Path: at, Rolls: cr.Rolls, Replicas: replicas(o, count),
			Labels:      stringMap(o.Get(append(slices.Clone(at), "labels")...)),
			Annotations: stringMap(o.Get(append(slices.Clone(at), cr.Annotations)...)),
		}
	}
	star := slices.Index(cr.Path, "*")
	if star < 0 {
		return []PodTemplate{one(cr.Path, cr.Replicas)}
	}
	items, _ := o.Get(cr.Path[:star]...).([]any)
	var out []PodTemplate
	for i := range items {
		item := append(slices.Clone(cr.Path[:star]), strconv.Itoa(i))
		out = append(out, one(append(slices.Clone(item), cr.Path[star+1:]...), append(slices.Clone(item), cr.Replicas...)))
	}
	return out
}

func replicas(o Object, path []string) int {
	switch n := o.Get(path...).(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return -1
}
