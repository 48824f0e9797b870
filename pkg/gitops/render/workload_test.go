package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func TestPodTemplatesKnowsWhatRolls(t *testing.T) {
	objs := parsed(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: a}
spec: {replicas: 2, template: {metadata: {labels: {app: d}, annotations: {x: z}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s, namespace: a}
spec: {updateStrategy: {type: OnDelete}, template: {}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: c, namespace: a}
spec: {jobTemplate: {spec: {template: {metadata: {annotations: {num: 1}}}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a, labels: {app: p}}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: m, namespace: monitoring}
spec: {replicas: 1, podMetadata: {annotations: {x: z}}}
---
apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: {name: e, namespace: logging}
spec: {nodeSets: [{name: master, count: 3}, {name: data, count: 4, podTemplate: {metadata: {labels: {role: data}}}}]}
---
apiVersion: kiali.io/v1alpha1
kind: Kiali
metadata: {name: k, namespace: kiali}
spec: {deployment: {pod_annotations: {x: z}, pod_labels: {app: kiali}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
`)
	id := func(group, kind, namespace, name string) render.ID {
		return render.ID{Group: group, Kind: kind, Namespace: namespace, Name: name}
	}
	template := []string{"spec", "template", "metadata"}
	want := []render.PodTemplate{
		{ID: id("apps", "Deployment", "a", "d"), Path: template, Labels: map[string]string{"app": "d"}, Annotations: map[string]string{"x": "z"}, Replicas: 2, Rolls: true},
		{ID: id("apps", "StatefulSet", "a", "s"), Path: template, Replicas: -1},
		{ID: id("batch", "CronJob", "a", "c"), Path: []string{"spec", "jobTemplate", "spec", "template", "metadata"}, Annotations: map[string]string{"num": "1"}, Replicas: -1},
		{ID: id("", "Pod", "a", "p"), Path: []string{"metadata"}, Labels: map[string]string{"app": "p"}, Replicas: -1},
		{ID: id("monitoring.coreos.com", "Prometheus", "monitoring", "m"), Path: []string{"spec", "podMetadata"}, Annotations: map[string]string{"x": "z"}, Replicas: 1, Rolls: true},
		{ID: id("elasticsearch.k8s.elastic.co", "Elasticsearch", "logging", "e"), Path: []string{"spec", "nodeSets", "0", "podTemplate", "metadata"}, Replicas: 3, Rolls: true},
		{ID: id("elasticsearch.k8s.elastic.co", "Elasticsearch", "logging", "e"), Path: []string{"spec", "nodeSets", "1", "podTemplate", "metadata"}, Labels: map[string]string{"role": "data"}, Replicas: 4, Rolls: true},
		{ID: id("kiali.io", "Kiali", "kiali", "k"), Path: []string{"spec", "deployment"}, Labels: map[string]string{"app": "kiali"}, Annotations: map[string]string{"x": "z"}, Replicas: -1, Rolls: true},
	}
	if diff := cmp.Diff(want, render.PodTemplates(objs)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
