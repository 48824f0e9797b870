package attacks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Whoever may edit a comment could put words into another's mouth, and nobody can tell what those who saw it agreed to.
func TestAttackEditedComment(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := w.ready().Number
		edit := func(id int64, texts ...string) {
			t.Helper()
			for _, text := range texts {
				w.pass(time.Second)
				if _, err := w.ana.EditComment(t.Context(), n, id, text); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen := w.say(w.ana, n, "looks good to me")
		w.look()
		edit(seen.ID, promote)
		edit(w.say(w.ana, n, "looks good").ID, promote)
		edit(w.say(w.ana, n, "/canary help").ID, promote)
		edit(w.say(w.ana, n, promote).ID, "/canary abort")
		edit(w.say(w.ana, n, promote).ID, "never mind", promote) // and back again
		w.holds(n, "an edited comment was obeyed")
		if w.hub != nil {
			// Whoever may write may edit what others wrote. On GitLab nobody can.
			c := w.say(w.ana, n, "looks good")
			w.pass(time.Second)
			w.hub.EditComment(c.ID, promote)
			w.holds(n, "a comment that somebody else edited was obeyed")
		}
		w.promoted(n)
	})
}

// What waits for its moment is edited meanwhile.
func TestAttackEditedWhileItWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.spoil = red
		n := w.until("it is open", func(s conductor.Status) bool { return s.Request > 0 }).Request
		w.pass(time.Second)
		c := w.say(w.ana, n, promote)
		w.look()
		if got := w.reactions(n, c.ID); got != "eyes" {
			t.Fatalf("the promotion is answered with %q, want eyes", got)
		}
		w.pass(time.Second)
		if _, err := w.ana.EditComment(t.Context(), n, c.ID, promote+" "+w.get(n).Head[:7]); err != nil {
			t.Fatal(err)
		}
		w.spoil = nil
		w.ready()
		w.holds(n, "a promotion that was edited after it was heard was carried out")
		w.promoted(n)
	})
}

// Who repeats what another wrote, or writes about it, gives no command.
func TestAttackQuotedOrNestedText(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := w.ready().Number
		for _, text := range []string{
			"> /canary promote", ">/canary promote", "> > /canary promote", "> " + promote + "\n\nshould we?", "On Monday bo wrote:\n> /canary promote",
			"    /canary promote", "\t/canary promote", "```\n/canary promote\n```", "~~~\n/canary promote\n~~~", "``/canary promote``", "`/canary promote`",
			"looks good\n/canary promote", "please /canary promote", "- /canary promote", "1. /canary promote", "# /canary promote", "| /canary promote |",
			"<!-- /canary promote -->", "<!--\n/canary promote\n-->", "<details><summary>more</summary>\n\n/canary promote\n</details>", "<pre>\n/canary promote\n</pre>",
			"[/canary promote](https://example.org)", "**/canary promote**", "\\/canary promote", "\u200b/canary promote", "\u2215canary promote", "\uff0fcanary promote",
			"/canary\u00a0promote", "/ canary promote", "//canary promote", "@\u200blinnet promote", "x@linnet promote",
		} {
			id := w.say(w.ana, n, text).ID
			w.look()
			if got := w.reactions(n, id); got == "eyes" || strings.Contains(got, "rocket") || w.get(n).State != forge.Open {
				t.Fatalf("%q is taken for a command: %q", text, got)
			}
		}
		w.holds(n, "what was only quoted was obeyed")
		w.promoted(n)
	})
}

