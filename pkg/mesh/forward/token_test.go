package forward_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/mesh/forward"
)

// maker makes tokens as an API server does.
type maker struct {
	code  int   // of a refusal; 0 = it makes one
	life  int64 // that it grants, in seconds; 0 = what was asked for
	empty bool
	asked []string // "METHOD PATH AUDIENCE SECONDS"
}

func (m *maker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var said struct {
		APIVersion, Kind string
		Spec             struct {
			Audiences         []string
			ExpirationSeconds int64
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil || said.Kind != "TokenRequest" || said.APIVersion != "authentication.k8s.io/v1" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.asked = append(m.asked, fmt.Sprintln(r.Method, r.URL.Path, said.Spec.Audiences, said.Spec.ExpirationSeconds))
	if m.code != 0 {
		w.WriteHeader(m.code)
		reason := map[int]string{403: "Forbidden", 404: "NotFound"}[m.code]
		fmt.Fprintf(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": %d, "reason": %q, "message": "the API server's own words"}`, m.code, reason)
		return
	}
	life, token := m.life, fmt.Sprintf("token-%d", len(m.asked))
	if life == 0 {
		life = said.Spec.ExpirationSeconds
	}
	if m.empty {
		token = ""
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"audiences": ["istio-ca"], "expirationSeconds": %d}, "status": {"token": %q, "expirationTimestamp": "2026-11-28T00:00:00Z"}}`, life, token)
}

func tokens(t *testing.T, m *maker, now func() time.Time) func() (string, error) {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	token, err := forward.TokenOf(t.Context(), &rest.Config{Host: server.URL}, "istio-system", "linnet-observer", now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenIsMadeForIstiodAndAnewWhenHalfOfItsTimeIsOver(t *testing.T) {
	for life, renewed := range map[int64]time.Duration{0: 5 * time.Minute, 60: 30 * time.Second} {
		at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
		m := &maker{life: life}
		token := tokens(t, m, func() time.Time { return at })
		for _, row := range []struct {
			after time.Duration
			want  string
		}{{0, "token-1"}, {renewed - 1, "token-1"}, {renewed, "token-2"}, {renewed, "token-2"}} {
			at = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC).Add(row.after)
			if got, err := token(); got != row.want || err != nil {
				t.Errorf("after %s: %q, %v, want %q", row.after, got, err, row.want)
			}
		}
		if want := "POST /api/v1/namespaces/istio-system/serviceaccounts/linnet-observer/token [istio-ca] 600\n"; m.asked[0] != want {
			t.Errorf("asked %q, want %q", m.asked[0], want)
		}
	}
}

func TestATokenThatIsNotMadeSaysWhatToDo(t *testing.T) {
	for want, m := range map[string]*maker{
		"the API server's own words: have yourself given the right create on serviceaccounts/token in namespace istio-system": {code: 403},
		"the API server's own words: name one that is there":                                                                  {code: 404},
		"the API server gave an empty one":                                                                                    {empty: true},
	} {
		token, err := tokens(t, m, time.Now)()
		if err == nil || token != "" || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "have a token of service account istio-system/linnet-observer made: ") {
			t.Errorf("got %q, %v, want %q", token, err, want)
		}
	}
}
