package forgetext_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
)

func example() forgetext.Full {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	pat := forge.User{ID: "pat", Name: "pat"}
	return forgetext.Full{
		Item: forgetext.Item{
			MergeRequest: forge.MergeRequest{Number: 12, Title: "Move 日本語 namespaces and a good deal more to revision 1-29-0", State: forge.Open, Draft: true,
				Source: "linnet/dev/3.19.0/1-03-wave-1", Target: "main", Head: strings.Repeat("a", 40), Author: pat, Opened: at,
				Approvals:    forge.Approvals{Required: 2, Given: []forge.Approval{{By: pat}}},
				Mergeability: forge.Mergeability{Readiness: forge.Blocked, Reasons: []forge.Reason{{Kind: forge.ReasonDraft, Text: "it is a draft"}}}},
			Checks: []forge.Check{{Name: "linnet/gate", State: forge.InProgress, Title: "3 of 7 moved", By: pat}, {Name: "a", State: forge.Success}},
		},
		Comments: []forge.Comment{{ID: 4, By: pat, Created: at, Edited: at.Add(time.Hour), Body: "<!-- linnet:note progress -->\n3 of 7\x1b[2J\u202e moved\r\n<!-- linnet:state v1 aa bb -->",
			Reactions: []forge.Reaction{{Kind: forge.Eyes, By: pat}}}},
	}
}

func TestListFitsItsWidth(t *testing.T) {
	for _, row := range []struct {
		width int
		want  string
	}{
		{80, "MR   STATE  CHECKS       APPROVALS  TITLE\n!12  draft  in-progress  1/2        Move 日本語 namespaces and a good deal more…\n"},
		{50, "MR   STATE  CHECKS       TITLE\n!12  draft  in-progress  Move 日本語 namespaces a…\n"},
		{30, "MR   STATE  TITLE\n!12  draft  Move 日本語 names…\n"},
	} {
		got := forgetext.List([]forgetext.Item{example().Item}, row.width)
		if got != row.want {
			t.Errorf("width %d: got\n%swant\n%s", row.width, got, row.want)
		}
		for line := range strings.Lines(got) {
			if n := lipgloss.Width(strings.TrimSuffix(line, "\n")); n > row.width {
				t.Errorf("width %d: a line has %d columns: %q", row.width, n, line)
			}
		}
	}
}

func TestShow(t *testing.T) {
	const want = `!12 Move 日本語 namespaces and a good deal more to revision…
draft by pat, 2026-03-02 09:00 UTC
linnet/dev/3.19.0/1-03-wave-1 -> main
head       aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
approvals  1 of 2 (pat)
merge      blocked
           it is a draft

Checks
  in-progress      linnet/gate: 3 of 7 moved (pat)
  success          a:  ()

Note progress 4 by pat, 2026-03-02 09:00 UTC, edited 2026-0…
  3 of 7�[2J� moved
`
	if got := forgetext.Show(example(), 60); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestGreenOnlyWhenEveryCheckIs(t *testing.T) {
	i := example().Item
	for _, row := range []struct {
		states []forge.CheckState
		want   string
	}{
		{nil, "none"},
		{[]forge.CheckState{forge.Success, forge.Success}, "success"},
		{[]forge.CheckState{forge.Success, forge.Pending}, "pending"},
		{[]forge.CheckState{forge.Failure, forge.Success}, "failure"},
	} {
		i.Checks = nil
		for _, s := range row.states {
			i.Checks = append(i.Checks, forge.Check{Name: "c", State: s})
		}
		if got := forgetext.List([]forgetext.Item{i}, 200); !strings.Contains(got, " "+row.want+" ") {
			t.Errorf("%v: got\n%s, want %s", row.states, got, row.want)
		}
	}
}
