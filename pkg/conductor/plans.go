package conductor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// planAt fills in Plan and Done, or Refusal.
func (c *Conductor) planAt(s *State, commit string, files tree.Tree, to string) error {
	plan, err := c.plan(commit, files, s.Environment, to)
	var refused *planner.Refused
	switch {
	case errors.As(err, &refused):
		s.Refusal = err
		return nil
	case err != nil:
		return fmt.Errorf("plan %s at %.8s: %w", s.Environment, commit, err)
	}
	s.Plan, s.Done = &plan, plan.Done
	return nil
}

// plan makes the plan for a commit, or remembers it.
func (c *Conductor) plan(commit string, files tree.Tree, environment, to string) (planner.Plan, error) {
	if plan, ok := c.plans.get(commit, to, files); ok {
		return plan, nil
	}
	return c.make(commit, files, environment, to)
}

func (c *Conductor) make(commit string, files tree.Tree, environment, to string) (planner.Plan, error) {
	source := &witness{Material: c.Material}
	plan, err := c.Plan(planner.Input{Tree: files, Environment: environment, To: to, Policy: c.Policy, Material: source})
	switch {
	case err == nil:
		c.plans.put(commit, to, plan)
	case source.failed != nil:
		// A source that cannot be reached says nothing about the files, so this is no refusal: the next look tries again.
		return planner.Plan{}, source.failed
	}
	return plan, err
}

// planBack is plan with the way back in it, where that is wanted.
func (c *Conductor) planBack(commit string, files tree.Tree, environment, to string, back bool) (planner.Plan, error) {
	plan, err := c.plan(commit, files, environment, to)
	if err != nil || !back || plan.Back != nil || plan.Done == 0 || plan.Done == len(plan.Phases) {
		return plan, err
	}
	if plan, ok := c.plans.back(to, files); ok {
		return plan, nil
	}
	return c.make(commit, files, environment, to)
}

// witness remembers that material could not be read.
type witness struct {
	planner.Material
	failed error
}

func (w *witness) saw(err error) error {
	if err != nil && !errors.Is(err, release.ErrNotAtHand) && w.failed == nil {
		w.failed = err
	}
	return err
}

func (w *witness) Release(version string) (release.Release, error) {
	r, err := w.Material.Release(version)
	return r, w.saw(err)
}

func (w *witness) Folder(version, folder string) (map[string][]byte, error) {
	files, err := w.Material.Folder(version, folder)
	return files, w.saw(err)
}

func (w *witness) Umbrella(version string) (*render.Chart, error) {
	chart, err := w.Material.Umbrella(version)
	return chart, w.saw(err)
}

func (w *witness) Package(name, tag string) (*render.Chart, error) {
	chart, err := w.Material.Package(name, tag)
	return chart, w.saw(err)
}

// keptPlans is how many plans are remembered: that of the tip, with the way back and without, those of the tips that our branch was made for, and that before the last
// merge.
const keptPlans = 6

// plans remembers what was planned for a commit. A plan follows from its commit alone, as settings and material never change, so this is a cache and
// nothing else.
type plans struct {
	recent []planned
	most   int // 0 = keptPlans
}

type planned struct {
	commit, to string
	plan       planner.Plan
}

// stands tells whether a plan was made for these very files, in the middle of an upgrade.
func (p planned) stands(to string, files tree.Tree) bool {
	plan := p.plan
	return (to == "" || to == plan.To.Release) && plan.Done > 0 && plan.Done < len(plan.Phases) && files.Equal(plan.Phases[plan.Done].Before)
}

// straight tells whether a plan was made on the way forward. One that was made after a step back may take up the next phase from another tree.
func (p planned) straight() bool {
	plan := p.plan
	return plan.Done == 0 || plan.Done < len(plan.Phases) && plan.Phases[plan.Done].Before.Equal(plan.Phases[plan.Done-1].After)
}

// back gives a plan for these files that has the way back in it.
func (p *plans) back(to string, files tree.Tree) (planner.Plan, bool) {
	for _, have := range p.recent {
		if have.plan.Back != nil && have.stands(to, files) {
			return have.plan, true
		}
	}
	return planner.Plan{}, false
}

// get gives the plan for a commit with these files: the one that was made for it, or one that has these very files in its course. Every tree of a course
// follows from the tree before the upgrade, so planning from the middle gives the same plan again.
func (p *plans) get(commit, to string, files tree.Tree) (planner.Plan, bool) {
	for _, have := range p.recent {
		if have.commit == commit && have.to == to || have.stands(to, files) {
			return have.plan, true
		}
	}
	for _, have := range p.recent {
		if to != "" && to != have.plan.To.Release || !have.straight() {
			continue
		}
		// After the last phase there is no course any more, so that is no place to plan from.
		for i, phase := range have.plan.Phases[:len(have.plan.Phases)-1] {
			if files.Equal(phase.After) {
				if have.plan.Done != i+1 {
					have.plan.Done, have.plan.Back = i+1, nil
				}
				return have.plan, true
			}
		}
	}
	return planner.Plan{}, false
}

// put remembers the plan for a commit.
func (p *plans) put(commit, to string, plan planner.Plan) {
	p.recent = slices.DeleteFunc(p.recent, func(have planned) bool { return have.commit == commit && have.to == to })
	p.recent = slices.Insert(p.recent, 0, planned{commit, to, plan})
	p.recent = p.recent[:min(len(p.recent), cmp.Or(p.most, keptPlans))]
}
