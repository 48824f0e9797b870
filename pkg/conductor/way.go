package conductor

import (
	"context"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// readTurn reads which way the upgrade goes, and plans the way back where it is wanted.
func (c *Conductor) readTurn(ctx context.Context, s *State, files tree.Tree, k known) error {
	s.Turn.Attempt = firstAttempt
	if len(k.requests) == 0 {
		return nil
	}
	newest := k.requests[0]
	for _, r := range k.requests {
		if r.Number > newest.Number {
			newest = r
		}
	}
	r, err := c.read(ctx, s.Me, newest.Number)
	if err != nil {
		return err
	}
	if r.State != newest.State || r.Head != newest.Head {
		return errLookAgain
	}
	s.Newest = &r
	if err := c.readActors(ctx, s); err != nil {
		return err
	}
	s.Turn, _ = s.hear(r)
	if s.Plan == nil {
		return nil
	}
	if p, _ := parseBranch(s.Environment, r.Source); p.Release != s.Plan.To.Release {
		s.Turn.Attempt = firstAttempt // another upgrade
	}
	if s.Turn.Heading != Back && s.Turn.Heading != Turned || s.Done == 0 || s.finished() || s.Plan.Back != nil {
		return nil
	}
	plan, err := c.planBack(s.Tip, files, s.Environment, s.Plan.To.Release, true)
	if err != nil {
		return fmt.Errorf("plan the way back of %s at %.8s: %w", s.Environment, s.Tip, err)
	}
	s.Plan = &plan
	return nil
}

// step is a phase on the forge: one that is in by the merge request that was merged for it last, another one by its branch in this attempt.
func (k known) step(s *State, phase planner.Phase, in bool) Step {
	p := place{Release: s.Plan.To.Release, Attempt: s.Turn.Attempt, Number: phase.Number, Phase: phase.Name}
	if in {
		var last *forge.MergeRequest
		for i, r := range k.requests {
			q, _ := parseBranch(s.Environment, r.Source)
			if r.State == forge.Merged && q.Release == p.Release && q.Number == p.Number && q.Phase == p.Phase && (last == nil || q.Attempt >= p.Attempt) {
				last, p.Attempt = &k.requests[i], q.Attempt
			}
		}
	}
	branch := p.branch(s.Environment)
	return Step{Branch: branch, Head: k.branches[branch], Request: k.request(branch)}
}

// readPast reads the requests of this upgrade that are merged or closed, where something may be left to say of them.
func (c *Conductor) readPast(ctx context.Context, s *State, k known, current string) error {
	if s.Plan == nil {
		return nil
	}
	for i, r := range k.requests {
		p, _ := parseBranch(s.Environment, r.Source)
		if p.Release == s.Plan.To.Release && p.Attempt == s.Turn.Attempt && p.back() {
			s.Longest = max(s.Longest, p.Number)
		}
		if p.Release != s.Plan.To.Release || r.State == forge.Open {
			continue
		}
		if r.State == forge.Merged && (s.Last == nil || r.Done.After(s.Last.Done) || r.Done.Equal(s.Last.Done) && r.Number > s.Last.Number) {
			s.Last = &k.requests[i]
		}
		newest := s.Newest != nil && s.Newest.Number == r.Number
		if c.rests(r) && !newest || r.Source == current && r.State == forge.Closed && !newest {
			continue
		}
		past := Request{}
		if newest {
			past = *s.Newest
		} else {
			var err error
			if past, err = c.read(ctx, s.Me, r.Number); err != nil {
				return err
			}
		}
		switch past.State {
		case forge.Merged:
			s.Merged = append(s.Merged, past)
		case forge.Closed:
			s.Closed = append(s.Closed, past)
		default:
			return errLookAgain
		}
	}
	return nil
}
