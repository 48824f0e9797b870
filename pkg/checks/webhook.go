package checks

// WebhookConfiguration is a MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
type WebhookConfiguration struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // istio.io/rev names its revision, istio.io/tag its tag
	Hooks  []Webhook         `json:"hooks,omitempty"`
}

// Webhook is one entry of a configuration.
type Webhook struct {
	Name              string         `json:"name"`
	Service           NamespacedName `json:"service,omitzero"` // zero where a URL is called
	URL               string         `json:"url,omitempty"`
	Path              string         `json:"path,omitempty"` // of the service
	CABundle          bool           `json:"caBundle"`       // whether there is one
	FailurePolicy     string         `json:"failurePolicy,omitempty"`
	NamespaceSelector Selector       `json:"namespaceSelector,omitzero"`
	ObjectSelector    Selector       `json:"objectSelector,omitzero"`
}

// Selector is a Kubernetes label selector. The zero selector matches everything.
type Selector struct {
	MatchLabels      map[string]string     `json:"matchLabels,omitempty"`
	MatchExpressions []SelectorRequirement `json:"matchExpressions,omitempty"`
}

// SelectorRequirement is one expression of a selector.
type SelectorRequirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"` // In, NotIn, Exists, DoesNotExist
	Values   []string `json:"values,omitempty"`
}
