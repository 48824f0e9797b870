package hook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/url"
	"regexp"
	"runtime/debug"
)

// decoder makes a hint of an event's JSON; errIgnored when it means nothing to the bot.
type decoder func(body []byte) (Hint, error)

// payload is the little that is read of an event.
type payload interface{ hint() (Hint, error) }

func decode[P payload](body []byte) (Hint, error) {
	var p P
	if err := json.Unmarshal(body, &p); err != nil {
		// What is wrong is told without quoting the event, which may be long and is somebody else's.
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			return Hint{}, fmt.Errorf("its %s is of another type", wrong.Field)
		}
		return Hint{}, errors.New("it is not JSON")
	}
	h, err := p.hint()
	if err != nil {
		return Hint{}, err
	}
	return h.checked()
}

// event is one authentic delivery.
type event struct {
	name, delivery, contentType string
	body                        []byte
}

// deliver turns the event into a hint and wakes. Whatever happens stays here.
func (h *handler) deliver(log *slog.Logger, e event) {
	decode := h.decoders[e.name]
	if decode == nil {
		log.Debug("event ignored", "event", e.name)
		return
	}
	log = log.With("event", e.name)
	key := ""
	if e.delivery != "" {
		key = h.name + "/" + plainID(e.delivery)
		log = log.With("delivery", key)
	}
	defer func() {
		if p := recover(); p != nil {
			// What was thrown may quote the event; its type and the place do not.
			log.Error("event made the program panic", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			h.quarantine(log, key)
		}
	}()
	if key != "" {
		// Remembered before it is decoded: what kills the program does not get in again.
		first, err := h.o.Deliveries.First(key, h.o.Now())
		if err != nil {
			// To wake once more than needed is better than not at all.
			log.Error("cannot remember the delivery", "error", err)
		} else if !first {
			log.Debug("event ignored: it was delivered before")
			return
		}
	}
	body, err := unwrapped(e)
	if err != nil {
		log.Warn("event not understood", "error", err)
		return
	}
	hint, err := decode(body)
	switch {
	case errors.Is(err, errIgnored):
		log.Debug("event ignored: " + err.Error())
	case err != nil:
		log.Warn("event not understood", "error", err)
	default:
		if p, ok := pressOf(e, hint); ok && h.o.Press != nil {
			h.o.Press(p)
		}
		h.o.Wake(hint)
	}
}

// quarantine runs while a panic is dealt with, so a second one must not come out of it.
func (h *handler) quarantine(log *slog.Logger, key string) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("the memory of deliveries panics", "panic", fmt.Sprintf("%T", p))
		}
	}()
	if key == "" {
		return
	}
	if err := h.o.Deliveries.Quarantine(key, h.o.Now()); err != nil {
		log.Error("cannot quarantine the delivery", "error", err)
	}
}

// unwrapped is the JSON of a body: GitHub's webhooks send it as a form unless told otherwise.
func unwrapped(e event) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(e.contentType); err != nil || kind != "application/x-www-form-urlencoded" {
		return e.body, nil
	}
	form, err := url.ParseQuery(string(e.body))
	if err != nil || !form.Has("payload") {
		return nil, errors.New("its form has no payload; set the webhook's content type to application/json")
	}
	return []byte(form.Get("payload")), nil
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// plainID is the id itself when it looks like one, else its hash: ids are stored and logged.
func plainID(id string) string {
	if plain.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
