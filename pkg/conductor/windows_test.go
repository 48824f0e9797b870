package conductor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/calendar"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// to lets time pass until a moment, "10 09:00" of the lab's month.
func (l *lab) to(moment string) {
	l.Helper()
	at, err := time.Parse("2006-01-02 15:04", "2026-03-"+moment)
	if err != nil {
		l.Fatal(err)
	}
	l.pass(at.Sub(l.cluster.Now()))
}

// The window of each morning is an hour; Tuesday the 10th is frozen.
func TestMergesKeepToWindowsAndNothingElseDoes(t *testing.T) {
	l := newLab(t, "git")
	l.edit = func(s *Settings) {
		s.MergeByKind = map[planner.Kind]When{planner.CRDs: Auto, planner.Canary: Manual}
		s.Calendar = mustCalendar([]calendar.Window{{Start: "0 9 * * *", Duration: time.Hour}}, []calendar.Freeze{{From: "2026-03-10", Until: "2026-03-10", Reason: "audit"}})
	}
	look := func() Status { t.Helper(); return l.look(l.conductor()) } // a process each

	t.Log("a quarter past eight: opened, judged and told, and not merged")
	s := look()
	if s.Situation != Waiting || s.Request != 1 || !s.Gate.Green() {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.wantNote(1, "**In the way** The calendar: opens Mon 2026-03-09 09:00 UTC.", "**Wanted** Nobody.", "**Goes on** At Mon 2026-03-09 09:00 UTC, if the gate is green then: it is merged by itself.")
	if got := l.check(1); got.State != forge.Success || !strings.HasPrefix(got.Title, "green, but the bot waits: opens Mon 2026-03-09 09:00 UTC; ") {
		t.Errorf("the check is %s: %s", got.State, got.Title)
	}
	l.to("09 08:59")
	if s := l.quietLook("a minute before the window"); s.Done != 0 {
		t.Errorf("merged early:\n%s", s.Text(100))
	}

	t.Log("nine: merged without a word, and the next is people's")
	l.to("09 09:00")
	if s := look(); s.Done != 1 || s.Request != 2 {
		t.Fatalf("not merged in the window:\n%s", s.Text(100))
	}
	l.until(l.conductor(), "the second is ready", func(s Status) bool { return s.Situation == Ready })
	l.wantNote(2, "**Wanted** Somebody who may: merge !2.", "Not by itself: a person decides.")
	l.say("/canary promote")
	look()
	l.wantNote(2, "promote: void, since people merge here (policy.mergeByPhase.canary is manual).")

	t.Log("ten is past: a person merges")
	l.to("09 10:05")
	if s := look(); s.Shut != "" || strings.Contains(l.notes(2)[0], "calendar") || l.check(2).State != forge.Success {
		t.Errorf("the calendar binds people:\n%s", s.Text(100))
	}
	if _, err := l.ana.Merge(t.Context(), 2, forge.MergeOptions{Head: l.get(2).Head}); err != nil {
		t.Fatal(err)
	}
	if s := look(); s.Done != 2 || s.Request != 3 {
		t.Fatalf("got:\n%s", s.Text(100))
	}

	t.Log("promoted after hours: told until when, over the day that is frozen")
	l.until(l.conductor(), "the third is ready", func(s Status) bool { return s.Situation == Ready })
	l.wantNote(3, "On their word it is merged at Wed 2026-03-11 09:00 UTC.")
	promote := l.say("/canary promote")
	if s := look(); s.Situation != Waiting || s.Done != 2 {
		t.Errorf("got:\n%s", s.Text(100))
	}
	l.wantReaction(3, promote.ID, forge.Eyes)
	l.wantNote(3, "The calendar: opens Wed 2026-03-11 09:00 UTC; frozen until Wed 2026-03-11 00:00 UTC (audit).", "the calendar let it: opens Wed 2026-03-11 09:00 UTC")
	l.to("10 09:30")
	if s := look(); s.Done != 2 {
		t.Errorf("merged in a freeze:\n%s", s.Text(100))
	}
	l.to("11 09:00")
	l.until(l.conductor(), "the third is merged", func(s Status) bool { return s.Done == 3 && s.Request == 4 })
	l.wantReaction(3, promote.ID, forge.Eyes, forge.Rocket)

	t.Log("going back waits for nothing but its merge, which goes by the kind of the phase that is taken back")
	l.to("11 12:00")
	l.say("/canary rollback")
	if s := look(); s.Request != 5 || l.get(4).State != forge.Closed {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.until(l.conductor(), "the way back is ready", func(s Status) bool { return s.Situation == Ready })
	l.wantNote(5, "**Wanted** A reviewer: comment `/canary promote` below !5", "On their word it is merged at Thu 2026-03-12 09:00 UTC.")
	l.say("/canary promote")
	if s := look(); s.Done != 3 {
		t.Errorf("taken back after hours:\n%s", s.Text(100))
	}
	l.to("12 09:00")
	l.until(l.conductor(), "it is taken back", func(s Status) bool { return s.Done == 2 })
	l.say("/canary rollback")
	look()
	l.until(l.conductor(), "the next step back is ready", func(s Status) bool { return s.Situation == Ready && s.Request == 6 })
	l.wantNote(6, "**Wanted** Somebody who may: merge !6.") // it takes the canary back
}

// mentions are the comments below a merge request that mention somebody.
func (l *lab) mentions(number int) []forge.Comment {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	var found []forge.Comment
	for _, c := range all {
		if strings.Contains(c.Body, "@mesh-oncall") {
			found = append(found, c)
		}
	}
	return found
}

func dwelling(s *Settings) { s.MaxDwell, s.Escalate = time.Hour, []string{"@mesh-oncall"} }

func TestMentionIsMadeOnceWhateverIsKilled(t *testing.T) {
	l := newLab(t, "git")
	l.edit = dwelling
	l.look(l.conductor())
	opened := l.get(1).Opened
	l.pass(time.Hour)
	l.look(l.conductor())
	if all := l.mentions(1); len(all) != 0 {
		t.Fatalf("mentioned within the hour: %v", all)
	}

	t.Log("a process that dies after each write, and a new one each time")
	l.pass(time.Minute)
	deaths := 0
	for {
		r := &recorder{Forge: l.bot, after: func(int) error { return errKilled }}
		_, err := l.conductorAs(r).Look(t.Context())
		if err == nil {
			break
		}
		if deaths++; !errors.Is(err, errKilled) || deaths > 20 {
			t.Fatal(deaths, err)
		}
	}
	if deaths < 2 {
		t.Errorf("%d processes died, want one after the mention and one after the note", deaths)
	}
	all := l.mentions(1)
	if len(all) != 1 || !strings.Contains(all[0].Body, "!1 has been open since "+clock(opened)+", longer than the 1h that it may take.") {
		t.Fatalf("%d mentions, want one that says since when: %v", len(all), all)
	}
	l.wantNote(1, "!1 has been open since "+clock(opened), toldMark)

	t.Log("nothing repeats or edits it: hours, a pause, a close and a reopening")
	same := func(why string) {
		t.Helper()
		if now := l.mentions(1); len(now) != 1 || now[0].ID != all[0].ID || !now[0].Edited.IsZero() {
			t.Errorf("%s: %v", why, now)
		}
	}
	l.pass(5 * time.Hour)
	l.look(l.conductor())
	same("hours later")
	l.say("/canary pause")
	l.look(l.conductor())
	l.say("/canary resume")
	l.look(l.conductor())
	same("paused and resumed")
	if err := l.ana.Close(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	l.look(l.conductor())
	if err := l.ana.Reopen(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	l.look(l.conductor())
	same("closed and reopened")

	t.Log("who deletes it is not mentioned again")
	if err := l.bot.DeleteComment(t.Context(), 1, all[0].ID); err != nil {
		t.Fatal(err)
	}
	l.look(l.conductor())
	l.quietLook("the mention was deleted")
	if now := l.mentions(1); len(now) != 0 {
		t.Errorf("mentioned again: %v", now)
	}

	t.Log("the next merge request counts anew")
	l.ready(l.conductor(), 1)
	l.say("/canary promote")
	if s := l.look(l.conductor()); s.Request != 2 || len(l.mentions(2)) != 0 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestTwoBotsMentionOnce(t *testing.T) {
	l := newSharedLab(t, "git")
	l.edit = dwelling
	l.look(l.conductor())
	l.pass(61 * time.Minute)
	l.plans = nil // two processes share nothing
	bots := []*Conductor{l.conductorAs(l.bot), l.conductorAs(l.as("linnet"))}
	for range 3 {
		errs := make(chan error, len(bots))
		for _, c := range bots {
			go func() {
				_, err := c.Look(t.Context())
				errs <- err
			}()
		}
		for range bots {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
	}
	if all := l.mentions(1); len(all) != 1 {
		t.Errorf("%d mentions, want 1: %v", len(all), all)
	}
}
