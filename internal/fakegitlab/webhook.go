package fakegitlab

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/internal/outbox"
)

// instance is where GitLab says that it is; its links lead nowhere.
const instance = "https://gitlab.example"

// Subscription is one to everything that happens here.
type Subscription struct {
	URL   string
	Token string // is sent in clear; "" = none is
	// Signing is what GitLab shows as the signing token, "whsec_" and base64; "" = nothing is signed.
	Signing string
	// Deliver says what is sent in the place of a delivery. nil = itself.
	Deliver func(outbox.Delivery) []outbox.Delivery
}

// listener is a webhook of the project.
type listener struct {
	*outbox.Outbox
	uuid  string
	token string
	key   []byte // nil = nothing is signed
	trust trust
}

// Subscribe adds a webhook. GitLab tests it only when somebody asks for that.
func (s *Server) Subscribe(o Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &listener{uuid: uuid(), token: o.Token, trust: trust{now: s.o.Now}}
	if o.Signing != "" {
		text, marked := strings.CutPrefix(o.Signing, "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !marked {
			return errors.New("subscribe: the signing token is not whsec_ and base64")
		}
		h.key = key
	}
	h.Outbox = outbox.New(outbox.Options{URL: o.URL, Deliver: o.Deliver, Enabled: h.trust.enabled, Answered: h.trust.answered})
	s.notice(nil)
	s.listeners = append(s.listeners, h)
	s.seen = s.look()
	return nil
}

// SettleWebhooks waits until every webhook is delivered.
func (s *Server) SettleWebhooks() {
	for _, h := range s.subscribed() {
		h.Settle()
	}
}

// Webhooks lists what was sent, the oldest first; of several hooks, one after the other.
func (s *Server) Webhooks() []outbox.Attempt {
	var all []outbox.Attempt
	for _, h := range s.subscribed() {
		all = append(all, h.Sent()...)
	}
	return all
}

// Redeliver sends a delivery again, under the same id and signed anew, as somebody does who asks GitLab for it.
func (s *Server) Redeliver(id string) error {
	for _, h := range s.subscribed() {
		if d, ok := h.Find(id); ok {
			d.Header = maps.Clone(d.Header)
			h.sign(&d, s.now().Unix())
			h.Put(d)
			return nil
		}
	}
	return fmt.Errorf("redeliver %s: there is no such delivery", id)
}

// subscribed waits for who is changing something at this moment: what they change is told before it is over.
func (s *Server) subscribed() []*listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners)
}

// tell writes an event down for everybody. A nil by is the one who was added first.
func (s *Server) tell(event, action string, by *User, parts map[string]any) {
	body := map[string]any{"project": s.projectHook()}
	if event != "Push Hook" { // which tells it in its own way
		body["user"] = s.userHook(s.anybody(by))
	}
	if event != "Pipeline Hook" {
		body["repository"] = map[string]any{"name": path.Base(s.o.Path), "url": instance + "/" + s.o.Path + ".git", "description": "", "homepage": instance + "/" + s.o.Path}
	}
	for name, part := range parts {
		body[name] = part
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // everything in it was made here
	}
	for _, h := range s.listeners {
		d := outbox.Delivery{ID: uuid(), Event: event, Action: action, Header: http.Header{}, Body: text}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "User-Agent": "GitLab/18.2.1-ee", "X-Gitlab-Event": event, "X-Gitlab-Event-UUID": uuid(), "X-Gitlab-Webhook-UUID": h.uuid,
			"X-Gitlab-Instance": instance, "Idempotency-Key": d.ID,
		} {
			d.Header.Set(name, value)
		}
		if h.token != "" {
			d.Header.Set("X-Gitlab-Token", h.token)
		}
		h.sign(&d, s.now().Unix())
		h.Put(d)
	}
}

// anybody is by, or the one who was added first.
func (s *Server) anybody(by *User) *User {
	if by == nil && len(s.users) > 0 {
		return s.users[0]
	}
	return by
}

// sign is that of Standard Webhooks, at a time in seconds.
func (h *listener) sign(d *outbox.Delivery, at int64) {
	if h.key == nil {
		return
	}
	stamp := strconv.FormatInt(at, 10)
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(d.ID + "." + stamp + "."))
	mac.Write(d.Body)
	d.Header.Set("Webhook-Id", d.ID)
	d.Header.Set("Webhook-Timestamp", stamp)
	d.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
