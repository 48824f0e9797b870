package share

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const (
	// longestWait is how long a caller may wait for a newer observation.
	longestWait = 60 * time.Second
	// writeTime is how long a caller may take to read the answer.
	writeTime = time.Minute
)

// Options say who may read the observation, and who vouches for them.
type Options struct {
	// Audience is what tokens must be made for: "linnet-observer".
	Audience string
	// Callers may read; without any nobody could, so there must be one.
	Callers []Caller
	// Cluster leads to the API server whose issuer's tokens are accepted.
	Cluster *rest.Config
	// MaxAge is how old the newest observation may be before /readyz says that the observer is not ready.
	MaxAge time.Duration
	Now    func() time.Time
	// Log is told when tokens cannot be checked; never what a token or a caller says.
	Log *slog.Logger
}

// Handler gives the newest observation to the callers that may read it.
//
//	GET /v1/observation   200 with a checks.Observation as JSON and its ETag; 304 where the caller has it; 401 without a good token, 403 for another
//	                      caller, 503 before the first observation and while no token can be checked. ?wait=SECONDS (up to 60) waits for another than
//	                      ?after=ETAG or If-None-Match names, and answers 304 when there is none in time.
//	GET /healthz          200 while the process answers
//	GET /readyz           200 while the newest observation is not older than MaxAge, else 503
//
// An error's body is one line for people, in words that are always the same.
type Handler struct {
	board  board
	tokens *tokens
	keys   *issuerKeys
	maxAge time.Duration
	now    func() time.Time
	routes *http.ServeMux
}

// NewHandler makes a Handler that has nothing to give yet. Nothing is asked of the API server before somebody shows a token.
func NewHandler(o Options) (*Handler, error) {
	if o.Audience == "" || len(o.Callers) == 0 {
		return nil, errors.New("serve the observation: neither the audience nor the callers may be missing, since then anybody could read it or nobody")
	}
	keys, err := newIssuerKeys(o.Cluster, o.Now, func(err error) {
		o.Log.Error("tokens of callers cannot be checked: the keys of the cluster's issuer are not known", "error", err)
	})
	if err != nil {
		return nil, fmt.Errorf("serve the observation: %w", err)
	}
	h := &Handler{tokens: newTokens(o.Audience, o.Callers, keys, o.Now), keys: keys, maxAge: o.MaxAge, now: o.Now, routes: http.NewServeMux()}
	h.routes.HandleFunc("GET /v1/observation", h.observation)
	h.routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") })
	h.routes.HandleFunc("GET /readyz", h.ready)
	return h, nil
}

// Put makes an observation the newest. Nobody may change it afterwards.
func (h *Handler) Put(seen *checks.Observation) { h.board.put(seen) }

// Close lets go of the connections to the API server.
func (h *Handler) Close() { h.keys.close() }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

func say(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n")
}

func (h *Handler) ready(w http.ResponseWriter, _ *http.Request) {
	newest, _ := h.board.look()
	switch {
	case newest == nil:
		say(w, http.StatusServiceUnavailable, "nothing was observed yet")
	case h.now().Sub(newest.at) > h.maxAge:
		say(w, http.StatusServiceUnavailable, "the newest observation is too old")
	default:
		say(w, http.StatusOK, "ready")
	}
}

func (h *Handler) observation(w http.ResponseWriter, r *http.Request) {
	if err := h.tokens.check(r.Context(), r.Header.Values("Authorization")); err != nil {
		refuse(w, err)
		return
	}
	wait, err := waitOf(r)
	if err != nil {
		say(w, http.StatusBadRequest, err.Error())
		return
	}
	// The server has no time-out for answers, since some are to wait. No server in a test has deadlines, and this is no reason to fail.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + writeTime)) //nolint:forbidigo // the network's clock, not the one that judges
	newest := h.await(r.Context(), wait, after(r))
	if newest == nil {
		w.Header().Set("Retry-After", "5")
		say(w, http.StatusServiceUnavailable, "nothing was observed yet: the observer has just begun, or cannot read the cluster; its log says which")
		return
	}
	w.Header().Set("ETag", `W/"`+newest.tag+`"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept-Encoding, Authorization")
	if slices.Contains(after(r), newest.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.write(w, r, newest)
}

func refuse(w http.ResponseWriter, err error) {
	var why *refusal
	if !errors.As(err, &why) {
		why = errUnverified.(*refusal)
	}
	switch why.code {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(tryAgain/time.Second)))
	}
	say(w, why.code, why.text)
}

// await gives the newest observation, and before that waits for one that is not among those that the caller has.
func (h *Handler) await(ctx context.Context, wait time.Duration, has []string) *sheet {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		newest, newer := h.board.look()
		if wait == 0 || newest != nil && !slices.Contains(has, newest.tag) {
			return newest
		}
		select {
		case <-newer:
		case <-over.C:
			return newest
		case <-ctx.Done(): // the caller went away, or the observer ends
			return newest
		}
	}
}

func waitOf(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 || time.Duration(seconds) > longestWait/time.Second {
		return 0, fmt.Errorf("wait must be a number of seconds from 0 to %d", longestWait/time.Second)
	}
	return time.Duration(seconds) * time.Second, nil
}

// after are the tags, without quotes, of the observations that the caller has.
func after(r *http.Request) []string {
	text := r.URL.Query().Get("after")
	if text == "" {
		text = r.Header.Get("If-None-Match")
	}
	var tags []string
	for tag := range strings.SplitSeq(text, ",") {
		tags = append(tags, strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`))
	}
	return tags
}

func (h *Handler) write(w http.ResponseWriter, r *http.Request, s *sheet) {
	packed, err := s.pack()
	if err != nil {
		say(w, http.StatusInternalServerError, "the observation cannot be written as JSON; the observer has a mistake: report it")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
		_, _ = w.Write(packed)
		return
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		say(w, http.StatusInternalServerError, "the observation cannot be unpacked; the observer has a mistake: report it")
		return
	}
	_, _ = io.Copy(w, text)
}

func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, weighed := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";q=")
		refused := weighed && strings.Trim(weight, "0.") == ""
		if (name == "gzip" || name == "*") && !refused {
			return true
		}
	}
	return false
}
