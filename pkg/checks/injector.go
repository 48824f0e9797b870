package checks

import (
	"slices"
	"strings"
)

// The labels and annotations by which Istio decides.
const (
	labelInjection = "istio-injection"
	labelRevision  = "istio.io/rev"
	labelTag       = "istio.io/tag"
	labelInject    = "sidecar.istio.io/inject" // also an annotation, weaker than the label
	annotStatus    = "sidecar.istio.io/status"
)

// Injector is a webhook configuration that would inject a pod.
type Injector struct {
	Configuration string
	Hook          string // the entry that matched
	Revision      string // the control plane it calls
	Tag           string // where it is a revision tag
	Service       NamespacedName
	CABundle      bool
}

// Match finds the injectors that the API server would call for a pod with these labels in a namespace with those labels. It is the first of
// Istio's two decisions; see Injectable for the second. A configuration of which several entries match counts once.
func Match(webhooks []WebhookConfiguration, nsLabels, podLabels map[string]string) []Injector {
	var found []Injector
	for i := range webhooks {
		c := &webhooks[i]
		for j := range c.Hooks {
			h := &c.Hooks[j]
			if h.injects() && h.NamespaceSelector.Matches(nsLabels) && h.ObjectSelector.Matches(podLabels) {
				found = append(found, Injector{
					Configuration: c.Name, Hook: h.Name, Revision: c.Revision(), Tag: c.Labels[labelTag], Service: h.Service, CABundle: h.CABundle,
				})
				break
			}
		}
	}
	return found
}

// Injectors names the configurations that Match finds. Exactly one is right for a workload of the mesh: none starts it without a proxy, two
// inject it twice.
func Injectors(webhooks []WebhookConfiguration, nsLabels, podLabels map[string]string) []string {
	var names []string
	for _, i := range Match(webhooks, nsLabels, podLabels) {
		names = append(names, i.Configuration)
	}
	return names
}

// injects tells an injector from other mutating webhooks. Istio's path is /inject, with /cluster/… and /net/… behind it for remote clusters.
func (h Webhook) injects() bool {
	return strings.HasPrefix(h.Path, "/inject") || h.Path == "" && h.URL == "" || strings.Contains(h.URL, "/inject")
}

// Revision is the control plane that a configuration belongs to: its label, or else the istiod that it calls. "" = neither says.
func (c WebhookConfiguration) Revision() string {
	if r := c.Labels[labelRevision]; r != "" {
		return r
	}
	for _, h := range c.Hooks {
		if r, ok := revisionOfService(h.Service.Name); ok {
			return r
		}
	}
	return ""
}

// revisionOfService reads the revision from the name of an istiod Service. The Service of a revision tag names no revision.
func revisionOfService(name string) (string, bool) {
	switch {
	case name == "istiod":
		return "default", true
	case strings.HasPrefix(name, "istiod-revision-tag-"):
		return "", false
	case strings.HasPrefix(name, "istiod-"):
		return strings.TrimPrefix(name, "istiod-"), true
	}
	return "", false
}

// ignoredNamespaces are those in which istiod never injects, whatever the labels say.
var ignoredNamespaces = []string{"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}

// Injectable is Istio's second decision, made by istiod once its webhook was called: never on the host network, never in the system namespaces,
// never where the label sidecar.istio.io/inject, or else the annotation of that name, says something other than yes.
func Injectable(namespace string, hostNetwork bool, labels, annotations map[string]string) bool {
	if hostNetwork || slices.Contains(ignoredNamespaces, namespace) {
		return false
	}
	said := labels[labelInject]
	if said == "" {
		said = annotations[labelInject]
	}
	switch strings.ToLower(said) {
	case "", "y", "yes", "true", "on":
		return true
	}
	return false
}