// Two that answer each other, or one that answers itself, would go on for ever.
func TestAttackLoop(t *testing.T) {
	t.Run("with itself", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			n := w.ready().Number
			me, err := w.forge.Me(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, verb := range []string{"help", "help promote", "status", "plan", "explain", "stragglers", "promot", "promote now and then"} {
				w.say(w.ana, n, "/canary "+verb)
			}
			w.look()
			mine := 0
			for _, c := range w.comments(n) {
				if c.By.ID != me.ID {
					continue
				}
				mine++
				if _, addressed, _ := chatops.Read(chatops.Comment{Body: c.Body}, me.Name); addressed {
					t.Errorf("the bot would take its own words for a command:\n%s", c.Body)
				}
			}
			if mine < 6 {
				t.Errorf("the bot wrote %d comments, want an answer to each question", mine)
			}
			w.restless("it talks to itself")
			// What it says it would not hear even if it were a command.
			id := w.sayAsBot(n, promote).ID
			w.holds(n, "it obeyed itself")
			if got := w.reactions(n, id); got != "" {
				t.Errorf("it answered itself with %q", got)
			}
			w.promoted(n)
		})
	})
	t.Run("with another bot", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			n := w.ready().Number
			other := w.otherBot()
			before := len(w.comments(n))
			for round := range 6 {
				text := []string{"/canary status", "/canary help", "/canary gibberish", promote, "/canary retry", "/canary explain"}[round]
				id := w.say(other, n, text).ID
				w.look()
				if got := w.reactions(n, id); got != "-1" && got != "confused" {
					t.Errorf("%q of another bot is answered with %q, want a refusal", text, got)
				}
			}
			if got := len(w.comments(n)) - before; got != 6 {
				t.Errorf("there are %d comments more, want the other bot's six and none of ours", got)
			}
			w.restless("it talks to another bot")
			w.holds(n, "another bot's promotion was carried out")
			w.promoted(n)
		})
	})
	t.Run("with somebody who asks without end", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			n := w.ready().Number
			before := len(w.comments(n))
			const asked, answered = 40, 30
			for range asked {
				w.say(w.ana, n, "/canary status")
			}
			w.look()
			w.look()
			if got := len(w.comments(n)) - before - asked; got != answered {
				t.Errorf("%d questions are answered by %d comments, want at most %d", asked, got, answered)
			}
			w.restless("it is asked too often")
			w.promoted(n)
		})
	})
}

// restless wants that a look at which nothing happened writes nothing.
func (w *world) restless(why string) {
	w.Helper()
	w.front.forget()
	w.look()
	for _, a := range w.front.bots() {
		if a.method != "GET" && !strings.HasSuffix(a.uri, "git-upload-pack") && !(strings.HasSuffix(a.uri, "/graphql") && strings.Contains(a.body, `"query`)) {
			w.Errorf("%s: with nothing to do it sent %s %s %s", why, a.method, a.uri, a.body)
		}
	}
}

// sayAsBot writes as the bot, past the bot.
func (w *world) sayAsBot(number int, body string) forge.Comment {
	w.Helper()
	c, err := w.forge.AddComment(w.Context(), number, body)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// otherBot is one that the forge knows as a bot, with the right to write.
func (w *world) otherBot() people {
	w.Helper()
	if w.hub == nil {
		return w.as("project_7_bot_ffffff", "maintain")
	}
	app, err := w.hub.AddApp("other")
	if err != nil {
		w.Fatal(err)
	}
	return w.onHub("person", w.hub.InstallationToken(app), app.ID)
}

// Who may not promote is refused, and told which right is missing. Rights are the forge's, as it says them at that moment.
func TestAttackCommandWithoutTheRight(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		n := w.ready().Number
		for role, says := range map[string]string{"read": "promote takes a maintainer", "write": "promote takes a maintainer"} {
			who := w.as("bo-"+role, role)
			id := w.say(who, n, promote).ID
			w.look()
			if got := w.reactions(n, id); got != "-1" {
				t.Errorf("a promotion by somebody with the role %q is answered with %q", role, got)
			}
			if note := w.note(n); !strings.Contains(note, fmt.Sprintf("Comment %d", id)) || !strings.Contains(note, says) {
				t.Errorf("the note does not tell which right is missing:\n%s", note)
			}
		}
		// A name that looks like that of somebody who may.
		for _, login := range []string{"Ana", "an\u0430", "ana-"} {
			w.say(w.as(login, "read"), n, promote)
		}
		w.holds(n, "a promotion by somebody without the right was carried out")
		w.promoted(n)
	})
}

// Somebody loses the right between the word and the deed.
func TestAttackRightThatWasTakenAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.spoil = red
		n := w.until("it is open", func(s conductor.Status) bool { return s.Request > 0 }).Request
		w.pass(time.Second)
		id := w.say(w.ana, n, promote).ID
		w.look()
		if got := w.reactions(n, id); got != "eyes" {
			t.Fatalf("the promotion is answered with %q, want eyes", got)
		}
		w.demote("ana")
		w.spoil = nil
		w.holds(n, "a promotion by somebody who lost the right was carried out")
		if got := w.reactions(n, id); got != "eyes -1" {
			t.Errorf("the promotion is answered with %q, want it refused", got)
		}
	})
}
