package mesh

import (
	"bytes"
	"os"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// decode reads the objects of a file as the API server's answers are read; kinds without a Go type come as unstructured.
func decode(t testing.TB, file string) []runtime.Object {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return decodeText(t, text)
}

func decodeText(t testing.TB, text []byte) []runtime.Object {
	t.Helper()
	c, err := newClients(&rest.Config{Host: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	var all []runtime.Object
	for _, document := range bytes.Split(text, []byte("\n---")) {
		var object map[string]any
		if err := yaml.Unmarshal(document, &object); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if object["kind"] == nil {
			continue
		}
		u := &unstructured.Unstructured{Object: object}
		json, err := u.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		o, _, err := c.codecs.UniversalDeserializer().Decode(json, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			if err := u.UnmarshalJSON(json); err != nil {
				t.Fatal(err)
			}
			o = u
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// podFrom makes the pod that an object is or would start, with the labels and annotations that it would have.
func podFrom(o runtime.Object) *corev1.Pod {
	from := func(m metav1.ObjectMeta, t corev1.PodTemplateSpec) *corev1.Pod {
		t.Namespace = m.Namespace
		return &corev1.Pod{ObjectMeta: t.ObjectMeta, Spec: t.Spec}
	}
	switch o := o.(type) {
	case *corev1.Pod:
		return o
	case *appsv1.Deployment:
		return from(o.ObjectMeta, o.Spec.Template)
	case *appsv1.StatefulSet:
		return from(o.ObjectMeta, o.Spec.Template)
	case *appsv1.DaemonSet:
		return from(o.ObjectMeta, o.Spec.Template)
	case *batchv1.Job:
		return from(o.ObjectMeta, o.Spec.Template)
	case *batchv1.CronJob:
		return from(o.ObjectMeta, o.Spec.JobTemplate.Spec.Template)
	}
	return nil
}
