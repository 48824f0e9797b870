package github_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegithub"
	"github.com/linnet-bot/linnet/pkg/forge"
)

func reasonKinds(m forge.MergeRequest) string {
	var kinds []string
	for _, r := range m.Mergeability.Reasons {
		kinds = append(kinds, string(r.Kind))
	}
	return strings.Join(kinds, " ")
}

func TestBranchProtectionIsReadLikeRulesets(t *testing.T) {
	h, bot, _, main := faulty(t)
	m := request(t, bot, "topic", main)
	admin := h.person(t, "root", "admin")
	for _, row := range []struct {
		name         string
		rules        fakegithub.Rules
		asBot, admin string
	}{
		{"a ruleset", fakegithub.Rules{Approvals: 1, Checks: []fakegithub.RequiredCheck{{Name: "ci"}}}, "approvals checks", "approvals checks"},
		// What the bot may not read it learns from GitHub's word for it.
		{"protection", fakegithub.Rules{Approvals: 1, Classic: true}, "policy", "approvals"},
		{"protection with a check", fakegithub.Rules{Approvals: 1, Classic: true, Checks: []fakegithub.RequiredCheck{{Name: "ci"}}}, "checks", "approvals checks"},
		{"none", fakegithub.Rules{}, "", ""},
	} {
		h.SetRules(row.rules)
		for who, want := range map[forge.Forge]string{bot: row.asBot, admin: row.admin} {
			got, err := who.Get(t.Context(), m.Number)
			if err != nil || reasonKinds(got) != want || (got.Mergeability.Readiness == forge.Ready) != (want == "") {
				t.Errorf("%s: got %+v, %v, want %q", row.name, got.Mergeability, err, want)
			}
		}
	}
}

func TestWhereRulesCannotBeThereAreNone(t *testing.T) {
	for status, message := range map[int]string{404: "Not Found", 403: "Upgrade to GitHub Pro or make this repository public to enable this feature."} {
		_, bot, f, main := faulty(t)
		m := request(t, bot, "topic", main)
		f.once("GET", "/rules/branches/main", status, nil, `{"message":"`+message+`"}`)
		if got, err := bot.Get(t.Context(), m.Number); err != nil || got.Mergeability.Readiness != forge.Ready {
			t.Errorf("%d: got %+v, %v", status, got.Mergeability, err)
		}
	}
	_, bot, f, main := faulty(t)
	m := request(t, bot, "topic", main)
	f.once("GET", "/rules/branches/main", 403, nil, `{"message":"Resource not accessible by integration"}`)
	if _, err := bot.Get(t.Context(), m.Number); !errors.Is(err, forge.ErrForbidden) {
		t.Errorf("rules that may not be read: got %v, want forbidden", err)
	}
}

func TestAnApprovalOfAnOlderHeadHoldsTheMergeBackAlsoWhereGitHubCountsIt(t *testing.T) {
	h, bot, _, main := faulty(t)
	h.SetRules(fakegithub.Rules{Approvals: 1, KeepApprovals: true})
	m := request(t, bot, "topic", main)
	if err := h.person(t, "ann", "write").Approve(t.Context(), m.Number, m.Head); err != nil {
		t.Fatal(err)
	}
	head := h.push(t, "topic", "b")
	_, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: head})
	var not *forge.NotMergeableError
	if !errors.As(err, &not) || !not.Has(forge.ReasonApprovals) {
		t.Errorf("got %v, want approvals missing", err)
	}
}

