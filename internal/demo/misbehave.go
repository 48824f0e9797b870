package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// patience is how long a gate may stay closed, in simulated time, before somebody looks at what is wrong and puts it right. No gate of a cluster that
// behaves is closed for that long.
const patience = 25 * time.Minute

// Trouble is how a misbehaviour went.
type Trouble struct {
	sim.Misbehaviour
	Met    conductor.Status // what the bot said when somebody came to look; zero where the upgrade was never stopped
	Closed time.Duration    // for how long the gate had been closed by then
	Healed time.Duration    // simulated time since the upgrade began; 0 = never
}

// Stopped tells whether the upgrade was stopped until somebody healed the cluster.
func (t *Trouble) Stopped() bool { return t.Healed > 0 }

// open tells whether the gate that matters now may be passed.
func open(s conductor.Status) bool {
	return s.Gate != nil && s.Gate.Green() && (s.Soak == nil || s.Soak.Remaining == 0)
}

// lookAfter heals the cluster where the upgrade has been stopped for long enough.
func (s *stage) lookAfter(ctx context.Context) error {
	now := s.cluster.Now()
	if open(s.last) || s.last.Done != s.done {
		s.done, s.closedSince = s.last.Done, now
		return nil
	}
	closed := now.Sub(s.closedSince)
	if s.trouble == nil || closed < patience {
		return nil
	}
	switch {
	case s.trouble.Stopped():
		return fmt.Errorf("the upgrade does not go on %s after %s was healed: %s", closed, s.trouble.Name, s.last.Happening)
	case s.trouble.Expected == sim.GoesOn:
		return fmt.Errorf("the upgrade is stopped by %s and should not be: %s", s.trouble.Name, s.last.Healthy)
	}
	s.trouble.Met, s.trouble.Closed, s.trouble.Healed = s.last, closed, now.Sub(s.began)
	s.closedSince = now
	if s.Show != nil {
		s.Show(Event{Elapsed: now.Sub(s.began), Status: s.last, Proxies: count(s.cluster.Observe()), Stopped: true})
	}
	if err := s.putRight(ctx); err != nil {
		return err
	}
	return s.cluster.Heal(s.trouble.Name)
}

// putRight takes back what the misbehaviour had changed in the repository.
func (s *stage) putRight(ctx context.Context) error {
	if s.trouble.Edit == nil {
		return nil
	}
	edited := s.trouble.Edit(s.Repository, s.Environment)
	changes := edited.Changes(s.Repository)
	if len(changes) == 0 {
		return nil
	}
	head, err := s.reviewer.Head(ctx, "main")
	if err != nil {
		return err
	}
	_, err = s.reviewer.Commit(ctx, forge.NewCommit{Branch: "main", Parent: head, Message: "Put " + s.trouble.Name + " right", Changes: changes})
	return err
}
