package fakegithub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/linnet-bot/linnet/internal/outbox"
)

// WebhookDescription is GitHub's own description of its webhooks, or a part of it: an OpenAPI document with a path for each event and action.
type WebhookDescription struct{ paths *openapi3.Paths }

// DescribeWebhooks reads one.
func DescribeWebhooks(file string) (*WebhookDescription, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read GitHub's description of webhooks: %w", err)
	}
	return &WebhookDescription{doc.Paths}, nil
}

// Check says what a delivery has that is not described, or lacks: its event, its headers, its content.
func (w *WebhookDescription) Check(d outbox.Delivery) error {
	name := "/" + strings.ReplaceAll(d.Event, "_", "-")
	if d.Action != "" {
		name += "-" + strings.ReplaceAll(d.Action, "_", "-")
	}
	path := w.paths.Value(name)
	if path == nil || path.Post == nil {
		return fmt.Errorf("%s is not described", name)
	}
	for _, h := range path.Post.Parameters {
		if h.Value.In == openapi3.ParameterInHeader && d.Header.Get(h.Value.Name) == "" {
			return fmt.Errorf("%s lacks the header %s", name, h.Value.Name)
		}
	}
	var body any
	if err := json.Unmarshal(d.Body, &body); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := path.Post.RequestBody.Value.Content["application/json"].Schema.Value.VisitJSON(body, openapi3.MultiErrors()); err != nil {
		return fmt.Errorf("%s is not as GitHub describes it: %s", name, findings(err))
	}
	return nil
}

// findings are what a schema finds, without the schema.
func findings(err error) string {
	all, several := err.(openapi3.MultiError)
	if !several {
		all = openapi3.MultiError{err}
	}
	var texts []string
	for _, one := range all {
		text := one.Error()
		if found := (*openapi3.SchemaError)(nil); errors.As(one, &found) {
			text = strings.Join(found.JSONPointer(), "/") + ": " + found.Reason
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
