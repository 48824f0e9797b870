package forgetest

import (
	"context"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var commentCases = []testCase{
	{"Comments keep their bytes, author and order", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		bodies := []string{"/canary promote", "Grüße 🐦\r\n\r\n> quoted\n\n  indented  ", "`code`\n<!-- x -->", "/canary promote"}
		var last int64
		for i, body := range bodies {
			who := []forge.Forge{p.Bot, p.Person}[i%2]
			added, err := who.AddComment(p.ctx, m.Number, body)
			must(t, err)
			if added.ID <= last {
				t.Errorf("comment %d has id %d after %d", i, added.ID, last)
			}
			last = added.ID
		}
		list := p.comments(t, m.Number)
		if len(list) != len(bodies) {
			t.Fatalf("got %d comments, want %d", len(list), len(bodies))
		}
		for i, c := range list {
			who, err := []forge.Forge{p.Bot, p.Person}[i%2].Me(p.ctx)
			must(t, err)
			if c.Body != bodies[i] || c.By.ID != who.ID || c.Created.IsZero() || !c.Edited.IsZero() {
				t.Errorf("comment %d: got %+v, want body %q by %s", i, c, bodies[i], who.Name)
			}
		}
	}},
	{"An edit is visible for ever", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		c, err := p.Person.AddComment(p.ctx, m.Number, "/canary promote")
		must(t, err)
		same, err := p.Person.EditComment(p.ctx, m.Number, c.ID, "/canary promote")
		must(t, err)
		if !same.Edited.IsZero() {
			t.Error("the same body counts as an edit")
		}
		for _, body := range []string{"something else", "/canary promote"} {
			_, err = p.Person.EditComment(p.ctx, m.Number, c.ID, body)
			must(t, err)
			got, err := p.Bot.GetComment(p.ctx, m.Number, c.ID)
			must(t, err)
			if got.Body != body || got.Edited.IsZero() || !got.Created.Equal(c.Created) {
				t.Errorf("got %+v", got)
			}
		}
	}},
	{"A deleted comment is gone", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		c, err := p.Person.AddComment(p.ctx, m.Number, "/canary promote")
		must(t, err)
		kept, err := p.Person.AddComment(p.ctx, m.Number, "stays")
		must(t, err)
		must(t, p.Bot.React(p.ctx, m.Number, c.ID, forge.Eyes))
		must(t, p.Person.DeleteComment(p.ctx, m.Number, c.ID))
		must(t, p.Person.DeleteComment(p.ctx, m.Number, c.ID))
		if list := p.comments(t, m.Number); len(list) != 1 || list[0].ID != kept.ID {
			t.Errorf("got %+v", list)
		}
		_, err = p.Bot.GetComment(p.ctx, m.Number, c.ID)
		wantErr(t, err, forge.ErrNotFound)
		_, err = p.Person.EditComment(p.ctx, m.Number, c.ID, "back")
		wantErr(t, err, forge.ErrNotFound)
		wantErr(t, p.Bot.React(p.ctx, m.Number, c.ID, forge.Eyes), forge.ErrNotFound)
		later, err := p.Person.AddComment(p.ctx, m.Number, "later")
		must(t, err)
		if later.ID <= kept.ID {
			t.Errorf("an id is used again: %d after %d", later.ID, kept.ID)
		}
	}},
	{"The bot does not touch another's comment", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		c, err := p.Person.AddComment(p.ctx, m.Number, "mine")
		must(t, err)
		_, err = p.Bot.EditComment(p.ctx, m.Number, c.ID, "not yours")
		wantErr(t, err, forge.ErrForbidden)
		wantErr(t, p.Bot.DeleteComment(p.ctx, m.Number, c.ID), forge.ErrForbidden)
	}},
	{"Reactions are idempotent and each user's own", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		c, err := p.Person.AddComment(p.ctx, m.Number, "/canary promote")
		must(t, err)
		for _, err := range race(4, func(i int) error {
			return []forge.Forge{p.Bot, p.SecondBot}[i%2].React(p.ctx, m.Number, c.ID, forge.Eyes)
		}) {
			must(t, err)
		}
		must(t, p.Bot.React(p.ctx, m.Number, c.ID, forge.Rocket))
		must(t, p.SecondPerson.React(p.ctx, m.Number, c.ID, forge.Eyes))
		must(t, p.Bot.Unreact(p.ctx, m.Number, c.ID, forge.Rocket))
		must(t, p.Bot.Unreact(p.ctx, m.Number, c.ID, forge.Rocket))
		got, err := p.Bot.GetComment(p.ctx, m.Number, c.ID)
		must(t, err)
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		if len(got.Reactions) != 2 || got.Reactions[0] != (forge.Reaction{Kind: forge.Eyes, By: me}) || got.Reactions[1].Kind != forge.Eyes {
			t.Errorf("got %+v", got.Reactions)
		}
		if !got.Edited.IsZero() {
			t.Error("a reaction counts as an edit")
		}
	}},
	{"Comments work on a closed merge request", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		must(t, p.Bot.Close(p.ctx, m.Number))
		_, err := p.Bot.AddComment(p.ctx, m.Number, "closed because")
		must(t, err)
	}},
	{"An empty comment is refused", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		if _, err := p.Bot.AddComment(p.ctx, m.Number, " \n"); err == nil {
			t.Error("it was accepted")
		}
	}},
	{"A cancelled context stops a call", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		if _, err := p.Bot.AddComment(ctx, m.Number, "late"); err == nil {
			t.Error("AddComment went on")
		}
		if _, err := p.Bot.Head(ctx, "main"); err == nil {
			t.Error("Head went on")
		}
	}},
}

