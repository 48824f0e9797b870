package fakegithub_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What GitHub says where Git's own parts are put together wrongly, in its words.
func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	p := newPlace(t, nil)
	main := p.ask(p.bot, "GET", "/git/ref/heads/main", nil)["object"].(map[string]any)["sha"].(string)
	root := p.ask(p.bot, "GET", "/git/commits/"+main, nil)["tree"].(map[string]any)["sha"].(string)
	nothing := strings.Repeat("0", 39) + "1"
	for _, row := range []struct{ method, at, body, want string }{
		{"POST", "/git/trees", `{"base_tree":"` + root + `","tree":[{"path":"gone","mode":"100644","type":"blob","sha":null}]}`, "GitRPC::BadObjectState"},
		{"POST", "/git/commits", `{"message":"m","tree":"` + nothing + `","parents":["` + main + `"]}`, "Tree SHA does not exist"},
		{"POST", "/git/commits", `{"message":"m","tree":"` + main + `","parents":["` + main + `"]}`, "Tree SHA does not exist"},
		{"POST", "/git/commits", `{"message":"m","tree":"` + root + `","parents":["` + root + `"]}`, "Parent SHA does not exist"},
		{"DELETE", "/git/refs/heads/main", "", "Cannot delete the default branch"},
		{"DELETE", "/git/refs/heads/nowhere", "", "Reference does not exist"},
	} {
		r := httptest.NewRequest(row.method, "/api/v3/repos/"+project+row.at, strings.NewReader(row.body))
		r.Header.Set("Authorization", "Bearer "+p.bot)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), row.want) {
			t.Errorf("%s %s %s: got %d %s, want 422 %q", row.method, row.at, row.body, w.Code, w.Body, row.want)
		}
	}
	if got := p.ask(p.bot, "GET", "/git/ref/heads/main", nil)["object"].(map[string]any)["sha"]; got != main {
		t.Errorf("main is at %v, want %s", got, main)
	}
}
