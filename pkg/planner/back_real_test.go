package planner_test

import (
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// From every phase of an upgrade of real repositories, with the real umbrella charts, the way back leads to the start: promise 1. Each step leaves the tree that was there
// before its phase, but for the label that gateways share; and all of it is rendered anew, so nobody is un-meshed on the way: promise 3.
func TestTheWayBackOnRealRepositoriesLeadsToTheStart(t *testing.T) {
	if testing.Short() {
		t.Skip("renders real umbrellas many times; run without -short")
	}
	material := newRealMaterial(t)
	for _, row := range []struct{ repository, written, environment, from, to string }{
		{"customer-template-2026-02", "3.2.0", "gitRepo/dev", "3.18.0", "3.19.0"},
		{"bb5-3.21", "3.21.0", "helmRepo/prod", "3.26.0", "3.30.0"},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s to %s", row.repository, row.environment, row.from, row.to), func(t *testing.T) {
			t.Parallel()
			start := realRepository(t, row.repository, row.written, row.from)
			plan := mustPlan(t, planner.Input{Tree: start, Environment: row.environment, To: row.to, Material: material})
			last := len(plan.Phases) - 2
			walkBack(t, plan, plan.Phases[last].After, material)
			for _, k := range []int{1, last / 2} { // from elsewhere it is the same way
				phase := plan.Phases[k]
				here := mustPlan(t, planner.Input{Tree: phase.After, Environment: row.environment, Material: material})
				wantBack(t, here, phase)
			}
		})
	}
}

// walkBack applies each step back to what the step before has left.
func walkBack(t *testing.T, plan planner.Plan, at tree.Tree, material planner.Material) {
	t.Helper()
	back := planner.Plan{Environment: plan.Environment, Revision: plan.Revision, From: plan.From, Start: plan.Start}
	for done := len(plan.Phases) - 1; done > 0; done-- {
		here := mustPlan(t, planner.Input{Tree: at, Environment: plan.Environment, Material: material})
		if here.Done != done || here.Back == nil {
			t.Fatalf("after %d phases the plan says that %d are in, with a way back: %t", done, here.Done, here.Back != nil)
		}
		wantBack(t, here, plan.Phases[done-1])
		at = here.Back.After
		back.Phases = append(back.Phases, *here.Back)
	}
	if !at.Equal(plan.Start) {
		t.Errorf("promise 1: the tree after the full way back is not the start:\n%s", tree.Patch(plan.Start, at))
	}
	neverUnmesh(t, back, material)
}

// wantBack wants the step back to leave the tree before its phase. Of a gateway that was not the first to go, the shared label goes, too.
func wantBack(t *testing.T, here planner.Plan, phase planner.Phase) {
	t.Helper()
	same := here.Back.After.Equal(phase.Before)
	shared := (phase.Kind == planner.Gateway || phase.Kind == planner.HomeGateway) && here.Phases[phase.Number-2].Kind == phase.Kind
	if same == shared {
		t.Errorf("%s leaves the tree before %s: %t, want %t:\n%s", here.Back.Name, phase.Name, same, !shared, tree.Patch(phase.Before, here.Back.After))
	}
}
