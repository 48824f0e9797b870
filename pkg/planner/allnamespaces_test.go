package planner_test

import (
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// A namespace that lost its label after its own wave, and whose pods came up bare, is seen by no check of proxies: the gates around what is taken away
// must look at every label.
func TestGatesAroundBumpAndCleanupLookAtEveryNamespaceOfTheCourse(t *testing.T) {
	plan, _ := midUpgrade(t, miniatureMaterial(t), "crds")
	for _, phase := range plan.Phases {
		labels := map[string]string{"istio.io/rev": plan.Revision}
		switch phase.Kind {
		case planner.Cleanup:
			labels = map[string]string{"istio-injection": "enabled"}
		case planner.Bump:
		default:
			continue
		}
		t.Run(phase.Name, func(t *testing.T) {
			whole := &checks.Observation{}
			for _, group := range append(plan.Waves, plan.Gateways[0]) {
				for _, ns := range group.Namespaces {
					whole.Namespaces = append(whole.Namespaces, checks.Namespace{Name: ns, Labels: labels})
				}
			}
			if got := namespaceVerdict(phase.ExitGate.Evaluate(whole, checks.Merge{})); got != checks.Pass {
				t.Fatalf("with every label as planned the namespaces are %s", got)
			}
			for i := range whole.Namespaces {
				name, had := whole.Namespaces[i].Name, whole.Namespaces[i].Labels
				whole.Namespaces[i].Labels = nil
				if got := namespaceVerdict(phase.ExitGate.Evaluate(whole, checks.Merge{})); got == checks.Pass {
					t.Errorf("namespace %s has lost its label, and the gate does not see it", name)
				}
				whole.Namespaces[i].Labels = had
			}
		})
	}
}

// namespaceVerdict finds the answer about labels in a verdict tree.
func namespaceVerdict(r checks.Result) checks.Verdict {
	if r.Name == "labels" {
		return r.Verdict
	}
	for _, c := range r.Children {
		if v := namespaceVerdict(c); v != checks.Unknown {
			return v
		}
	}
	return checks.Unknown
}
