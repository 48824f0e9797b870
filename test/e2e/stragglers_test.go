package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/kubelet"
)

// stragglers are what does not move in the wave below: by root owner, the words of the reason and of the remedy.
var stragglers = map[string][2]string{
	"Deployment/forgotten":    {"not restarted since the label moved", "restart annotation in Git on Deployment forgotten"},
	"Deployment/paused":       {"its rollout is paused", "spec.paused: false"},
	"Deployment/unpullable":   {"cannot pull registry.example/" + kubelet.Unpullable, "registry"},
	"Deployment/sticky":       {"it is terminating", "finalizers"},
	"Deployment/remediated":   {"HelmRelease bigbang/remediated failed and was taken back", "fix the release in Git"},
	"StatefulSet/ondelete":    {"update strategy OnDelete", "delete pod"},
	"StatefulSet/guarded":     {"PodDisruptionBudget guarded refuses evictions", "delete pod"},
	"StatefulSet/partitioned": {"partition 1", "partition: 0"},
	"DaemonSet/every-node":    {"update strategy OnDelete", "delete pod"},
	"CronJob/nightly":         {"pod of a CronJob: it stays until it ends", "wait, or end it"},
	"Job/once":                {"pod of a Job: it stays until it ends", "wait, or end it"},
	"Pod/bare":                {"bare pod: nothing creates it again", "delete pod bare"},
	"Prometheus/k8s":          {"owned by Prometheus k8s, whose operator has not rolled it", "restart annotation in Git on the Prometheus"},
	"Kafka/events":            {"owned by Kafka events, whose operator must replace it", "change the pod template in the Kafka"},
}

// TestEveryStragglerIsNamedWithItsOwnerAndReason rolls a wave by the real controllers. What is in it moves, is named, or is no part of the mesh.
func TestEveryStragglerIsNamedWithItsOwnerAndReason(t *testing.T) {
	live.installCanary(t)
	live.operators(t)
	live.namespace(t, "wave", map[string]string{"istio-injection": "enabled"})
	live.fill(t)
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	live.label(t, "wave", toCanary)
	live.disturb(t)

	var got map[string][]checks.Straggler
	var result checks.Result
	live.await(t.Context(), t, "every straggler is named as it should be", func(ctx context.Context) error {
		seen, err := e.try(ctx, 5*time.Second)
		if err != nil {
			return err
		}
		result = moved(canary, "wave").Evaluate(seen, checks.Merge{})
		got = map[string][]checks.Straggler{}
		for _, s := range checks.Stragglers(result) {
			got[s.Kind+"/"+s.Name] = append(got[s.Kind+"/"+s.Name], s)
		}
		for who, words := range stragglers {
			if at := named(got[who], words); at < 0 {
				return fmt.Errorf("%s: got %+v, want the reason %q and the remedy %q", who, got[who], words[0], words[1])
			}
		}
		for who := range got {
			if _, expected := stragglers[who]; !expected {
				return fmt.Errorf("%s is named: %+v", who, got[who])
			}
		}
		return nil
	})
	if result.Green() {
		t.Error("the wave is green")
	}
	// Each of them is really where it is said to be.
	tr, err := live.truth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for who, words := range stragglers {
		s := got[who][named(got[who], words)]
		t.Logf("%-24s on %-8s %s (%s)", who, s.Revision, s.Reason, s.Remedy)
		if on := tr.on[s.Pod+"."+s.Namespace]; s.Reason != "it is terminating" && on != old.Revision {
			t.Errorf("%s: pod %q is connected to %q", who, s.Pod, on)
		}
	}
	for key, p := range tr.pods {
		if p.Labels["app"] == "rolled" && tr.on[key] != canary.Revision {
			t.Errorf("%s has rolled, and is connected to %q", key, tr.on[key])
		}
	}
}

// named finds the pod with a reason and a remedy; -1 = there is none.
func named(all []checks.Straggler, words [2]string) int {
	return slices.IndexFunc(all, func(s checks.Straggler) bool {
		return s.Pod != "" && strings.Contains(s.Reason, words[0]) && strings.Contains(s.Remedy, words[1])
	})
}

// operators are the kinds of two operators, one that Linnet knows and one that it does not.
func (w *world) operators(t *testing.T) {
	t.Helper()
	text := ""
	for _, k := range [][3]string{{"monitoring.coreos.com", "Prometheus", "prometheuses"}, {"kafka.strimzi.io", "Kafka", "kafkas"}} {
		text += "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: " + k[2] + "." + k[0] + "}\nspec: {group: " + k[0] + ", scope: Namespaced, names: {kind: " + k[1] + ", plural: " + k[2] +
			"}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}\n"
	}
	w.apply(t, text)
}

// apply applies YAML for as long as a test lasts, and gives the objects as they are then.
func (w *world) apply(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	all, err := istiod.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.applier.Apply(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.applier.Delete(context.Background(), all...); err != nil {
			t.Error(err)
		}
	})
	var made []*unstructured.Unstructured
	for _, o := range all {
		of, err := w.applier.Of(o.GroupVersionKind(), o.GetNamespace())
		if err != nil {
			t.Fatal(err)
		}
		got, err := of.Get(t.Context(), o.GetName(), metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, got)
	}
	return made
}

