package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// requestOf reads a pull request as lists give it.
func (f *Forge) requestOf(p *gh.PullRequest) forge.MergeRequest {
	m := forge.MergeRequest{
		Number: p.GetNumber(), URL: p.GetHTMLURL(), Title: p.GetTitle(), Description: p.GetBody(),
		Source: p.GetHead().GetRef(), Target: p.GetBase().GetRef(), State: forge.Open, Draft: p.GetDraft(), Author: userOf(p.User),
		// A fork that was deleted is null.
		Fork: p.GetHead().GetRepo() == nil || p.GetHead().GetRepo().GetID() != p.GetBase().GetRepo().GetID(),
		Head: p.GetHead().GetSHA(), Opened: p.GetCreatedAt().Time, Updated: p.GetUpdatedAt().Time,
	}
	for _, l := range p.Labels {
		m.Labels = append(m.Labels, l.GetName())
	}
	for _, u := range p.RequestedReviewers {
		m.Reviewers = append(m.Reviewers, u.GetLogin())
	}
	for _, t := range p.RequestedTeams {
		m.Reviewers = append(m.Reviewers, f.owner+"/"+t.GetSlug())
	}
	slices.Sort(m.Labels)
	slices.Sort(m.Reviewers)
	switch {
	case !p.GetMergedAt().IsZero():
		m.State, m.Done = forge.Merged, p.GetMergedAt().Time
		m.MergeSHA = p.GetMergeCommitSHA() // of an open one this is a trial merge
		m.MergedBy = userOf(p.MergedBy)
	case p.GetState() == "closed":
		m.State, m.Done = forge.Closed, p.GetClosedAt().Time
	case p.AutoMerge != nil:
		m.Later = &forge.Later{By: userOf(p.AutoMerge.EnabledBy)}
	}
	return m
}

// ends are the branches of a pull request; an empty one is any.
type ends struct{ source, target string }

// openFor lists the open pull requests between the branches.
func (f *Forge) openFor(ctx context.Context, e ends) ([]*gh.PullRequest, error) {
	list, err := f.list(ctx, "open", e)
	if err != nil {
		return nil, f.explain("list the pull requests", err)
	}
	return list, nil
}

func (f *Forge) list(ctx context.Context, state string, e ends) ([]*gh.PullRequest, error) {
	o := gh.PullRequestListOptions{State: state, Base: e.target, Sort: "created", Direction: "asc"}
	if e.source != "" {
		o.Head = f.owner + ":" + e.source
	}
	return all(func(page gh.ListOptions) ([]*gh.PullRequest, *gh.Response, error) {
		o.ListOptions = page
		return f.rest.PullRequests.List(ctx, f.owner, f.repo, &o)
	})
}

// Find implements forge.MergeRequests.
func (f *Forge) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	var list []*gh.PullRequest
	var err error
	if slices.Equal(q.States, []forge.State{forge.Open}) {
		list, err = f.list(ctx, "open", ends{target: q.Target})
	} else {
		list, err = f.everything(ctx)
	}
	if err != nil {
		return nil, f.explain("list the pull requests", err)
	}
	var found []forge.MergeRequest
	for _, p := range list {
		m := f.requestOf(p)
		if strings.HasPrefix(m.Source, q.SourcePrefix) && (q.Target == "" || m.Target == q.Target) && (len(q.States) == 0 || slices.Contains(q.States, m.State)) {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b forge.MergeRequest) int { return a.Number - b.Number })
	return found, nil
}

// seen is a pull request with what lists do not tell.
type seen struct {
	forge.MergeRequest
	node      string // its id in GraphQL
	mergeable *bool  // nil when GitHub has not worked it out for this head
	state     string // GitHub's word for all that stands in the way
	gone      bool   // its source branch
}

// look reads one. The branch itself tells its head: a pull request follows it a moment later.
func (f *Forge) look(ctx context.Context, number int) (seen, error) {
	p, _, err := f.rest.PullRequests.Get(ctx, f.owner, f.repo, number)
	if err != nil {
		return seen{}, f.explain(fmt.Sprintf("read pull request !%d", number), err)
	}
	if p.GetNumber() != number || p.GetHead().GetSHA() == "" {
		return seen{}, fmt.Errorf("%s: read pull request !%d: the answer is about something else: ask again later", f.name, number)
	}
	s := seen{MergeRequest: f.requestOf(p), node: p.GetNodeID(), mergeable: p.Mergeable, state: p.GetMergeableState()}
	if s.State != forge.Open || s.Fork {
		return s, nil
	}
	switch head, err := f.git.Head(ctx, s.Source); {
	case errors.Is(err, forge.ErrNotFound):
		s.gone, s.mergeable = true, nil
	case err != nil:
		return seen{}, err
	case head != s.Head:
		s.Head, s.mergeable, s.state = head, nil, ""
	}
	return s, nil
}

// waits are how long GitHub is given to work out whether a pull request can be merged: asking is what makes it begin.
var waits = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// lookWell waits for GitHub to have worked out whether it can be merged, for a while.
func (f *Forge) lookWell(ctx context.Context, number int) (seen, error) {
	for try := 0; ; try++ {
		s, err := f.look(ctx, number)
		if err != nil || s.State != forge.Open || s.gone || s.mergeable != nil || try == len(waits) {
			return s, err
		}
		if err := f.sleep(ctx, waits[try]); err != nil {
			return seen{}, err
		}
	}
}

// Get implements forge.MergeRequests.
func (f *Forge) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	s, err := f.lookWell(ctx, number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	return f.full(ctx, s)
}

// full fills in what other answers tell.
func (f *Forge) full(ctx context.Context, s seen) (forge.MergeRequest, error) {
	rules, err := f.rulesOf(ctx, s.Target)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	reviews, err := f.reviewsOf(ctx, s)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	if rules.queue && s.State == forge.Open {
		if err := f.readLater(ctx, &s); err != nil {
			return forge.MergeRequest{}, err
		}
	}
	s.Approvals = forge.Approvals{Required: rules.approvals, Given: reviews.given}
	s.Mergeability, err = f.mergeability(ctx, s, rules, reviews)
	return s.MergeRequest, err
}
