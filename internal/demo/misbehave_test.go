package demo_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// stops says, for each misbehaviour that stops an upgrade, before which phase it does, and what the bot must say there.
var stops = map[string]struct {
	before string // "" = no plan is made; "*" = wherever a soak begins
	says   []string
}{
	"no-prune":            {"", []string{"does not prune", "prune: true", "bigbang.yaml:"}},
	"jumping-clock":       {"*", []string{"The cluster was"}},
	"stale-commit":        {"canary", []string{"GitRepository environment-repo is at main@sha1:", "the merge is"}},
	"canary-fails":        {"wave-stateless", []string{"HelmRelease bigbang/istiod-1-29-0 failed", "image registry is not allowed"}},
	"silent-istiod":       {"wave-stateless", []string{"Not known:", "(1-29-0) did not answer: context deadline exceeded"}},
	"filtered-answer":     {"wave-observability", []string{"Not known:", "2 running proxies of 14 are connected to no istiod that answered"}},
	"silent-postrenderer": {"wave-observability", []string{"HelmRelease bigbang/bigbang: a postRenderer failed and Flux calls it Ready"}},
	"release-fails":       {"wave-observability", []string{"HelmRelease bigbang/kiali failed and was taken back", "job kiali-test failed"}},
	"pod-does-not-roll":   {"wave-observability", []string{"Deployment kiali/kiali-kiali: its rollout is stuck", "exceeded quota"}},
	"stuck-proxy":         {"wave-observability", []string{"connected to default although 1-29-0 injected it", "delete pod kiali-kiali-"}},
	"endless-job":         {"wave-observability", []string{"Job kiali/reindex: pod of a Job: it stays until it ends"}},
	"on-delete":           {"gateway-passthrough", []string{"StatefulSet ledger/ledger: update strategy OnDelete", "delete pod, one after the other"}},
	"reverted-template":   {"wave-observability", []string{"Deployment kiali/kiali-kiali", "although Flux calls everything settled"}},
	"unmeshed-wave":       {"wave-observability", []string{"namespace kiali has no istio.io/rev, wanted istio.io/rev=1-29-0"}},
	"passing-pod":         {"wave-observability", []string{"4m"}},
	"uncovered-namespace": {"bump", []string{"no wave covers", "Deployment sandbox/tinker"}},
	"gateway-returns":     {"home-gateway-public", []string{"passthrough-ingressgateway: its next pod would get 1-29-0", "istio.io/rev=1-29-0"}},
}

// TestNoGateOpensThatTheClusterDenies walks a whole upgrade through each misbehaviour. The demo itself holds every open gate against the truth.
func TestNoGateOpensThatTheClusterDenies(t *testing.T) {
	o := options(t, "git", "dev")
	for _, m := range sim.Misbehaviours() {
		t.Run(m.Name, func(t *testing.T) {
			if testing.Short() && m.Name != "endless-job" {
				t.Skip("one is walked through, in short tests")
			}
			o := o
			o.Dir, o.Misbehave = t.TempDir(), m.Name
			outcome, err := demo.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if outcome.Status.Situation != conductor.Finished || !outcome.Prove().Holds() {
				t.Errorf("the upgrade ends %s; promise 1 holds: %v", outcome.Status.Situation, outcome.Prove().Holds())
			}
			if least := len(outcome.Plan.Phases); outcome.Open < least {
				t.Errorf("%d open gates were held against the truth, and %d were passed", outcome.Open, least)
			}
			wantTrouble(t, *outcome.Trouble)
		})
	}
}

func wantTrouble(t *testing.T, got demo.Trouble) {
	t.Helper()
	want, stopped := stops[got.Name]
	if got.Stopped() != stopped || stopped == (got.Expected == sim.GoesOn) {
		t.Fatalf("it is to end %q; it was stopped: %v; the test says that it is: %v", got.Expected, got.Stopped(), stopped)
	}
	if !stopped {
		return
	}
	if refused := got.Met.Situation == conductor.Refused; refused != (got.Expected == sim.RefusedAtPlan) {
		t.Errorf("the situation is %s", got.Met.Situation)
	}
	text := strings.Join(strings.Fields(got.Met.Text(400)), " ")
	if got.Met.Phase != want.before && want.before != "*" {
		t.Errorf("it stops before %q, want %q:\n%s", got.Met.Phase, want.before, got.Met.Text(160))
	}
	for _, says := range want.says {
		if !strings.Contains(text, says) {
			t.Errorf("the bot does not say %q:\n%s", says, got.Met.Text(160))
		}
	}
}

// TestTheTruthDeniesAPhaseThatHasNotHappened: else holding gates against it would prove nothing.
func TestTheTruthDeniesAPhaseThatHasNotHappened(t *testing.T) {
	o := options(t, "git", "dev")
	outcome, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// At the end everything is at home, so a gate that let the waves or cleanup be passed now would lie.
	for done, phase := range outcome.Plan.Phases {
		denied := demo.Denied(outcome.Plan, done+1, "", outcome.Truth)
		last := done+1 == len(outcome.Plan.Phases)
		if home := strings.HasPrefix(phase.Name, "home-"); (len(denied) == 0) != (last || home) {
			t.Errorf("after %s the truth denies %q", phase.Name, denied)
		}
	}
}
