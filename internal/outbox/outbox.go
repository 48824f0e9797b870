// Package outbox carries the webhooks of the fake forges to a receiver, over real HTTP.
//
// A forge writes down what happened while nobody else can change anything, and sends it afterwards, one event after the other. What is written down goes
// into an Outbox at once and leaves it in a goroutine of its own, which ends when there is nothing left to send, so nobody has to close one. Nothing is sent
// again by itself: neither forge does that. Who wants to see events lost, doubled, reordered or replayed decides it in Deliver, the moment before they are sent.
package outbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// patience is how long both forges wait for an answer.
const patience = 10 * time.Second

// Delivery is one event on its way.
type Delivery struct {
	ID     string      // a redelivery keeps it
	Event  string      // as the forge's header says it: "issue_comment", "Note Hook"
	Action string      // what happened to it, "created"; "" where the forge says none
	Header http.Header // all of them, the proof of who sends included
	Body   []byte
}

// Attempt is a delivery that was sent.
type Attempt struct {
	Delivery
	Status int   // of the answer; 0 = there was none
	Err    error // why not
}

// ok is how forges count.
func (a Attempt) ok() bool { return a.Status >= 200 && a.Status < 300 }

// Options make an outbox.
type Options struct {
	URL string // of the receiver
	// Deliver says what is sent in the place of a delivery, and so loses (nothing), doubles, holds back and replays. It is called for one after the other.
	// nil = itself.
	Deliver func(Delivery) []Delivery
	// Enabled is asked before each is sent; what it refuses is never sent. nil = all are.
	Enabled func() bool
	// Answered is told after each whether it was answered as it ought to be. nil = nobody is told.
	Answered func(ok bool)
}

// Outbox sends to one receiver. It is safe for concurrent use.
type Outbox struct {
	o      Options
	client *http.Client

	mu      sync.Mutex
	idle    *sync.Cond
	waiting []Delivery
	sending bool
	put     []Delivery
	sent    []Attempt
}

// New makes an empty one.
func New(o Options) *Outbox {
	b := &Outbox{o: o, client: &http.Client{
		Timeout: patience,
		// Connections that are kept would outlive the test.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	b.idle = sync.NewCond(&b.mu)
	return b
}

// Put writes a delivery down. It does not wait.
func (b *Outbox) Put(d Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put = append(b.put, d)
	b.waiting = append(b.waiting, d)
	if !b.sending {
		b.sending = true
		go b.send()
	}
}

// Settle waits until everything is sent and answered.
func (b *Outbox) Settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.sending {
		b.idle.Wait()
	}
}

// Sent lists what was sent, the oldest first.
func (b *Outbox) Sent() []Attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sent)
}

// Find gives a delivery that was put in, whether it was sent or not.
func (b *Outbox) Find(id string) (Delivery, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.IndexFunc(b.put, func(d Delivery) bool { return d.ID == id }); i >= 0 {
		return b.put[i], true
	}
	return Delivery{}, false
}

func (b *Outbox) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) > 0 {
		next := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.mu.Unlock()
		attempts := b.carry(next)
		b.mu.Lock()
		b.sent = append(b.sent, attempts...)
	}
	b.sending = false
	b.idle.Broadcast()
}

func (b *Outbox) carry(d Delivery) []Attempt {
	list := []Delivery{d}
	if b.o.Deliver != nil {
		list = b.o.Deliver(d)
	}
	var attempts []Attempt
	for _, d := range list {
		if b.o.Enabled != nil && !b.o.Enabled() {
			continue
		}
		a := b.post(d)
		if b.o.Answered != nil {
			b.o.Answered(a.ok())
		}
		attempts = append(attempts, a)
	}
	return attempts
}

func (b *Outbox) post(d Delivery) Attempt {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.o.URL, bytes.NewReader(d.Body))
	if err != nil {
		return Attempt{Delivery: d, Err: err}
	}
	r.Header = d.Header.Clone()
	answer, err := b.client.Do(r)
	if err != nil {
		return Attempt{Delivery: d, Err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, answer.Body)
	return Attempt{Delivery: d, Status: answer.StatusCode}
}
