package github_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

func TestAPulseAtRestCostsOneAnswerThatNothingHasChanged(t *testing.T) {
	h, _, _, main := faulty(t)
	ann := h.person(t, "ann", "write")
	for i := range 250 {
		h.AddClosed(fmt.Sprintf("old/%03d", i), main)
		h.wait(time.Minute)
	}
	client := h.client(t, token(h.AddUser("linnet-bot", "write")))
	f, err := github.New(github.Options{URL: h.url, Project: project, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string, want transport.Counts, ask ...func() error) {
		t.Helper()
		before := total(client)
		for _, ask := range ask {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
		}
		now := total(client)
		got := transport.Counts{Billed: now.Billed - before.Billed, NotModified: now.NotModified - before.NotModified, Writes: now.Writes - before.Writes, Git: now.Git - before.Git}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	beat := func() error { _, err := f.Pulse(t.Context(), "main"); return err }
	find := func() error { _, err := f.Find(t.Context(), forge.Query{Target: "main"}); return err }
	look("the first", transport.Counts{Billed: 1, Git: 1}, beat)
	look("everything", transport.Counts{Billed: 2, NotModified: 1}, find)
	m := request(t, ann, "topic", main)
	if _, err := ann.AddComment(t.Context(), m.Number, "text"); err != nil {
		t.Fatal(err)
	}
	h.wait(time.Hour)
	look("a change, for the pulse and for Find", transport.Counts{Billed: 1, NotModified: 1, Git: 1}, beat, find)
	look("at rest", transport.Counts{NotModified: 1, Git: 1}, beat)
}

func total(c *http.Client) (sum transport.Counts) {
	for _, n := range c.Transport.(*transport.Transport).Counts() {
		sum = transport.Counts{Billed: sum.Billed + n.Billed, NotModified: sum.NotModified + n.NotModified, Writes: sum.Writes + n.Writes, Git: sum.Git + n.Git}
	}
	return sum
}

// What is listed a little late may have the time of what was listed before.
func TestAPulseSeesWhatIsListedLate(t *testing.T) {
	h, bot, _, main := faulty(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func(after time.Duration) { h.SetClock(func() time.Time { return at.Add(after) }) }
	pulse := func() string {
		t.Helper()
		mark, err := bot.Pulse(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	clock(0)
	m := request(t, bot, "topic", main)
	clock(3 * time.Second)
	before := pulse()
	clock(0)
	if _, err := bot.AddComment(t.Context(), m.Number, "said before the pulse, and listed after it"); err != nil {
		t.Fatal(err)
	}
	clock(time.Minute)
	if pulse() == before {
		t.Error("the comment is not seen")
	}
}
