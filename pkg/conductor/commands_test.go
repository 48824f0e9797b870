package conductor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// answersTo are the bot's answers to one comment.
func (l *lab) answersTo(number int, comment int64) []string {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	var texts []string
	for _, c := range all {
		if n, ok := forge.NoteName(c.Body); ok && c.By.Name == "linnet" && n == answerNote(comment) {
			texts = append(texts, c.Body)
		}
	}
	return texts
}

func TestQuestionsAreAnsweredOnce(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	for _, tc := range []struct {
		command string
		says    []string
	}{
		{"status", []string{"**Happening** Phase 1 of 14, crds", "**Healthy** Yes: the gate is green.", "**Wanted**"}},
		{"explain", []string{"As of 2026-03-09", "found:    14 connected"}},
		{"explain nothing-like-it", []string{"has no check `nothing-like-it`; it has "}},
		{"plan", []string{"- 1/14 crds", "- 14/14 cleanup", "; rolls "}},
		{"stragglers", []string{"None: no proxy"}},
		{"retry", []string{"Looked again at 2026-03-09", "The gate is green"}},
		{"help", []string{"| `/canary rollback` |"}},
		{"help promote", []string{"It holds for one commit"}},
	} {
		ask := l.say("/canary " + tc.command)
		l.look(c)
		got := l.answersTo(1, ask.ID)
		if len(got) != 1 {
			t.Fatalf("%s: %d answers", tc.command, len(got))
		}
		for _, want := range tc.says {
			if !strings.Contains(strings.ToLower(got[0]), strings.ToLower(want)) {
				t.Errorf("%s does not say %q:\n%s", tc.command, want, got[0])
			}
		}
		l.wantReaction(1, ask.ID, forge.Eyes, forge.Rocket)
	}
	for _, command := range []string{"accept monitoring/grafana it is fine", "skip-soak it is fine", "resume", "rollback", "promote 1234567"} {
		ask := l.say("/canary " + command)
		s := l.look(c)
		l.wantReaction(1, ask.ID, forge.ThumbsDown)
		if last := s.Commands[len(s.Commands)-1]; !strings.Contains(last, "refused, since ") && !strings.Contains(last, "void, since ") {
			t.Errorf("%s: %s", command, last)
		}
	}
	l.quietLook("all is answered")
	if s := l.look(c); s.Situation != Ready || s.Done != 0 || l.get(1).State != forge.Open {
		t.Errorf("a question changed something:\n%s", s.Text(100))
	}
}

