package gitlab

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/doctor"
)

// hooks reads the project's webhooks, which only Maintainers see.
func (e *examination) hooks(ctx context.Context) {
	const right = "the role Maintainer, which the bot does not need otherwise: let a Maintainer look at the settings of the project, at Webhooks"
	var list []map[string]any
	if _, err := e.get(ctx, e.at("/hooks"), &list, gl.ListOptions{PerPage: pageSize}); err != nil {
		e.facts.Hooks = doctor.Unseen[[]doctor.Hook](err.Error(), right)
		return
	}
	var hooks []doctor.Hook
	for _, h := range list {
		text := func(name string) string { s, _ := h[name].(string); return s }
		hook := doctor.Hook{URL: text("url"), Events: eventNames(h), Insecure: h["enable_ssl_verification"] == false}
		switch state := text("alert_status"); state {
		case "", "executable":
		case "temporarily_disabled":
			hook.Off = "it failed too often, and rests until " + text("disabled_until")
		default:
			hook.Off = "it failed too often (" + state + ")"
		}
		id, _ := h["id"].(float64)
		hook.Deliveries = e.deliveries(ctx, int64(id))
		hooks = append(hooks, hook)
	}
	e.facts.Hooks = doctor.Seen(hooks)
}

// remembered is how many events of a webhook are looked at, all that GitLab gives at once.
const remembered = 20

// deliveries reads the newest events of a webhook; GitLab has the list since 17.3.
func (e *examination) deliveries(ctx context.Context, hook int64) doctor.Known[[]doctor.Delivery] {
	var list []struct {
		Status string    `json:"response_status"` // "200", or what went wrong in words
		At     time.Time `json:"created_at"`
	}
	status, err := e.get(ctx, e.at(fmt.Sprintf("/hooks/%d/events", hook)), &list, gl.ListOptions{PerPage: remembered})
	if status == http.StatusNotFound {
		return doctor.Unseen[[]doctor.Delivery]("this GitLab lists no events of webhooks", "the page of the webhook shows its recent events")
	}
	if err != nil {
		return doctor.Unseen[[]doctor.Delivery](err.Error(), "the page of the webhook shows its recent events")
	}
	deliveries := []doctor.Delivery{}
	for _, d := range list {
		code, _ := strconv.Atoi(d.Status)
		deliveries = append(deliveries, doctor.Delivery{At: d.At, Code: code})
	}
	return doctor.Seen(deliveries)
}
