package conductor

import (
	"slices"

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

func (p *plans) get(commit, to string) (planner.Plan, bool) {
	for _, have := range p.recent {
		if have.commit == commit && have.to == to {
			return have.plan, true
		}
	}
	return planner.Plan{}, false
}

func (p *plans) put(commit, to string, plan planner.Plan) {
	p.recent = slices.Insert(p.recent, 0, planned{commit, to, plan})
	p.recent = p.recent[:min(len(p.recent), keptPlans)]
}
