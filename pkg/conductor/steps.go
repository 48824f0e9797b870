package conductor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// readSteps finds the branch and the merge request of each phase and reads those that matter now.
func (c *Conductor) readSteps(ctx context.Context, s *State, k known) error {
	current := ""
	if s.Plan != nil {
		for i, phase := range s.Plan.Phases {
			s.Steps = append(s.Steps, k.step(s, phase, i < s.Done))
		}
		if s.Plan.Back != nil {
			s.Way = k.step(s, *s.Plan.Back, false)
		}
		if _, more := s.next(); more {
			current = s.step().Branch
		}
	}
	for _, r := range k.requests {
		if r.State != forge.Open || r.Source == current {
			continue
		}
		other, err := c.again(ctx, s, r.Number)
		if err != nil {
			return err
		}
		s.Others = append(s.Others, other)
	}
	if err := c.readPast(ctx, s, k, current); err != nil {
		return err
	}
	if current == "" {
		return nil
	}
	return c.readCurrent(ctx, s)
}

// request is the merge request of a branch: the open one, else the merged one, else the newest.
func (k known) request(branch string) *forge.MergeRequest {
	rank := map[forge.State]int{forge.Open: 3, forge.Merged: 2, forge.Closed: 1}
	var best *forge.MergeRequest
	for i, r := range k.requests {
		if r.Source == branch && (best == nil || rank[r.State] >= rank[best.State]) {
			best = &k.requests[i]
		}
	}
	return best
}

func (c *Conductor) read(ctx context.Context, me forge.User, number int) (Request, error) {
	r, err := c.recall.Get(ctx, number)
	if err != nil {
		return Request{}, fmt.Errorf("read merge request !%d: %w", number, err)
	}
	full := Request{MergeRequest: r}
	if full.Comments, err = c.recall.Comments(ctx, number); err != nil {
		return Request{}, fmt.Errorf("read the comments of merge request !%d: %w", number, err)
	}
	full.read = readComments(full.Comments, me)
	full.read.addPresses(full.Comments, me, c.Marker, r.Source)
	if r.State == forge.Open {
		if full.Checks, err = c.recall.Checks(ctx, r.Head); err != nil {
			return Request{}, fmt.Errorf("read the checks of merge request !%d: %w", number, err)
		}
	}
	return full, nil
}

// again reads a merge request, or takes the newest as it was read.
func (c *Conductor) again(ctx context.Context, s *State, number int) (Request, error) {
	if s.Newest != nil && s.Newest.Number == number {
		return *s.Newest, nil
	}
	return c.read(ctx, s.Me, number)
}

// readCurrent reads the merge request and the branch of the next phase.
func (c *Conductor) readCurrent(ctx context.Context, s *State) error {
	step := s.step()
	if step.Request != nil {
		r, err := c.again(ctx, s, step.Request.Number)
		if err != nil {
			return err
		}
		switch {
		case r.State == forge.Open:
			s.Current = &r
		case r.State == forge.Closed:
			s.Left = &r
		case step.Request.State != forge.Merged:
			return errLookAgain
		default:
			in, err := c.recall.IsAncestor(ctx, r.MergeSHA, s.Tip)
			if err != nil && !errors.Is(err, forge.ErrNotFound) {
				return fmt.Errorf("look for the merge of !%d in %s: %w", r.Number, s.Branch, err)
			}
			if !in {
				return errLookAgain // merged after the tip was read
			}
		}
	}
	if step.Head == "" {
		return nil
	}
	s.Head.SHA = step.Head
	if s.Current != nil && s.Current.Head != step.Head {
		return errLookAgain
	}
	return c.readHead(ctx, s)
}

// readHead judges what is on the branch of the next phase.
func (c *Conductor) readHead(ctx context.Context, s *State) error {
	phase, _ := s.next()
	h := &s.Head
	commit, err := c.recall.ReadCommit(ctx, h.SHA)
	if err != nil {
		return fmt.Errorf("read the head of %s: %w", s.step().Branch, err)
	}
	if h.Made = commit.Time; !ours(commit) {
		h.Made = h.Made.Add(1) // what was written in that very moment was about the commit before
	}
	if s.Current != nil {
		preview, err := c.recall.Preview(ctx, s.Current.Number)
		var stuck *forge.NotMergeableError
		switch {
		case errors.As(err, &stuck) && stuck.Has(forge.ReasonConflict):
			h.Merges = Conflict
			for _, r := range stuck.Reasons {
				if r.Kind == forge.ReasonConflict {
					h.Conflict = r.Text
				}
			}
		case errors.As(err, &stuck):
			return errLookAgain // closed or merged meanwhile
		case err != nil:
			return fmt.Errorf("preview the merge of !%d: %w", s.Current.Number, err)
		case preview.Head != h.SHA || preview.Target != s.Tip:
			return errLookAgain
		case preview.Tree.Equal(phase.After):
			h.Merges = AsPlanned
			return nil
		default:
			h.Merges = Otherwise
		}
	}
	if h.Tree, err = c.recall.Tree(ctx, h.SHA); err != nil {
		return fmt.Errorf("read the head of %s: %w", s.step().Branch, err)
	}
	if h.Empty, err = c.recall.IsAncestor(ctx, h.SHA, s.Tip); err != nil {
		return fmt.Errorf("compare %s with %s: %w", s.step().Branch, s.Branch, err)
	}
	h.Planned = h.Tree.Equal(phase.After)
	h.Ours = h.Planned
	if !h.Ours && !h.Empty {
		h.Ours, err = c.madeEarlier(ctx, s, commit)
	}
	return err
}

// madeEarlier tells whether a commit holds what the bot planned for an earlier tip of the target, which it names. That it names one proves nothing; that
// the plan for it gives exactly this tree does.
func (c *Conductor) madeEarlier(ctx context.Context, s *State, commit forge.Commit) (bool, error) {
	target := ""
	for _, t := range forge.Trailers(commit.Message) {
		if t.Key == targetTrailer {
			target = t.Value
		}
	}
	if target == "" || target == s.Tip {
		return false, nil
	}
	in, err := c.recall.IsAncestor(ctx, target, s.Tip)
	if errors.Is(err, forge.ErrNotFound) || err == nil && !in {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %.8s in %s: %w", target, s.Branch, err)
	}
	files, err := c.recall.Tree(ctx, target)
	if err != nil {
		return false, fmt.Errorf("read %s at %.8s: %w", s.Branch, target, err)
	}
	plan, err := c.planBack(target, files, s.Environment, s.Plan.To.Release, s.Turn.Heading == Back)
	var refused *planner.Refused
	if errors.As(err, &refused) {
		return false, nil // what cannot be planned was not made from a plan
	}
	if err != nil {
		return false, fmt.Errorf("plan %s at %.8s: %w", s.Environment, target, err)
	}
	next, _ := s.next()
	phases := plan.Phases
	if plan.Back != nil {
		phases = append(slices.Clip(phases), *plan.Back)
	}
	for _, phase := range phases {
		if phase.Name == next.Name && phase.Number == next.Number {
			return s.Head.Tree.Equal(phase.After), nil
		}
	}
	return false, nil
}

// ours tells whether the bot says that it made a commit. Whoever says so in its place gains nothing: what is merged is what is planned.
func ours(c forge.Commit) bool {
	return slices.ContainsFunc(forge.Trailers(c.Message), func(t forge.Trailer) bool { return t.Key == upgradeTrailer })
}
