package gitlab_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// The list of a project that is old is long. It is read once; then only what can have changed.
func TestALongListIsReadOnce(t *testing.T) {
	w := newWorld(t, fakegitlab.Settings{})
	main, err := w.FirstCommit("README.md", "# GitOps\n")
	must(t, err)
	f, api, _ := w.counted(t)
	const n = 250
	for i := range n {
		w.AddClosed(fmt.Sprintf("old/%03d", i), main)
		w.wait(time.Minute)
	}
	find := func(pages int, want ...string) {
		t.Helper()
		before := total(api)
		list, err := f.Find(t.Context(), forge.Query{SourcePrefix: "linnet/", Target: "main"})
		must(t, err)
		var got []string
		for _, m := range list {
			got = append(got, fmt.Sprintf("%s %s", m.Source, m.State))
		}
		if c := total(api).less(before); c.Billed+c.NotModified != pages || !slices.Equal(got, want) {
			t.Errorf("got %v in %+v, want %v in %d pages", got, c, want, pages)
		}
	}
	find(3)
	find(1)
	commit(t, w.bot, "linnet/dev/1", main, "a", true)
	m, err := w.bot.Open(t.Context(), forge.OpenRequest{Source: "linnet/dev/1", Target: "main", Title: "Change a"})
	must(t, err)
	find(1, "linnet/dev/1 open")
	w.wait(time.Hour)
	must(t, w.bot.Close(t.Context(), m.Number))
	find(1, "linnet/dev/1 closed")
	find(1, "linnet/dev/1 closed")
	w.wait(time.Hour)
	const more = 150
	for i := range more {
		w.AddClosed(fmt.Sprintf("more/%03d", i), main)
	}
	find(2, "linnet/dev/1 closed")
	all, err := f.Find(t.Context(), forge.Query{})
	must(t, err)
	if len(all) != n+1+more {
		t.Errorf("got %d, want all %d", len(all), n+1+more)
	}
}
