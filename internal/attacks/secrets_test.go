package attacks

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// forms are how a token could turn up.
func forms(token string) []string {
	return []string{token, url.QueryEscape(token), base64.StdEncoding.EncodeToString([]byte(token)), base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))}
}

// silent wants that nothing that was sent, logged or written on the forge holds the token.
func (w *world) silent() {
	w.Helper()
	has := func(where, text string) {
		w.Helper()
		for _, form := range forms(w.token) {
			if strings.Contains(text, form) {
				w.Errorf("%s holds the token: %s", where, text)
			}
		}
	}
	for _, a := range w.front.bots() {
		has("the address of a request", a.uri)
		has("the body of a request", a.body)
	}
	has("the log", w.log.String())
	all, err := w.ana.Find(w.Context(), forge.Query{})
	if err != nil {
		w.Fatal(err)
	}
	for _, m := range all {
		has("a title", m.Title)
		has("a description", m.Description)
		for _, c := range w.comments(m.Number) {
			has("a comment", c.Body)
		}
		said, err := w.ana.Checks(w.Context(), m.Head)
		if err != nil {
			w.Fatal(err)
		}
		for _, c := range said {
			has("a check", c.Title+c.Summary+c.URL)
		}
		commit, err := w.ana.ReadCommit(w.Context(), m.Head)
		if err != nil {
			w.Fatal(err)
		}
		has("a commit", commit.Message)
	}
}

// Errors quote what was sent, and what quotes errors is read by everybody.
func TestAttackTokenInURLsLogsAndTexts(t *testing.T) {
	t.Run("where all goes well", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.promoted(w.ready().Number)
			w.silent()
		})
	})
	t.Run("a cluster that says it", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.spoil = func(o *checks.Observation) {
				red(o)
				for i := range o.Pods { // which is told in the note
					o.Pods[i].Name = strings.Repeat("p", i%7) + "-" + w.token + "-" + o.Pods[i].Name
				}
			}
			n := w.until("it is open", func(s conductor.Status) bool { return s.Request > 0 }).Request
			w.say(w.ana, n, "/canary explain")
			w.say(w.ana, n, "/canary stragglers")
			w.look()
			w.silent()
			hidden := 0
			for _, c := range w.comments(n) {
				hidden += strings.Count(c.Body, "[redacted]")
			}
			if hidden == 0 {
				t.Error("nothing that the bot wrote held the token, so nothing was hidden")
			}
			w.restless("a text with a secret in it is written again and again")
		})
	})
	t.Run("a title that says it", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.conductor = w.conducted(w.conductor.Forge, func(s *conductor.Settings) { s.Requests.Title = "Move {environment} with " + w.token })
			w.ready()
			w.silent()
		})
	})
	t.Run("a forge that says it", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			w.front.changing(func(r *http.Request, a *httptest.ResponseRecorder, body []byte) []byte {
				if !strings.Contains(r.URL.Path, "/pulls") && !strings.Contains(r.URL.Path, "/merge_requests") {
					return body
				}
				a.Code = http.StatusForbidden
				a.Header().Set("Content-Type", "application/json")
				return []byte(`{"message": "the token ` + w.token + ` may not do that", "documentation_url": "https://example.org/?token=` + w.token + `"}`)
			})
			w.conductor.Wake()
			_, err := w.conductor.Look(t.Context())
			if err == nil {
				t.Fatal("a forge that refuses everything is no error")
			}
			w.conductor.Log.Error(err.Error()) // as the program does
			w.front.changing(nil)
			w.silent()
		})
	})
	t.Run("a repository that holds it", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			tip, err := w.ana.Head(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			files, err := w.ana.Tree(t.Context(), tip)
			if err != nil {
				t.Fatal(err)
			}
			content, _ := files.Read("dev/kustomization.yaml")
			leaked := append(append([]byte(nil), content...), "# "+w.token+"\n"...)
			w.commit(w.ana, "main", tree.Change{Path: "dev/kustomization.yaml", Content: leaked})
			w.front.forget()
			w.conductor.Wake()
			_, err = w.conductor.Look(t.Context())
			if !errors.Is(err, forge.ErrChangeRefused) || strings.Contains(err.Error(), w.token) {
				t.Errorf("the look gives %v, want it refused, with the file and without the token", err)
			}
			w.silent()
			if all, err := w.ana.Branches(t.Context(), "linnet/"); err != nil || len(all) > 0 {
				t.Errorf("there are the branches %v (%v), want none", all, err)
			}
		})
	})
}
