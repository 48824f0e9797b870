package conductor

import (
	"context"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// readUndone asks whether the step back that was merged last has really happened in the cluster. Nothing waits for the answer: whoever goes back is in a hurry. It is
// shown, so that nobody goes on without knowing.
func (c *Conductor) readUndone(ctx context.Context, s *State, seen sight) error {
	if s.Plan == nil || s.Refusal != nil || s.Last == nil || s.Turn.Heading != Turned && s.Turn.Heading != Back {
		return nil
	}
	if p, _ := parseBranch(s.Environment, s.Last.Source); !p.back() || p.Number != s.Done+1 {
		return nil
	}
	plan, err := c.planBefore(ctx, s, *s.Last, s.Done+1, true)
	if err != nil || plan == nil || plan.Back == nil {
		return err
	}
	g := Gate{Asked: plan.Back.ExitGate, Now: c.Now()}
	g.Asked.Soak = 0 // nothing waits for it
	if g.Merge, err = c.lastMerge(ctx, s); err != nil {
		return err
	}
	g.ask(seen, s.accepted())
	s.Undone = &g
	return nil
}

// ask asks what was seen of the cluster; sampled tells whether the answer counts for a soak.
func (g *Gate) ask(seen sight, accepted []checks.Acceptance) (sampled bool) {
	defer func() { g.words = putIntoWords(g.Result) }()
	g.Result = checks.Result{Name: g.Asked.Name, Question: g.Asked.Title}
	switch o := seen.observation; {
	case o == nil:
		g.Result.Reason = seen.blind
	case o.At.Before(g.Merge.At):
		g.Result.Verdict, g.Result.NoSample, g.Result.Reason = checks.Wait, true, "the cluster has not been observed since the merge"
	default:
		g.Result = g.Asked.EvaluateAccepting(o, g.Merge, accepted)
		return true
	}
	return false
}

// describeUndone says whether the step back that was merged last has happened in the cluster.
func (s State) describeUndone() string {
	switch g := s.Undone; {
	case g == nil:
		return ""
	case g.Result.Green():
		return "What the last step back was to bring about has happened in the cluster."
	case g.Result.Verdict == checks.Fail:
		return "What the last step back was to bring about has failed: " + sentence(g.Result.Reason)
	case g.Result.Verdict == checks.Unknown:
		return "Whether the last step back has come about is not known: " + sentence(g.Result.Reason)
	default:
		return "What the last step back was to bring about has not happened yet: " + sentence(g.Result.Reason)
	}
}
