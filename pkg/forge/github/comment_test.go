package github_test

import (
	"errors"
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
