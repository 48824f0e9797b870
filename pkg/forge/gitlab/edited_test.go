package gitlab_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
)

// GitLab moves the time of a note for an edit and for a reaction alike.
func TestAnEditIsNotHiddenByAReactionNorAReactionTakenForAnEdit(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	plain, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	edited, err := w.pat.AddComment(t.Context(), m.Number, "nothing")
	must(t, err)
	_, err = w.pat.EditComment(t.Context(), m.Number, edited.ID, "/canary promote")
	must(t, err)
	for _, id := range []int64{plain.ID, edited.ID} {
		must(t, w.sam.React(t.Context(), m.Number, id, forge.ThumbsUp))
	}
	check := func(who string, f *gitlab.Forge) {
		t.Helper()
		list, err := f.Comments(t.Context(), m.Number)
		must(t, err)
		if len(list) != 2 || !list[0].Edited.IsZero() || list[1].Edited.IsZero() || len(list[0].Reactions) != 1 || len(list[1].Reactions) != 1 {
			t.Errorf("%s: got %+v, want the second alone edited, and a reaction to each", who, list)
		}
	}
	check("who looks the first time", w.bot)
	check("who looks again", w.bot)
	must(t, w.sam.Unreact(t.Context(), m.Number, plain.ID, forge.ThumbsUp))
	must(t, w.pat.React(t.Context(), m.Number, plain.ID, forge.ThumbsDown))
	check("who has seen it unedited", w.bot)
	check("who has not", w.second)
	other, err := w.pat.AddComment(t.Context(), m.Number, "nothing")
	must(t, err)
	_, err = w.bot.Comments(t.Context(), m.Number)
	must(t, err)
	_, err = w.pat.EditComment(t.Context(), m.Number, other.ID, "/canary promote")
	must(t, err)
	must(t, w.pat.React(t.Context(), m.Number, other.ID, forge.ThumbsUp))
	for who, f := range map[string]*gitlab.Forge{"who has seen it unedited": w.bot, "who has not": w.second} {
		if c, err := f.GetComment(t.Context(), m.Number, other.ID); err != nil || c.Edited.IsZero() {
			t.Errorf("edited and reacted to: %s: got %+v, %v", who, c, err)
		}
	}
	_, err = w.pat.EditComment(t.Context(), m.Number, plain.ID, "something else")
	must(t, err)
	_, err = w.pat.EditComment(t.Context(), m.Number, plain.ID, "/canary promote")
	must(t, err)
	for who, f := range map[string]*gitlab.Forge{"who has seen it unedited": w.bot, "who has not": w.second} {
		if c, err := f.GetComment(t.Context(), m.Number, plain.ID); err != nil || c.Edited.IsZero() {
			t.Errorf("edited and edited back: %s: got %+v, %v", who, c, err)
		}
	}
}

func TestWhereGitLabDoesNotTellEditsEveryChangeIsOne(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	c, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	_, err = w.second.Comments(t.Context(), m.Number)
	must(t, err)
	must(t, w.sam.React(t.Context(), m.Number, c.ID, forge.ThumbsUp))
	u := w.AddUser("project_7_bot_ffff")
	walled := w.open(t, u, func(o *gitlab.Options) { o.Client = &http.Client{Transport: wall{o.Client.Transport}} })
	for who, f := range map[string]*gitlab.Forge{"an older GitLab": w.bot, "a proxy without GraphQL": walled, "seen unedited": w.second} {
		if f != walled {
			w.TellsNoEdits()
		}
		for range 2 {
			c, err := f.GetComment(t.Context(), m.Number, c.ID)
			must(t, err)
			if c.Edited.IsZero() != (f == w.second) {
				t.Errorf("%s: got %+v", who, c)
			}
		}
	}
}

// wall is a proxy that knows the REST API only.
type wall struct{ next http.RoundTripper }

func (w wall) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/graphql") {
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("no")), Request: r}, nil
	}
	return w.next.RoundTrip(r)
}

// lagging answers GraphQL as it was answered first, as a copy of the database does that has not heard of anything since.
type lagging struct {
	next http.RoundTripper
	lags bool
	said []byte
}

func (l *lagging) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/graphql") {
		return response, err
	}
	now, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if !l.lags || l.said == nil {
		l.said = now
	}
	response.Body = io.NopCloser(bytes.NewReader(l.said))
	response.ContentLength = int64(len(l.said))
	return response, nil
}

