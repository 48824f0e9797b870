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
	// Rolls tells whether a change of the template replaces running pods; it does not for Jobs, CronJobs, bare Pods and ReplicaSets. A StatefulSet or
	// DaemonSet whose update strategy is OnDelete does not roll either.
	Rolls bool
}

// CustomResource is a kind whose operator makes pods from it.
type CustomResource struct {
	Group, Kind string
	// Path leads to the mapping that holds the pods' labels and annotations; "*" stands for every item of a list.
	Path []string
	// Labels and Annotations are the keys in that mapping.
	Labels, Annotations string
	// Replicas leads from the object, or from the list item that "*" stands for, to the number of pods.
	Replicas []string
	// Rolls tells whether the operator replaces running pods when the annotations change.
	Rolls bool
}

// CustomResources lists the operators' kinds found in Big Bang packages and where the labels and annotations of their pods stand, as the operators'
// API types have it: Prometheus operator (spec.podMetadata), Elastic Cloud on Kubernetes (whole pod templates), MinIO operator (each pool; its operator compares
// the whole StatefulSet), Mattermost operator (spec.podTemplate.extraAnnotations), Kiali operator (spec.deployment.pod_annotations, where the umbrella itself writes its restart annotation).
var CustomResources = []CustomResource{
	podMetadata("Prometheus"),
	podMetadata("PrometheusAgent"),
	podMetadata("Alertmanager"),
	podMetadata("ThanosRuler"),
	{
		Group: "elasticsearch.k8s.elastic.co", Kind: "Elasticsearch", Path: []string{"spec", "nodeSets", "*", "podTemplate", "metadata"},
		Labels: "labels", Annotations: "annotations", Replicas: []string{"count"}, Rolls: true,
	},
	{
		Group: "kibana.k8s.elastic.co", Kind: "Kibana", Path: []string{"spec", "podTemplate", "metadata"},
		Labels: "labels", Annotations: "annotations", Replicas: []string{"spec", "count"}, Rolls: true,
	},
	{
		Group: "minio.min.io", Kind: "Tenant", Path: []string{"spec", "pools", "*"},
		Labels: "labels", Annotations: "annotations", Replicas: []string{"servers"}, Rolls: true,
	},
	{
		Group: "installation.mattermost.com", Kind: "Mattermost", Path: []string{"spec", "podTemplate"},
		Labels: "extraLabels", Annotations: "extraAnnotations", Replicas: []string{"spec", "replicas"}, Rolls: true,
	},
	{
		Group: "kiali.io", Kind: "Kiali", Path: []string{"spec", "deployment"},
		Labels: "pod_labels", Annotations: "pod_annotations", Replicas: []string{"spec", "deployment", "replicas"}, Rolls: true,
	},
}

func podMetadata(kind string) CustomResource {
	return CustomResource{
		Group: "monitoring.coreos.com", Kind: kind, Path: []string{"spec", "podMetadata"},
		Labels: "labels", Annotations: "annotations", Replicas: []string{"spec", "replicas"}, Rolls: true,
	}
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
				ID: id, Path: w.path, Rolls: w.rolls && o.text("spec", "updateStrategy", "type") != "OnDelete", Replicas: replicas(o, []string{"spec", "replicas"}),
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
			Labels:      stringMap(o.Get(append(slices.Clone(at), cr.Labels)...)),
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
