package github

import (
	"context"
	"fmt"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Update implements forge.MergeRequests.
func (f *Forge) Update(ctx context.Context, number int, u forge.Update) (forge.MergeRequest, error) {
	var edit gh.PullRequest
	s, err := f.look(ctx, number)
	if err != nil {
		return forge.MergeRequest{}, err
	}
	tried := fmt.Sprintf("change pull request !%d", number)
	if u.Title != nil && *u.Title != s.Title {
		if err := checkTitle(*u.Title); err != nil {
			return forge.MergeRequest{}, err
		}
		edit.Title = u.Title
	}
	if u.Description != nil && *u.Description != s.Description {
		if err := checkBody("description", *u.Description); err != nil {
			return forge.MergeRequest{}, err
		}
		edit.Body = u.Description
	}
	if edit.Title != nil || edit.Body != nil {
		if _, _, err := f.rest.PullRequests.Edit(ctx, f.owner, f.repo, number, &edit); err != nil {
			return forge.MergeRequest{}, f.explain(tried, err)
		}
	}
	if u.Draft != nil && *u.Draft != s.Draft && s.State == forge.Open {
		mutation := "markPullRequestReadyForReview" // only GraphQL can
		if *u.Draft {
			mutation = "convertPullRequestToDraft"
		}
		if err := f.mutate(ctx, mutation, "pullRequest { isDraft }", map[string]any{"pullRequestId": s.node}, nil); err != nil {
			return forge.MergeRequest{}, f.explain(tried, err)
		}
	}
	return f.Get(ctx, number)
}

// Close implements forge.MergeRequests.
func (f *Forge) Close(ctx context.Context, number int) error {
	s, err := f.look(ctx, number)
	if err != nil || s.State == forge.Closed {
		return err
	}
	if s.State == forge.Merged {
		return &forge.AlreadyMergedError{Number: number, SHA: s.MergeSHA}
	}
	if _, _, err := f.rest.PullRequests.Edit(ctx, f.owner, f.repo, number, &gh.PullRequest{State: gh.String("closed")}); err != nil {
		return f.explain(fmt.Sprintf("close pull request !%d", number), err)
	}
	return nil
}

// Reopen implements forge.MergeRequests.
func (f *Forge) Reopen(ctx context.Context, number int) error {
	s, err := f.look(ctx, number)
	if err != nil || s.State == forge.Open {
		return err
	}
	if s.State == forge.Merged {
		return &forge.AlreadyMergedError{Number: number, SHA: s.MergeSHA}
	}
	tried := fmt.Sprintf("reopen pull request !%d", number)
	// GitHub's refusal does not tell why in a form to rely on.
	for _, branch := range []string{s.Source, s.Target} {
		if _, err := f.git.Head(ctx, branch); err != nil {
			return fmt.Errorf("%s: %w", tried, err)
		}
	}
	open, err := f.openFor(ctx, ends{s.Source, s.Target})
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return &forge.AlreadyOpenError{Source: s.Source, Target: s.Target, Number: open[0].GetNumber()}
	}
	_, _, err = f.rest.PullRequests.Edit(ctx, f.owner, f.repo, number, &gh.PullRequest{State: gh.String("open")})
	if refusedBecause(err, "already exists") {
		return f.alreadyOpen(ctx, s.Source, s.Target)
	}
	if err != nil {
		return f.explain(tried, err)
	}
	return nil
}
