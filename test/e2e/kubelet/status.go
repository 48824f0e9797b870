package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// status is what a kubelet would say of a pod that runs.
func status(pod *corev1.Pod, r *run, now Report) corev1.PodStatus {
	ready := corev1.ConditionFalse
	if now.Ready {
		ready = corev1.ConditionTrue
	}
	s := corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: r.address, PodIPs: []corev1.PodIP{{IP: r.address}}, HostIP: "10.0.0.1", StartTime: &r.started,
		Conditions: []corev1.PodCondition{
			condition(pod, corev1.PodInitialized, corev1.ConditionTrue), condition(pod, corev1.ContainersReady, ready), condition(pod, corev1.PodReady, ready),
		},
	}
	runs := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: r.started}}
	over := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: r.started, StartedAt: r.started}}
	yes := true
	for _, c := range pod.Spec.InitContainers {
		state := corev1.ContainerStatus{Name: c.Name, Image: c.Image, Ready: true, State: over}
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			state.State, state.Started, state.Ready = runs, &yes, now.Ready
		}
		s.InitContainerStatuses = append(s.InitContainerStatuses, state)
	}
	for _, c := range pod.Spec.Containers {
		s.ContainerStatuses = append(s.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Ready: ready == corev1.ConditionTrue, Started: &yes, State: runs, RestartCount: now.Restarts,
		})
	}
	return s
}

// waiting is what it says of one whose image it cannot pull.
func waiting(pod *corev1.Pod) corev1.PodStatus {
	s := corev1.PodStatus{Phase: corev1.PodPending, HostIP: "10.0.0.1", Conditions: []corev1.PodCondition{
		condition(pod, corev1.PodInitialized, corev1.ConditionTrue), condition(pod, corev1.ContainersReady, corev1.ConditionFalse), condition(pod, corev1.PodReady, corev1.ConditionFalse),
	}}
	for _, c := range pod.Spec.Containers {
		s.ContainerStatuses = append(s.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "back-off pulling image " + c.Image}},
		})
	}
	return s
}

// condition keeps the time of its last change.
func condition(pod *corev1.Pod, kind corev1.PodConditionType, is corev1.ConditionStatus) corev1.PodCondition {
	for _, c := range pod.Status.Conditions {
		if c.Type == kind && c.Status == is {
			return corev1.PodCondition{Type: kind, Status: is, LastTransitionTime: c.LastTransitionTime}
		}
	}
	return corev1.PodCondition{Type: kind, Status: is, LastTransitionTime: metav1.Now()}
}

// same tells whether there is nothing to say that has not been said.
func same(pod *corev1.Pod, s corev1.PodStatus) bool {
	if pod.Status.Phase != s.Phase || pod.Status.PodIP != s.PodIP || len(pod.Status.ContainerStatuses) != len(s.ContainerStatuses) {
		return false
	}
	for _, c := range s.Conditions {
		found := false
		for _, old := range pod.Status.Conditions {
			found = found || old.Type == c.Type && old.Status == c.Status
		}
		if !found {
			return false
		}
	}
	for i := range s.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].RestartCount != s.ContainerStatuses[i].RestartCount {
			return false
		}
	}
	return true
}
