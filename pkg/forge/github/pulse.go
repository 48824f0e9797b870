package github

import (
	"context"
	"net/http"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

var _ forge.Pulser = (*Forge)(nil)

// hides is how long after a pull request has changed something may still turn up that has the same time: GitHub tells whole seconds, and puts some things into its
// lists a few later.
const hides = 10 * time.Second

// Pulse implements forge.Pulser by the pull requests that changed last, which is the first page of what Find asks for, so that a change is paid for once, and by
// Git's list of branches, which costs nothing. (The list of a repository's events is late by minutes.)
//
// Comments and reviews are seen by the time of their pull request. GitHub moves it for new ones; whether it does for a comment that is edited or deleted
// and for a review that is dismissed is nowhere said. A mark that is given within seconds of a change differs from that of later, see hides.
func (f *Forge) Pulse(ctx context.Context, target string) (string, error) {
	page, answer, err := f.lastChanged(ctx, 1)
	if err != nil {
		return "", f.explain("ask what has changed", err)
	}
	var seen struct {
		Requests []forge.MergeRequest
		Branches []forge.Branch
		Fresh    bool
	}
	if seen.Branches, err = f.git.Heads(ctx, ""); err != nil {
		return "", err
	}
	now, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		now = f.now()
	}
	for _, p := range page {
		m := f.requestOf(p)
		if m.Target != target {
			continue
		}
		seen.Requests = append(seen.Requests, m)
		seen.Fresh = seen.Fresh || now.Before(m.Updated.Add(hides))
	}
	return forge.Mark(seen)
}

// lastChanged is a page of all pull requests, those that changed last first.
func (f *Forge) lastChanged(ctx context.Context, page int) ([]*gh.PullRequest, *gh.Response, error) {
	o := gh.PullRequestListOptions{State: "all", Sort: "updated", Direction: "desc", ListOptions: gh.ListOptions{PerPage: perPage}}
	if page > 1 {
		o.Page = page // the first is asked for by nobody's number, for all to ask the same
	}
	return f.rest.PullRequests.List(ctx, f.owner, f.repo, &o)
}
