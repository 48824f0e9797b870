package hook

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	// largestBody is what both forges send at most: 25 MB.
	largestBody = 25 << 20
	// bodiesAtOnce bounds what is in memory.
	bodiesAtOnce = 8
	// longestRead is when both forges have given up.
	longestRead = 10 * time.Second
	// longestWait for others' bodies leaves time to read one's own.
	longestWait = 3 * time.Second
)

// Options are what all receivers need.
type Options struct {
	// Wake is called once for each authentic event that may concern the bot, from several goroutines at once. It must return at once: while
	// it runs, the request holds one of the few places.
	Wake func(Hint)
	// Press is called before Wake, in the same way, for an event that is a press. nil = nobody cares.
	Press func(Press)
	// Deliveries remembers which deliveries have been seen.
	Deliveries Deliveries
	// Now is the machine's clock: it also ends slow reads.
	Now func() time.Time
	Log *slog.Logger // nil = silent
}

// source is what tells one forge from the other.
type source struct {
	name        string
	eventHeader string
	// claim reads the headers. It gives nil for those that cannot be authentic whatever the body is, and an error when no secret can be read.
	claim    func(h http.Header, now time.Time) (*claim, error)
	decoders map[string]decoder
}

// claim is what headers say of a body.
type claim struct {
	delivery string // "" when there is none
	proved   func(body []byte) bool
}

type handler struct {
	source
	o      Options
	places chan struct{}
}

func newHandler(s source, o Options) (http.Handler, error) {
	if o.Wake == nil || o.Deliveries == nil || o.Now == nil {
		return nil, errors.New("cannot receive webhooks without something to wake, a memory of deliveries and a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &handler{source: s, o: o, places: make(chan struct{}, bodiesAtOnce)}, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// What the request calls itself is not proved; this one stands in the log and in the answer, which forges show.
	id := rand.Text()
	log := h.o.Log.With("forge", h.name, "request", id, "source", r.RemoteAddr)
	refuse := func(status int, why string) {
		log.Warn(why)
		http.Error(w, why+" (request "+id+")", status)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(http.StatusMethodNotAllowed, "not a POST")
		return
	}
	if r.ContentLength > largestBody {
		refuse(http.StatusRequestEntityTooLarge, "too large")
		return
	}
	c, err := h.claim(r.Header, h.o.Now())
	if err != nil {
		log.Error("no secret to check webhooks with", "error", err)
		http.Error(w, "not ready (request "+id+")", http.StatusServiceUnavailable)
		return
	}
	if c == nil {
		refuse(http.StatusUnauthorized, "bad signature")
		return
	}
	if !h.enter(r.Context()) {
		w.Header().Set("Retry-After", "10")
		refuse(http.StatusServiceUnavailable, "busy")
		return
	}
	defer func() { <-h.places }()
	// A writer that knows no deadlines belongs to no connection.
	_ = http.NewResponseController(w).SetReadDeadline(h.o.Now().Add(longestRead))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		refuse(http.StatusRequestEntityTooLarge, "too large")
		return
	}
	if err != nil {
		refuse(http.StatusBadRequest, "the body ended early")
		return
	}
	if !c.proved(body) {
		refuse(http.StatusUnauthorized, "bad signature")
		return
	}
	accept(w, id)
	h.deliver(log, event{name: single(r.Header, h.eventHeader), delivery: c.delivery, contentType: r.Header.Get("Content-Type"), body: body})
}

// enter waits a while for a place.
func (h *handler) enter(ctx context.Context) bool {
	select {
	case h.places <- struct{}{}:
		return true
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	select {
	case h.places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// accept answers the whole answer at once: whatever is done with the event does not concern the forge.
func accept(w http.ResponseWriter, id string) {
	text := "accepted (request " + id + ")\n"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text))) // else it would end with the handler
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}
