package mesh

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// operated is a kind of custom resource whose operator owns pods, and where it keeps what becomes of them.
type operated struct {
	kind                string
	group, resource     string
	versions            []string // the best first
	labels, annotations []string // path of the pods' labels and annotations
}

// operators are the kinds on which package planner puts a restart annotation. A cluster need not have them.
var operators = []operated{
	{"Prometheus", "monitoring.coreos.com", "prometheuses", []string{"v1"}, []string{"spec", "podMetadata", "labels"}, []string{"spec", "podMetadata", "annotations"}},
	{"Alertmanager", "monitoring.coreos.com", "alertmanagers", []string{"v1"}, []string{"spec", "podMetadata", "labels"}, []string{"spec", "podMetadata", "annotations"}},
	{"ThanosRuler", "monitoring.coreos.com", "thanosrulers", []string{"v1"}, []string{"spec", "podMetadata", "labels"}, []string{"spec", "podMetadata", "annotations"}},
	{
		"Kibana", "kibana.k8s.elastic.co", "kibanas",
		[]string{"v1"},
		[]string{"spec", "podTemplate", "metadata", "labels"},
		[]string{"spec", "podTemplate", "metadata", "annotations"},
	},
	{"Kiali", "kiali.io", "kialis", []string{"v1alpha1"}, []string{"spec", "deployment", "pod_labels"}, []string{"spec", "deployment", "pod_annotations"}},
	{
		"Mattermost", "installation.mattermost.com", "mattermosts",
		[]string{"v1beta1"},
		[]string{"spec", "podTemplate", "extraLabels"},
		[]string{"spec", "podTemplate", "extraAnnotations"},
	},
}

// workloadOf reads a custom resource. Its operator tells of no rollout that all kinds would have in common, so there is none.
func (o operated) workloadOf(u *unstructured.Unstructured) workload {
	f := fieldsOf(u)
	meta := metav1.ObjectMeta{
		Namespace: u.GetNamespace(), Name: u.GetName(), Labels: u.GetLabels(), OwnerReferences: u.GetOwnerReferences(),
		CreationTimestamp: u.GetCreationTimestamp(), Generation: u.GetGeneration(),
	}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: f.in(o.labels...).strings(), Annotations: f.in(o.annotations...).strings()}}
	w := workloadOf(u.GetAPIVersion(), u.GetKind(), &meta, &template)
	w.ObservedGeneration = f.in("status").number("observedGeneration")
	return w
}

func (o operated) resources() []schema.GroupVersionResource {
	return served(o.group, o.resource, o.versions...)
}

// served are the versions in which a kind may be served, the best first.
func served(group, resource string, versions ...string) []schema.GroupVersionResource {
	var all []schema.GroupVersionResource
	for _, v := range versions {
		all = append(all, schema.GroupVersionResource{Group: group, Version: v, Resource: resource})
	}
	return all
}
