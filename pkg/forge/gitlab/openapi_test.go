package gitlab_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/linnet-bot/linnet/internal/shareddata"
)

// description is GitLab's own of its API, as far as it is at hand, and a supplement to it.
type description struct {
	once    sync.Once
	routers []routers.Router
	err     error
}

var gitlabs description

func (d *description) load(dir string) {
	for _, name := range []string{"openapi-bot.json", "openapi-overlay.json"} {
		doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(dir, name))
		if err != nil {
			d.err = err
			return
		}
		doc.Servers = nil // any host
		loosen(doc)
		r, err := gorillamux.NewRouter(doc)
		if err != nil {
			d.err = err
			return
		}
		d.routers = append(d.routers, r)
	}
}

// loosen takes out what the generator of GitLab's description gets wrong: what has no type in its source is a string, what may be null is not said
// to be, lists in answers are objects, and what an action requires only with another parameter is required of all. What stays: which calls
// there are, their parameters with types and choices, and that an answer has no field that GitLab's has not.
func loosen(doc *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	var visit func(ref *openapi3.SchemaRef, entity bool)
	visit = func(ref *openapi3.SchemaRef, entity bool) {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		s.Nullable, s.Required = true, nil
		if s.Type.Is("string") && s.Format == "" && len(s.Enum) == 0 || s.Type.Is("object") {
			s.Type = nil
		}
		if s.Type.Is("array") && !entity {
			s.Type = nil // a list in a request may be text with commas
		}
		// Approvals have more fields in the licensed editions than in the one that is described.
		if entity && len(s.Properties) > 0 && s.Properties["approved_by"] == nil {
			s.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(false)}
		}
		for _, p := range s.Properties {
			visit(p, entity)
		}
		visit(s.Items, entity)
		for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
			for _, p := range list {
				visit(p, false)
			}
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, parameter := range item.Parameters {
			looseID(parameter)
		}
		for _, operation := range item.Operations() {
			for _, parameter := range operation.Parameters {
				looseID(parameter)
			}
			if b := operation.RequestBody; b != nil {
				for _, media := range b.Value.Content {
					visit(media.Schema, false)
				}
			}
			for _, response := range operation.Responses.Map() {
				for _, media := range response.Value.Content {
					visit(media.Schema, true)
				}
			}
		}
	}
}

// looseID lets a project be called by its path, as GitLab does.
func looseID(p *openapi3.ParameterRef) {
	if p.Value.In == openapi3.ParameterInPath && p.Value.Name == "id" {
		p.Value.Schema = openapi3.NewStringSchema().NewRef()
	}
}

// validated checks every call of the API and its answer against GitLab's description. Where that is not at hand, a skipped test says so.
func validated(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	dir := ""
	t.Run("calls are checked against the description of GitLab", func(t *testing.T) { dir = shareddata.Path(t, "forge", "gitlab") })
	if dir == "" {
		return next
	}
	gitlabs.once.Do(func() { gitlabs.load(dir) })
	if gitlabs.err != nil {
		t.Fatal(gitlabs.err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/v4/") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		recorded := httptest.NewRecorder()
		next.ServeHTTP(recorded, r)
		if problem := gitlabs.check(r, body, recorded); problem != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, problem)
		}
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(recorded.Body.Bytes())
	})
}

// notDescribed are calls that are documented, but not in the description at hand.
var notDescribed = regexp.MustCompile(`^(?:GET /api/v4/user|GET /api/v4/projects/[^/]+/approvals|GET /api/v4/groups/[0-9]+/members/all/[0-9]+|DELETE /api/v4/projects/[^/]+/merge_requests/[0-9]+/notes/[0-9]+/award_emoji/[0-9]+)$`)

func (d *description) check(r *http.Request, body []byte, answer *httptest.ResponseRecorder) error {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	for _, router := range d.routers {
		route, params, err := router.FindRoute(r)
		if err != nil {
			continue
		}
		o := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true}
		in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: o}
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		if answer.Code >= 400 {
			return nil // what is wrong is described nowhere
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: answer.Code, Header: answer.Header(), Options: o}
		out.SetBodyBytes(answer.Body.Bytes())
		if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		return nil
	}
	if notDescribed.MatchString(r.Method + " " + r.URL.EscapedPath()) {
		return nil
	}
	return errors.New("there is no such call in GitLab's description")
}
