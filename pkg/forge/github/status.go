package github

import (
	"context"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// statusLimit is what GitHub shows of a description.
const statusLimit = 140

// mostTitles is how many statuses of one name a commit gets before only a change of state is worth another: GitHub takes a thousand and then none, and a
// check that could not turn green any more would hold the merge for ever.
const mostTitles = 500

// A status knows one kind of waiting; its description tells the others, to people and to us.
var waiting = map[forge.CheckState]string{
	forge.Pending:        "",
	forge.InProgress:     "In progress: ",
	forge.ActionRequired: "Waiting for a person: ",
}

// statusesOf lists all that was said, the newest first.
func (f *Forge) statusesOf(ctx context.Context, sha string) ([]*gh.RepoStatus, error) {
	list, err := all(func(o gh.ListOptions) ([]*gh.RepoStatus, *gh.Response, error) {
		return f.rest.Repositories.ListStatuses(ctx, f.owner, f.repo, sha, &o)
	})
	if err != nil {
		return nil, f.checkFailure("read the statuses of "+sha, sha, err)
	}
	return list, nil
}

func checkOfStatus(s *gh.RepoStatus) forge.Check {
	c := forge.Check{Name: s.GetContext(), Title: s.GetDescription(), URL: s.GetTargetURL(), By: userOf(s.Creator), Updated: s.GetUpdatedAt().Time}
	switch s.GetState() {
	case "success":
		c.State = forge.Success
	case "pending":
		c.State = forge.Pending
		for state, prefix := range waiting {
			if title, ok := strings.CutPrefix(c.Title, prefix); ok && prefix != "" {
				c.State, c.Title = state, title
			}
		}
	default:
		c.State = forge.Failure
	}
	return c
}

// setStatus says it anew; GitHub keeps what was said before and counts the last. There is no room for the summary.
func (f *Forge) setStatus(ctx context.Context, sha string, c forge.Check) error {
	tried := "set the status " + c.Name + " on " + sha
	me, err := f.Me(ctx)
	if err != nil {
		return err
	}
	list, err := f.statusesOf(ctx, sha)
	if err != nil {
		return err
	}
	prefix := waiting[c.State]
	c.Title, c.Summary = cut(c.Title, statusLimit-len(prefix)), ""
	// What is shown is the last word: if it is another's, ours is said again.
	said := slices.DeleteFunc(slices.Clone(list), func(s *gh.RepoStatus) bool { return s.GetContext() != c.Name })
	if len(said) > 0 {
		is := checkOfStatus(said[0])
		if ours := is.By.ID == me.ID; ours && !c.Anew && (same(is, c) || is.State == c.State && len(said) >= mostTitles) {
			return nil
		}
	}
	state := "pending"
	switch c.State {
	case forge.Success:
		state = "success"
	case forge.Failure:
		state = "failure"
	}
	status := &gh.RepoStatus{State: &state, Context: &c.Name, Description: gh.String(prefix + c.Title)}
	if c.URL != "" {
		status.TargetURL = &c.URL
	}
	if _, _, err := f.rest.Repositories.CreateStatus(ctx, f.owner, f.repo, sha, status); err != nil {
		return f.checkFailure(tried, sha, err)
	}
	return nil
}
