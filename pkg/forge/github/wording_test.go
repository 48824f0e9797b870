package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// A branch that has moved, and a pull request that somebody else has merged, are known by looking, not by what the server calls it.
func TestWhatHappenedIsKnownWhateverTheServerCallsIt(t *testing.T) {
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusConflict, http.StatusNotFound} {
		t.Run(fmt.Sprintf("a branch moved, %d", status), func(t *testing.T) {
			h, bot, f, main := faulty(t)
			head := commit(t, bot, write("topic", main, "a"))
			moved := ""
			f.set(func(w http.ResponseWriter, r *http.Request, body string, next http.Handler) bool {
				if moved == "" && r.Method == http.MethodPatch {
					moved = h.push(t, "topic", "b")
					says(w, status, "Something is the matter with it")
					return true
				}
				return older(w, r, body, next)
			})
			next := write("topic", head, "x")
			next.Create = false
			_, err := bot.Commit(t.Context(), next)
			var where *forge.HeadMovedError
			if !errors.As(err, &where) || where.Got != moved {
				t.Errorf("got %v, want the head at %s", err, moved)
			}
		})
	}
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusMethodNotAllowed, http.StatusConflict} {
		t.Run(fmt.Sprintf("another merged it, %d", status), func(t *testing.T) {
			_, bot, f, main := faulty(t)
			m := request(t, bot, "topic", main)
			merged := false
			f.set(func(w http.ResponseWriter, r *http.Request, _ string, next http.Handler) bool {
				if merged || !strings.HasSuffix(r.URL.Path, "/merge") {
					return false
				}
				merged = true
				next.ServeHTTP(httptest.NewRecorder(), r)
				says(w, status, "Something is the matter with it")
				return true
			})
			if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); !errors.Is(err, forge.ErrAlreadyMerged) {
				t.Errorf("got %v, want already merged", err)
			}
		})
	}
}

// What the server finds wrong with a merge, and no look can explain, is told in its words.
func TestAMergeThatIsFoundWrongIsToldInTheServersWords(t *testing.T) {
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.once("PUT", "/merge", http.StatusUnprocessableEntity, nil, `{"message":"The title is too long"}`)
	_, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	if err == nil || errors.Is(err, forge.ErrNotMergeable) || !strings.Contains(err.Error(), "The title is too long") {
		t.Errorf("got %v, want the server's words", err)
	}
}

func says(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q}`, message)
}
