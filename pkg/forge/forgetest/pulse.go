package forgetest

import (
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// settled is longer than any forge's step of time, and short enough for a whole test to fit into the life of a token.
const settled = 90 * time.Second

// pulse is the bot's mark of main. The test is skipped where the forge has none.
func (p *project) pulse(t *testing.T) string {
	t.Helper()
	pulser, ok := p.Bot.(forge.Pulser)
	if !ok || p.Wait == nil {
		t.Skip("the forge has no pulse, or no clock that a test can move")
	}
	mark, err := pulser.Pulse(p.ctx, "main")
	must(t, err)
	if mark == "" {
		t.Fatal("the mark is empty")
	}
	return mark
}

// beats wants the pulse to stay while nothing happens and to change with each of the steps, for good.
func (p *project) beats(t *testing.T, steps []step) {
	t.Helper()
	p.Wait(settled)
	for _, s := range steps {
		before := p.pulse(t)
		p.Wait(settled)
		if again := p.pulse(t); again != before {
			t.Errorf("before a step (%s): the pulse changes although nothing happens", s.what)
			before = again
		}
		s.do()
		if p.pulse(t) == before {
			t.Errorf("%s: the pulse does not change", s.what)
		}
		if p.Wait(settled); p.pulse(t) == before {
			t.Errorf("%s: some time later the pulse is the same again", s.what)
		}
	}
}

type step struct {
	what string
	do   func()
}

var pulseCases = []testCase{
	{"The pulse changes with what people do to branches", func(t *testing.T, p *project) {
		p.pulse(t)
		head := ""
		p.beats(t, []step{
			{"a branch is created", func() { p.git(t, "push", "-q", "origin", "main:refs/heads/topic") }},
			{"a branch is moved", func() { head = p.push(t, "topic", "a", "a") }},
			{"a branch is created at a commit that another has", func() { p.git(t, "push", "-q", "origin", "topic:refs/heads/other") }},
			{"a branch is deleted", func() { must(t, p.Person.DeleteBranch(p.ctx, "topic", head)) }},
			{"main is moved", func() { p.push(t, "main", "b", "b") }},
			{"main is set back", func() { p.git(t, "push", "-q", "-f", "origin", p.start+":refs/heads/main") }},
		})
	}},
	{"The pulse changes with what people do to merge requests", func(t *testing.T, p *project) {
		p.pulse(t)
		p.branch(t, "topic", "a", "a")
		var m forge.MergeRequest
		update := func(u forge.Update) func() {
			return func() {
				_, err := p.Person.Update(p.ctx, m.Number, u)
				must(t, err)
			}
		}
		comment := func() {
			_, err := p.Person.AddComment(p.ctx, m.Number, "/canary promote")
			must(t, err)
		}
		p.beats(t, []step{
			{"it is opened", func() {
				var err error
				m, err = p.Bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "Change a"})
				must(t, err)
			}},
			{"it gets another title", update(forge.Update{Title: ptr("Change a and more")})},
			{"it gets a description", update(forge.Update{Description: ptr("Why.")})},
			{"it becomes a draft", update(forge.Update{Draft: ptr(true)})},
			{"it is ready again", update(forge.Update{Draft: ptr(false)})},
			{"somebody comments", comment},
			{"somebody comments with the same words", comment},
			{"its branch is pushed to", func() { p.push(t, "topic", "b", "b") }},
			{"it is approved", func() { must(t, p.Person.Approve(p.ctx, m.Number, p.head(t, "topic"))) }},
			{"somebody else approves it", func() { must(t, p.SecondPerson.Approve(p.ctx, m.Number, p.head(t, "topic"))) }},
			{"it is closed", func() { must(t, p.Person.Close(p.ctx, m.Number)) }},
			{"somebody comments on a closed one", comment},
			{"it is opened again", func() { must(t, p.Person.Reopen(p.ctx, m.Number)) }},
			{"it is merged", func() {
				p.get(t, m.Number) // which makes a forge work out whether it can be merged
				_, err := p.Person.Merge(p.ctx, m.Number, forge.MergeOptions{Head: p.head(t, "topic")})
				must(t, err)
			}},
		})
	}},
	{"What happens at the same moment as the pulse changes the next one", func(t *testing.T, p *project) {
		p.pulse(t)
		m := p.request(t, "topic", "a", "a")
		p.Wait(settled)
		for range 3 {
			_, err := p.Person.AddComment(p.ctx, m.Number, "one")
			must(t, err)
			before := p.pulse(t)
			_, err = p.SecondPerson.AddComment(p.ctx, m.Number, "another")
			must(t, err)
			p.Wait(settled)
			if p.pulse(t) == before {
				t.Error("the second comment is not seen")
			}
		}
	}},
	{"Two processes are given the same pulse", func(t *testing.T, p *project) {
		mark := p.pulse(t)
		m := p.request(t, "topic", "a", "a")
		p.Wait(settled)
		_, err := p.Bot.Find(p.ctx, forge.Query{}) // which may know all of it
		must(t, err)
		first := p.pulse(t)
		second, err := p.SecondBot.(forge.Pulser).Pulse(p.ctx, "main")
		must(t, err)
		if first != second || first == mark {
			t.Errorf("!%d is open: got %s and %s, after %s", m.Number, first, second, mark)
		}
	}},
}
