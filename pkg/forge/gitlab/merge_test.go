package gitlab_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/gitlab"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commit makes a commit by f; without a parent it is the first.
func commit(t *testing.T, f *gitlab.Forge, branch, parent, file string, create bool) string {
	t.Helper()
	sha, err := f.Commit(t.Context(), forge.NewCommit{Branch: branch, Create: create, Parent: parent, Message: "Change " + file + "\n",
		Changes: []tree.Change{{Path: file, Content: []byte(branch + file)}}})
	must(t, err)
	return sha
}

// begun is a world with one commit on main and an open merge request from topic.
func begun(t *testing.T, settings fakegitlab.Settings) (*world, string, forge.MergeRequest) {
	t.Helper()
	w := newWorld(t, settings)
	start, err := w.FirstCommit("README.md", "# GitOps\n")
	must(t, err)
	commit(t, w.bot, "topic", start, "a", true)
	m, err := w.bot.Open(t.Context(), forge.OpenRequest{Source: "topic", Target: "main", Title: "Change a"})
	must(t, err)
	return w, start, m
}

func wantReason(t *testing.T, err error, kind forge.ReasonKind, text string) {
	t.Helper()
	var not *forge.NotMergeableError
	if !errors.As(err, &not) || !not.Has(kind) || !strings.Contains(not.Error(), text) {
		t.Errorf("got %v, want %q and %q", err, kind, text)
	}
}

func TestAMethodThatTheProjectDoesNotHaveIsRefused(t *testing.T) {
	for _, row := range []struct {
		name     string
		settings fakegitlab.Settings
		method   forge.Method
		want     string // "" is merged
	}{
		{"squash with merge commits", fakegitlab.Settings{}, forge.Squash, "Fast-forward merge"},
		{"rebase with merge commits", fakegitlab.Settings{}, forge.Rebase, "Fast-forward merge"},
		{"squash with semi-linear history", fakegitlab.Settings{MergeMethod: "rebase_merge"}, forge.Squash, "Fast-forward merge"},
		{"merge commit with semi-linear history", fakegitlab.Settings{MergeMethod: "rebase_merge"}, forge.MergeCommit, ""},
		{"merge commit with fast-forward", fakegitlab.Settings{MergeMethod: "ff"}, forge.MergeCommit, "\"Merge commit\""},
		{"merge commit where squashing is required", fakegitlab.Settings{SquashOption: "always"}, forge.MergeCommit, "requires squashing"},
		{"squash with fast-forward", fakegitlab.Settings{MergeMethod: "ff"}, forge.Squash, ""},
		{"squash where it is not allowed", fakegitlab.Settings{MergeMethod: "ff", SquashOption: "never"}, forge.Squash, "does not allow squashing"},
		{"rebase with fast-forward", fakegitlab.Settings{MergeMethod: "ff"}, forge.Rebase, ""},
		{"rebase where squashing is required", fakegitlab.Settings{MergeMethod: "ff", SquashOption: "always"}, forge.Rebase, "requires squashing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, start, m := begun(t, row.settings)
			result, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head, Method: row.method, Message: "Merged\n\nPhase: crds\n"})
			main, headErr := w.bot.Head(t.Context(), "main")
			must(t, headErr)
			if row.want != "" {
				wantReason(t, err, forge.ReasonPolicy, row.want)
				if main != start {
					t.Error("main moved")
				}
				return
			}
			must(t, err)
			if main != result.SHA {
				t.Errorf("main is at %s, the result is %s", main, result.SHA)
			}
			c, err := w.bot.ReadCommit(t.Context(), result.SHA)
			must(t, err)
			want := map[forge.Method][]string{forge.MergeCommit: {start, m.Head}, forge.Squash: {start}, forge.Rebase: {start}}[row.method]
			if !slices.Equal(c.Parents, want) {
				t.Errorf("got parents %v, want %v", c.Parents, want)
			}
			if row.method != forge.Rebase && strings.TrimSpace(c.Message) != "Merged\n\nPhase: crds" {
				t.Errorf("got message %q", c.Message)
			}
			got, err := w.bot.Get(t.Context(), m.Number)
			must(t, err)
			if got.State != forge.Merged || got.MergeSHA != result.SHA {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestWhatGitLabWouldHaveToRebaseIsRefused(t *testing.T) {
	for _, method := range []forge.Method{forge.Squash, forge.Rebase} {
		w, start, m := begun(t, fakegitlab.Settings{MergeMethod: "ff"})
		main := commit(t, w.pat, "main", start, "other", false)
		_, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head, Method: method})
		wantReason(t, err, forge.ReasonPolicy, "must hold all of the target")
		if head, err := w.bot.Head(t.Context(), "main"); err != nil || head != main {
			t.Errorf("main is at %s, %v", head, err)
		}
	}
}

