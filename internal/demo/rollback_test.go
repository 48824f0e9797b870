package demo_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestAnUpgradeThatIsTurnedRoundLeavesNothingAtAll(t *testing.T) {
	for at, want := range map[string]int{"4": 4, "home-stateless": 9} {
		t.Run(at, func(t *testing.T) {
			if testing.Short() && want > 4 {
				t.Skip("one is walked in short tests")
			}
			o := options(t, "git", "dev")
			o.RollbackAt = at
			outcome, err := demo.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			proof := outcome.Prove()
			if !proof.Holds() || !outcome.Final.Equal(o.Repository) {
				t.Errorf("promise 1 is broken:\n%s", proof.Trace)
			}
			if outcome.Turn == nil || outcome.Turn.Phase.Number != want || !outcome.Turn.Tree.Equal(outcome.Plan.Phases[want-1].After) {
				t.Errorf("it was turned round at %+v, want phase %d", outcome.Turn, want)
			}
			if outcome.Requests != 2*want+1 { // and the one that was closed at the turn
				t.Errorf("%d merge requests", outcome.Requests)
			}
			old := outcome.Plan.Upgrade.Old
			for _, p := range outcome.Truth.Proxies {
				if p.Injected != old.Revision || p.Version != old.Version || p.Connected != old.Revision {
					t.Errorf("%s/%s is still of %s %s, connected to %q", p.Namespace, p.Pod, p.Injected, p.Version, p.Connected)
				}
			}
			if slices.Contains(outcome.Truth.Objects, "istiod-"+outcome.Plan.Revision) {
				t.Error("the canary is still there")
			}
			if text := proof.Text("3.19.0"); !strings.Contains(text, "dev/istio-canary/upgrade.yaml (+") || !strings.Contains(text, "files compared with the tree before the upgrade, byte for byte: no difference") {
				t.Errorf("the proof does not say what was there and that it is gone:\n%s", text)
			}
		})
	}
}

func TestThereIsNoWayBackFromAPhaseThatIsNotThere(t *testing.T) {
	for _, at := range []string{"wave-nine", "0", "14", "cleanup"} {
		o := options(t, "git", "dev")
		o.RollbackAt = at
		_, err := demo.Run(t.Context(), o)
		var phase *demo.PhaseError
		if !errors.As(err, &phase) || len(phase.Phases) != 13 || !strings.Contains(err.Error(), "1 crds, 2 canary, 3 wave-stateless") {
			t.Errorf("%s: got %v", at, err)
		}
	}
}

func TestAProofOfAWayBackThatDoesNotHoldSaysSo(t *testing.T) {
	var o demo.Outcome
	o.Plan.Start = tree.New(map[string][]byte{"a": []byte("release: 1\n")})
	o.Final = o.Plan.Start.With(tree.Change{Path: "left-over", Content: []byte("x\n")})
	o.Turn = &demo.Turn{Tree: o.Final}
	if proof := o.Prove(); proof.Holds() || !strings.Contains(proof.Text("2"), "BROKEN. This is left beyond the tree before the upgrade") || !strings.Contains(proof.Trace, "left-over") {
		t.Errorf("a file that was left over is not shown:\n%s", proof.Text("2"))
	}
}

// TestTheTruthDeniesAStepBackThatTakesAwayWhatIsUsed: else holding gates of the way back against it would prove nothing.
func TestTheTruthDeniesAStepBackThatTakesAwayWhatIsUsed(t *testing.T) {
	o := options(t, "git", "dev")
	outcome, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, phase := range outcome.Plan.Phases[:len(outcome.Plan.Phases)-1] {
		// At the end everything is at home, on the new version, and the canary is gone.
		denied := len(demo.DeniedBack(outcome.Plan, i, outcome.Truth)) > 0
		want := phase.Name != "crds" && phase.Name != "canary" && phase.Name != "cni"
		if denied != want {
			t.Errorf("taking back %s is denied: %t, want %t", phase.Name, denied, want)
		}
	}
}
