package mesh

import (
	"regexp"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const (
	labelRevision = "istio.io/rev"
	labelApp      = "app"
	appIstiod     = "istiod" // the value of label app on all that is an istiod's, of every revision
)

// istiodPod is what only an istiod pod has.
type istiodPod struct{ revision, version, cluster, address string }

// istiodPodOf is nil for every other pod.
func istiodPodOf(p *corev1.Pod) *istiodPod {
	if p.Labels[labelApp] != appIstiod {
		return nil
	}
	out := &istiodPod{revision: revisionOf(p.Labels), address: p.Status.PodIP}
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		if c.Name != "discovery" {
			continue
		}
		out.version = versionOf(c.Image, p.Labels)
		for _, e := range c.Env {
			if e.Name == "CLUSTER_ID" {
				out.cluster = e.Value
			}
		}
	}
	if out.version == "" {
		out.version = versionOf("", p.Labels)
	}
	return out
}

// revisionOf an istiod: the built-in one is "default", with the label or, in old charts, without it.
func revisionOf(labels map[string]string) string {
	if r := labels[labelRevision]; r != "" {
		return r
	}
	return "default"
}

var version = regexp.MustCompile(`^v?(\d+\.\d+\.\d+\S*)$`)

// versionOf reads an istiod's version from the tag of its image, or else from the labels that its chart gave it. "" = neither says. What istiod answers
// when it is asked is better still.
func versionOf(image string, labels map[string]string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(image, ":")
	chart := labels["helm.sh/chart"]
	for _, said := range []string{tag, labels["app.kubernetes.io/version"], strings.TrimPrefix(chart, "istiod-")} {
		if found := version.FindStringSubmatch(said); found != nil {
			return found[1]
		}
	}
	return ""
}

// istiodDeploymentOf is nil for every other Deployment. How many replicas one wants when it does not say is one.
func istiodDeploymentOf(d *appsv1.Deployment) *checks.IstiodDeployment {
	if d.Labels[labelApp] != appIstiod && d.Spec.Template.Labels[labelApp] != appIstiod {
		return nil
	}
	labels := d.Spec.Template.Labels
	if labels[labelRevision] == "" {
		labels = d.Labels
	}
	return &checks.IstiodDeployment{
		Namespace: d.Namespace, Name: d.Name, Revision: revisionOf(labels),
		Replicas: wanted(d.Spec.Replicas), StatusReplicas: int(d.Status.Replicas), ReadyReplicas: int(d.Status.ReadyReplicas),
	}
}

func istiodOf(k key, p *pod) checks.Istiod {
	return checks.Istiod{
		Namespace: k.namespace, Pod: k.name, Revision: p.istiod.revision, Version: p.istiod.version, Phase: p.phase, Ready: p.ready, Deleting: p.deleting,
		Error: "it was not asked",
	}
}

// clusterOf is the mesh's id of the cluster, as its istiods were started with it. "" = they do not agree, so nobody knows which connections are of another.
func clusterOf(istiods []*istiodPod) string {
	id := ""
	for _, it := range istiods {
		own := it.cluster
		if own == "" {
			own = "Kubernetes"
		}
		if id != "" && own != id {
			return ""
		}
		id = own
	}
	return id
}
