package forgetest

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var checkCases = []testCase{
	{"A check is replaced, not repeated, and an equal one changes nothing", func(t *testing.T, p *project) {
		c := forge.Check{Name: "linnet/gate", State: forge.InProgress, Title: "3 of 7 moved", Summary: "- a\n- b\n", URL: "https://example.org/x"}
		must(t, p.Bot.SetCheck(p.ctx, p.start, c))
		first := p.checks(t, p.start)
		if len(first) != 1 {
			t.Fatalf("got %d checks, want 1", len(first))
		}
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		if got := first[0]; got.Name != c.Name || got.State != c.State || got.Title != c.Title || got.URL != c.URL || got.By.ID != me.ID {
			t.Errorf("got %+v", got)
		}
		must(t, p.SecondBot.SetCheck(p.ctx, p.start, c))
		if again := p.checks(t, p.start); len(again) != 1 || !again[0].Updated.Equal(first[0].Updated) {
			t.Errorf("got %+v", again)
		}
		// Every order of states, also back from a final one.
		for _, state := range []forge.CheckState{forge.Success, forge.Pending, forge.Failure, forge.InProgress, forge.ActionRequired, forge.Success} {
			must(t, p.Bot.SetCheck(p.ctx, p.start, forge.Check{Name: c.Name, State: state, Title: string(state)}))
			if got := p.checks(t, p.start); len(got) != 1 || got[0].State != state || got[0].Title != string(state) {
				t.Errorf("after %s: got %+v", state, got)
			}
		}
	}},
	{"Checks of one commit are listed by name and belong to it alone", func(t *testing.T, p *project) {
		sha := p.branch(t, "topic", "a", "a")
		for _, name := range []string{"b", "c", "a"} {
			must(t, p.Bot.SetCheck(p.ctx, sha, forge.Check{Name: name, State: forge.Success, Title: "t"}))
		}
		var names []string
		for _, c := range p.checks(t, sha) {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != "a b c" {
			t.Errorf("got %s", got)
		}
		if got := p.checks(t, p.start); len(got) != 0 {
			t.Errorf("the parent has %+v", got)
		}
	}},
	{"One user's check says nothing for another", func(t *testing.T, p *project) {
		must(t, p.Bot.SetCheck(p.ctx, p.start, forge.Check{Name: "linnet/gate", State: forge.Failure, Title: "mine"}))
		must(t, p.Person.SetCheck(p.ctx, p.start, forge.Check{Name: "linnet/gate", State: forge.Success, Title: "forged"}))
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		mine := 0
		for _, c := range p.checks(t, p.start) {
			if c.By.ID == me.ID {
				mine++
				if c.State != forge.Failure {
					t.Errorf("got %+v", c)
				}
			}
		}
		if mine != 1 {
			t.Errorf("got %d checks of the bot, want 1", mine)
		}
	}},
	{"A long title is cut at a rune", func(t *testing.T, p *project) {
		must(t, p.Bot.SetCheck(p.ctx, p.start, forge.Check{Name: "linnet/gate", State: forge.Pending, Title: "x" + strings.Repeat("ü", 400)}))
		got := p.checks(t, p.start)[0].Title
		if len(got) > 255 || len(got) < 100 || !utf8.ValidString(got) {
			t.Errorf("got %d bytes: %q", len(got), got)
		}
	}},
}

func (p *project) checks(t *testing.T, sha string) []forge.Check {
	t.Helper()
	list, err := p.Bot.Checks(p.ctx, sha)
	must(t, err)
	return list
}
