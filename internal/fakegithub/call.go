package fakegithub

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type obj = map[string]any

// call is one request to the API.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	who  actor
	base string // of the REST interface, for links
	site string
}

// handle makes a handler that has the server for itself.
func (s *Server) handle(pattern string, f func(*call) (int, any)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		site := "http://" + r.Host
		if r.TLS != nil {
			site = "https://" + r.Host
		}
		c := &call{Server: s, w: w, r: r, site: site, base: site + "/api/v3"}
		w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
		who, known := s.authenticate(r)
		if !known {
			c.reply(fail(http.StatusUnauthorized, "Bad credentials"))
			return
		}
		c.who = who
		defer c.noticed()
		if owner := r.PathValue("owner"); owner != "" && (!strings.EqualFold(owner, s.owner) || !strings.EqualFold(r.PathValue("repo"), s.name)) {
			c.reply(missing())
			return
		}
		c.reply(f(c))
	})
}

// reply sends an answer, as not modified where the client has it already.
func (c *call) reply(status int, body any) {
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "4999")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(c.now().Add(time.Hour).Unix(), 10))
	if body == nil {
		c.w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(c.w, err.Error(), http.StatusInternalServerError)
		return
	}
	if c.r.Method == http.MethodGet && status == http.StatusOK {
		sum := sha256.Sum256(append(text, c.r.Header.Get("Authorization")...))
		tag := `W/"` + hex.EncodeToString(sum[:16]) + `"`
		h.Set("Etag", tag)
		if c.r.Header.Get("If-None-Match") == tag {
			c.w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(text)
}

// fail is a refusal; each of the errors is an object or a string.
func fail(status int, message string, errs ...any) (int, any) {
	o := obj{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)}
	if len(errs) > 0 {
		o["errors"] = errs
	}
	return status, o
}

func missing() (int, any) { return fail(http.StatusNotFound, "Not Found") }

// invalid is what GitHub says of a request that is well-formed and wrong.
func invalid(resource, field, code, message string) (int, any) {
	e := obj{"resource": resource, "code": code}
	if field != "" {
		e["field"] = field
	}
	if message != "" {
		e["message"] = message
	}
	return fail(http.StatusUnprocessableEntity, "Validation Failed", e)
}

// read decodes the request's body.
func (c *call) read(into any) bool {
	text, err := io.ReadAll(c.r.Body)
	c.r.Body = io.NopCloser(bytes.NewReader(text)) // for who wants to read it, too
	return err == nil && json.Unmarshal(text, into) == nil
}

func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	return n
}

// page cuts the part of a list that was asked for, and links to the next.
func page[T any](c *call, list []T) []T {
	q := c.r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	if size <= 0 {
		size = 30
	}
	size = min(size, 100)
	at, _ := strconv.Atoi(q.Get("page"))
	at = max(at, 1)
	from, to := min((at-1)*size, len(list)), min(at*size, len(list))
	if to < len(list) {
		q.Set("page", strconv.Itoa(at+1))
		c.w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, c.base, c.r.URL.EscapedPath(), q.Encode()))
	}
	return list[from:to]
}

func each[T any](list []T, f func(T) any) []any {
	made := make([]any, len(list))
	for i, one := range list {
		made[i] = f(one)
	}
	return made
}

// stamp is how GitHub tells times; one that is not yet is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// or is null for what is empty.
func or(s string) any {
	if s == "" {
		return nil
	}
	return s
}
