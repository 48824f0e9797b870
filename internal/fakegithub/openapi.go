package fakegithub

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Description is GitHub's own description of its REST interface, or a part of it.
type Description struct{ router routers.Router }

// Describe reads an OpenAPI document.
func Describe(file string) (*Description, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read GitHub's description: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: "https://api.github.com"}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("read GitHub's description: %w", err)
	}
	return &Description{router}, nil
}

// undescribed are calls that GitHub has and the part of its description at hand lacks.
var undescribed = regexp.MustCompile(`^(POST /repos/[^/]+/[^/]+/pulls/\d+/reviews|PUT /repos/[^/]+/[^/]+/pulls/\d+/reviews/\d+/dismissals|` +
	`DELETE /repos/[^/]+/[^/]+/issues/comments/\d+/reactions/\d+)$`)

// Holds wraps the fake: every REST request and every answer must be as described, or the test fails. Only refusals may have a status that is not
// described, since GitHub itself does not describe all of its own.
func (d *Description) Holds(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, isREST := strings.CutPrefix(r.URL.EscapedPath(), "/api/v3")
		if !isREST || undescribed.MatchString(r.Method+" "+at) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		what := r.Method + " " + at
		in, err := d.request(r, at, body)
		if err != nil {
			t.Errorf("%s: a request that GitHub's description does not have: %v\n%s", what, err, body)
			next.ServeHTTP(w, r)
			return
		}
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		if kept.Code != http.StatusNotModified {
			if err := d.answer(in, kept); err != nil {
				t.Errorf("%s: an answer %d that GitHub's description does not have: %v\n%s", what, kept.Code, err, kept.Body)
			}
		}
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		_, _ = w.Write(kept.Body.Bytes())
	})
}

func (d *Description) request(r *http.Request, at string, body []byte) (*openapi3filter.RequestValidationInput, error) {
	// In the description a reference is one part of the path.
	for _, before := range []string{"/git/refs/", "/git/ref/", "/git/matching-refs/"} {
		if head, ref, ok := strings.Cut(at, before); ok {
			at = head + before + strings.ReplaceAll(ref, "/", "%2F")
		}
	}
	plain, err := url.PathUnescape(at)
	if err != nil {
		return nil, err
	}
	asked := r.Clone(context.WithoutCancel(r.Context()))
	asked.URL = &url.URL{Scheme: "https", Host: "api.github.com", Path: plain, RawPath: at, RawQuery: r.URL.RawQuery}
	asked.Host = "api.github.com"
	asked.Body = io.NopCloser(bytes.NewReader(body))
	route, parameters, err := d.router.FindRoute(asked)
	if err != nil {
		return nil, err
	}
	in := &openapi3filter.RequestValidationInput{Request: asked, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	return in, openapi3filter.ValidateRequest(asked.Context(), in)
}

func (d *Description) answer(in *openapi3filter.RequestValidationInput, kept *httptest.ResponseRecorder) error {
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: kept.Code, Header: kept.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: kept.Code < 400}}
	out.SetBodyBytes(kept.Body.Bytes())
	return openapi3filter.ValidateResponse(in.Request.Context(), out)
}
