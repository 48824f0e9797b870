package planner_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// From every phase the way back leads, phase by phase, to the tree before the upgrade: promise 1.
func TestFromEveryPhaseTheWayBackLeadsToTheStart(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			if testing.Short() && flavour != "git" {
				t.Skip("makes a plan for each phase; run without -short")
			}
			t.Parallel()
			material := miniatureMaterial(t)
			start := tree.New(miniature.Repository(flavour))
			plan := mustPlan(t, planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Material: material})
			at := plan.Phases[len(plan.Phases)-2].After
			for done := len(plan.Phases) - 1; done > 0; done-- {
				here := mustPlan(t, planner.Input{Tree: at, Environment: "dev", Material: material})
				if here.Done != done || here.Back == nil {
					t.Fatalf("after %d phases the plan says that %d are in, with a way back: %t", done, here.Done, here.Back != nil)
				}
				if want := "back-" + plan.Phases[done-1].Name; here.Back.Name != want {
					t.Errorf("the way back from phase %d is %s, want %s", done, here.Back.Name, want)
				}
				if len(here.Back.Entry) == 0 || len(here.Back.Exit) == 0 {
					t.Errorf("%s has no gates", here.Back.Name)
				}
				if forward := here.Phases[done]; !forward.Before.Equal(at) || !forward.After.Equal(plan.Phases[done].After) {
					t.Errorf("from the tree after %s, forward does not lead on to %s", here.Back.Name, forward.Name)
				}
				at = here.Back.After
			}
			if !at.Equal(start) {
				t.Errorf("promise 1: the tree after the full way back is not the start:\n%s", tree.Patch(start, at))
			}
		})
	}
}

func TestTheGatewaysLabelGoesBackWithTheFirstGatewayThatGoesBack(t *testing.T) {
	material := miniatureMaterial(t)
	_, merged := midUpgrade(t, material, "gateway-public")
	plan := mustPlan(t, planner.Input{Tree: merged.After, Environment: "dev", Material: material})
	if moves := plan.Back.Render.Namespaces; len(moves) != 1 || moves[0].To != "default" {
		t.Errorf("%s moves %v, want the gateways' namespace back to default", plan.Back.Name, moves)
	}
	next := mustPlan(t, planner.Input{Tree: plan.Back.After, Environment: "dev", Material: material})
	if next.Back.Name != "back-gateway-passthrough" || len(next.Back.Render.Namespaces) != 0 {
		t.Errorf("%s moves %v, want no namespace", next.Back.Name, next.Back.Render.Namespaces)
	}
	if on := next.Phases[next.Done]; on.Name != "gateway-public" || !strings.Contains(on.Diff, "the gateways' namespace") {
		t.Errorf("forward again is %s, want gateway-public with the namespace's label:\n%s", on.Name, on.Diff)
	}
}

// Forward again after a gateway was taken back: the gateway before it is where it was to go and the label is not, so its own gate can never be green.
func TestAGatewayThatWasTakenBackGoesAgainWithoutTheGateOfTheOneBeforeIt(t *testing.T) {
	material := miniatureMaterial(t)
	for gateway, want := range map[string][]string{
		"gateway-public": {
			"gateway public was taken back, and istiod 1-29-0 (1.29.0) can take it again", "every proxy of gateway-public is on default (1.28.3)", "istio-gateway has istio-injection=enabled",
		},
		"home-gateway-public": {
			"gateway public was taken back, and istiod default (1.29.0) can take it again", "every proxy of home-gateway-public is on 1-29-0 (1.29.0)", "istio-gateway has istio.io/rev=1-29-0",
		},
	} {
		_, merged := midUpgrade(t, material, gateway)
		back := mustPlan(t, planner.Input{Tree: merged.After, Environment: "dev", Material: material}).Back
		again := mustPlan(t, planner.Input{Tree: back.After, Environment: "dev", Material: material})
		next := again.Phases[again.Done]
		if next.Name != gateway {
			t.Fatalf("forward again is %s, want %s", next.Name, gateway)
		}
		text := next.EntryGate.Title + "; " + strings.Join(next.Entry, "; ")
		for _, says := range want {
			if !strings.Contains(text, says) {
				t.Errorf("the gate of %s does not say %q: %s", gateway, says, text)
			}
		}
		if strings.Contains(text, "passthrough") {
			t.Errorf("the gate of %s asks for the other gateway: %s", gateway, text)
		}
	}
}
