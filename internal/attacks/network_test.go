package attacks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/linnet-bot/linnet/pkg/conductor"
)

// elsewhere is a server to which nobody must send anything.
type elsewhere struct {
	*httptest.Server
	asked atomic.Int32
}

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	e := &elsewhere{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked.Add(1)
		t.Errorf("somebody was led to ask %s %s with the headers %v", r.Method, r.URL, r.Header)
		http.Error(w, "not here", http.StatusTeapot)
	}))
	t.Cleanup(e.Close)
	return e
}

// A payload names addresses: of pages, of interfaces, of repositories. Whoever can choose one would choose where the bot's token is sent.
func TestAttackAddressInAnAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		e := newElsewhere(t)
		w.front.changing(func(_ *http.Request, a *httptest.ResponseRecorder, body []byte) []byte {
			for name, values := range a.Header() {
				for i := range values {
					values[i] = strings.ReplaceAll(values[i], w.url, e.URL)
				}
				a.Header()[name] = values
			}
			var answer any
			if json.Unmarshal(body, &answer) != nil {
				return body
			}
			each(answer, func(o map[string]any) {
				for name, value := range o {
					if text, ok := value.(string); ok && strings.HasPrefix(text, w.url) {
						o[name] = e.URL + strings.TrimPrefix(text, w.url)
					}
				}
			})
			changed, err := json.Marshal(answer)
			if err != nil {
				return body
			}
			return changed
		})
		n := w.ready().Number
		for range 120 { // more than a page
			w.say(w.ana, n, "what do you think?")
		}
		w.promoted(n)
		if e.asked.Load() > 0 {
			t.Error("the bot asked where an answer told it to")
		}
	})
}

// A forge, or whoever sits before it, sends the bot elsewhere.
func TestAttackRedirectToAnotherHost(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				e := newElsewhere(t)
				led := 0
				w.front.changing(func(r *http.Request, a *httptest.ResponseRecorder, body []byte) []byte {
					if !strings.Contains(r.URL.Path, "/pulls") && !strings.Contains(r.URL.Path, "/merge_requests") {
						return body
					}
					led++
					a.Code = status
					a.Header().Set("Location", e.URL+r.URL.RequestURI())
					return nil
				})
				w.conductor.Wake()
				_, err := w.conductor.Look(t.Context())
				if err == nil || led == 0 {
					t.Fatalf("the look went on although it was led elsewhere %d times: %v", led, err)
				}
				if strings.Contains(err.Error(), w.token) {
					t.Errorf("the error holds the token: %v", err)
				}
				if e.asked.Load() > 0 {
					t.Errorf("the bot went there")
				}
				w.front.changing(nil)
				w.until("it goes on afterwards", func(s conductor.Status) bool { return s.Request > 0 })
			})
		})
	}
}
