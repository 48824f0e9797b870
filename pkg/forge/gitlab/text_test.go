package gitlab_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

// stored is what GitLab keeps of a text without commands.
func stored(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r", ""), " \t\n\v\f\x00")
}

func FuzzTextSurvivesWhatGitLabStrips(f *testing.F) {
	for _, text := range []string{"", "a", "a\r\nb\r\n", "a\rb\n \t\n", "\r\r\r", "a\n\n<!-- linnet:bytes v1 0123456789abcdef * aa== -->", gitlab.Pack("a\r"), gitlab.Pack(gitlab.Pack("x\r\ny "))} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return
		}
		sent := gitlab.Pack(text)
		if stored(sent) != sent {
			t.Fatalf("GitLab would change %q", sent)
		}
		if got := gitlab.Unpack(sent); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	})
}

func TestTextThatAPersonChangedIsGivenAsItIs(t *testing.T) {
	changed := strings.Replace(gitlab.Pack("one\r\ntwo\r\n"), "two", "three", 1)
	if got := gitlab.Unpack(changed); got != changed {
		t.Errorf("got %q", got)
	}
}

func TestWhatGitLabWouldObeyIsRefused(t *testing.T) {
	for _, text := range []string{"/promote", "/Approve", "LGTM\n/merge", "a\r\n/close\r\nb", "/label ~x", "```\nx\n```\n/ready", "`x\n/close"} {
		if err := gitlab.Sendable("a text", text); err == nil || !strings.Contains(err.Error(), "quick action") {
			t.Errorf("%q: got %v", text, err)
		}
	}
	for _, text := range []string{"/canary promote", "/Canary pause", "```\n/merge\n```", "~~~\n/merge\n```\n/close\n~~~", " /close", "> /close", "- /close", "see /close", "/etc/passwd", "/promote-now"} {
		if err := gitlab.Sendable("a text", text); err != nil {
			t.Errorf("%q: got %v", text, err)
		}
	}
	w, _, m := begun(t, fakegitlab.Settings{})
	before, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	c, err := w.bot.AddComment(t.Context(), m.Number, "fine")
	must(t, err)
	evil := "Summary\n/close"
	_, err = w.bot.AddComment(t.Context(), m.Number, evil)
	wantRefused(t, err)
	_, err = w.bot.EditComment(t.Context(), m.Number, c.ID, evil)
	wantRefused(t, err)
	_, err = w.bot.Update(t.Context(), m.Number, forge.Update{Description: &evil})
	wantRefused(t, err)
	_, err = w.bot.Open(t.Context(), forge.OpenRequest{Source: "topic", Target: "main", Title: "T", Description: evil})
	wantRefused(t, err)
	after, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if after.State != forge.Open || after.Description != before.Description {
		t.Errorf("got %+v", after)
	}
}

func wantRefused(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "quick action") {
		t.Errorf("got %v", err)
	}
}

func TestACommentThatGitLabTookForACommandIsAnError(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	w.AdoptQuickAction("canary")
	_, err := w.bot.AddComment(t.Context(), m.Number, "/canary promote")
	if err == nil || !strings.Contains(err.Error(), "made no comment") {
		t.Errorf("got %v", err)
	}
}

func TestTitlesThatGitLabDoesNotKeepAreRefused(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	for _, title := range []string{"", " x", "x ", "a\nb", "Draft: x", "[draft] x", "(Draft) x", strings.Repeat("ü", 256)} {
		if _, err := w.bot.Update(t.Context(), m.Number, forge.Update{Title: &title}); err == nil {
			t.Errorf("%q was accepted", title)
		}
	}
	title := strings.Repeat("ü", 255)
	if got, err := w.bot.Update(t.Context(), m.Number, forge.Update{Title: &title}); err != nil || got.Title != title {
		t.Errorf("got %q, %v", got.Title, err)
	}
}

func TestOnlyWhatPeopleWroteBelowIsAComment(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	w.AddNote(m.Number, "", "added 1 commit", true)
	w.AddNote(m.Number, "DiffNote", "/canary promote", false)
	w.AddNote(m.Number, "DiscussionNote", "said in a thread", false)
	list, err := w.bot.Comments(t.Context(), m.Number)
	must(t, err)
	if len(list) != 1 || list[0].Body != "said in a thread" {
		t.Errorf("got %+v", list)
	}
}

func TestTheBotIsKnownAsOne(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	me, err := w.bot.Me(t.Context())
	must(t, err)
	pat, err := w.pat.Me(t.Context())
	must(t, err)
	if !me.Bot || pat.Bot || m.Author != me {
		t.Errorf("got %+v, %+v and author %+v", me, pat, m.Author)
	}
}

func TestATokenThatIsNotValidIsSaidSoAndNotShown(t *testing.T) {
	w, start, _ := begun(t, fakegitlab.Settings{})
	stranger := w.open(t, fakegitlab.User{Token: "glpat-secret"})
	_, meErr := stranger.Me(t.Context())
	_, headErr := stranger.Head(t.Context(), "main")
	for _, err := range []error{meErr, headErr, stranger.SetCheck(t.Context(), start, forge.Check{Name: "c", State: forge.Success})} {
		if !errors.Is(err, forge.ErrForbidden) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}