// fill fills the namespace with one of each kind.
func (w *world) fill(t *testing.T) {
	t.Helper()
	owner := w.apply(t, "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {namespace: wave, name: k8s}\n---\napiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {namespace: wave, name: events}\n"+
		"---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {namespace: bigbang, name: remediated}\nspec: {interval: 10m}\nstatus: {observedGeneration: 1, conditions: [{type: Ready, status: \"False\", reason: UpgradeFailed, message: timed out}, {type: Remediated, status: \"True\", reason: RollbackSucceeded}]}\n")
	for _, name := range []string{"rolled", "forgotten", "unpullable"} {
		w.deployment(t, "wave", name, 1)
	}
	w.deployment(t, "wave", "paused", 1)
	w.deployment(t, "wave", "sticky", 1, func(d *appsv1.Deployment) { d.Spec.Template.Finalizers = []string{"e2e.linnet.example/sticky"} })
	w.deployment(t, "wave", "remediated", 1, func(d *appsv1.Deployment) {
		d.Labels = map[string]string{"helm.toolkit.fluxcd.io/name": "remediated", "helm.toolkit.fluxcd.io/namespace": "bigbang"}
	})
	w.deployment(t, "wave", "host", 1, func(d *appsv1.Deployment) { d.Spec.Template.Spec.HostNetwork = true })
	w.deployment(t, "wave", "optout", 1, func(d *appsv1.Deployment) { d.Spec.Template.Labels["sidecar.istio.io/inject"] = "false" })
	onDelete := appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
	w.statefulSet(t, "wave", "ondelete", 1, onDelete)
	w.statefulSet(t, "wave", "guarded", 1, onDelete)
	one := int32(1)
	w.statefulSet(t, "wave", "partitioned", 2, appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: &one}})
	w.daemonSet(t, "wave", "every-node", appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType})
	w.ownedBy(t, owner[0], owner[1])
	never := intstr.FromInt32(0)
	if _, err := w.Client.PolicyV1().PodDisruptionBudgets("wave").Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "guarded"}, Spec: policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &never, Selector: selector("guarded")}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	job := batchv1.JobSpec{Template: template("job")}
	job.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	for _, name := range []string{"once", "completed"} {
		if _, err := w.Client.BatchV1().Jobs("wave").Create(t.Context(), &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: job}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	nightly, err := w.Client.BatchV1().CronJobs("wave").Create(t.Context(), &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "nightly"},
		Spec: batchv1.CronJobSpec{Schedule: "0 3 1 1 *", JobTemplate: batchv1.JobTemplateSpec{Spec: job}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.jobOf(t, nightly, "nightly-1")
	w.pod(t, "wave", "bare")
	w.ready(t, "wave", 19)
	w.complete(t, "completed")
}

// ownedBy makes what two operators make: a StatefulSet of a Prometheus, and a pod that belongs to a Kafka without anything in between.
func (w *world) ownedBy(t *testing.T, prometheus, kafka *unstructured.Unstructured) {
	t.Helper()
	reference := func(o *unstructured.Unstructured) []metav1.OwnerReference {
		return []metav1.OwnerReference{*metav1.NewControllerRef(o, o.GroupVersionKind())}
	}
	one := int32(1)
	s := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "prometheus-k8s", OwnerReferences: reference(prometheus)}, Spec: appsv1.StatefulSetSpec{
		Replicas: &one, Selector: selector("prometheus-k8s"), Template: template("prometheus-k8s")}}
	if _, err := w.Client.AppsV1().StatefulSets("wave").Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.pod(t, "wave", "events-kafka-0", func(p *corev1.Pod) { p.OwnerReferences = reference(kafka) })
}

// complete has the pod of a Job end well.
func (w *world) complete(t *testing.T, job string) {
	t.Helper()
	pods, err := w.Client.CoreV1().Pods("wave").List(t.Context(), metav1.ListOptions{LabelSelector: "job-name=" + job})
	if err != nil || len(pods.Items) != 1 {
		t.Fatal(len(pods.Items), err)
	}
	if _, err := w.Client.CoreV1().Pods("wave").Patch(t.Context(), pods.Items[0].Name, types.MergePatchType, []byte(`{"status":{"phase":"Succeeded"}}`), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

// disturb restarts all that is restarted in Git, with what keeps it from moving in its way.
func (w *world) disturb(t *testing.T) {
	t.Helper()
	patch := func(name, body string) {
		t.Helper()
		if _, err := w.Client.AppsV1().Deployments("wave").Patch(t.Context(), name, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	patch("paused", `{"spec":{"paused":true}}`)
	patch("unpullable", `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"registry.example/`+kubelet.Unpullable+`"}]}}}}`)
	for _, name := range []string{"rolled", "paused", "sticky"} {
		w.restart(t, "wave", "deployments", name, "1")
	}
	for _, name := range []string{"ondelete", "guarded", "partitioned"} {
		w.restart(t, "wave", "statefulsets", name, "1")
	}
	w.restart(t, "wave", "daemonsets", "every-node", "1")
	t.Cleanup(func() { w.unstick(t) })
}

// unstick takes the finalizers away, so that the namespace can be deleted.
func (w *world) unstick(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	zero := []byte(`{"spec":{"replicas":0}}`)
	if _, err := w.Client.AppsV1().Deployments("wave").Patch(ctx, "sticky", types.MergePatchType, zero, metav1.PatchOptions{}); err != nil {
		t.Error(err)
	}
	w.await(ctx, t, "sticky is gone", func(ctx context.Context) error {
		pods, err := w.Client.CoreV1().Pods("wave").List(ctx, metav1.ListOptions{LabelSelector: "app=sticky"})
		if err != nil {
			return err
		}
		for _, p := range pods.Items {
			if _, err := w.Client.CoreV1().Pods("wave").Patch(ctx, p.Name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
				return err
			}
		}
		if len(pods.Items) > 0 {
			return errors.New(describe(pods.Items))
		}
		return nil
	})
}
