package conductor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// stuck goes forward until the gate waits for nothing but a StatefulSet whose pods nothing replaces.
func (l *lab) stuck(c *Conductor) (Status, checks.Straggler) {
	l.Helper()
	if err := l.cluster.Misbehave("on-delete"); err != nil {
		l.Fatal(err)
	}
	var who checks.Straggler
	s := l.until(c, "a gate waits for a StatefulSet", func(s Status) bool {
		if s.Situation == Ready {
			l.comment(l.ana, s.Request, "/canary promote")
			return false
		}
		found := checks.Acceptable(*s.Gate)
		if len(found) != 1 || !strings.Contains(found[0].Reason, "OnDelete") || s.Gate.Verdict != checks.Wait {
			return false
		}
		who = found[0]
		return true
	})
	l.pass(5 * time.Minute) // the longest interval of a release, so that nothing else is to come
	return s, who
}

// record is the bot's record of a comment below a merge request; "" = there is none.
func (l *lab) record(number int, comment int64) string {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	text, _ := forge.Note(all, forge.User{ID: "linnet"}, acceptNote(comment))
	return text
}

func TestAStragglerThatIsSignedOffIsGoneOnWithoutToTheEndOfTheUpgrade(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	_, who := l.stuck(c)
	at := l.newest()
	if s := l.look(c); s.Situation != Waiting || s.Gate.Green() {
		t.Fatalf("it does not wait:\n%s", s.Text(100))
	}
	ask := l.say(fmt.Sprintf("/canary accept %s/%s/%s agreed with @all --> in OPS-12", who.Kind, who.Namespace, who.Name))
	s := l.look(c)
	l.wantReaction(at, ask.ID, forge.Eyes, forge.Rocket)
	record := l.record(at, ask.ID)
	for _, want := range []string{"**Signed off** StatefulSet " + who.Namespace + "/" + who.Name, "by `ana`", "to the end of the upgrade", "Agreed with &#64;all --> in OPS-12."} {
		if !strings.Contains(record, want) {
			t.Errorf("the record does not say %q:\n%s", want, record)
		}
	}
	if len(s.Accepted) != 1 || !strings.Contains(s.Accepted[0], "accepted by ana at 2026-03-09") || !strings.Contains(s.Accepted[0], fmt.Sprintf("(comment %d of !%d)", ask.ID, at)) {
		t.Errorf("the status says %q", s.Accepted)
	}
	s = l.ready(l.conductor(), at)
	if in := checks.AcceptedIn(*s.Gate); len(in) == 0 || !strings.Contains(in[0].Was, "OnDelete") {
		t.Errorf("the gate does not say what it was: %+v", in)
	}
	l.wantNote(at, "**Signed off** StatefulSet "+who.Namespace, "Signed off (1 workload):")

	t.Log("the comment goes, a process dies, merge requests come and go: it still holds")
	if err := l.ana.DeleteComment(t.Context(), at, ask.ID); err != nil {
		t.Fatal(err)
	}
	s = l.until(l.conductor(), "bump is next", func(s Status) bool {
		if s.Situation == Ready && s.Phase != "bump" {
			l.comment(l.ana, s.Request, "/canary promote")
			c = l.conductor()
			s = l.look(c)
		}
		return s.Phase == "bump"
	})
	if got, _ := forge.Note(l.comments(at), forge.User{ID: "linnet"}, noteName); !strings.Contains(got, "**Signed off** StatefulSet") {
		t.Errorf("the last note of !%d does not say it:\n%s", at, got)
	}
	if len(s.Accepted) != 1 {
		t.Errorf("the status says %q", s.Accepted)
	}

	t.Log("but what uses the control plane that is to be taken away counts")
	for range 40 {
		l.pass(30 * time.Second)
		if s = l.look(c); s.Gate.Green() {
			t.Fatalf("the gate of bump is green:\n%s", s.Text(100))
		}
	}
	if blocks := strings.Join(s.Blocks, "\n"); !strings.Contains(blocks, who.Namespace+"/"+who.Name) {
		t.Errorf("it is not named:\n%s", s.Text(100))
	}
	again := l.say(fmt.Sprintf("/canary accept %s/%s and now too", who.Namespace, who.Name))
	s = l.look(c)
	l.wantReaction(l.newest(), again.ID, forge.ThumbsDown)
	if last := s.Commands[len(s.Commands)-1]; !strings.Contains(last, "accept: refused, since it is signed off already") && !strings.Contains(last, "cannot be signed off") {
		t.Errorf("it says %q", last)
	}
	if err := l.cluster.Heal("on-delete"); err != nil {
		t.Fatal(err)
	}
	l.ready(c, l.newest())
}

func (l *lab) comments(number int) []forge.Comment {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	return all
}

