package github

import (
	"context"
	"fmt"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// reviews are the words of people that count now.
type reviews struct {
	given   []forge.Approval
	against []string // names of those who want changes
	own     []int64  // ids of this user's approvals that stand, of any head
}

// reviewsOf reads them: the last word of each person counts, an approval only for the present head.
func (f *Forge) reviewsOf(ctx context.Context, s seen) (reviews, error) {
	list, err := all(func(o gh.ListOptions) ([]*gh.PullRequestReview, *gh.Response, error) {
		return f.rest.PullRequests.ListReviews(ctx, f.owner, f.repo, s.Number, &o)
	})
	if err != nil {
		return reviews{}, f.explain(fmt.Sprintf("read the reviews of pull request !%d", s.Number), err)
	}
	me, err := f.Me(ctx)
	if err != nil {
		return reviews{}, err
	}
	var r reviews
	var people []string
	last := map[string]*gh.PullRequestReview{}
	for _, one := range list { // oldest first
		switch one.GetState() {
		case "APPROVED", "CHANGES_REQUESTED", "DISMISSED": // a mere comment takes nothing back
			by := userOf(one.User)
			last[by.ID] = one
			people = append(slices.DeleteFunc(people, func(id string) bool { return id == by.ID }), by.ID)
			if one.GetState() == "APPROVED" && by.ID == me.ID {
				r.own = append(r.own, one.GetID())
			}
		}
	}
	for _, id := range people {
		one := last[id]
		switch {
		case one.GetState() == "CHANGES_REQUESTED":
			r.against = append(r.against, one.GetUser().GetLogin())
		case one.GetState() == "APPROVED" && one.GetCommitID() == s.Head:
			r.given = append(r.given, forge.Approval{By: userOf(one.User), Head: s.Head, At: one.GetSubmittedAt().Time})
		}
	}
	return r, nil
}

// Approve implements forge.Reviewer.
func (f *Forge) Approve(ctx context.Context, number int, head string) error {
	tried := fmt.Sprintf("approve pull request !%d", number)
	s, err := f.look(ctx, number)
	if err != nil {
		return err
	}
	me, err := f.Me(ctx)
	if err != nil {
		return err
	}
	switch {
	case s.State != forge.Open:
		return &forge.NotMergeableError{Number: number, Reasons: []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(s.State)}}}
	case s.Author.ID == me.ID:
		return fmt.Errorf("%s: %s: %w: %s is its author", f.name, tried, forge.ErrForbidden, me.Name)
	case s.Head != head:
		return &forge.HeadMovedError{Branch: s.Source, Want: head, Got: s.Head}
	}
	r, err := f.reviewsOf(ctx, s)
	if err != nil || slices.ContainsFunc(r.given, func(a forge.Approval) bool { return a.By.ID == me.ID }) {
		return err
	}
	_, _, err = f.rest.PullRequests.CreateReview(ctx, f.owner, f.repo, number, &gh.PullRequestReviewRequest{CommitID: &head, Event: gh.String("APPROVE")})
	if err != nil {
		return f.explain(tried, err)
	}
	return nil
}

// Unapprove implements forge.Reviewer.
func (f *Forge) Unapprove(ctx context.Context, number int) error {
	s, err := f.look(ctx, number)
	if err != nil {
		return err
	}
	r, err := f.reviewsOf(ctx, s)
	if err != nil {
		return err
	}
	for _, id := range r.own {
		_, _, err := f.rest.PullRequests.DismissReview(ctx, f.owner, f.repo, number, id, &gh.PullRequestReviewDismissalRequest{Message: gh.String("Taken back by its author.")})
		if err != nil {
			return f.explain(fmt.Sprintf("take back the approval of pull request !%d", number), err)
		}
	}
	return nil
}