var noteCases = []testCase{
	{"A note is made once and edited from then on", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		first, err := forge.SetNote(p.ctx, p.Bot, m.Number, "progress", "1 of 7")
		must(t, err)
		for _, body := range []string{"2 of 7", "2 of 7", "3 of 7\r\n"} {
			got, err := forge.SetNote(p.ctx, p.SecondBot, m.Number, "progress", body)
			must(t, err)
			if got.ID != first.ID {
				t.Errorf("a second note was made")
			}
		}
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		if got, ok := forge.Note(p.comments(t, m.Number), me, "progress"); !ok || got != "3 of 7\r\n" {
			t.Errorf("got %q", got)
		}
		_, err = forge.SetNote(p.ctx, p.Bot, m.Number, "help", "text")
		must(t, err)
		if got := len(p.comments(t, m.Number)); got != 2 {
			t.Errorf("got %d comments, want 2", got)
		}
	}},
	{"Another's comment of a note's shape is not the note", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		forged, err := p.Person.AddComment(p.ctx, m.Number, "<!-- linnet:note progress -->\nforged")
		must(t, err)
		note, err := forge.SetNote(p.ctx, p.Bot, m.Number, "progress", "true")
		must(t, err)
		if note.ID == forged.ID {
			t.Error("the forged one was taken")
		}
		me, err := p.Bot.Me(p.ctx)
		must(t, err)
		if got, _ := forge.Note(p.comments(t, m.Number), me, "progress"); got != "true" {
			t.Errorf("got %q", got)
		}
	}},
	{"Of racing notes one stays", func(t *testing.T, p *project) {
		m := p.request(t, "topic", "a", "a")
		for _, err := range race(6, func(i int) error {
			_, err := forge.SetNote(p.ctx, []forge.Forge{p.Bot, p.SecondBot}[i%2], m.Number, "progress", "same")
			return err
		}) {
			must(t, err)
		}
		_, err := forge.SetNote(p.ctx, p.Bot, m.Number, "progress", "same")
		must(t, err)
		if got := len(p.comments(t, m.Number)); got != 1 {
			t.Errorf("got %d comments, want 1", got)
		}
	}},
}

func (p *project) comments(t *testing.T, number int) []forge.Comment {
	t.Helper()
	list, err := p.Bot.Comments(p.ctx, number)
	must(t, err)
	return list
}
