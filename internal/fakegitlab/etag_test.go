package fakegitlab

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	s, pat := fake(t, Options{})
	get := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/api/v4/projects/acme%2Fplatform%2Fgitops", nil)
		r.Header.Set("Private-Token", pat.Token)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	tag := get("").Header().Get("Etag")
	if again := get(tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked with %s: got %d %s", tag, again.Code, again.Body)
	}
	s.Change(func(c *Settings) { c.MergeMethod = "ff" })
	if again := get(tag); again.Code != http.StatusOK || again.Header().Get("Etag") == tag {
		t.Errorf("after a change: got %d %s", again.Code, again.Header().Get("Etag"))
	}
}
