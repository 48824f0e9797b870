package mesh

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// workload is what is kept of anything that makes pods.
type workload struct {
	checks.Workload // without its Owners and what blocks it
	controller      checks.Owner
	istiod          *checks.IstiodDeployment // nil = it is none
	over            bool                     // a Job that has ended: only the chain of its pods still needs it
}

// workloadOf fills in what all kinds have.
func workloadOf(apiVersion, kind string, m *metav1.ObjectMeta, t *corev1.PodTemplateSpec) workload {
	return workload{
		Workload: checks.Workload{
			APIVersion: apiVersion, Kind: kind, Namespace: intern(m.Namespace), Name: intern(m.Name),
			HelmRelease:    named(m.Labels, "helm.toolkit.fluxcd.io"),
			TemplateLabels: interned(t.Labels), TemplateAnnotations: interned(t.Annotations), HostNetwork: t.Spec.HostNetwork,
			Created: m.CreationTimestamp.UTC(), Generation: m.Generation,
		},
		controller: controllerOf(m.OwnerReferences),
	}
}

// named reads the two labels by which Flux's controllers mark what they made.
func named(labels map[string]string, group string) checks.NamespacedName {
	return checks.NamespacedName{Namespace: intern(labels[group+"/namespace"]), Name: intern(labels[group+"/name"])}
}

// wanted replicas are one where nothing is said.
func wanted(replicas *int32) int {
	if replicas == nil {
		return 1
	}
	return int(*replicas)
}

func deploymentOf(d *appsv1.Deployment) workload {
	w := workloadOf("apps/v1", "Deployment", &d.ObjectMeta, &d.Spec.Template)
	w.ObservedGeneration = d.Status.ObservedGeneration
	w.Replicas, w.CurrentReplicas, w.UpdatedReplicas = wanted(d.Spec.Replicas), int(d.Status.Replicas), int(d.Status.UpdatedReplicas)
	w.ReadyReplicas, w.AvailableReplicas = int(d.Status.ReadyReplicas), int(d.Status.AvailableReplicas)
	w.Strategy, w.Paused = or(string(d.Spec.Strategy.Type), "RollingUpdate"), d.Spec.Paused
	w.Stuck, w.Since = progress(d.Status.Conditions)
	w.istiod = istiodDeploymentOf(d)
	return w
}

// progress reads why a Deployment does not go on and when it last did. A pod that the API server refuses to create (a quota, a policy) says why before
// the deadline of the rollout has passed.
func progress(conditions []appsv1.DeploymentCondition) (stuck string, since time.Time) {
	for _, c := range conditions {
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			stuck = or(c.Message, c.Reason)
		case c.Type == appsv1.DeploymentProgressing:
			since = c.LastUpdateTime.UTC()
			if c.Status == corev1.ConditionFalse && stuck == "" {
				stuck = or(c.Message, c.Reason)
			}
		}
	}
	return stuck, since
}

func or(said, otherwise string) string {
	if said == "" {
		return otherwise
	}
	return intern(said)
}

func statefulSetOf(s *appsv1.StatefulSet) workload {
	w := workloadOf("apps/v1", "StatefulSet", &s.ObjectMeta, &s.Spec.Template)
	w.ObservedGeneration = s.Status.ObservedGeneration
	w.Replicas, w.CurrentReplicas, w.UpdatedReplicas = wanted(s.Spec.Replicas), int(s.Status.Replicas), int(s.Status.UpdatedReplicas)
	w.ReadyReplicas, w.AvailableReplicas = int(s.Status.ReadyReplicas), int(s.Status.AvailableReplicas)
	w.Strategy = or(string(s.Spec.UpdateStrategy.Type), "RollingUpdate")
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil && r.Partition != nil {
		w.Partition = int(*r.Partition)
	}
	w.CurrentRevision, w.UpdateRevision = s.Status.CurrentRevision, s.Status.UpdateRevision
	return w
}

func daemonSetOf(d *appsv1.DaemonSet) workload {
	w := workloadOf("apps/v1", "DaemonSet", &d.ObjectMeta, &d.Spec.Template)
	w.ObservedGeneration = d.Status.ObservedGeneration
	w.Replicas, w.CurrentReplicas = int(d.Status.DesiredNumberScheduled), int(d.Status.CurrentNumberScheduled)
	w.UpdatedReplicas, w.ReadyReplicas, w.AvailableReplicas = int(d.Status.UpdatedNumberScheduled), int(d.Status.NumberReady), int(d.Status.NumberAvailable)
	w.Strategy = or(string(d.Spec.UpdateStrategy.Type), "RollingUpdate")
	return w
}
