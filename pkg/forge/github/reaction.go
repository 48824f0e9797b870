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
var kinds = [...]forge.ReactionKind{forge.Eyes, forge.Rocket, forge.ThumbsUp, forge.ThumbsDown, forge.Confused}

// reactionsTo lists them, the oldest first.
func (f *Forge) reactionsTo(ctx context.Context, id int64) ([]*gh.Reaction, error) {
	list, err := all(func(o gh.ListOptions) ([]*gh.Reaction, *gh.Response, error) {
		return f.rest.Reactions.ListIssueCommentReactions(ctx, f.owner, f.repo, id, &o)
	})
	slices.SortFunc(list, func(a, b *gh.Reaction) int { return cmp.Compare(a.GetID(), b.GetID()) })
	return list, err
}

// reacted is who has reacted to a comment, and how many reactions of each of the kinds that makes.
type reacted struct {
	list   []forge.Reaction
	counts [len(kinds)]int
}

// add is the same with one more.
func (r reacted) add(one forge.Reaction) reacted {
	if i := slices.Index(kinds[:], one.Kind); i >= 0 {
		r.list = append(slices.Clip(r.list), one)
		r.counts[i]++
	}
	return r
}

// counted is how many reactions of each of the kinds a comment says that it has.
func counted(c *gh.IssueComment) (counts [len(kinds)]int) {
	told := map[forge.ReactionKind]int{forge.Eyes: c.GetReactions().GetEyes(), forge.Rocket: c.GetReactions().GetRocket(), forge.ThumbsUp: c.GetReactions().GetPlusOne(),
		forge.ThumbsDown: c.GetReactions().GetMinusOne(), forge.Confused: c.GetReactions().GetConfused()}
	for i, kind := range kinds {
		counts[i] = told[kind]
	}
	return counts
}

// complete adds to comments what their lists do not tell: who reacted, and edits in the first second. Lists tell how many reacted, so that it is asked who only
// where that is another number than is known.
func (f *Forge) complete(ctx context.Context, raw []*gh.IssueComment) ([]forge.Comment, error) {
	list := make([]forge.Comment, len(raw))
	for i, c := range raw {
		list[i] = commentOf(c)
		f.mu.Lock()
		known, ok := f.reacted[c.GetID()]
		f.mu.Unlock()
		if counts := counted(c); counts == [len(kinds)]int{} {
			known = reacted{}
		} else if !ok || known.counts != counts {
			reactions, err := f.reactionsTo(ctx, c.GetID())
			if _, gone := answered(err, http.StatusNotFound); gone { // deleted meanwhile
				continue
			}
			if err != nil {
				return nil, err
			}
			known = reacted{}
			for _, r := range reactions {
				known = known.add(forge.Reaction{Kind: forge.ReactionKind(r.GetContent()), By: userOf(r.User)})
			}
		}
		f.mu.Lock()
		f.reacted[c.GetID()] = known
		f.mu.Unlock()
		list[i].Reactions = slices.Clone(known.list)
	}
	return list, f.firstSecond(ctx, raw, list)
}

// React implements forge.Comments.
func (f *Forge) React(ctx context.Context, number int, id int64, r forge.ReactionKind) error {
	if !slices.Contains(kinds[:], r) {
		return fmt.Errorf("%q is no reaction", r)
	}
	// GitHub answers the same when the reaction is there already, but for the status.
	made, answer, err := f.rest.Reactions.CreateIssueCommentReaction(ctx, f.owner, f.repo, id, string(r))
	if err != nil {
		return f.explain(fmt.Sprintf("react to comment %d of pull request !%d", id, number), err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.reacted[id]; ok && answer.StatusCode == http.StatusCreated {
		f.reacted[id] = known.add(forge.Reaction{Kind: r, By: userOf(made.User)})
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
