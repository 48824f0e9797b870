package e2e_test

import (
	"context"
	"errors"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/linnet-bot/linnet/test/e2e/proxies"
)

// namespace makes a namespace for as long as a test lasts.
func (w *world) namespace(t *testing.T, name string, labels map[string]string) {
	t.Helper()
	w.namespaces(t, map[string]map[string]string{name: labels})
}

// namespaces makes several, by name with their labels.
func (w *world) namespaces(t *testing.T, all map[string]map[string]string) {
	t.Helper()
	namespaces := w.Client.CoreV1().Namespaces()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
		defer cancel()
		for name := range all {
			if err := namespaces.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}
		for name := range all {
			w.await(ctx, t, "namespace "+name+" is gone", func(ctx context.Context) error {
				ns, err := namespaces.Get(ctx, name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					return nil
				}
				return errors.Join(err, errors.New("it is there"), conditions(ns))
			})
		}
	})
	for name, labels := range all {
		if _, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// Pods need the account, and proxies the root.
	for name := range all {
		w.await(t.Context(), t, "namespace "+name+" is ready", func(ctx context.Context) error {
			_, err := w.Client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
			if err == nil {
				_, err = w.Client.CoreV1().ConfigMaps(name).Get(ctx, "istio-ca-root-cert", metav1.GetOptions{})
			}
			return err
		})
	}
}

func conditions(ns *corev1.Namespace) error {
	var all []error
	for _, c := range ns.Status.Conditions {
		if c.Status == corev1.ConditionTrue {
			all = append(all, errors.New(c.Message))
		}
	}
	return errors.Join(all...)
}

// label changes a namespace's labels; "" takes one away.
func (w *world) label(t *testing.T, namespace string, labels map[string]string) {
	t.Helper()
	body := `{"metadata":{"labels":{`
	for k, v := range labels {
		if body[len(body)-1] != '{' {
			body += ","
		}
		if v == "" {
			body += `"` + k + `":null`
		} else {
			body += `"` + k + `":"` + v + `"`
		}
	}
	if _, err := w.Client.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType, []byte(body+`}}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// toCanary are the labels of a namespace whose next pods the canary injects.
var toCanary = map[string]string{"istio-injection": "", "istio.io/rev": canary.Revision}

// template is that of all apps.
func template(app string) corev1.PodTemplateSpec {
	short := int64(1)
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}, Annotations: map[string]string{}},
		Spec:       corev1.PodSpec{TerminationGracePeriodSeconds: &short, Containers: []corev1.Container{{Name: "app", Image: "registry.example/" + app + ":1"}}},
	}
}

// behaving gives a template's proxies a behaviour.
func behaving(t corev1.PodTemplateSpec, how string) corev1.PodTemplateSpec {
	t.Annotations[proxies.Annotation] = how
	return t
}

func selector(app string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}
}

func (w *world) deployment(t *testing.T, namespace, name string, replicas int32, change ...func(*appsv1.Deployment)) {
	t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.DeploymentSpec{Replicas: &replicas, Selector: selector(name), Template: template(name)}}
	for _, c := range change {
		c(d)
	}
	if _, err := w.Client.AppsV1().Deployments(namespace).Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) statefulSet(t *testing.T, namespace, name string, replicas int32, strategy appsv1.StatefulSetUpdateStrategy) {
	t.Helper()
	s := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.StatefulSetSpec{
		Replicas: &replicas, Selector: selector(name), Template: template(name), UpdateStrategy: strategy, PodManagementPolicy: appsv1.ParallelPodManagement}}
	if _, err := w.Client.AppsV1().StatefulSets(namespace).Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) daemonSet(t *testing.T, namespace, name string, strategy appsv1.DaemonSetUpdateStrategy) {
	t.Helper()
	d := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: appsv1.DaemonSetSpec{Selector: selector(name), Template: template(name), UpdateStrategy: strategy}}
	if _, err := w.Client.AppsV1().DaemonSets(namespace).Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) pod(t *testing.T, namespace, name string, change ...func(*corev1.Pod)) *corev1.Pod {
	t.Helper()
	made := template(name)
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: made.Labels, Annotations: made.Annotations}, Spec: made.Spec}
	for _, c := range change {
		c(p)
	}
	got, err := w.Client.CoreV1().Pods(namespace).Create(t.Context(), p, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// jobOf is what a CronJob makes when its time has come, or kubectl create job --from.
func (w *world) jobOf(t *testing.T, c *batchv1.CronJob, name string) {
	t.Helper()
	j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(c, batchv1.SchemeGroupVersion.WithKind("CronJob"))}}, Spec: c.Spec.JobTemplate.Spec}
	if _, err := w.Client.BatchV1().Jobs(c.Namespace).Create(t.Context(), j, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// restart does what a restart annotation in Git does. kind is deployments, statefulsets or daemonsets.
func (w *world) restart(t *testing.T, namespace, kind, name, value string) {
	t.Helper()
	body := []byte(`{"spec":{"template":{"metadata":{"annotations":{"linnet.example/restart":"` + value + `"}}}}}`)
	err := w.Client.AppsV1().RESTClient().Patch(types.StrategicMergePatchType).Namespace(namespace).Resource(kind).Name(name).Body(body).Do(t.Context()).Error()
	if err != nil {
		t.Fatal(err)
	}
}

// ready waits until so many pods of a namespace are ready, and no others are there.
func (w *world) ready(t *testing.T, namespace string, count int) []corev1.Pod {
	t.Helper()
	var pods *corev1.PodList
	w.await(t.Context(), t, namespace+" has its pods", func(ctx context.Context) (err error) {
		if pods, err = w.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			return err
		}
		n := 0
		for _, p := range pods.Items {
			for _, c := range p.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
					n++
				}
			}
		}
		if n != count || len(pods.Items) != count {
			return errors.New("it has " + describe(pods.Items))
		}
		return nil
	})
	return pods.Items
}

func describe(pods []corev1.Pod) string {
	text := ""
	for _, p := range pods {
		text += p.Name + " (" + string(p.Status.Phase) + ") "
	}
	return text
}
