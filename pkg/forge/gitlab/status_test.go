package gitlab_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/fakegitlab"
	"github.com/linnet-bot/linnet/pkg/forge"
)

func set(t *testing.T, w *world, sha string, state forge.CheckState, title string) {
	t.Helper()
	must(t, w.bot.SetCheck(t.Context(), sha, forge.Check{Name: "linnet/gate", State: state, Title: title}))
}

// wantJobs compares "state" or "pipeline state" of all jobs in order, pipelines numbered from the first.
func wantJobs(t *testing.T, w *world, want ...string) {
	t.Helper()
	var got, numbers []string
	for _, j := range w.Jobs() {
		fields := strings.Fields(j)
		if !slices.Contains(numbers, fields[0]) {
			numbers = append(numbers, fields[0])
		}
		got = append(got, string(rune('A'+slices.Index(numbers, fields[0])))+" "+fields[2])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got jobs %v, want %v", got, want)
	}
}

func wantCheck(t *testing.T, w *world, sha string, state forge.CheckState, title string) {
	t.Helper()
	list, err := w.bot.Checks(t.Context(), sha)
	must(t, err)
	if len(list) != 1 || list[0].State != state || list[0].Title != title {
		t.Errorf("got %+v, want %s %q", list, state, title)
	}
}

func TestAStateThatGitLabRefusesIsMadeByANewJob(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	set(t, w, m.Head, forge.Pending, "not begun")
	set(t, w, m.Head, forge.InProgress, "1 of 3") // pending to running: the same job
	wantJobs(t, w, "A running")
	set(t, w, m.Head, forge.InProgress, "2 of 3") // a description does not change within a state
	wantJobs(t, w, "A running")
	wantCheck(t, w, m.Head, forge.InProgress, "1 of 3")
	set(t, w, m.Head, forge.ActionRequired, "promote?") // back to pending
	wantJobs(t, w, "A canceled", "A pending")
	wantCheck(t, w, m.Head, forge.ActionRequired, "promote?")
	set(t, w, m.Head, forge.Pending, "again") // another meaning of the same state
	wantJobs(t, w, "A canceled", "A canceled", "A pending")
	wantCheck(t, w, m.Head, forge.Pending, "again")
	set(t, w, m.Head, forge.Success, "green")
	set(t, w, m.Head, forge.Failure, "red")
	wantJobs(t, w, "A canceled", "A canceled", "A success", "A failed")
	wantCheck(t, w, m.Head, forge.Failure, "red")
}

func TestTheCheckFollowsTheHeadPipeline(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{PipelineMustSucceed: true})
	set(t, w, m.Head, forge.InProgress, "1 of 3") // none yet: an external one
	wantJobs(t, w, "A running")
	w.AddPipeline(m.Head, "", m.Number) // GitLab's own CI begins: that one decides now
	set(t, w, m.Head, forge.InProgress, "1 of 3")
	wantJobs(t, w, "A canceled", "B running")
	set(t, w, m.Head, forge.InProgress, "1 of 3")
	wantJobs(t, w, "A canceled", "B running")
	w.AddPipeline(m.Head, "", m.Number) // somebody runs it again
	set(t, w, m.Head, forge.Success, "3 of 3")
	wantJobs(t, w, "A canceled", "B canceled", "C success")
	wantCheck(t, w, m.Head, forge.Success, "3 of 3")
}

func TestACheckReachesAPipelineOfTheMergedResult(t *testing.T) {
	w, start, m := begun(t, fakegitlab.Settings{})
	w.AddMergedResultPipeline(start, m.Number)
	set(t, w, m.Head, forge.InProgress, "1 of 3")
	wantCheck(t, w, m.Head, forge.InProgress, "1 of 3")
	list, err := w.bot.Checks(t.Context(), start)
	must(t, err)
	if len(list) != 1 {
		t.Errorf("the pipeline's own commit has %+v", list)
	}
}

func TestAnotherUsersStatusHidesNothing(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{PipelineMustSucceed: true})
	w.bot.Require("linnet/gate")
	set(t, w, m.Head, forge.InProgress, "1 of 3")
	must(t, w.pat.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Success, Title: "forged"}))
	list, err := w.bot.Checks(t.Context(), m.Head)
	must(t, err)
	if len(list) != 2 {
		t.Fatalf("got %+v, want one of each user", list)
	}
	_, err = w.bot.Merge(t.Context(), m.Number, forge.MergeOptions{Head: m.Head})
	wantReason(t, err, forge.ReasonChecks, "linnet/gate is in-progress")
}

func TestABusyStatusIsTriedAgain(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{})
	w.BusyStatuses(3)
	set(t, w, m.Head, forge.Success, "green")
	if len(w.slept) != 3 {
		t.Errorf("it waited %v", w.slept)
	}
	wantCheck(t, w, m.Head, forge.Success, "green")
	w.BusyStatuses(100)
	err := w.bot.SetCheck(t.Context(), m.Head, forge.Check{Name: "linnet/gate", State: forge.Failure, Title: "red"})
	if err == nil || !strings.Contains(err.Error(), "Another update") {
		t.Errorf("got %v", err)
	}
}

func TestAStatusOfAnOlderPipelineIsNotShown(t *testing.T) {
	w, _, m := begun(t, fakegitlab.Settings{PipelineMustSucceed: true})
	set(t, w, m.Head, forge.Success, "green")
	wantCheck(t, w, m.Head, forge.Success, "green")
	w.AddPipeline(m.Head, "", m.Number) // GitLab's own CI begins late: what was said decides nothing any more
	list, err := w.bot.Checks(t.Context(), m.Head)
	must(t, err)
	if len(list) != 0 {
		t.Errorf("the check is shown, although people could merge without it: %+v", list)
	}
	set(t, w, m.Head, forge.Success, "green")
	wantCheck(t, w, m.Head, forge.Success, "green")
}
