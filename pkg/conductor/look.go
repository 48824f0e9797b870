package conductor

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// maxRounds is how often one look gathers. A merge, the next request, its description, check and note take seven.
const maxRounds = 20

// Look does everything that is to be done at this moment and says how things stand. The cluster is observed once.
//
// An error means that something could not be read or done; what was done before stays done, and the next look goes on from there.
func (c *Conductor) Look(ctx context.Context) (Status, error) {
	seen := c.see(ctx)
	c.handed = 0
	defer func() { c.anew = "" }()
	c.recall.begin(ctx, c.Now())
	for range maxRounds {
		s, err := c.gather(ctx, seen)
		if errors.Is(err, errLookAgain) {
			c.recall.forget(c.Now())
			continue
		}
		if err != nil {
			c.recall.forget(c.Now())
			return Status{}, err
		}
		actions := Decide(s)
		if len(actions) > 0 && c.recall.old {
			c.recall.forget(c.Now())
			continue
		}
		c.looked(ctx, s, seen)
		c.note(s, actions)
		if len(actions) == 0 {
			if s.moves() {
				c.recall.forget(c.Now())
			}
			return c.status(s), nil
		}
		c.recall.forget(c.Now())
		for _, a := range actions {
			c.Log.InfoContext(ctx, a.String(), "environment", s.Environment)
			if err := a.do(ctx, c.Forge); movedOn(err) {
				c.Log.InfoContext(ctx, "somebody else was faster", "environment", s.Environment, "action", a.String(), "reason", err.Error())
				break
			} else if merge, ok := a.(Merge); ok && errors.Is(err, errHanded) {
				c.handed = merge.Number
				continue // it has not happened yet
			} else if err != nil {
				return c.status(s), fmt.Errorf("%s: %w", a, err)
			}
			switch set := a.(type) {
			case SetCheck:
				c.stated = set
				c.restated(set)
			case TrialCheck:
				c.restated(set.SetCheck)
			}
			c.did(ctx, s, a)
		}
	}
	return Status{}, fmt.Errorf("look after %s: the forge does not come to rest; it is looked at again later", c.Environment)
}

// Status says how things stand and changes nothing.
func (c *Conductor) Status(ctx context.Context) (Status, error) {
	s, err := c.state(ctx)
	if err != nil {
		return Status{}, err
	}
	return c.status(s), nil
}

// state reads how things stand.
func (c *Conductor) state(ctx context.Context) (State, error) {
	seen := c.see(ctx)
	c.recall.begin(ctx, c.Now())
	for range maxRounds {
		s, err := c.gather(ctx, seen)
		if err != nil || s.moves() {
			c.recall.forget(c.Now())
		}
		if !errors.Is(err, errLookAgain) {
			return s, err
		}
	}
	return State{}, fmt.Errorf("read the state of %s: the forge does not come to rest; try again", c.Environment)
}

func (c *Conductor) status(s State) Status {
	t := describe(s)
	t.At = c.Now()
	if s.Plan != nil {
		t.Phases = phaseStates(s) // which no note needs
	}
	return t
}

// note remembers merged requests that nothing is left to say of, so that they need not be read again.
func (c *Conductor) note(s State, actions []Action) {
	if len(actions) > 0 {
		return
	}
	if !c.recall.old {
		c.wake()
	}
	for _, r := range s.Merged {
		if len(r.reading(s.Me).accepted) > 0 {
			continue // what was signed off is read at each look
		}
		if s.Over || s.Done < len(s.Plan.Phases) || r.Source != s.Steps[s.Done-1].Branch {
			c.rest(r.MergeRequest)
		}
	}
}

// movedOn tells that a write was refused because the world is not as it was seen: look again.
func movedOn(err error) bool {
	for _, known := range []error{errLookAgain, forge.ErrBranchExists, forge.ErrHeadMoved, forge.ErrAlreadyOpen, forge.ErrAlreadyMerged, forge.ErrNotFound} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// findings are the sentences of a refusal.
func findings(err error) []string {
	var refused *planner.Refused
	if !errors.As(err, &refused) {
		return []string{err.Error()}
	}
	texts := make([]string, 0, len(refused.Findings))
	for _, f := range refused.Findings {
		texts = append(texts, f.String())
	}
	return texts
}