func TestAMergeQueueMergesLater(t *testing.T) {
	h, bot, _, main := faulty(t)
	h.SetRules(fakegithub.Rules{Queue: true})
	m := request(t, bot, "topic", main)
	if got, err := bot.Get(t.Context(), m.Number); err != nil || got.Mergeability.Readiness != forge.Ready {
		t.Errorf("got %+v, %v", got.Mergeability, err)
	}
	if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: main}); !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("another head: got %v", err)
	}
	for range 2 { // the second finds it in the queue
		got, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
		if err != nil || !got.Queued || got.SHA != "" {
			t.Fatalf("got %+v, %v, want queued", got, err)
		}
	}
	if got, err := bot.Get(t.Context(), m.Number); err != nil || got.State != forge.Open {
		t.Errorf("got %s, %v, want it open", got.State, err)
	}
	h.RunQueue()
	got, err := bot.Get(t.Context(), m.Number)
	if err != nil || got.State != forge.Merged || got.MergeSHA == "" || got.Head != m.Head {
		t.Errorf("got %+v, %v, want it merged", got, err)
	}
	if _, err := bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); !errors.Is(err, forge.ErrAlreadyMerged) {
		t.Errorf("got %v, want already merged", err)
	}
}

func TestAnOpenPullRequestHasNoMergeCommit(t *testing.T) {
	_, bot, _, main := faulty(t)
	m := request(t, bot, "topic", main)
	got, err := bot.Get(t.Context(), m.Number) // GitHub gives that of its trial
	if err != nil || got.MergeSHA != "" {
		t.Errorf("got %q, %v", got.MergeSHA, err)
	}
}

func TestAnUnknownReviewerIsLeftOut(t *testing.T) {
	h, bot, _, main := faulty(t)
	h.AddUser("ann", "write")
	commit(t, bot, write("topic", main, "a"))
	m, err := bot.Open(t.Context(), forge.OpenRequest{Source: "topic", Target: "main", Title: "T", Reviewers: []string{"nobody", "ann", "acme/unknown"}})
	if err != nil || !slices.Equal(m.Reviewers, []string{"ann"}) {
		t.Errorf("got %v, %v", m.Reviewers, err)
	}
}

func TestAPullRequestWhoseTargetIsGoneIsNotReopened(t *testing.T) {
	h, bot, _, main := faulty(t)
	base := commit(t, bot, write("base", main, "a"))
	c := write("topic", base, "b")
	commit(t, bot, c)
	m, err := bot.Open(t.Context(), forge.OpenRequest{Source: "topic", Target: "base", Title: "T"})
	if err != nil {
		t.Fatal(err)
	}
	h.git(t, h.clone, "push", "-q", "origin", ":base")
	if got, err := bot.Get(t.Context(), m.Number); err != nil || got.State != forge.Closed {
		t.Errorf("got %s, %v, want it closed as GitHub does", got.State, err)
	}
	if err := bot.Reopen(t.Context(), m.Number); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestManyPagesAreRead(t *testing.T) {
	_, bot, _, main := faulty(t)
	m := request(t, bot, "topic", main)
	const n = 205
	for range n {
		if _, err := bot.AddComment(t.Context(), m.Number, "text"); err != nil {
			t.Fatal(err)
		}
	}
	list, err := bot.Comments(t.Context(), m.Number)
	if err != nil || len(list) != n || !slices.IsSortedFunc(list, func(a, b forge.Comment) int { return int(a.ID - b.ID) }) {
		t.Errorf("got %d comments, %v, want %d in order", len(list), err, n)
	}
}

func TestTextThatGitHubWouldChangeIsRefused(t *testing.T) {
	_, bot, f, main := faulty(t)
	commit(t, bot, write("topic", main, "a"))
	before := f.called("")
	for _, r := range []forge.OpenRequest{
		{Title: " T"}, {Title: ""}, {Title: "a\nb"}, {Title: strings.Repeat("x", 257)}, {Title: "T", Description: strings.Repeat("ü", 65537)}, {Title: "T", Description: "\xff"},
	} {
		r.Source, r.Target = "topic", "main"
		if _, err := bot.Open(t.Context(), r); err == nil {
			t.Errorf("%.20q, %.20q: it was accepted", r.Title, r.Description)
		}
	}
	if got := f.called(""); got != before {
		t.Errorf("GitHub was asked %d times", got-before)
	}
}
