package mesh

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// pod is what is kept of one beside its name. There are many, so what pods of one controller share is kept once, and times are numbers.
type pod struct {
	*shape
	istiod      *istiodPod // nil = it is none
	node, phase string
	created     int64 // seconds since 1970; the API server knows no more
	seen        int64 // nanoseconds since 1970: when it was first seen
	hostNetwork bool
	ready       bool
	deleting    bool
}

// observed is a pod as observations have it.
func (p *pod) observed(k key, owners []checks.Owner) checks.Pod {
	return checks.Pod{
		Namespace: k.namespace, Name: k.name, Labels: p.labels, Annotations: p.annotations, Containers: p.containers, HostNetwork: p.hostNetwork, Node: p.node,
		Phase: p.phase, Ready: p.ready, Deleting: p.deleting, Created: time.Unix(p.created, 0).UTC(), Owners: owners,
	}
}

// podAnnotations are those that checks looks at.
var podAnnotations = []string{"istio.io/rev", "sidecar.istio.io/status", "sidecar.istio.io/inject", "ambient.istio.io/redirection"}

// proxyEnvironment are the variables that tell which istiod a proxy was started with.
var proxyEnvironment = []string{"CA_ADDR", "PROXY_CONFIG", "CA_ADDRESS", "XDS_ADDRESS"}

func (s *shapes) pod(p *corev1.Pod) pod {
	made := &shape{controller: controllerOf(p.OwnerReferences), labels: p.Labels, annotations: only(p.Annotations, podAnnotations), containers: containersOf(p)}
	return pod{
		shape: s.share(ownerKey{p.Namespace, made.controller.Kind, made.controller.Name}, made.interned()), istiod: istiodPodOf(p),
		node: intern(p.Spec.NodeName), phase: phaseOf(p), created: p.CreationTimestamp.Unix(),
		hostNetwork: p.Spec.HostNetwork, ready: readyOf(p), deleting: p.DeletionTimestamp != nil,
	}
}

func (s *shape) interned() *shape {
	s.labels = interned(s.labels)
	for i := range s.containers {
		c := &s.containers[i]
		c.Name, c.Image, c.Waiting = intern(c.Name), intern(c.Image), intern(c.Waiting)
	}
	return s
}

// phaseOf is Pending for a pod that nobody has looked at yet.
func phaseOf(p *corev1.Pod) string {
	if p.Status.Phase == "" {
		return string(corev1.PodPending)
	}
	return intern(string(p.Status.Phase))
}

func readyOf(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// only keeps these keys.
func only(m map[string]string, keys []string) map[string]string {
	var out map[string]string
	for _, k := range keys {
		if v, ok := m[k]; ok {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = intern(v)
		}
	}
	return out
}

// containersOf lists the containers first: where a name stands twice, what runs now is found before what only ran to prepare it.
func containersOf(p *corev1.Pod) []checks.Container {
	all := make([]checks.Container, 0, len(p.Spec.Containers)+len(p.Spec.InitContainers))
	for _, list := range []struct {
		init     bool
		specs    []corev1.Container
		statuses []corev1.ContainerStatus
	}{{false, p.Spec.Containers, p.Status.ContainerStatuses}, {true, p.Spec.InitContainers, p.Status.InitContainerStatuses}} {
		for i := range list.specs {
			spec := &list.specs[i]
			c := checks.Container{Name: spec.Name, Image: spec.Image, Init: list.init}
			if spec.Name == "istio-proxy" || spec.Name == "ztunnel" || p.Labels["app"] == "ztunnel" {
				c.Env = environmentOf(spec)
			}
			for j := range list.statuses {
				if list.statuses[j].Name == spec.Name {
					takeStatus(&c, &list.statuses[j])
				}
			}
			all = append(all, c)
		}
	}
	return all
}

func environmentOf(c *corev1.Container) map[string]string {
	all := map[string]string{}
	for i := range c.Env {
		all[c.Env[i].Name] = c.Env[i].Value
	}
	return only(all, proxyEnvironment)
}

func takeStatus(c *checks.Container, s *corev1.ContainerStatus) {
	if s.State.Waiting != nil {
		c.Waiting = s.State.Waiting.Reason
	}
	c.Restarts = int(s.RestartCount)
	switch {
	case s.RestartCount == 0:
	case s.State.Running != nil:
		c.LastRestart = s.State.Running.StartedAt.UTC()
	case s.LastTerminationState.Terminated != nil: // it waits for its next start
		c.LastRestart = s.LastTerminationState.Terminated.FinishedAt.UTC()
	}
}
