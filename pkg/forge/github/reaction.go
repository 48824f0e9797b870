package github

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v60/github"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// kinds are spelled the same here and there.
var kinds = []forge.ReactionKind{forge.Eyes, forge.Rocket, forge.ThumbsUp, forge.ThumbsDown, forge.Confused}

// reactionsTo lists them, the oldest first.
func (f *Forge) reactionsTo(ctx context.Context, id int64) ([]*gh.Reaction, error) {
	list, err := all(func(o gh.ListOptions) ([]*gh.Reaction, *gh.Response, error) {
		return f.rest.Reactions.ListIssueCommentReactions(ctx, f.owner, f.repo, id, &o)
	})
	slices.SortFunc(list, func(a, b *gh.Reaction) int { return cmp.Compare(a.GetID(), b.GetID()) })
	return list, err
}

// complete adds to comments what their lists do not tell: who reacted, and edits in the first second.
func (f *Forge) complete(ctx context.Context, raw []*gh.IssueComment) ([]forge.Comment, error) {
	list := make([]forge.Comment, len(raw))
	for i, c := range raw {
		list[i] = commentOf(c)
		if c.GetReactions().GetTotalCount() == 0 {
			continue
		}
		reactions, err := f.reactionsTo(ctx, c.GetID())
		if _, gone := answered(err, http.StatusNotFound); gone { // deleted meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range reactions {
			if kind := forge.ReactionKind(r.GetContent()); slices.Contains(kinds, kind) {
				list[i].Reactions = append(list[i].Reactions, forge.Reaction{Kind: kind, By: userOf(r.User)})
			}
		}
	}
	return list, f.firstSecond(ctx, raw, list)
}

// React implements forge.Comments.
func (f *Forge) React(ctx context.Context, number int, id int64, r forge.ReactionKind) error {
	if !slices.Contains(kinds, r) {
		return fmt.Errorf("%q is no reaction", r)
	}
	// GitHub answers the same when the reaction is there already.
	if _, _, err := f.rest.Reactions.CreateIssueCommentReaction(ctx, f.owner, f.repo, id, string(r)); err != nil {
		return f.explain(fmt.Sprintf("react to comment %d of pull request !%d", id, number), err)
	}
	return nil
}

// Unreact implements forge.Comments.
func (f *Forge) Unreact(ctx context.Context, number int, id int64, r forge.ReactionKind) error {
	tried := fmt.Sprintf("take back a reaction to comment %d of pull request !%d", id, number)
	me, err := f.Me(ctx)
	if err != nil {
		return err
	}
	list, err := f.reactionsTo(ctx, id)
	if _, gone := answered(err, http.StatusNotFound); gone {
		return nil
	}
	if err != nil {
		return f.explain(tried, err)
	}
	for _, one := range list {
		if forge.ReactionKind(one.GetContent()) != r || userOf(one.User).ID != me.ID {
			continue
		}
		_, err := f.rest.Reactions.DeleteIssueCommentReaction(ctx, f.owner, f.repo, id, one.GetID())
		if _, gone := answered(err, http.StatusNotFound); err != nil && !gone {
			return f.explain(tried, err)
		}
	}
	return nil
}
