package conductor

import (
	"context"
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// sight is one look at the cluster: what was seen, or why nothing was.
type sight struct {
	observation *checks.Observation
	blind       string
}

// see looks at the cluster once.
func (c *Conductor) see(ctx context.Context) sight {
	o, err := c.Observer.Observe(ctx)
	now := c.Now()
	switch {
	case err != nil:
		return sight{blind: fmt.Sprintf("the cluster could not be observed: %v", err)}
	case o == nil:
		return sight{blind: "the cluster has not been observed"}
	case now.Sub(o.At) > c.MaxGap:
		return sight{blind: fmt.Sprintf("the cluster was last observed at %s, more than %s ago", clock(o.At), length(c.MaxGap))}
	case o.At.Sub(now) > clockSkew:
		return sight{blind: fmt.Sprintf("the cluster was observed at %s, which is in the future: set the clocks right", clock(o.At))}
	}
	return sight{observation: o}
}

// clockSkew is how far the observer's clock may be ahead.
const clockSkew = 5 * time.Second

// readGate asks the gate that matters now.
func (c *Conductor) readGate(ctx context.Context, s *State, seen sight) error {
	if s.Plan == nil || s.Refusal != nil {
		return nil
	}
	g := &s.Gate
	g.Now = c.Now()
	key := soakKey{}
	phase, ok := s.next()
	switch {
	case ok:
		g.Asked, key.Branch = phase.EntryGate, s.step().Branch
	case s.finished():
		g.Asked, key.Branch = s.Plan.Phases[s.Done-1].ExitGate, s.Steps[s.Done-1].Branch+" end"
	case s.Turn.Heading == Turned && s.Undone != nil:
		g.Asked, key.Branch = s.Undone.Asked, s.Last.Source+" end"
	case s.Turn.Heading == Turned && s.Plan.Back != nil:
		g.Asked, key.Branch = s.Plan.Back.EntryGate, s.Way.Branch
	default:
		g.Asked, key.Branch = s.Plan.Phases[s.Done].EntryGate, s.Steps[s.Done].Branch
	}
	var err error
	if g.Merge, err = c.lastMerge(ctx, s); err != nil {
		return err
	}
	key.Merge = g.Merge.Commit
	clock := c.soaks[key]
	if r := s.noted(); r != nil {
		note, _ := r.note(s.Me, noteName)
		clock = later(clock, key.unseal(s.Marker, note))
	}
	if g.ask(seen, s.accepted()) {
		at := earlier(seen.observation.At, g.Now)
		clock = c.sample(clock.Across(at, seen.observation.Watched), at, g.Now, g.Result)
	}
	g.Clock, c.soaks[key] = clock, clock
	if s.Current != nil && g.Asked.Soak > 0 {
		g.Skipped = s.skipped(*s.Current)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// noted is the merge request whose note says how the gate is.
func (s State) noted() *Request {
	if s.Current != nil {
		return s.Current
	}
	if s.finished() {
		for i := range s.Merged {
			if s.Merged[i].Source == s.Steps[s.Done-1].Branch {
				return &s.Merged[i]
			}
		}
	}
	return nil
}

// lastMerge is the merge whose effect is awaited: the one that brought the last phase, or took the one after it back. It is zero before the first.
func (c *Conductor) lastMerge(ctx context.Context, s *State) (checks.Merge, error) {
	merge := checks.Merge{}
	if s.Last != nil {
		if p, _ := parseBranch(s.Environment, s.Last.Source); p.Number == s.Done && !p.back() || p.Number == s.Done+1 && p.back() {
			merge.Commit, merge.At = s.Last.MergeSHA, s.Last.Done
		}
	}
	switch {
	case merge.Commit != "":
	case s.Done == 0:
		return merge, nil
	default:
		var err error
		if merge.Commit, merge.At, err = c.broughtBy(ctx, s, s.Done-1); err != nil {
			return checks.Merge{}, err
		}
	}
	merge.Ancestors = func(applied string) bool {
		in, err := c.recall.IsAncestor(ctx, merge.Commit, applied)
		return err == nil && in // not known is not contained
	}
	return merge, nil
}

// broughtBy finds the commit that brought a phase without a merge request: the last one that touched a file of the phase. It may come after the phase, if
// somebody edited such a file later, and never before it, so the gate can only wait for too much.
func (c *Conductor) broughtBy(ctx context.Context, s *State, phase int) (string, time.Time, error) {
	changed := s.Plan.Phases[phase].Changes()
	sha := s.Tip
	after, err := c.recall.Tree(ctx, sha)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read %.8s: %w", sha, err)
	}
	for range maxWalk {
		parent, err := c.recall.FirstParent(ctx, sha)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("walk through the history of %s: %w", s.Branch, err)
		}
		if parent == "" {
			break
		}
		before, err := c.recall.Tree(ctx, parent)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("read %.8s: %w", parent, err)
		}
		touched := false
		for _, file := range changed {
			was, had := before.Read(file.Path)
			is, has := after.Read(file.Path)
			touched = touched || had != has || string(was) != string(is)
		}
		if touched {
			break
		}
		sha, after = parent, before
	}
	commit, err := c.recall.ReadCommit(ctx, sha)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("read %.8s: %w", sha, err)
	}
	return sha, commit.Time, nil
}
