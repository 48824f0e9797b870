package doctor

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Hook is a webhook as the forge has it.
type Hook struct {
	// URL is where it goes; "" where the forge does not show it.
	URL string
	// Off is why the forge sends nothing; "" when it does.
	Off string
	// Events are those that it is told of, in the forge's own words.
	Events []string
	// Insecure tells that it is sent to a server whose certificate is not checked.
	Insecure bool
	// NoSecret tells that it has none, where the forge shows that.
	NoSecret bool
	// Deliveries are those that the forge remembers.
	Deliveries Known[[]Delivery]
}

// Delivery is one that was sent or tried.
type Delivery struct {
	At time.Time
	// Code is the HTTP status of the answer; 0 when there was none.
	Code int
}

func (d Delivery) arrived() bool { return d.Code >= 200 && d.Code < 300 }

// hooks judges the one that goes to where the bot listens: the path ends in to. Of several the first that goes there counts.
func (f *findings) hooks(hooks Known[[]Hook], s Settings, to string, needed []string, looked, where string) {
	const check = "webhooks"
	if !s.Webhooks {
		f.ok(check, "webhooks of the configuration", "none are configured: the bot looks by the clock")
		return
	}
	if !hooks.Seen {
		f.unknown(check, looked, hooks.Right, "whether webhooks arrive is not known", hooks.Why)
		return
	}
	at := slices.IndexFunc(hooks.Value, func(h Hook) bool {
		u, err := url.Parse(h.URL)
		return err == nil && (h.URL == "" || strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), to))
	})
	if at < 0 {
		f.fail(check, looked, "make one "+where+" that goes to the bot's address with "+to+" at its end", "webhooks are configured here, but no webhook of the forge goes to %s", to)
		return
	}
	h := hooks.Value[at]
	if h.Off != "" {
		f.fail(check, looked, "switch it on "+where+", and send a test", "the forge does not send the webhook: %s", h.Off)
	}
	if h.NoSecret {
		f.fail("webhooks/secret", looked, "give it the secret of webhooks.secretFile "+where, "the webhook has no secret: the bot refuses all that it sends")
	}
	if h.Insecure {
		f.warn("webhooks/tls", looked, "switch the check of certificates on "+where, "the webhook goes also to a server whose certificate is not good")
	}
	if missing := without(needed, h.Events); len(missing) > 0 {
		f.warn("webhooks/events", looked, "choose them "+where, "the webhook does not tell of %s: the bot sees that by the clock only", and(missing))
	}
	f.deliveries(h, where, looked)
}

func (f *findings) deliveries(h Hook, where, looked string) {
	const check = "webhooks/deliveries"
	if !h.Deliveries.Seen {
		f.unknown(check, looked, h.Deliveries.Right, "whether the webhook arrives is not known", h.Deliveries.Why)
		return
	}
	list := slices.Clone(h.Deliveries.Value)
	slices.SortStableFunc(list, func(a, b Delivery) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	failed := 0
	for _, d := range list {
		if !d.arrived() {
			failed++
		}
	}
	if len(list) == 0 {
		if h.Off == "" {
			f.unknown(check, looked, "send a test "+where+", then ask again", "whether the webhook arrives is not known", "the forge remembers no delivery")
		}
		return
	}
	newest := list[0]
	when := newest.At.UTC().Format("2006-01-02 15:04 UTC")
	switch {
	case newest.arrived() && failed == 0:
		f.ok(check, looked, "the webhook arrives: the last one on %s", when)
	case newest.arrived():
		f.ok(check, looked, "the webhook arrives, the last one on %s; of %d before it %d did not", when, len(list)-1, failed)
	case failed == len(list):
		f.fail(check, looked, newest.advice(where), "the webhook does not arrive: %s, and %d of %d failed", newest.failure(when), failed, len(list))
	default:
		f.warn(check, looked, newest.advice(where), "the webhook does not always arrive: %s, and %d of %d failed", newest.failure(when), failed, len(list))
	}
}

func (d Delivery) failure(when string) string {
	if d.Code == 0 {
		return "the last one, on " + when + ", got no answer"
	}
	return "the last one, on " + when + ", was answered with HTTP " + number(d.Code)
}

func (d Delivery) advice(where string) string {
	switch {
	case d.Code == 401 || d.Code == 403:
		return "give the webhook on the forge and webhooks.secretFile the same secret"
	case d.Code == 404:
		return "correct its address " + where
	}
	return "let the forge reach the bot's address; what it got for an answer stands " + where
}
