package emulated

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
)

var (
	inProject  = regexp.MustCompile(`^/repos/(` + owner + `/[^/]+)(/.*)?$`)
	statusList = regexp.MustCompile(`^/commits/[0-9a-f]{40}/statuses$`)
	fractions  = regexp.MustCompile(`("[a-z_]+_at":"[0-9T:-]{19})\.[0-9]{3}Z"`)
)

// ServeHTTP implements http.Handler: REST below /api/v3, GraphQL at /api/graphql, Git below the root.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.now != nil {
		w.Header().Set("Date", h.now().UTC().Format(http.TimeFormat))
	}
	switch {
	case r.URL.Path == "/api/graphql":
		h.graphql(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/v3/"):
		http.StripPrefix("/api/v3", http.HandlerFunc(h.rest)).ServeHTTP(w, r)
	default:
		h.git(w, r)
	}
}

// rest passes a request on. Whatever writes to a project is done alone, and Git has it before the answer is given.
func (h *Host) rest(w http.ResponseWriter, r *http.Request) {
	var p *Project
	if m := inProject.FindStringSubmatch(r.URL.Path); m != nil {
		p = h.project(m[1])
		if r.Method == http.MethodGet && statusList.MatchString(m[2]) {
			reply(w, http.StatusOK, []any{})
			return
		}
	}
	if p == nil || r.Method == http.MethodGet {
		h.proxy.ServeHTTP(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := httptest.NewRecorder()
	h.proxy.ServeHTTP(kept, r)
	if err := p.take(r.Context()); err != nil {
		reply(w, http.StatusBadGateway, obj{"message": "Git did not take what emulate has: " + err.Error()})
		return
	}
	forward(w, kept)
}

func forward(w http.ResponseWriter, kept *httptest.ResponseRecorder) {
	for name, values := range kept.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(kept.Code)
	_, _ = w.Write(kept.Body.Bytes())
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// wholeSeconds cuts the times in an answer, as GitHub tells them.
func wholeSeconds(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return err
	}
	body = fractions.ReplaceAll(body, []byte(`${1}Z"`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	r.Header.Del("Date") // that of this server is by the right clock
	return nil
}

// firstField finds what a GraphQL document asks for: the client's ask for one thing each.
var firstField = regexp.MustCompile(`\{\s*([A-Za-z]+)`)

// graphql answers who one is. All else is too new for this server, and comments have no node in it.
func (h *Host) graphql(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Query     string
		Variables struct{ IDs []string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		reply(w, http.StatusBadRequest, obj{"message": "Problems parsing JSON"})
		return
	}
	field := ""
	if m := firstField.FindStringSubmatch(in.Query); m != nil {
		field = m[1]
	}
	switch field {
	case "viewer":
		who, err := h.viewer(r)
		if err != nil {
			reply(w, http.StatusOK, obj{"errors": []obj{{"message": err.Error()}}})
			return
		}
		reply(w, http.StatusOK, obj{"data": obj{"viewer": obj{"databaseId": who.ID, "login": who.Login}}})
	case "nodes":
		reply(w, http.StatusOK, obj{"data": obj{"nodes": make([]any, len(in.Variables.IDs))}, "errors": []obj{{"type": "NOT_FOUND", "message": "Could not resolve to a node"}}})
	default:
		kind := "Query"
		if strings.HasPrefix(in.Query, "mutation") {
			kind = "Mutation"
		}
		reply(w, http.StatusOK, obj{"errors": []obj{{"message": fmt.Sprintf("Field '%s' doesn't exist on type '%s'", field, kind), "extensions": obj{"code": "undefinedField"}}}})
	}
}

type user struct {
	ID    int64
	Login string
}

// viewer is whose token a request carries. emulate tells a person by it; an installation is its App's bot.
func (h *Host) viewer(r *http.Request) (user, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	at := "/user"
	if strings.HasPrefix(token, "ghs_") {
		at = "/users/" + slug + "%5Bbot%5D"
	}
	var who user
	err := h.ask(r.Context(), token, http.MethodGet, at, nil, &who)
	return who, err
}