func TestWhoMayNotIsRefusedForGood(t *testing.T) {
	l := newLab(t, "git")
	role, failed := chatops.Developer, error(nil)
	l.edit = func(s *Settings) {
		s.Role = func(context.Context, forge.User) (chatops.Role, error) { return role, failed }
	}
	c := l.conductor()
	l.look(c)
	l.ready(c, 1)
	for _, verb := range []string{"promote", "abort"} {
		ask := l.say("/canary " + verb)
		s := l.look(c)
		l.wantReaction(1, ask.ID, forge.ThumbsDown)
		if last := s.Commands[len(s.Commands)-1]; !strings.Contains(last, verb+": refused, since `ana` is a developer, and "+verb+" takes a maintainer") {
			t.Errorf("it says %q", last)
		}
	}
	role = chatops.Maintainer
	if s := l.look(c); s.Done != 0 || l.get(1).State != forge.Open {
		t.Errorf("what was refused was carried out later:\n%s", s.Text(100))
	}
	role, failed = chatops.Owner, errors.New("no network")
	l.say("/canary promote")
	if s := l.look(c); s.Done != 0 {
		t.Errorf("a role that cannot be read is a role:\n%s", s.Text(100))
	}
	failed = nil
	l.say("/canary promote")
	if s := l.look(c); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestAGroupGivesARightForAsLongAsTheForgeSaysSo(t *testing.T) {
	l := newLab(t, "git")
	in, failed := false, error(nil)
	l.edit = func(s *Settings) {
		s.Role = func(context.Context, forge.User) (chatops.Role, error) { return chatops.Developer, nil }
		s.Rights = chatops.DefaultRights()
		s.Rights[chatops.Promote] = chatops.Right{Groups: []int64{17}}
		s.InGroup = func(_ context.Context, group int64, who forge.User) (bool, error) {
			return in && group == 17 && who.Name == "ana", failed
		}
	}
	c := l.conductor()
	l.look(c)
	l.ready(c, 1)
	l.say("/canary promote")
	if s := l.look(c); s.Done != 0 || !strings.Contains(s.Commands[len(s.Commands)-1], "promote takes somebody of group 17") {
		t.Errorf("who is in no group promotes:\n%s", s.Text(100))
	}
	in, failed = true, errors.New("no network")
	l.say("/canary promote")
	if s := l.look(c); s.Done != 0 {
		t.Errorf("a group that cannot be read is a group:\n%s", s.Text(100))
	}
	failed = nil
	l.say("/canary promote")
	if s := l.look(c); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestPauseHoldsWhateverIsLost(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	pause := l.say("/canary pause")
	s := l.look(c)
	if s.Situation != Paused || !strings.Contains(s.Happening, "Paused by `ana`") {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.wantReaction(1, pause.ID, forge.Eyes, forge.Rocket)
	promote := l.say("/canary promote")
	held := func(why string) {
		t.Helper()
		if s := l.look(l.conductor()); s.Situation != Paused || s.Done != 0 || len(l.requests()) != 1 {
			t.Errorf("%s: got:\n%s", why, s.Text(100))
		}
		if got := l.check(1); got.State != forge.ActionRequired || !strings.Contains(got.Title, "Paused") {
			t.Errorf("%s: the check is %s, %q", why, got.State, got.Title)
		}
	}
	held("after a restart")
	if _, err := l.ana.EditComment(t.Context(), 1, pause.ID, "never mind"); err != nil {
		t.Fatal(err)
	}
	held("when the comment was edited")
	if err := l.ana.DeleteComment(t.Context(), 1, pause.ID); err != nil {
		t.Fatal(err)
	}
	held("when the comment is gone")
	again := l.say("/canary pause")
	held("paused twice")
	comments, err := l.bot.Comments(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range comments {
		if note.By.Name == "linnet" {
			if err := l.bot.DeleteComment(t.Context(), 1, note.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	held("when the notes are gone")
	l.wantReaction(1, again.ID, forge.Eyes, forge.Rocket)
	resume := l.say("/canary resume")
	if s := l.look(l.conductor()); s.Done != 1 {
		t.Errorf("it does not go on:\n%s", s.Text(100))
	}
	l.wantReaction(1, resume.ID, forge.Eyes, forge.Rocket)
	l.wantReaction(1, promote.ID, forge.Eyes, forge.Rocket)
}

func TestPausedEnvironmentOpensNothingAfterAMergeByHand(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.say("/canary pause")
	l.look(c)
	if _, err := l.ana.Merge(t.Context(), 1, forge.MergeOptions{Head: l.get(1).Head}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if s := l.look(l.conductor()); s.Situation != Paused || s.Done != 1 || len(l.requests()) != 1 {
			t.Fatalf("got:\n%s", s.Text(100))
		}
		l.pass(time.Minute)
	}
	l.wantNote(1, "`/canary resume` to go on. Write it below !1.")
	l.say("/canary resume")
	if s := l.look(l.conductor()); s.Request != 2 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestAbortLeavesEverythingAndAPersonGoesOn(t *testing.T) {
	for _, way := range []string{"resume", "rollback"} {
		t.Run(way, func(t *testing.T) {
			l := newLab(t, "git")
			c := l.conductor()
			l.on(c, 2)
			l.look(c)
			before := l.main()
			abort := l.say("/canary abort")
			s := l.look(c)
			if s.Situation != Abandoned || l.get(3).State != forge.Closed || !strings.Contains(s.Happening, "dev/istio-canary") || !strings.Contains(s.Happening, "the phases crds, canary") {
				t.Fatalf("got:\n%s", s.Text(100))
			}
			l.wantReaction(3, abort.ID, forge.Eyes, forge.Rocket)
			l.wantNote(3, "`/canary resume` goes forward, with phase 3", "`/canary rollback` takes phase 2, canary, back.")
			if err := l.ana.DeleteComment(t.Context(), 3, abort.ID); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				l.pass(time.Minute)
				if s := l.look(l.conductor()); s.Situation != Abandoned {
					t.Fatalf("got:\n%s", s.Text(100))
				}
			}
			if got := l.main(); !got.Equal(before) || len(l.requests()) != 3 {
				t.Errorf("%d merge requests, and of the tree:\n%s", len(l.requests()), tree.Patch(before, got))
			}
			if err := l.ana.Reopen(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			if l.look(l.conductor()); l.get(3).State != forge.Closed {
				t.Error("a request of an aborted upgrade stays open")
			}
			l.comment(l.ana, 3, "/canary "+way)
			c = l.conductor()
			s = l.ready(c, 4)
			want := "linnet/dev/3.19.0/2-03-" + s.Phase
			if way == "rollback" {
				want = "linnet/dev/3.19.0/2-02-back-canary"
			}
			if got := l.get(4).Source; got != want {
				t.Errorf("the branch is %s, want %s", got, want)
			}
			l.say("/canary promote")
			if s := l.look(c); way == "resume" && s.Done != 3 || way == "rollback" && s.Done != 1 {
				t.Errorf("got:\n%s", s.Text(100))
			}
		})
	}
}

func TestRollbackIsRolledBack(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	l.look(c)
	two := l.main()
	l.on(c, 3)
	three := l.main()
	l.look(c)

	t.Log("while the way back is open")
	l.say("/canary rollback")
	l.look(c)
	resume := l.say("/canary resume")
	if s := l.ready(c, 6); l.get(5).State != forge.Closed || !strings.HasPrefix(l.get(6).Source, "linnet/dev/3.19.0/2-04-") || s.Done != 3 {
		t.Fatalf("got %s:\n%s", l.get(6).Source, s.Text(100))
	}
	l.wantReaction(5, resume.ID, forge.Eyes, forge.Rocket)

	t.Log("after a step back")
	l.back(c, two)
	l.say("/canary resume")
	s := l.ready(c, 8)
	if got := l.get(8).Source; !strings.HasPrefix(got, "linnet/dev/3.19.0/3-03-wave-") {
		t.Errorf("the branch is %s", got)
	}
	l.say("/canary promote")
	if s = l.look(c); s.Done != 3 || !l.main().Equal(three) {
		t.Errorf("the tree is another:\n%s\n%s", tree.Patch(three, l.main()), s.Text(100))
	}
	if s := l.ready(c, 9); s.Done != 3 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestSkippedSoakIsRecorded(t *testing.T) {
	l := newLab(t, "git")
	rights := chatops.DefaultRights()
	rights[chatops.SkipSoak] = chatops.Right{Users: []string{"ana"}}
	l.policy.Soak.Wave = 5 * time.Hour
	l.plans = nil
	l.edit = func(s *Settings) { s.Rights = rights }
	c := l.conductor()
	l.on(c, 3)
	l.until(c, "the gate is green", func(s Status) bool { return s.Gate != nil && s.Gate.Green() })
	l.say("/canary skip-soak agreed with @all in OPS-12")
	l.say("/canary promote")
	if s := l.look(c); s.Done != 4 {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.wantNote(4, "**Soak** skipped on the word of `ana` at 2026-03-09", "Agreed with &#64;all in OPS-12.")
}

// Every process dies after each of its writes; the way back, forward again, an abort and a pause come out as if none had.
func TestProcessesThatDieCarryACommandOutOnce(t *testing.T) {
	l := newLab(t, "git")
	l.on(l.conductor(), 2)
	dying := func() {
		t.Helper()
		for range 60 {
			r := &recorder{Forge: l.bot, after: func(int) error { return errKilled }}
			if _, err := l.conductorAs(r).Look(t.Context()); err == nil {
				return
			} else if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		t.Fatal("it does not come to rest")
	}
	dying()
	for i, verb := range []string{"explain", "pause", "rollback", "resume", "abort", "resume", "pause", "resume"} {
		at := l.newest()
		ask := l.say("/canary " + verb)
		dying()
		l.wantReaction(at, ask.ID, forge.Eyes, forge.Rocket)
		if verb == "explain" && len(l.answersTo(at, ask.ID)) != 1 {
			t.Errorf("%d answers", len(l.answersTo(at, ask.ID)))
		}
		open := 0
		for _, r := range l.requests() {
			if r.State == forge.Open {
				open++
			}
		}
		if want := map[bool]int{true: 0, false: 1}[verb == "abort"]; open != want {
			t.Errorf("%d, %s: %d open merge requests, want %d", i, verb, open, want)
		}
	}
	var got []string
	for _, r := range l.requests()[2:] {
		got = append(got, strings.TrimPrefix(r.Source, "linnet/dev/3.19.0/"))
	}
	if want := fmt.Sprintf("[%[1]s 1-02-back-canary 2-%[2]s 3-%[2]s]", got[0], got[0][2:]); fmt.Sprint(got) != want {
		t.Errorf("opened were %v, want %s", got, want)
	}
}

func TestTwoBotsClaimACommandOnce(t *testing.T) {
	l := newSharedLab(t, "git")
	l.plans = nil
	l.on(l.conductor(), 2)
	bots := []*Conductor{l.conductorAs(l.bot), l.conductorAs(l.as("linnet"))}
	var asked []forge.Comment
	for _, verb := range []string{"status", "pause", "rollback"} {
		at := l.newest()
		c := l.say("/canary " + verb)
		asked = append(asked, c)
		for range 2 {
			errs := make(chan error, len(bots))
			for _, b := range bots {
				go func() {
					_, err := b.Look(t.Context())
					errs <- err
				}()
			}
			for range bots {
				if err := <-errs; err != nil {
					t.Fatal(err)
				}
			}
		}
		l.wantReaction(at, c.ID, forge.Eyes, forge.Rocket)
	}
	if n := len(l.answersTo(3, asked[0].ID)); n != 1 {
		t.Errorf("%d answers", n)
	}
	if all := l.requests(); len(all) != 4 || all[3].Source != "linnet/dev/3.19.0/1-02-back-canary" {
		t.Errorf("%d merge requests", len(all))
	}
}
