package checks

import (
	"encoding/json"
	"fmt"
)

// ParseWebhookConfiguration reads a MutatingWebhookConfiguration or ValidatingWebhookConfiguration as decoded JSON or YAML, rendered or live.
func ParseWebhookConfiguration(object map[string]any) (WebhookConfiguration, error) {
	var in struct {
		Kind     string
		Metadata struct {
			Name   string
			Labels map[string]string
		}
		Webhooks []struct {
			Name         string
			ClientConfig struct {
				URL      string
				CABundle string
				Service  *struct{ Namespace, Name, Path string }
			}
			FailurePolicy     string
			NamespaceSelector Selector
			ObjectSelector    Selector
		}
	}
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		return WebhookConfiguration{}, fmt.Errorf("read the webhook configuration %v: %w", object["metadata"], err)
	}
	if in.Kind != "MutatingWebhookConfiguration" && in.Kind != "ValidatingWebhookConfiguration" {
		return WebhookConfiguration{}, fmt.Errorf("read a webhook configuration: the object is a %q", in.Kind)
	}
	out := WebhookConfiguration{Name: in.Metadata.Name, Labels: in.Metadata.Labels}
	for _, h := range in.Webhooks {
		hook := Webhook{
			Name: h.Name, URL: h.ClientConfig.URL, CABundle: h.ClientConfig.CABundle != "", FailurePolicy: h.FailurePolicy,
			NamespaceSelector: h.NamespaceSelector, ObjectSelector: h.ObjectSelector,
		}
		if s := h.ClientConfig.Service; s != nil {
			hook.Service, hook.Path = NamespacedName{s.Namespace, s.Name}, s.Path
		}
		out.Hooks = append(out.Hooks, hook)
	}
	return out, nil
}
