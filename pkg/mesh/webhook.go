package mesh

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// hooks is what is kept of a webhook configuration.
type hooks struct {
	checks.WebhookConfiguration
	roots []string // fingerprints of the CA bundles by which the API server trusts what it calls, mostly one
	istio bool     // whether it is Istio's: other webhooks are nothing to anybody here
}

func mutatingOf(c *admissionv1.MutatingWebhookConfiguration) hooks {
	out := hooksOf(&c.ObjectMeta)
	for i := range c.Webhooks {
		h := &c.Webhooks[i]
		out.add(h.Name, &h.ClientConfig, h.FailurePolicy, h.NamespaceSelector, h.ObjectSelector)
	}
	return out.trimmed()
}

func validatingOf(c *admissionv1.ValidatingWebhookConfiguration) hooks {
	out := hooksOf(&c.ObjectMeta)
	for i := range c.Webhooks {
		h := &c.Webhooks[i]
		out.add(h.Name, &h.ClientConfig, h.FailurePolicy, h.NamespaceSelector, h.ObjectSelector)
	}
	return out.trimmed()
}

func hooksOf(m *metav1.ObjectMeta) hooks {
	out := hooks{WebhookConfiguration: checks.WebhookConfiguration{Name: m.Name, Labels: interned(m.Labels)}}
	out.istio = m.Labels[labelRevision] != "" || m.Labels["istio.io/tag"] != ""
	return out
}

// trimmed drops all but the name of what is not Istio's.
func (h hooks) trimmed() hooks {
	if h.istio {
		return h
	}
	return hooks{WebhookConfiguration: checks.WebhookConfiguration{Name: h.Name}}
}

// add takes over one entry. A configuration is Istio's by its labels, by calling an istiod, or by the path of the injector; whoever else calls an istiod counts, too,
// since he needs it.
func (h *hooks) add(name string, to *admissionv1.WebhookClientConfig, policy *admissionv1.FailurePolicyType, namespaces, objects *metav1.LabelSelector) {
	hook := checks.Webhook{Name: name, CABundle: len(to.CABundle) > 0, NamespaceSelector: selectorOf(namespaces), ObjectSelector: selectorOf(objects)}
	if policy != nil {
		hook.FailurePolicy = string(*policy)
	}
	if to.URL != nil {
		hook.URL = *to.URL
		h.istio = h.istio || strings.Contains(*to.URL, "/inject")
	}
	if s := to.Service; s != nil {
		hook.Service = checks.NamespacedName{Namespace: s.Namespace, Name: s.Name}
		if s.Path != nil {
			hook.Path = *s.Path
		}
		h.istio = h.istio || s.Name == "istiod" || strings.HasPrefix(s.Name, "istiod-") || strings.HasPrefix(hook.Path, "/inject")
	}
	if root := fingerprint(to.CABundle); root != "" && !slices.Contains(h.roots, root) {
		h.roots = append(h.roots, root)
	}
	h.Hooks = append(h.Hooks, hook)
}

func selectorOf(s *metav1.LabelSelector) checks.Selector {
	var out checks.Selector
	if s == nil {
		return out // matches everything, as the API server has it for webhooks
	}
	out.MatchLabels = interned(s.MatchLabels)
	for _, e := range s.MatchExpressions {
		out.MatchExpressions = append(out.MatchExpressions, checks.SelectorRequirement{
			Key: e.Key, Operator: string(e.Operator), Values: append([]string(nil), e.Values...),
		})
	}
	return out
}

// certificates of a webhook configuration; none where it has no CA bundle.
func (h *hooks) certificates() []checks.RootCertificate {
	var all []checks.RootCertificate
	for _, root := range h.roots {
		all = append(all, checks.RootCertificate{Source: "webhook", Name: h.Name, Revision: h.Revision(), Fingerprint: root})
	}
	return all
}
