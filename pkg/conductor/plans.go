package conductor

import (
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
	source := &witness{Material: c.Material}
	plan, err := planner.Make(planner.Input{Tree: files, Environment: environment, To: to, Policy: c.Policy, Material: source})
	switch {
	case err == nil:
		c.plans.put(commit, to, plan)
	case source.failed != nil:
		// A source that cannot be reached says nothing about the files, so this is no refusal: the next look tries again.
		return planner.Plan{}, source.failed
	}
	return plan, err
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
