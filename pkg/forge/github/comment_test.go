package github_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// GitHub lets everybody with write access edit everybody's comments, and tells times in whole seconds.
func TestAnEditByAnotherInTheSameSecondIsSeen(t *testing.T) {
	h, bot, f, main := faulty(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return now })
	m := request(t, bot, "topic", main)
	ann := h.person(t, "ann", "write")
	plain, err := ann.AddComment(t.Context(), m.Number, "nothing")
	if err != nil {
		t.Fatal(err)
	}
	list, err := bot.Comments(t.Context(), m.Number)
	if err != nil || !list[0].Edited.IsZero() {
		t.Fatalf("got %+v, %v", list, err)
	}
	h.EditComment(plain.ID, "/canary promote")
	for range 3 {
		got, err := bot.GetComment(t.Context(), m.Number, plain.ID)
		if err != nil || got.Edited.IsZero() || got.Body != "/canary promote" {
			t.Errorf("got %+v, %v, want it edited", got, err)
		}
		now = now.Add(time.Minute) // known for good from here on
	}
	// Once the second is over, GraphQL is not asked again about the same comment.
	if _, err := bot.Comments(t.Context(), m.Number); err != nil {
		t.Fatal(err)
	}
	before := f.called("/graphql")
	if _, err := bot.Comments(t.Context(), m.Number); err != nil {
		t.Fatal(err)
	}
	if got := f.called("/graphql"); got != before {
		t.Errorf("GraphQL was asked %d times more", got-before)
	}
}

func TestACommentOfAnotherPullRequestIsNotFound(t *testing.T) {
	_, bot, _, main := faulty(t)
	a, b := request(t, bot, "a", main), request(t, bot, "b", main)
	c, err := bot.AddComment(t.Context(), a.Number, "text")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bot.GetComment(t.Context(), b.Number, c.ID); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
	if err := bot.DeleteComment(t.Context(), b.Number, c.ID); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	if _, err := bot.GetComment(t.Context(), a.Number, c.ID); err != nil {
		t.Errorf("it was deleted: %v", err)
	}
}

func TestTheBotsOwnNoteIsEditedByOneRequest(t *testing.T) {
	h, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	note, err := bot.AddComment(t.Context(), m.Number, "1 of 7")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(body string, reads int) {
		t.Helper()
		before, written := f.called("GET "), f.called("PATCH ")
		c, err := bot.EditComment(t.Context(), m.Number, note.ID, body)
		if err != nil || c.Body != body || c.Edited.IsZero() {
			t.Errorf("got %+v, %v", c, err)
		}
		if got := f.called("GET ") - before; got != reads {
			t.Errorf("%q: %d reads, want %d", body, got, reads)
		}
		if got := f.called("PATCH ") - written; got != 1 {
			t.Errorf("%q: %d writes, want 1", body, got)
		}
	}
	edit("2 of 7", 0)
	edit("3 of 7", 0)
	// Where it is to say what it said when it was written last, it is read whether it still does.
	h.EditComment(note.ID, "not the bot's words")
	edit("3 of 7", 1)
	if _, err := bot.EditComment(t.Context(), m.Number+1, note.ID, "4 of 7"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("below another pull request: got %v, want not found", err)
	}
	if err := bot.DeleteComment(t.Context(), m.Number, note.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.EditComment(t.Context(), m.Number, note.ID, "4 of 7"); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("a deleted one: got %v, want not found", err)
	}
}

func TestWhoReactedIsAskedWhereTheNumberIsAnother(t *testing.T) {
	h, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	ann := h.person(t, "ann", "write")
	c, err := ann.AddComment(t.Context(), m.Number, "/canary promote")
	if err != nil {
		t.Fatal(err)
	}
	look := func(asks int, want ...forge.ReactionKind) {
		t.Helper()
		before := f.called("/reactions")
		list, err := bot.Comments(t.Context(), m.Number)
		if err != nil {
			t.Fatal(err)
		}
		var got []forge.ReactionKind
		for _, r := range list[0].Reactions {
			got = append(got, r.Kind)
		}
		if asked := f.called("/reactions") - before; asked != asks || !slices.Equal(got, want) {
			t.Errorf("got %v by %d requests, want %v by %d", got, asked, want, asks)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	look(0)
	do(bot.React(t.Context(), m.Number, c.ID, forge.Eyes))
	do(bot.React(t.Context(), m.Number, c.ID, forge.Eyes))
	look(0, forge.Eyes)
	do(ann.React(t.Context(), m.Number, c.ID, forge.Rocket))
	look(1, forge.Eyes, forge.Rocket)
	look(0, forge.Eyes, forge.Rocket)
	do(bot.Unreact(t.Context(), m.Number, c.ID, forge.Eyes))
	look(1, forge.Rocket)
	do(ann.Unreact(t.Context(), m.Number, c.ID, forge.Rocket))
	look(0)
	do(ann.React(t.Context(), m.Number, c.ID, forge.Rocket))
	look(1, forge.Rocket)
}
