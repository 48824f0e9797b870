package github

import (
	"context"
	"strconv"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

const (
	runTitleLimit   = 255
	runSummaryLimit = 65535
	completed       = "completed"
)

// runStates are GitHub's words: a status, or the conclusion of a completed run.
var runStates = map[forge.CheckState][2]string{
	forge.Pending:        {"queued", ""},
	forge.InProgress:     {"in_progress", ""},
	forge.ActionRequired: {completed, "action_required"},
	forge.Failure:        {completed, "failure"},
	forge.Success:        {completed, "success"},
}

// The identifiers of the buttons on a run, as check_run.requested_action carries them.
const (
	ActionPromote = "promote"
	ActionRecheck = "recheck"
)

// buttons are shown on completed runs only. Whoever presses one still has to be authorised.
func buttons(c forge.Check) []*gh.CheckRunAction {
	if runStates[c.State][0] != completed {
		return nil
	}
	var list []*gh.CheckRunAction
	if c.Promote {
		list = append(list, &gh.CheckRunAction{Label: "Promote", Description: "Merge this commit when it is green", Identifier: ActionPromote})
	}
	return append(list, &gh.CheckRunAction{Label: "Re-check", Description: "Look at the cluster again", Identifier: ActionRecheck})
}

// runsOf lists the latest runs of each App and name on a commit. Whoever wants to know about one asks for all of them, too: so they are paid for once.
func (f *Forge) runsOf(ctx context.Context, sha string) ([]*gh.CheckRun, error) {
	list, err := all(func(o gh.ListOptions) ([]*gh.CheckRun, *gh.Response, error) {
		ask := &gh.ListCheckRunsOptions{ListOptions: o, Filter: gh.String("latest")}
		part, answer, err := f.rest.Checks.ListCheckRunsForRef(ctx, f.owner, f.repo, sha, ask)
		if err != nil {
			return nil, answer, err
		}
		return part.CheckRuns, answer, nil
	})
	if f.hiddenFromTokens(err) {
		return nil, nil
	}
	if err != nil {
		return nil, f.checkFailure("read the checks of "+sha, sha, err)
	}
	return list, nil
}

func (f *Forge) checkOfRun(run *gh.CheckRun, me forge.User) forge.Check {
	c := forge.Check{Name: run.GetName(), Title: run.GetOutput().GetTitle(), Summary: run.GetOutput().GetSummary(), URL: run.GetDetailsURL(),
		Updated: run.GetStartedAt().Time}
	if c.Summary == c.Title {
		c.Summary = "" // see setRun
	}
	if at := run.GetCompletedAt().Time; !at.IsZero() {
		c.Updated = at
	}
	if c.By = me; run.GetApp().GetID() != f.app {
		c.By = forge.User{ID: "app/" + strconv.FormatInt(run.GetApp().GetID(), 10), Name: run.GetApp().GetSlug(), Bot: true}
	}
	switch status, conclusion := run.GetStatus(), run.GetConclusion(); {
	case status == completed && (conclusion == "success" || conclusion == "neutral" || conclusion == "skipped"): // as GitHub counts them
		c.State = forge.Success
	case status == completed && conclusion == "action_required":
		c.State = forge.ActionRequired
	case status == completed:
		c.State = forge.Failure
	case status == "in_progress":
		c.State = forge.InProgress
	default:
		c.State = forge.Pending
	}
	return c
}

// setRun changes the run of this name, or makes one. A completed run is not taken up again: where the check waits once more a new run is
// made, which then counts. So it is where somebody asked GitHub to run it again: GitHub itself does not touch the old one.
func (f *Forge) setRun(ctx context.Context, sha string, c forge.Check) error {
	tried := "set the check " + c.Name + " on " + sha
	c.Title, c.Summary = cut(c.Title, runTitleLimit), cut(c.Summary, runSummaryLimit)
	if c.Title == "" { // which GitHub does not take
		c.Title = c.Name
	}
	if c.Summary == c.Title {
		c.Summary = "" // as it is read
	}
	runs, err := f.runsOf(ctx, sha)
	if err != nil {
		return err
	}
	var run *gh.CheckRun
	for _, r := range runs {
		if r.GetName() == c.Name && r.GetApp().GetID() == f.app && (run == nil || r.GetID() > run.GetID()) {
			run = r
		}
	}
	if run != nil && !c.Anew && same(f.checkOfRun(run, forge.User{}), c) {
		return nil
	}
	words := runStates[c.State]
	output := &gh.CheckRunOutput{Title: &c.Title, Summary: &c.Summary}
	if c.Summary == "" { // which GitHub does not take, either
		output.Summary = output.Title
	}
	var conclusion, details *string
	if words[1] != "" {
		conclusion = &words[1]
	}
	if c.URL != "" {
		details = &c.URL
	}
	now := &gh.Timestamp{Time: f.now().UTC().Truncate(1e9)}
	if run == nil || c.Anew || run.GetStatus() == completed && words[0] != completed {
		o := gh.CreateCheckRunOptions{Name: c.Name, HeadSHA: sha, DetailsURL: details, Status: &words[0], Conclusion: conclusion, StartedAt: now, Output: output, Actions: buttons(c)}
		if conclusion != nil {
			o.CompletedAt = now
		}
		_, _, err = f.rest.Checks.CreateCheckRun(ctx, f.owner, f.repo, o)
	} else {
		o := gh.UpdateCheckRunOptions{Name: c.Name, DetailsURL: details, Status: &words[0], Conclusion: conclusion, Output: output, Actions: buttons(c)}
		if conclusion != nil {
			o.CompletedAt = now
		}
		_, _, err = f.rest.Checks.UpdateCheckRun(ctx, f.owner, f.repo, run.GetID(), o)
	}
	if err != nil {
		return f.checkFailure(tried, sha, err)
	}
	return nil
}
