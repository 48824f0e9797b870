package sim

import (
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// webhookState is what istiod writes into a webhook configuration at run time, which no chart owns.
type webhookState struct {
	bundle bool   // clientConfig.caBundle is set
	policy string // failurePolicy that istiod set; "" = the chart's
}

// webhookChanged follows a new spec: Helm writes its own failurePolicy, istiod corrects it once it notices.
func (c *Cluster) webhookChanged(id render.ID, o *object) {
	state := c.hooks[id.Name]
	if state == nil {
		state = &webhookState{}
		c.hooks[id.Name] = state
	}
	state.policy = ""
	for _, p := range c.sortedPods() {
		if p.istiod != nil && p.Ready && serves(p, o.Object) {
			c.after(bundleDelay, func() { c.setBundle(id.Name, p) })
			return
		}
	}
}

// setBundle is istiod's own controller: it writes its root and, into validators, the strict policy.
func (c *Cluster) setBundle(name string, by *pod) {
	state := c.hooks[name]
	if state == nil || c.pods[podKey{by.Namespace, by.Name}] != by {
		return
	}
	state.bundle = true
	if o := c.live[render.ID{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration", Name: name}]; o != nil {
		state.policy = "Fail"
	}
}

// serves tells whether the configuration calls the Service of this istiod pod.
func serves(p *pod, configuration render.Object) bool {
	name, _ := configuration.Get("webhooks", "0", "clientConfig", "service", "name").(string)
	namespace, _ := configuration.Get("webhooks", "0", "clientConfig", "service", "namespace").(string)
	return namespace == p.Namespace && name == p.istiod.service
}

// webhooks are the live configurations of a kind as the API server would evaluate them, sorted by name, which is the order it calls them in.
func (c *Cluster) webhooks(kind string) []checks.WebhookConfiguration {
	var found []checks.WebhookConfiguration
	for _, o := range c.all(kind) {
		state := c.hooks[o.Name()]
		configuration := checks.WebhookConfiguration{Name: o.Name(), Labels: o.Labels()}
		hooks, _ := o.Get("webhooks").([]any)
		for _, entry := range hooks {
			hook, _ := entry.(map[string]any)
			h := render.Object(hook)
			text := func(at ...string) string {
				s, _ := h.Get(at...).(string)
				return s
			}
			w := checks.Webhook{
				Name: text("name"), URL: text("clientConfig", "url"), Path: text("clientConfig", "service", "path"),
				Service:           checks.NamespacedName{Namespace: text("clientConfig", "service", "namespace"), Name: text("clientConfig", "service", "name")},
				FailurePolicy:     text("failurePolicy"),
				NamespaceSelector: selector(h.Get("namespaceSelector")), ObjectSelector: selector(h.Get("objectSelector")),
			}
			if state != nil {
				w.CABundle = state.bundle
				if state.policy != "" {
					w.FailurePolicy = state.policy
				}
			}
			configuration.Hooks = append(configuration.Hooks, w)
		}
		found = append(found, configuration)
	}
	return found
}

func selector(v any) checks.Selector {
	object, _ := v.(map[string]any)
	s := checks.Selector{}
	labels, _ := object["matchLabels"].(map[string]any)
	for key, value := range labels {
		if s.MatchLabels == nil {
			s.MatchLabels = map[string]string{}
		}
		s.MatchLabels[key], _ = value.(string)
	}
	expressions, _ := object["matchExpressions"].([]any)
	for _, entry := range expressions {
		expression, _ := entry.(map[string]any)
		requirement := checks.SelectorRequirement{}
		requirement.Key, _ = expression["key"].(string)
		requirement.Operator, _ = expression["operator"].(string)
		values, _ := expression["values"].([]any)
		for _, v := range values {
			text, _ := v.(string)
			requirement.Values = append(requirement.Values, text)
		}
		s.MatchExpressions = append(s.MatchExpressions, requirement)
	}
	return s
}
