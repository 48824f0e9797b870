package forgetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var requestCases = []testCase{
	{"An opened one has what was asked", func(t *testing.T, p *project) {
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		reviewer, err := p.Person.Me(p.ctx)
		must(t, err)
		second, err := p.SecondPerson.Me(p.ctx)
		must(t, err)
		sha := p.branch(t, "topic", "a", "a")
		description := "Grüße 🐦\r\n\r\n  `x`  \n<!-- hidden -->\n\nlast"
		opened, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "Move Übung", Description: description,
			Labels: []string{"linnet", "istio"}, Reviewers: []string{second.Name, reviewer.Name, me.Name}, Draft: true})
		must(t, err)
		want := slices.Sorted(slices.Values([]string{second.Name, reviewer.Name}))
		for _, m := range []forge.MergeRequest{opened, p.get(t, opened.Number)} {
			if m.Title != "Move Übung" || m.Description != description || m.Source != "topic" || m.Target != "main" {
				t.Errorf("got %+v", m)
			}
			if m.State != forge.Open || !m.Draft || m.Head != sha || m.MergeSHA != "" || m.Author.ID != me.ID || m.Fork {
				t.Errorf("got %+v", m)
			}
			if !slices.Equal(m.Labels, []string{"istio", "linnet"}) || !slices.Equal(m.Reviewers, want) {
				t.Errorf("got labels %v and reviewers %v", m.Labels, m.Reviewers)
			}
			if m.Opened.IsZero() || m.Updated.Before(m.Opened) || !m.Done.IsZero() {
				t.Errorf("got times %v, %v, %v", m.Opened, m.Updated, m.Done)
			}
		}
	}},
	{"Of two bots that open one, one wins and the other learns the number", func(t *testing.T, p *project) {
		p.branch(t, "topic", "a", "a")
		errs := race(6, func(i int) error {
			bot := []forge.Forge{p.Bot, p.SecondBot}[i%2]
			_, err := bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "Once"})
			return err
		})
		wantOneWinner(t, errs, forge.ErrAlreadyOpen)
		list, err := p.Bot.Find(p.ctx, forge.Query{})
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("got %d merge requests, want 1", len(list))
		}
		for _, err := range errs {
			var already *forge.AlreadyOpenError
			if errors.As(err, &already) && already.Number != list[0].Number {
				t.Errorf("got number %d, want %d", already.Number, list[0].Number)
			}
		}
	}},
	{"Without a branch or a change none is opened", func(t *testing.T, p *project) {
		p.branch(t, "topic", "a", "a")
		_, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: "nowhere", Target: "main", Title: "T"})
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "nowhere", Title: "T"})
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Bot.Open(p.ctx, forge.OpenRequest{Source: "main", Target: "topic", Title: "T"})
		wantErr(t, err, forge.ErrNoChange)
		list, err := p.Bot.Find(p.ctx, forge.Query{})
		must(t, err)
		if len(list) != 0 {
			t.Errorf("got %d merge requests, want none", len(list))
		}
	}},
	{"They are found by prefix, target and state, oldest first", func(t *testing.T, p *project) {
		a := p.request(t, "linnet/dev/1", "a", "a")
		b := p.request(t, "linnet/dev/2", "b", "b")
		c := p.request(t, "linnet/prod/1", "c", "c")
		d := p.request(t, "Linnet/dev/9", "d", "d")
		must(t, p.Bot.Close(p.ctx, a.Number))
		for _, row := range []struct {
			name  string
			query forge.Query
			want  []int
		}{
			{"all", forge.Query{}, []int{a.Number, b.Number, c.Number, d.Number}},
			{"prefix", forge.Query{SourcePrefix: "linnet/dev/"}, []int{a.Number, b.Number}},
			{"prefix and state", forge.Query{SourcePrefix: "linnet/", States: []forge.State{forge.Open}}, []int{b.Number, c.Number}},
			{"two states", forge.Query{SourcePrefix: "linnet/dev", States: []forge.State{forge.Closed, forge.Open}}, []int{a.Number, b.Number}},
			{"merged", forge.Query{States: []forge.State{forge.Merged}}, nil},
			{"target", forge.Query{Target: "other"}, nil},
			{"no pattern", forge.Query{SourcePrefix: "linnet/%"}, nil},
		} {
			list, err := p.SecondBot.Find(p.ctx, row.query)
			must(t, err)
			var got []int
			for _, m := range list {
				got = append(got, m.Number)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("%s: got %v, want %v", row.name, got, row.want)
			}
		}
	}},
	{"The head follows a person's push", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		sha := p.push(t, "topic", "b", "b")
		if got := p.get(t, m.Number).Head; got != sha {
			t.Errorf("Get: got head %s, want %s", got, sha)
		}
		list, err := p.Bot.Find(p.ctx, forge.Query{})
		must(t, err)
		if list[0].Head != sha {
			t.Errorf("Find: got head %s, want %s", list[0].Head, sha)
		}
	}},
	{"An update changes what it names and is idempotent", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		got, err := p.Bot.Update(p.ctx, m.Number, forge.Update{Title: ptr("New title")})
		must(t, err)
		if got.Title != "New title" || got.Description != m.Description || got.Draft {
			t.Errorf("got %+v", got)
		}
		got, err = p.Bot.Update(p.ctx, m.Number, forge.Update{Description: ptr("New\r\ntext"), Draft: ptr(true)})
		must(t, err)
		if got.Title != "New title" || got.Description != "New\r\ntext" || !got.Draft {
			t.Errorf("got %+v", got)
		}
		again, err := p.Bot.Update(p.ctx, m.Number, forge.Update{Description: ptr("New\r\ntext"), Draft: ptr(true)})
		must(t, err)
		if !again.Updated.Equal(got.Updated) {
			t.Errorf("an update that changes nothing moved Updated from %v to %v", got.Updated, again.Updated)
		}
		got, err = p.Bot.Update(p.ctx, m.Number, forge.Update{Draft: ptr(false)})
		must(t, err)
		if got.Draft {
			t.Error("it is still a draft")
		}
	}},
	{"Closing and reopening", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		must(t, p.Bot.Reopen(p.ctx, m.Number)) // open already
		must(t, p.Bot.Close(p.ctx, m.Number))
		must(t, p.Bot.Close(p.ctx, m.Number))
		closed := p.get(t, m.Number)
		if closed.State != forge.Closed || closed.Head != m.Head || closed.Done.IsZero() || closed.Mergeability.Readiness == forge.Ready {
			t.Errorf("got %+v", closed)
		}
		_, err := p.Person.Merge(p.ctx, m.Number, forge.MergeOptions{Head: m.Head})
		refused(t, err, forge.ReasonNotOpen)
		must(t, p.Person.Reopen(p.ctx, m.Number))
		if got := p.get(t, m.Number); got.State != forge.Open || !got.Done.IsZero() {
			t.Errorf("got %+v", got)
		}
	}},
	{"A closed one makes room for another and is then not reopened", func(t *testing.T, p *project) {
		first := p.request(t, "topic", "a", "a")
		must(t, p.Bot.Close(p.ctx, first.Number))
		second, err := p.Bot.Open(p.ctx, forge.OpenRequest{Source: "topic", Target: "main", Title: "Second"})
		must(t, err)
		if second.Number <= first.Number {
			t.Errorf("got number %d after %d", second.Number, first.Number)
		}
		err = p.Bot.Reopen(p.ctx, first.Number)
		wantErr(t, err, forge.ErrAlreadyOpen)
	}},
	{"A closed one whose branch is gone is not reopened", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		must(t, p.Bot.Close(p.ctx, m.Number))
		must(t, p.Bot.DeleteBranch(p.ctx, "topic", m.Head))
		wantErr(t, p.Bot.Reopen(p.ctx, m.Number), forge.ErrNotFound)
		if got := p.get(t, m.Number); got.State != forge.Closed || got.Head != m.Head {
			t.Errorf("got %+v", got)
		}
	}},
	{"One whose branch a person deletes is not ready", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		p.git(t, "push", "-q", "origin", ":topic")
		if got := p.get(t, m.Number); got.Mergeability.Readiness == forge.Ready || got.State == forge.Merged {
			t.Errorf("got %+v", got)
		}
	}},
}
