package conductor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

func TestACommandBelowAnOlderMergeRequestIsSentToTheNewest(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 1)
	l.look(c)
	pause := l.comment(l.ana, 1, "/canary pause")
	slip := l.comment(l.ana, 1, "/canary pasue")
	remark := l.comment(l.ana, 1, "thank you")
	for range 40 { // each process dies after its first write
		r := &recorder{Forge: l.bot, after: func(int) error { return errKilled }}
		if _, err := l.conductorAs(r).Look(t.Context()); err == nil {
			break
		} else if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	l.wantReaction(1, pause.ID, forge.ThumbsDown)
	l.wantReaction(1, slip.ID, forge.Confused)
	l.wantReaction(1, remark.ID)
	for _, comment := range []forge.Comment{pause, slip} {
		if got := l.answersTo(1, comment.ID); len(got) != 1 || !strings.Contains(got[0], "by `ana` is not carried out: !1 is merged.") || !strings.Contains(got[0], "write it below !2.") {
			t.Errorf("got %q", got)
		}
	}
	if s := l.quietLook("it was said"); s.Situation == Paused || s.Request != 2 {
		t.Errorf("got:\n%s", s.Text(100))
	}

	t.Log("a process that has long nothing left to say there sees it, too")
	l.look(c)
	late := l.comment(l.ana, 1, "/canary abort")
	l.look(c)
	l.look(c)
	l.wantReaction(1, late.ID, forge.ThumbsDown)
}

// A promotion that came in time for a merge by hand needs no other place.
func TestAPromotionThatSomebodyElseCarriedOutIsLeftAlone(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	promote := l.comment(l.ana, 1, "/canary promote")
	l.pass(time.Second)
	if _, err := l.ana.Merge(t.Context(), 1, forge.MergeOptions{Head: l.get(1).Head}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l.look(c)
	}
	l.wantReaction(1, promote.ID)
	l.pass(time.Second)
	after := l.comment(l.ana, 1, "/canary promote")
	l.look(c)
	l.look(c)
	l.wantReaction(1, after.ID, forge.ThumbsDown)
}

// reader counts whose comments are read.
type reader struct {
	forge.Forge
	read map[int]int
}

func (r reader) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	r.read[number]++
	return r.Forge.Comments(ctx, number)
}

func TestALookReadsOneOlderMergeRequestHoweverManyThereAre(t *testing.T) {
	l := newLab(t, "git")
	l.through(5)
	r := reader{l.bot, map[int]int{}}
	c := l.conductorAs(r)
	l.look(c)
	l.look(c)
	for round := range 5 {
		clear(r.read)
		l.look(c)
		older := 0
		for number, times := range r.read {
			if number <= 5 {
				older += times
			}
		}
		if older != 1 {
			t.Errorf("look %d read %v", round, r.read)
		}
	}
}

func TestWhetherAStepBackHasComeAboutIsShownAndHoldsNothingUp(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	before := l.main()
	l.ready(c, l.on(c, 3).Request) // the cluster has taken the wave in
	s := l.back(c, before)
	if !strings.HasPrefix(s.Next, "What the last step back was to bring about has not happened yet: ") || s.Gate.Green() {
		t.Errorf("got:\n%s", s.Text(100))
	}
	l.blindly(func() {
		if s := l.look(c); !strings.HasPrefix(s.Next, "Whether the last step back has come about is not known: ") {
			t.Errorf("got:\n%s", s.Text(100))
		}
	})
	l.until(l.conductor(), "the step back has come about", func(s Status) bool {
		return s.Situation == Around && s.Gate.Green() && s.Next == "What the last step back was to bring about has happened in the cluster."
	})
	l.wantNote(l.newest(), "**Next** What the last step back was to bring about has happened in the cluster.")

	t.Log("forward once more, and back twice without waiting")
	l.say("/canary resume")
	l.on(c, 3)
	l.say("/canary rollback")
	s = l.look(c)
	l.ready(c, s.Request)
	l.say("/canary promote")
	if s = l.look(c); s.Situation != Around {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.say("/canary rollback")
	if s = l.look(c); s.Request == 0 || !strings.HasPrefix(s.Next, "What the last step back was to bring about has not happened yet: ") {
		t.Errorf("got:\n%s", s.Text(100))
	}
	l.ready(c, s.Request)
}
