package conductor

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// maxWalk is how many commits of the target are looked through for something that left no merge request behind.
const maxWalk = 500

// overMark in the note of the last merge request says that the upgrade is over. It counts in the bot's own note alone, and at its end alone.
const overMark = "<!-- linnet:over -->"

// readFinish looks at the upgrade whose last phase was merged most recently, if that was the last thing that happened: its exit gate must be green before
// anything new begins. The files say nothing about it any more, so it is planned from the commit before that merge. It reports whether
// there is nothing more to read: then the state says what there is to say.
func (c *Conductor) readFinish(ctx context.Context, s *State, files tree.Tree, k known) (bool, error) {
	last := k.lastMerged()
	if last == nil {
		return false, nil
	}
	p, _ := parseBranch(s.Environment, last.Source)
	if p.Phase != string(planner.Cleanup) {
		return false, nil
	}
	if now, err := c.currentRelease(s.Tip, files, s.Environment); err != nil || now != p.Release {
		return false, nil //nolint:nilerr // somebody moved on by hand; what is wrong with the files is said when the next upgrade is planned
	}
	plan, err := c.planBefore(ctx, s, *last, -1, false)
	if err != nil || plan == nil {
		return false, err
	}
	comments, err := c.recall.Comments(ctx, last.Number)
	if err != nil {
		return false, fmt.Errorf("read the comments of merge request !%d: %w", last.Number, err)
	}
	if !Over(comments, s.Me) {
		s.Plan, s.Done = plan, len(plan.Phases)
		return true, nil
	}
	// Over: a new one may begin, and until it does, this is what there is to tell.
	to, err := c.target(ctx, s, files, k)
	if err != nil || s.Refusal != nil {
		return true, err
	}
	if to != "" {
		return true, c.planAt(s, s.Tip, files, to)
	}
	s.Plan, s.Done, s.Over = plan, len(plan.Phases), true
	return true, nil
}

// lastMerged is the one that was merged last.
func (k known) lastMerged() *forge.MergeRequest {
	var last *forge.MergeRequest
	for i, r := range k.requests {
		if r.State == forge.Merged && (last == nil || !r.Done.Before(last.Done)) {
			last = &k.requests[i]
		}
	}
	return last
}

// planBefore plans from the commit before a merge, with the way back in the plan where that is wanted. It is the first commit at which the plan has so many phases
// done, or all but so many where that is negative; nil when it cannot be found.
func (c *Conductor) planBefore(ctx context.Context, s *State, last forge.MergeRequest, done int, back bool) (*planner.Plan, error) {
	p, _ := parseBranch(s.Environment, last.Source)
	sha := last.MergeSHA
	for range maxWalk {
		var err error
		if sha, err = c.recall.FirstParent(ctx, sha); err != nil {
			return nil, fmt.Errorf("look for the commit before the merge of !%d: %w", last.Number, err)
		}
		if sha == "" {
			return nil, nil
		}
		files, err := c.recall.Tree(ctx, sha)
		if err != nil {
			return nil, fmt.Errorf("read %.8s, before the merge of !%d: %w", sha, last.Number, err)
		}
		if _, underway, err := planner.ReadCourse(files, s.Environment); err != nil || !underway {
			continue // a commit of a rebased branch
		}
		plan, err := c.planBack(sha, files, s.Environment, "", back)
		var refused *planner.Refused
		switch {
		case errors.As(err, &refused):
			continue
		case err != nil:
			return nil, fmt.Errorf("plan %s at %.8s, before the merge of !%d: %w", s.Environment, sha, last.Number, err)
		case plan.To.Release == p.Release && (plan.Done == done || done < 0 && plan.Done == len(plan.Phases)+done):
			return &plan, nil
		}
	}
	return nil, nil
}