func TestEveryMergeStatusIsExplained(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	for status, want := range map[string]forge.ReasonKind{
		"conflict": forge.ReasonConflict, "broken_status": forge.ReasonConflict, "draft_status": forge.ReasonDraft, "commits_status": forge.ReasonNoChange,
		"not_approved": forge.ReasonApprovals, "requested_changes": forge.ReasonApprovals, "ci_must_pass": forge.ReasonChecks, "ci_still_running": forge.ReasonChecks,
		"status_checks_must_pass": forge.ReasonChecks, "discussions_not_resolved": forge.ReasonPolicy, "need_rebase": forge.ReasonPolicy,
		"merge_request_blocked": forge.ReasonPolicy, "made_up_tomorrow": forge.ReasonPolicy,
	} {
		w.Override(m.Number, status)
		got, err := w.bot.Get(t.Context(), m.Number)
		must(t, err)
		if g := got.Mergeability; g.Readiness != forge.Blocked || len(g.Reasons) != 1 || g.Reasons[0].Kind != want {
			t.Errorf("%s: got %+v", status, g)
		}
		_, err = w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
		wantReason(t, err, want, "")
	}
	for _, status := range []string{"checking", "unchecked", "preparing"} {
		w.Override(m.Number, status)
		got, err := w.bot.Get(t.Context(), m.Number)
		must(t, err)
		if got.Mergeability.Readiness != forge.ReadinessUnknown {
			t.Errorf("%s: got %+v", status, got.Mergeability)
		}
		// GitLab refuses, and it is not known why: no answer of the contract.
		if _, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); err == nil || errors.Is(err, forge.ErrNotMergeable) {
			t.Errorf("%s: got %v", status, err)
		}
	}
}

func TestAMergeTrainMergesLater(t *testing.T) {
	w, start, m := begun(t, fakegitlab.Settings{MergeTrains: true})
	for range 2 { // asking again changes nothing
		result, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head, Message: "By train"})
		must(t, err)
		if !result.Queued || result.SHA != "" {
			t.Errorf("got %+v", result)
		}
	}
	if head, err := w.bot.Head(t.Context(), "main"); err != nil || head != start {
		t.Errorf("main is at %s, %v", head, err)
	}
	must(t, w.RunTrain())
	got, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if head, err := w.bot.Head(t.Context(), "main"); err != nil || got.State != forge.Merged || got.MergeSHA != head {
		t.Errorf("got %+v, main is at %s, %v", got, head, err)
	}
}

func TestGitIsAheadOfTheMergeRequestForAMoment(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{RequiredApprovals: 1})
	must(t, w.pat.Approve(t.Context(), m.Number, m.Head))
	w.HoldPushes(true)
	head := commit(t, w.sam, "topic", m.Head, "evil", false)
	got, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if got.Head != head || got.Mergeability.Readiness == forge.Ready || len(got.Approvals.Given) != 0 {
		t.Errorf("got %+v", got)
	}
	if _, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head}); !errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("the old head: got %v", err)
	}
	if _, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: head}); err == nil || errors.Is(err, forge.ErrHeadMoved) {
		t.Errorf("the new head: got %v", err)
	}
	w.HoldPushes(false)
	got, err = w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if got.Approvals.Missing() != 1 || got.State != forge.Open {
		t.Errorf("got %+v", got)
	}
	must(t, w.pat.Approve(t.Context(), m.Number, head))
	_, err = w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: head})
	must(t, err)
}

func TestApprovalsThatAPushLeavesDoNotCount(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{RequiredApprovals: 1, KeepApprovals: true})
	must(t, w.pat.Approve(t.Context(), m.Number, m.Head))
	got, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if got.Approvals.Required != 1 || len(got.Approvals.Given) != 0 || got.Mergeability.Readiness != forge.Blocked {
		t.Errorf("got %+v", got)
	}
	_, err = w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	wantReason(t, err, forge.ReasonApprovals, "Remove all approvals")
}

func TestFreeHasNoApprovalsThatCount(t *testing.T) {
	w, start, m := begun(t, fakegitlab.Settings{Free: true})
	must(t, w.pat.Approve(t.Context(), m.Number, m.Head))
	got, err := w.bot.Get(t.Context(), m.Number)
	must(t, err)
	if got.Approvals.Required != 0 || len(got.Approvals.Given) != 0 || got.Mergeability.Readiness != forge.Ready {
		t.Errorf("got %+v", got)
	}
	commit(t, w.bot, "second", start, "b", true)
	second, err := w.bot.Open(t.Context(), forge.OpenRequest{Source: "second", Target: "main", Title: "T", Reviewers: []string{"sam", "pat", "nobody"}})
	must(t, err)
	if !slices.Equal(second.Reviewers, []string{"sam"}) {
		t.Errorf("got reviewers %v", second.Reviewers)
	}
}

func TestAutoMergeIsQueuedButNotPastTheBotsChecks(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{MergeTrains: true})
	_, err := w.pat.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	must(t, err)
	result, err := w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	must(t, err)
	if !result.Queued {
		t.Errorf("got %+v", result)
	}
	w.bot.Require("linnet/gate")
	_, err = w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	wantReason(t, err, forge.ReasonChecks, "linnet/gate")
}
