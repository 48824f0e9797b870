package conductor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// fixedTitles is a forge such as GitLab, which goes on to show the title with which a check came into its state.
type fixedTitles struct {
	forge.Forge
	stated int
	titles map[string]forge.Check // by commit
}

func (f *fixedTitles) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	f.stated++
	if was := f.titles[sha]; was.State == c.State {
		c.Title = was.Title
	}
	f.titles[sha] = c
	return f.Forge.SetCheck(ctx, sha, c)
}

func TestAForgeThatKeepsOldTitlesComesToRest(t *testing.T) {
	l := newLab(t, "git")
	f := &fixedTitles{Forge: l.bot, titles: map[string]forge.Check{}}
	c := l.conductorAs(f)
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	l.look(c)
	for range 4 {
		l.pass(30 * time.Second)
		l.look(c)
	}
	if s := l.ready(c, 2); !s.Gate.Green() {
		t.Errorf("the gate of the second phase is not green:\n%s", s.Text(80))
	}
	before := f.stated
	l.look(c)
	if f.stated != before {
		t.Errorf("a look that sees nothing new stated a check")
	}
}

func TestTheCheckTellsWhatTheNoteTells(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.ready(c, 1)
	stated, err := l.bot.Checks(t.Context(), l.get(1).Head)
	if err != nil || len(stated) != 1 {
		t.Fatalf("got the checks %v, %v", stated, err)
	}
	for _, want := range []string{"**Wanted** A reviewer: comment `/canary promote` below !1", "one-injector: 10 of 10"} {
		if !strings.Contains(stated[0].Summary, want) {
			t.Errorf("the summary lacks %q:\n%s", want, stated[0].Summary)
		}
	}
}
