package attacks

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Whoever may write can say anything under the name of the bot's check.
func TestAttackForgedStatus(t *testing.T) {
	forged := forge.Check{Name: conductor.CheckName, State: forge.Success, Title: "the gate is green", Summary: "Really."}
	onBoth(t, func(t *testing.T, w *world) {
		w.spoil = red
		n := w.until("the gate is red", func(s conductor.Status) bool { return s.Request > 0 && s.Gate != nil && !s.Gate.Green() }).Request
		m := w.get(n)
		mallory := w.as("mallory", "write") // on GitHub a commit status, on GitLab a status in the bot's own pipeline
		forgers := []forge.Forge{mallory}
		if w.hub != nil { // and a check run of another App
			app, err := w.hub.AddApp("mallory-app")
			if err != nil {
				t.Fatal(err)
			}
			forgers = append(forgers, w.onHub("person", w.hub.InstallationToken(app), app.ID))
		}
		forges := func(sha string) {
			t.Helper()
			for _, f := range forgers {
				if err := f.SetCheck(t.Context(), sha, forged); err != nil {
					t.Fatal(err)
				}
			}
		}
		forges(m.Head)
		w.pass(time.Second)
		w.say(w.ana, n, promote)
		w.holds(n, "a forged check was believed")

		// Where the bot has said nothing there is nothing but what was forged.
		foreign := w.opened(mallory, "foreign")
		forges(w.get(foreign).Head)
		for _, n := range []int{n, foreign} {
			w.pass(time.Second)
			seen, err := w.forge.Get(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			if ready := seen.Mergeability; ready.Readiness == forge.Ready || !slices.ContainsFunc(ready.Reasons, func(r forge.Reason) bool { return r.Kind == forge.ReasonChecks }) {
				t.Errorf("with a forged check the bot takes !%d for %+v, want it blocked by checks", n, ready)
			}
		}
		if own := w.own(m.Head); own.State == forge.Success || own.State == "" {
			t.Errorf("the bot's own check says %+v, want it as red as the gate is", own)
		}
		if w.hub != nil {
			// The rule names the App whose check it wants, so neither lets the forge be talked into it.
			if _, err := w.ana.Merge(t.Context(), n, forge.MergeOptions{Head: m.Head}); !errors.Is(err, forge.ErrNotMergeable) {
				t.Errorf("a person's merge over a forged check gives %v, want it refused", err)
			}
		}
		w.spoil = nil
		w.until("it is merged when it really is green", func(conductor.Status) bool { return w.get(n).State == forge.Merged })
	})
}

// own is the bot's check on a commit.
func (w *world) own(sha string) forge.Check {
	w.Helper()
	me, err := w.forge.Me(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	all, err := w.forge.Checks(w.Context(), sha)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range all {
		if c.Name == conductor.CheckName && c.By.ID == me.ID {
			return c
		}
	}
	return forge.Check{}
}

// A merge request from a fork calls its branch as it likes, and its author writes below it what he likes.
func TestAttackForkOrForeignMergeRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mallory := w.as("mallory", "write")
		first := w.opened(mallory, "early") // a fork that was there before the bot's
		w.forks(first, "linnet/dev/3.19.0/1-01-crds")
		m := w.ready()
		if m.Number == first || m.Author.Name == "mallory" {
			t.Fatalf("the bot took !%d of a fork for its own: %+v", first, m)
		}
		w.forks(first, m.Source) // which is exactly that of the bot's
		fork, foreign := w.opened(mallory, "late"), w.opened(mallory, "foreign")
		w.forks(fork, m.Source)
		w.pass(time.Second)
		for _, n := range []int{first, fork, foreign} {
			for _, text := range []string{promote, "/canary abort", "/canary help"} {
				id := w.say(w.ana, n, text).ID
				w.look()
				if got := w.reactions(n, id); got != "" {
					t.Errorf("%q below !%d, which is not the bot's, is answered with %q", text, n, got)
				}
			}
			if got := len(w.comments(n)); got != 3 {
				t.Errorf("below !%d, which is not the bot's, there are %d comments, want the three of ana", n, got)
			}
		}
		w.holds(m.Number, "a word below another merge request was taken for this one")
		for _, n := range []int{first, fork, foreign} {
			if got := w.get(n); got.State != forge.Open || got.Title != "Evil" || got.Description != "" {
				t.Errorf("the bot touched !%d, which is not its own: %+v", n, got)
			}
		}
		w.promoted(m.Number)
		w.unharmed()
	})
}

// opened is a merge request of somebody's own.
func (w *world) opened(who people, branch string) int {
	w.Helper()
	head, err := who.Head(w.Context(), "main")
	if err != nil {
		w.Fatal(err)
	}
	if _, err := who.Commit(w.Context(), forge.NewCommit{Branch: branch, Create: true, Parent: head, Message: "Evil\n", Changes: []tree.Change{evil}}); err != nil {
		w.Fatal(err)
	}
	m, err := who.Open(w.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: "Evil"})
	if err != nil {
		w.Fatal(err)
	}
	return m.Number
}

// forks makes the bot see a merge request as one from a fork, whose branch has this name.
func (w *world) forks(number int, branch string) {
	if w.forked == nil {
		w.forked = map[int]string{}
	}
	w.forked[number] = branch
	forked := w.forked
	w.front.changing(func(_ *http.Request, _ *httptest.ResponseRecorder, body []byte) []byte {
		var answer any
		if json.Unmarshal(body, &answer) != nil {
			return body
		}
		each(answer, func(o map[string]any) {
			if head, ok := o["head"].(map[string]any); ok { // GitHub
				n, _ := o["number"].(float64)
				if branch, ok := forked[int(n)]; ok {
					head["ref"], head["label"] = branch, "mallory:"+branch
					head["repo"] = copied(head["repo"], map[string]any{"id": 99, "full_name": "mallory/gitops", "fork": true})
				}
			}
			if _, ok := o["source_project_id"]; ok { // GitLab
				n, _ := o["iid"].(float64)
				if branch, ok := forked[int(n)]; ok {
					o["source_branch"], o["source_project_id"] = branch, 99
				}
			}
		})
		changed, err := json.Marshal(answer)
		if err != nil {
			return body
		}
		return changed
	})
}

func copied(from any, with map[string]any) map[string]any {
	to := map[string]any{}
	if o, ok := from.(map[string]any); ok {
		for name, value := range o {
			to[name] = value
		}
	}
	for name, value := range with {
		to[name] = value
	}
	return to
}

// each visits all objects of a JSON value.
func each(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, inner := range v {
			each(inner, visit)
		}
	case []any:
		for _, inner := range v {
			each(inner, visit)
		}
	}
}
