package github_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// The list of a repository that is old is long. It is read once; then only what can have changed.
func TestALongListIsReadOnce(t *testing.T) {
	h, bot, f, main := faulty(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h.SetClock(func() time.Time { return now })
	const n = 250
	for i := range n {
		h.AddClosed(fmt.Sprintf("old/%03d", i), main)
		now = now.Add(time.Minute)
	}
	find := func(pages int, want ...string) {
		t.Helper()
		before := f.called("GET /repos/acme/gitops/pulls")
		list, err := bot.Find(t.Context(), forge.Query{SourcePrefix: "linnet/", Target: "main"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range list {
			got = append(got, fmt.Sprintf("%s %s", m.Source, m.State))
		}
		if asked := f.called("GET /repos/acme/gitops/pulls") - before; asked != pages || !slices.Equal(got, want) {
			t.Errorf("got %v in %d pages, want %v in %d", got, asked, want, pages)
		}
	}
	find(3)
	find(1)
	m := request(t, bot, "linnet/dev/1", main)
	find(1, "linnet/dev/1 open")
	now = now.Add(time.Hour)
	if err := bot.Close(t.Context(), m.Number); err != nil {
		t.Fatal(err)
	}
	find(1, "linnet/dev/1 closed")
	now = now.Add(time.Hour)
	h.Retarget(m.Number, "release")
	find(1)
	h.Retarget(m.Number, "main")
	find(1, "linnet/dev/1 closed")
	if all, err := bot.Find(t.Context(), forge.Query{}); err != nil || len(all) != n+1 {
		t.Errorf("got %d, %v, want all %d", len(all), err, n+1)
	}
}
