package planner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// midUpgrade is a miniature that has merged the phases up to and with the named one.
func midUpgrade(t *testing.T, material planner.Material, phase string) (plan planner.Plan, at planner.Phase) {
	t.Helper()
	plan = mustPlan(t, planner.Input{Tree: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Material: material})
	for _, p := range plan.Phases {
		if p.Name == phase {
			return plan, p
		}
	}
	t.Fatalf("no phase %s", phase)
	return plan, at
}

func TestAnotherCommitThatChangesWhatAWaveMustHoldIsTakenUpByTheNextPhase(t *testing.T) {
	material := miniatureMaterial(t)
	first, merged := midUpgrade(t, material, "wave-mission")
	values, ok := merged.After.Read("dev/configmap.yaml")
	if !ok {
		t.Fatal("the miniature has no dev/configmap.yaml")
	}
	newApp := strings.Replace(string(values), "  orders:\n", "  late:\n    enabled: true\n    sourceType: git\n    git:\n      repo: https://repo1.dso.mil/example/late.git\n      path: chart\n      tag: 1.0.0\n    namespace:\n      name: ledger\n      create: false\n  orders:\n", 1)
	if newApp == string(values) {
		t.Fatal("the miniature's values no longer hold packages.orders")
	}
	plan := mustPlan(t, planner.Input{
		Tree: merged.After.With(tree.Change{Path: "dev/configmap.yaml", Content: []byte(newApp)}), Environment: "dev", Material: material,
	})
	if plan.Done != merged.Number {
		t.Errorf("%d phases are said to be done, want %d", plan.Done, merged.Number)
	}
	if len(plan.Stale) != 1 || !strings.HasSuffix(plan.Stale[0], "bigbang-postrender.yaml") {
		t.Errorf("stale files are %v, want the postrender patch", plan.Stale)
	}
	next := plan.Phases[plan.Done]
	if !strings.Contains(next.Diff, "name: late") {
		t.Errorf("phase %s does not take the new release up:\n%s", next.Name, next.Diff)
	}
	if next.Before.Equal(first.Phases[plan.Done].Before) {
		t.Error("the next phase does not start from the tree that is there")
	}
}

func TestAFileOfTheUpgradeThatSomebodyEditedStopsIt(t *testing.T) {
	material := miniatureMaterial(t)
	_, merged := midUpgrade(t, material, "wave-stateless")
	for _, file := range []string{"bigbang-postrender.yaml", "bigbang-values.yaml", "control-plane.yaml"} {
		t.Run(file, func(t *testing.T) {
			name := "dev/" + planner.CanaryFolder + "/" + file
			content, _ := merged.After.Read(name)
			edited := merged.After.With(tree.Change{Path: name, Content: append([]byte(string(content)), "# a remark\n"...)})
			_, err := planner.Make(planner.Input{Tree: edited, Environment: "dev", Material: material})
			var refused *planner.Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %v, want a refusal that names %s", err, file)
			}
		})
	}
}

func TestAnEditedCourseStopsTheUpgrade(t *testing.T) {
	material := miniatureMaterial(t)
	_, merged := midUpgrade(t, material, "crds")
	name := "dev/" + planner.CanaryFolder + "/upgrade.yaml"
	content, _ := merged.After.Read(name)
	edited := merged.After.With(tree.Change{Path: name, Content: []byte(strings.Replace(string(content), "- passthrough\n", "", 1))})
	if _, err := planner.Make(planner.Input{Tree: edited, Environment: "dev", Material: material}); err == nil || !strings.Contains(err.Error(), "upgrade.yaml") {
		t.Errorf("got %v, want a refusal that names upgrade.yaml", err)
	}
}
