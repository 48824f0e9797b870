package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// PhaseError is a phase at which no demo can turn round. It names those where one can.
type PhaseError struct {
	Given  string
	Phases []string // "3 wave-stateless"
}

func (e *PhaseError) Error() string {
	return fmt.Sprintf("there is no way back from a phase %q; name one of these, or its number: %s", e.Given, strings.Join(e.Phases, ", "))
}

// turnAfter is the number of the phase after which the demo turns round; 0 = none. The last phase ends the upgrade, so there is no way back from it.
func turnAfter(plan planner.Plan, given string) (int, error) {
	if given == "" {
		return 0, nil
	}
	unknown := &PhaseError{Given: given}
	for _, phase := range plan.Phases[:len(plan.Phases)-1] {
		if given == phase.Name || given == strconv.Itoa(phase.Number) {
			return phase.Number, nil
		}
		unknown.Phases = append(unknown.Phases, fmt.Sprintf("%d %s", phase.Number, phase.Name))
	}
	return 0, unknown
}

// Turn is how an upgrade was turned round.
type Turn struct {
	Phase planner.Phase // that was in last
	Tree  tree.Tree     // on the target branch then
}

// turnRound has the reviewer write /canary rollback: when the phase has done its work, and again after each step back.
func (s *stage) turnRound(ctx context.Context) error {
	around := s.last.Situation == conductor.Around && s.last.Done > 0
	if s.after == 0 || !around && (s.turn != nil || s.last.Done != s.after || s.last.Situation != conductor.Ready) {
		return nil
	}
	if s.turn == nil {
		files, err := s.bot.Tree(ctx, s.pushed)
		if err != nil {
			return err
		}
		s.turn = &Turn{Phase: s.plan.Phases[s.after-1], Tree: files}
	}
	all, err := s.reviewer.Find(ctx, forge.Query{})
	if err != nil {
		return err
	}
	_, err = s.reviewer.AddComment(ctx, all[len(all)-1].Number, "/canary rollback")
	return err
}

// isBack tells that the last phase has been taken back.
func (s *stage) isBack() bool {
	return s.turn != nil && s.last.Done == 0 && s.last.Situation == conductor.Around
}

// rest lets the cluster take in the last merge.
func (s *stage) rest(ctx context.Context) error {
	if err := s.follow(ctx); err != nil {
		return err
	}
	return s.cluster.Advance(settle)
}

// holdBack compares the gates of the way back with what the cluster knows of itself: those that the bot has just merged by, and the one that is open now.
func (s *stage) holdBack() error {
	for done := s.done; done > s.last.Done; done-- {
		if err := s.holdOneBack(done - 1); err != nil {
			return err
		}
	}
	if open(s.last) && s.last.Done > 0 {
		return s.holdOneBack(s.last.Done - 1)
	}
	return nil
}

func (s *stage) holdOneBack(phase int) error {
	s.open++
	if denied := DeniedBack(s.plan, phase, s.cluster.Truth()); len(denied) > 0 {
		return fmt.Errorf("the gate over taking back %s is open and ought not to be: %s", s.plan.Phases[phase].Name, strings.Join(denied, "; "))
	}
	return nil
}

// DeniedBack is Denied for the gate over taking a phase (0-based) back: what it takes away, nobody may use, and where it sends proxies, an istiod must be.
func DeniedBack(plan planner.Plan, phase int, t sim.Truth) []string {
	d := denial{Truth: t, plan: plan}
	u := plan.Upgrade
	switch plan.Phases[phase].Kind {
	case planner.Canary:
		d.unused(u.Canary.Revision)
	case planner.Bump:
		d.unused(u.Home.Revision)
	case planner.Wave, planner.Gateway:
		d.there(u.Old.Revision + " " + u.Old.Version)
	case planner.Home, planner.HomeGateway:
		d.there(u.Canary.Revision + " " + u.Canary.Version)
	}
	for _, p := range t.Proxies {
		if p.Connected == "" && t.At.Sub(p.Created) > starting && p.Owner.Kind != "Job" {
			d.add("%s/%s is connected to nobody since %s", p.Namespace, p.Pod, t.At.Sub(p.Created).Round(time.Second))
		}
	}
	return d.reasons
}

// there: a control plane has a pod that is ready.
func (d *denial) there(plane string) {
	for _, p := range d.Planes {
		if p == plane {
			return
		}
	}
	d.add("there is no istiod %s", plane)
}
