package conductor

import (
	"slices"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// keptPlans is how many plans are remembered: that of the tip, those of the tips that our branch was made for, and that before the last merge.
const keptPlans = 4

// plans remembers what was planned for a commit. A plan follows from its commit alone, as settings and material never change, so this is a cache and
// nothing else.
type plans struct {
	recent []planned
}

type planned struct {
	commit, to string
	plan       planner.Plan
}

// get gives the plan for a commit with these files: the one that was made for it, or one that has these very files in its course. Every tree of a course
// follows from the tree before the upgrade, so planning from the middle gives the same plan again.
func (p *plans) get(commit, to string, files tree.Tree) (planner.Plan, bool) {
	for _, have := range p.recent {
		if have.commit == commit && have.to == to {
			return have.plan, true
		}
	}
	for _, have := range p.recent {
		if to != "" && to != have.plan.To.Release {
			continue
		}
		// After the last phase there is no course any more, so that is no place to plan from.
		for i, phase := range have.plan.Phases[:len(have.plan.Phases)-1] {
			if files.Equal(phase.After) {
				have.plan.Done = i + 1
				return have.plan, true
			}
		}
	}
	return planner.Plan{}, false
}

// put remembers the plan for a commit.
func (p *plans) put(commit, to string, plan planner.Plan) {
	p.recent = slices.Insert(p.recent, 0, planned{commit, to, plan})
	p.recent = p.recent[:min(len(p.recent), keptPlans)]
}
