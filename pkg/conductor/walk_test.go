package conductor

import (
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func TestWholeUpgradeByPromotionLeavesNoTrace(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			l := newLab(t, flavour)
			l.plans = nil
			start := l.main()
			plan, err := planner.Make(planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
			if err != nil {
				t.Fatal(err)
			}
			c := l.conductor()
			for number := 1; number <= len(plan.Phases); number++ {
				l.until(c, fmt.Sprintf("phase %d is ready", number), func(s Status) bool { return s.Situation == Ready && s.Request == number })
				l.comment(l.ana, number, "/canary promote")
				l.look(c)
			}
			l.until(c, "the upgrade is finished", func(s Status) bool { return s.Situation == Finished })
			if got := l.main(); !got.Equal(plan.InPlace) {
				t.Errorf("promise 1: the tree is not that of the in-place bump:\n%s", tree.Patch(plan.InPlace, got))
			}
			if got := len(l.requests()); got != len(plan.Phases) {
				t.Errorf("%d merge requests for %d phases", got, len(plan.Phases))
			}
			for _, r := range l.requests() {
				if r.State != forge.Merged || len(l.notes(r.Number)) != 1 {
					t.Errorf("!%d is %s with %d notes", r.Number, r.State, len(l.notes(r.Number)))
				}
			}
		})
	}
}
