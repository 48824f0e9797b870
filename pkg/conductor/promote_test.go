package conductor

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

func TestPromotionBeforeTheGateIsGreenIsClaimedAndWaits(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	l.look(c) // merges the first, opens the second
	promote := l.comment(l.ana, 2, "@linnet promote\n\nWhenever it is green.")
	s := l.look(c)
	if s.Situation != Waiting || l.get(2).State != forge.Open {
		t.Fatalf("got:\n%s", s.Text(80))
	}
	l.wantReaction(2, promote.ID, forge.Eyes)
	l.wantNote(2, "Comment 4 by `ana`, promote: "+l.get(2).Head[:8]+" is merged as soon as the gate is green", "then it is merged by itself")
	l.until(c, "it is merged by itself", func(s Status) bool { return s.Done == 2 })
	l.wantReaction(2, promote.ID, forge.Eyes, forge.Rocket)
	l.wantNote(2, "on the word of `ana` (comment 4)")
}

func TestPromotionIsVoid(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(l *lab, comment int64)
		says string // in the note; "" = the line is gone
		gave []forge.ReactionKind
	}{
		{"when the comment was edited", func(l *lab, id int64) {
			if _, err := l.ana.EditComment(l.Context(), 2, id, "/canary promote\n"); err != nil {
				l.Fatal(err)
			}
		}, "void, since the comment was edited after it was written", []forge.ReactionKind{forge.Eyes, forge.ThumbsDown}},
		{"when the branch was written to", func(l *lab, _ int64) {
			l.pass(time.Minute)
			head := l.get(2).Head
			file := l.commit(l.ana, l.get(2).Source, map[string]string{"x": "y"})
			if _, err := l.ana.Commit(l.Context(), forge.NewCommit{Branch: l.get(2).Source, Parent: file, Message: "Undo\n", Changes: treeDelete("x")}); err != nil {
				l.Fatal(err)
			}
			if l.get(2).Head == head {
				l.Fatal("the head did not move")
			}
		}, "void, since it was for an earlier commit than", []forge.ReactionKind{forge.Eyes, forge.ThumbsDown}},
		{"when the comment is deleted", func(l *lab, id int64) {
			if err := l.ana.DeleteComment(l.Context(), 2, id); err != nil {
				l.Fatal(err)
			}
		}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, c := opened(t)
			l.ready(c, 1)
			l.comment(l.ana, 1, "/canary promote")
			l.look(c)
			promote := l.comment(l.ana, 2, "/canary promote")
			l.look(c)
			l.wantReaction(2, promote.ID, forge.Eyes)
			tc.do(l, promote.ID)
			s := l.ready(c, 2) // and not merged
			if got := strings.Join(s.Commands, "\n"); tc.says == "" && got != "" || !strings.Contains(got, tc.says) {
				t.Errorf("it says %q, want %q", got, tc.says)
			}
			if tc.gave != nil {
				l.wantReaction(2, promote.ID, tc.gave...)
			}
			l.quietLook("it was said")
			l.comment(l.ana, 2, "/canary promote")
			if s := l.look(c); s.Done != 2 {
				t.Errorf("a new promotion does not merge:\n%s", s.Text(80))
			}
		})
	}
}

func TestCommentsThatAreNoPromotion(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	l.comment(l.bot, 1, "/canary promote") // the bot does not listen to itself
	l.comment(l.ana, 1, "> /canary promote\n\nShould I?")
	l.comment(l.ana, 1, "I would, but:\n/canary promote")
	slip := l.comment(l.ana, 1, "/canary promot")
	s := l.look(c)
	if s.Done != 0 || len(s.Commands) != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	l.wantNote(1, "Comment 5 by `ana`: \"promot\" is not a command; did you mean \"promote\"?")
	l.wantReaction(1, slip.ID, forge.Confused)
	l.quietLook("it was answered")
}

func TestPromotionDoesNotReplaceApprovals(t *testing.T) {
	l, c := opened(t)
	if err := l.bot.SetSettings(t.Context(), local.Settings{RequiredApprovals: 1, RequiredChecks: []local.RequiredCheck{{Name: CheckName, By: "linnet"}, {Name: "lint"}}}); err != nil {
		t.Fatal(err)
	}
	l.comment(l.ana, 1, "/canary promote")
	s := l.until(c, "the gate is green", func(s Status) bool { return s.Gate != nil && s.Gate.Green() })
	l.wantNote(1, "The forge: 1 of 1 approvals missing.", "Reviewers: approve !1 (1 of 1 approvals missing).", "The forge: Check lint is missing.", "As soon as the forge lets it be merged.")
	if strings.Contains(l.notes(1)[0], "check linnet/gate is") || s.Done != 0 {
		t.Errorf("got:\n%s", s.Text(80))
	}
	if err := l.ana.Approve(t.Context(), 1, l.get(1).Head); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Done != 0 {
		t.Errorf("merged without lint:\n%s", s.Text(80))
	}
	if err := l.ana.SetCheck(t.Context(), l.get(1).Head, forge.Check{Name: "lint", State: forge.Success}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Done != 1 {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestWhoMergesIsPolicy(t *testing.T) {
	for _, tc := range []struct {
		when    When
		comment bool
		merged  bool
		says    string
	}{
		{Manual, false, false, "Somebody who may: merge !1."},
		{Manual, true, false, "void, since people merge here (policy.merge is manual)"},
		{OnPromote, false, false, "A reviewer: comment `/canary promote` below !1, or merge it."},
		{OnPromote, true, true, ""},
		{Auto, false, true, ""},
	} {
		l := newLab(t, "git")
		l.edit = func(s *Settings) { s.Merge = tc.when }
		c := l.conductor()
		s := l.look(c)
		if tc.comment {
			l.comment(l.ana, 1, "/canary promote")
			s = l.look(c)
		}
		if s.Done == 1 != tc.merged || !strings.Contains(oneLine(s.Text(100)), tc.says) {
			t.Errorf("%s, promoted %t: merged %t, want %t and %q:\n%s", tc.when, tc.comment, s.Done == 1, tc.merged, tc.says, s.Text(100))
		}
	}
}

// A push in the very moment of the comment is a later push, also where it leaves what was planned.
func TestPushInTheMomentOfThePromotionVoidsIt(t *testing.T) {
	l, c := opened(t)
	l.ready(c, 1)
	branch := l.get(1).Source
	mine := l.commit(l.ana, branch, map[string]string{"dev/extra.yaml": "a: b\n"})
	l.pass(time.Minute)
	promote := l.comment(l.ana, 1, "/canary promote")
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: branch, Parent: mine, Message: "Undo\n", Changes: treeDelete("dev/extra.yaml")}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(c); s.Done != 0 {
		t.Errorf("it was merged on a word for an earlier commit:\n%s", s.Text(80))
	}
	l.wantReaction(1, promote.ID, forge.ThumbsDown)
}
