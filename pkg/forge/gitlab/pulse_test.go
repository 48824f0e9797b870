package gitlab_test

import (
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

func pulse(t *testing.T, f *gitlab.Forge) string {
	t.Helper()
	mark, err := f.Pulse(t.Context(), "main")
	must(t, err)
	return mark
}

// GitLab moves the time of a merge request once in a minute.
func TestAnEditThatGitLabHidesIsFoundAMinuteLater(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	w.wait(2 * time.Minute)
	c, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	before := pulse(t, w.bot)
	_, err = w.pat.EditComment(t.Context(), m.Number, c.ID, "/canary hold")
	must(t, err)
	if pulse(t, w.bot) != before {
		t.Error("GitLab does not hide it, so that this test shows nothing")
	}
	w.wait(2 * time.Minute)
	found := pulse(t, w.bot)
	if found == before {
		t.Error("the edit is never found")
	}
	w.wait(2 * time.Minute)
	if pulse(t, w.bot) != found {
		t.Error("the pulse changes although nothing happens")
	}
}

func TestADeletedCommentChangesThePulse(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	c, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	w.wait(2 * time.Minute)
	before := pulse(t, w.bot)
	must(t, w.pat.DeleteComment(t.Context(), m.Number, c.ID))
	if pulse(t, w.bot) == before {
		t.Error("the pulse does not change")
	}
}

func TestAPulseAtRestCostsOneAnswerThatNothingHasChanged(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	f, api, git := w.counted(t)
	pulse(t, f)
	_, err := f.Find(t.Context(), forge.Query{Target: "main"})
	must(t, err)
	_, err = w.pat.AddComment(t.Context(), m.Number, "text")
	must(t, err)
	before := total(api)
	pulse(t, f)
	_, err = f.Find(t.Context(), forge.Query{Target: "main"})
	must(t, err)
	if c := total(api).less(before); c.Billed != 1 || c.NotModified != 1 {
		t.Errorf("a change, seen by the pulse and by Find: got %+v, want it to be paid for once", c)
	}
	w.wait(time.Hour)
	before = total(api)
	gitBefore := total(git)
	pulse(t, f)
	if c, g := total(api).less(before), total(git).less(gitBefore); c != (sum{NotModified: 1}) || g != (sum{Git: 1}) {
		t.Errorf("at rest: got %+v and %+v, want one 304 and one of Git", c, g)
	}
}

type sum transport.Counts

func total(t *transport.Transport) (s sum) {
	for _, c := range t.Counts() {
		s = sum{s.Billed + c.Billed, s.NotModified + c.NotModified, s.Writes + c.Writes, s.Git + c.Git}
	}
	return s
}

func (s sum) less(o sum) sum {
	return sum{s.Billed - o.Billed, s.NotModified - o.NotModified, s.Writes - o.Writes, s.Git - o.Git}
}
