package attacks

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func (w *world) get(number int) forge.MergeRequest {
	w.Helper()
	m, err := w.ana.Get(w.Context(), number)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// say comments as somebody, and gives the comment as it is then.
func (w *world) say(who people, number int, body string) forge.Comment {
	w.Helper()
	c, err := who.AddComment(w.Context(), number, body)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) comments(number int) []forge.Comment {
	w.Helper()
	all, err := w.ana.Comments(w.Context(), number)
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// reactions are what the bot answered a comment with, the oldest first.
func (w *world) reactions(number int, id int64) string {
	w.Helper()
	var kinds []string
	for _, c := range w.comments(number) {
		for _, r := range c.Reactions {
			if c.ID == id {
				kinds = append(kinds, string(r.Kind))
			}
		}
	}
	return strings.Join(kinds, " ")
}

// note is what the bot's note below a merge request says.
func (w *world) note(number int) string {
	w.Helper()
	me, err := w.forge.Me(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	text, _ := forge.Note(w.comments(number), me, "progress")
	return text
}

// holds wants the merge request to be open after a few looks.
func (w *world) holds(number int, why string) {
	w.Helper()
	for range 3 {
		w.look()
		w.pass(30 * time.Second)
	}
	if m := w.get(number); m.State != forge.Open {
		w.Errorf("%s: !%d is %s", why, number, m.State)
	}
}

// promoted wants that ana's word merges it: what held before is not that the bot does nothing at all.
func (w *world) promoted(number int) {
	w.Helper()
	w.pass(time.Second)
	w.say(w.ana, number, promote)
	w.until("it is merged on ana's word", func(conductor.Status) bool { return w.get(number).State == forge.Merged })
}

// commit puts files on a branch as somebody.
func (w *world) commit(who people, branch string, changes ...tree.Change) string {
	w.Helper()
	head, err := who.Head(w.Context(), branch)
	if err != nil {
		w.Fatal(err)
	}
	sha, err := who.Commit(w.Context(), forge.NewCommit{Branch: branch, Parent: head, Message: "By hand\n", Changes: changes})
	if err != nil {
		w.Fatal(err)
	}
	return sha
}

// demote leaves somebody the right to read.
func (w *world) demote(login string) {
	if w.lab != nil {
		w.lab.SetLevel(login, 20)
		return
	}
	w.front.changing(func(r *http.Request, _ *httptest.ResponseRecorder, body []byte) []byte {
		if strings.HasSuffix(r.URL.Path, "/collaborators/"+login+"/permission") {
			return []byte(strings.NewReplacer(`"role_name":"maintain"`, `"role_name":"read"`, `"permission":"write"`, `"permission":"read"`).Replace(string(body)))
		}
		return body
	})
}
