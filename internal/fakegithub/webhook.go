package fakegithub

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // GitHub still sends it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strconv"

	"github.com/linnet-bot/linnet/internal/outbox"
)

// elsewhere is where links in webhooks lead: not here, so that nobody gets away with following one.
const elsewhere = "https://github.example"

// Subscription is one to everything that happens here.
type Subscription struct {
	URL    string
	Secret string
	// App makes it that of an App, by its ID, which alone hears of its buttons and of who wants its checks again. 0 = the repository's.
	App int64
	// Deliver says what is sent in the place of a delivery. nil = itself.
	Deliver func(outbox.Delivery) []outbox.Delivery
}

// hook is one that is subscribed.
type hook struct {
	*outbox.Outbox
	id     int64
	secret string
	app    *app // nil = the repository's
}

// Subscribe adds a webhook; GitHub pings it at once.
func (s *Server) Subscribe(o Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &hook{Outbox: outbox.New(outbox.Options{URL: o.URL, Deliver: o.Deliver}), id: s.next(), secret: o.Secret}
	if o.App != 0 {
		i := slices.IndexFunc(s.apps, func(a *app) bool { return a.id == o.App })
		if i < 0 {
			return fmt.Errorf("subscribe: no App has the ID %d", o.App)
		}
		h.app = s.apps[i]
	}
	s.notice(nil)
	s.hooks = append(s.hooks, h)
	s.seen = s.look()
	s.tell("ping", "", nil, obj{"zen": "Anything added dilutes everything else.", "hook_id": h.id, "hook": s.described(h, o.URL)}, func(to *hook) bool { return to == h })
	return nil
}

// described is a hook as its ping tells it.
func (s *Server) described(h *hook, url string) obj {
	now := stamp(s.clock())
	o := obj{"type": "Repository", "id": h.id, "name": "web", "active": true, "events": []string{"*"}, "created_at": now, "updated_at": now,
		"config": obj{"url": url, "content_type": "json", "insecure_ssl": "0", "secret": "********"}}
	if h.app != nil {
		o["type"], o["app_id"] = "App", h.app.id
	}
	return o
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

// Redeliver sends a delivery again, under the same id, as somebody does who asks GitHub for it.
func (s *Server) Redeliver(id string) error {
	for _, h := range s.subscribed() {
		if d, ok := h.Find(id); ok {
			h.Put(d)
			return nil
		}
	}
	return fmt.Errorf("redeliver %s: there is no such delivery", id)
}

// subscribed waits for who is changing something at this moment: what they change is told before it is over.
func (s *Server) subscribed() []*hook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hooks)
}

// everybody is who hears of most things.
func everybody(*hook) bool { return true }

// tell writes an event down for whom it concerns. A nil by is the owner.
func (s *Server) tell(event, action string, by *user, parts obj, concerns func(*hook) bool) {
	c := s.elsewhere()
	if by == nil {
		by = s.users[0]
	}
	body := obj{"repository": c.repo(), "sender": c.user(by)}
	if action != "" {
		body["action"] = action
	}
	for name, part := range parts {
		body[name] = part
	}
	for _, h := range s.hooks {
		if !concerns(h) {
			continue
		}
		delete(body, "installation")
		if h.app != nil {
			body["installation"] = obj{"id": h.app.installation, "node_id": fmt.Sprintf("I_%d", h.app.installation)}
		}
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // everything in it was made here
		}
		h.Put(h.envelope(event, action, text))
	}
}

// elsewhere renders things as webhooks do.
func (s *Server) elsewhere() *call {
	return &call{Server: s, site: elsewhere, base: elsewhere + "/api/v3"}
}

func (h *hook) envelope(event, action string, body []byte) outbox.Delivery {
	sign := func(kind func() hash.Hash) string {
		mac := hmac.New(kind, []byte(h.secret))
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	d := outbox.Delivery{ID: guid(), Event: event, Action: action, Header: http.Header{}, Body: body}
	for name, value := range map[string]string{
		"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/7e57ed0", "X-GitHub-Delivery": d.ID, "X-GitHub-Event": event,
		"X-GitHub-Hook-ID": strconv.FormatInt(h.id, 10), "X-GitHub-Hook-Installation-Target-Type": "repository", "X-GitHub-Hook-Installation-Target-ID": "1",
		"X-Hub-Signature": "sha1=" + sign(sha1.New), "X-Hub-Signature-256": "sha256=" + sign(sha256.New),
	} {
		d.Header.Set(name, value)
	}
	if h.app != nil {
		d.Header.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
		d.Header.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(h.app.id, 10))
	}
	return d
}

// guid is an id as GitHub gives its deliveries.
func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