func TestACopyOfTheDatabaseThatLagsHidesNoEdit(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	c, err := w.pat.AddComment(t.Context(), m.Number, "nothing")
	must(t, err)
	must(t, w.sam.React(t.Context(), m.Number, c.ID, forge.ThumbsUp))
	u := w.AddUser("project_7_bot_ffff")
	l := &lagging{next: tokenTransport{u.Token, false, &http.Transport{DisableKeepAlives: true}}}
	open := func() *gitlab.Forge {
		return w.open(t, u, func(o *gitlab.Options) { o.Client = &http.Client{Transport: l} })
	}
	if c, err := open().GetComment(t.Context(), m.Number, c.ID); err != nil || !c.Edited.IsZero() {
		t.Fatalf("got %+v, %v", c, err)
	}
	l.lags = true
	_, err = w.pat.EditComment(t.Context(), m.Number, c.ID, "/canary promote")
	must(t, err)
	f := open()
	for _, lags := range []bool{true, false} {
		l.lags = lags
		if c, err := f.GetComment(t.Context(), m.Number, c.ID); err != nil || c.Edited.IsZero() || c.Body != "/canary promote" {
			t.Errorf("lags %v: got %+v, %v, want it edited", lags, c, err)
		}
	}
}

// hiding is a GitLab that does not show who edited, as with somebody who was banned.
type hiding struct{ next http.RoundTripper }

var editor = regexp.MustCompile(`"lastEditedBy":\{[^}]*\}`)

func (h hiding) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := h.next.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/graphql") {
		return response, err
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	text = editor.ReplaceAll(text, []byte(`"lastEditedBy":null`))
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return response, nil
}

func TestAnEditBySomebodyWhoIsNotShownIsSeenBehindAReaction(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	c, err := w.pat.AddComment(t.Context(), m.Number, "nothing")
	must(t, err)
	_, err = w.pat.EditComment(t.Context(), m.Number, c.ID, "/canary promote")
	must(t, err)
	w.wait(time.Minute)
	must(t, w.sam.React(t.Context(), m.Number, c.ID, forge.ThumbsUp))
	f := w.open(t, w.AddUser("project_7_bot_ffff"), func(o *gitlab.Options) { o.Client = &http.Client{Transport: hiding{o.Client.Transport}} })
	if c, err := f.GetComment(t.Context(), m.Number, c.ID); err != nil || c.Edited.IsZero() {
		t.Errorf("got %+v, %v, want it edited", c, err)
	}
}

// What GitLab tells only note by note is asked where it is not known.
func TestCommentsThatHaveNotChangedAreNotAskedAbout(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	f, api, _ := w.counted(t)
	for range 20 {
		_, err := w.pat.AddComment(t.Context(), m.Number, "text")
		must(t, err)
	}
	c, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	look := func(when string, want sum) {
		t.Helper()
		before := total(api)
		_, err := f.Comments(t.Context(), m.Number)
		must(t, err)
		if got := total(api).less(before); got != want {
			t.Errorf("%s: got %+v, want %+v", when, got, want)
		}
	}
	_, err = f.Me(t.Context())
	must(t, err)
	look("at first", sum{Billed: 1})
	look("again", sum{NotModified: 1})
	must(t, f.React(t.Context(), m.Number, c.ID, forge.Eyes))
	look("after a reaction", sum{Billed: 2}) // the list, and who has reacted
	look("again", sum{NotModified: 1})
}

func TestTheBotsOwnNoteIsEditedByOneRequest(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	f, api, _ := w.counted(t)
	note, err := f.AddComment(t.Context(), m.Number, "1 of 7")
	must(t, err)
	_, err = f.EditComment(t.Context(), m.Number, note.ID, "2 of 7")
	must(t, err)
	before := total(api)
	c, err := f.EditComment(t.Context(), m.Number, note.ID, "3 of 7")
	must(t, err)
	if got := total(api).less(before); got != (sum{Writes: 1, NotModified: 1}) || c.Body != "3 of 7" || c.Edited.IsZero() {
		t.Errorf("got %+v for %+v, want one write, and 304 for who has reacted", got, c)
	}
}

func TestEditsBelowALongMergeRequestAreSeen(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	const n = 230
	var last forge.Comment
	for range n {
		var err error
		last, err = w.pat.AddComment(t.Context(), m.Number, "text")
		must(t, err)
	}
	plain, err := w.pat.AddComment(t.Context(), m.Number, "/canary promote")
	must(t, err)
	_, err = w.pat.EditComment(t.Context(), m.Number, last.ID, "edited")
	must(t, err)
	for _, id := range []int64{last.ID, plain.ID} {
		must(t, w.sam.React(t.Context(), m.Number, id, forge.ThumbsUp))
	}
	list, err := w.bot.Comments(t.Context(), m.Number)
	must(t, err)
	for _, c := range list {
		if edited := c.ID == last.ID; c.Edited.IsZero() == edited {
			t.Errorf("got %+v", c)
		}
	}
	if len(list) != n+1 {
		t.Errorf("got %d comments, want %d", len(list), n+1)
	}
}