func TestSigningOffIsRefusedOrEndsAsItWasSaid(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	_, who := l.stuck(c)
	l.look(c)
	at := l.newest()
	named := who.Namespace + "/" + who.Name
	for _, tc := range []struct{ command, says string }{
		{"accept " + who.Namespace + "/" + who.Name + "x it is fine", "waits for no workload `" + named + "x`; did you mean `" + named + "`?"},
		{"accept Deployment/nowhere/at-all it is fine", "those that can be signed off are `StatefulSet/" + named + "`"},
		{"accept " + named + " it was until 2026-03-08", "2026-03-08 is over"},
	} {
		ask := l.say("/canary " + tc.command)
		s := l.look(c)
		l.wantReaction(at, ask.ID, forge.ThumbsDown)
		if last := s.Commands[len(s.Commands)-1]; !strings.Contains(last, tc.says) {
			t.Errorf("%s: it says %q, want %q", tc.command, last, tc.says)
		}
		if l.record(at, ask.ID) != "" {
			t.Errorf("%s: it is recorded", tc.command)
		}
	}

	t.Log("nobody can say whether there is such a straggler while the cluster is not seen")
	ask := l.say("/canary accept " + named + " for tonight until 2026-03-09")
	l.blindly(func() {
		if s := l.look(c); !strings.Contains(s.Commands[len(s.Commands)-1], "waits until the cluster has been seen") {
			t.Errorf("got:\n%s", s.Text(100))
		}
		l.wantReaction(at, ask.ID)
	})
	l.look(c)
	l.wantReaction(at, ask.ID, forge.Eyes, forge.Rocket)
	if _, err := l.ana.EditComment(t.Context(), at, ask.ID, "/canary accept nowhere/at-all never mind"); err != nil {
		t.Fatal(err)
	}
	s := l.ready(c, at)
	l.wantReaction(at, ask.ID, forge.Eyes, forge.Rocket)
	if last := s.Commands[len(s.Commands)-1]; !strings.Contains(last, named+" accepted by ana") || !strings.Contains(last, "until 2026-03-10 00:00 UTC: for tonight") {
		t.Errorf("it says %q", last)
	}
	if got := l.look(l.conductor()); len(got.Accepted) != 1 {
		t.Errorf("got %q", got.Accepted)
	}

	l.pass(time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC).Sub(l.cluster.Now()))
	if s := l.look(c); s.Gate.Green() || len(s.Accepted) != 0 {
		t.Errorf("the day is over, and it still holds:\n%s", s.Text(100))
	}
}

// Every process dies after each of its writes.
func TestSigningOffSurvivesProcessesThatDie(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	_, who := l.stuck(c)
	l.look(c)
	at := l.newest()
	ask := l.say(fmt.Sprintf("/canary accept %s/%s OPS-12", who.Namespace, who.Name))
	var writes []string
	for range 20 {
		r := &recorder{Forge: l.bot, after: func(int) error { return errKilled }}
		_, err := l.conductorAs(r).Look(t.Context())
		writes = append(writes, r.writes...)
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	l.wantReaction(at, ask.ID, forge.Eyes, forge.Rocket)
	records := 0
	for _, comment := range l.comments(at) {
		if n, ok := forge.NoteName(comment.Body); ok && n == acceptNote(ask.ID) {
			records++
		}
	}
	if records != 1 || len(writes) < 3 {
		t.Errorf("%d records after %q", records, writes)
	}
}

func TestOnlyTheBotsOwnRecordCounts(t *testing.T) {
	a := checks.Acceptance{Kind: "Deployment", Namespace: "a", Name: "b", By: "ana", At: begin, Reason: "--> @all", Comment: 7, Request: 3}
	body := "<!-- linnet:note accepted-7 -->\n" + acceptedNote(a)
	if name, ok := forge.NoteName(body); !ok || name != "accepted-7" {
		t.Fatalf("the name is %q", name)
	}
	bot, ana := forge.User{ID: "linnet"}, forge.User{ID: "ana"}
	if got := Acceptances([]forge.Comment{{By: bot, Body: body}, {By: bot, Body: body}}, bot); len(got) != 1 || got[0] != a {
		t.Errorf("got %+v, want %+v once", got, a)
	}
	spoilt := strings.Replace(body, "linnet:accepted ", "linnet:accepted x", 1)
	for _, c := range []forge.Comment{{By: ana, Body: body}, {By: bot, Body: acceptedNote(a)}, {By: bot, Body: spoilt}, {By: bot, Body: "<!-- linnet:note accepted-7 -->\n"}} {
		if got := Acceptances([]forge.Comment{c}, bot); len(got) != 0 {
			t.Errorf("%q: got %+v", c.Body, got)
		}
	}
}
