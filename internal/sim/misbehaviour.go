package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/nearest"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Misbehaviour is one way in which real clusters, and those who work on them, do not do what a merge asked for, or do not show what they do.
type Misbehaviour struct {
	Name     string
	Sentence string // what happens, and what an upgrade must do about it
	Expected Expectation

	// Edit is what somebody did to the repository; nil where the cluster alone misbehaves. It gives the tree back as it is where there is nothing to edit.
	Edit func(t tree.Tree, environment string) tree.Tree

	// begin arms it in a cluster at rest. What it does from then on are hooks, each asked where the cluster would do the ordinary thing.
	begin func(c *Cluster) (hooks, error)
}

// Expectation is what must become of the upgrade.
type Expectation string

// What must become of it.
const (
	StaysClosed   Expectation = "stays closed until healed"
	GoesOn        Expectation = "goes on"
	RefusedAtPlan Expectation = "refused at the plan"
)

// hooks are the places where a cluster may misbehave. A nil one is well behaved.
type hooks struct {
	refuse   func(w *workload) string                               // why a pod of it cannot be created; "" = it can
	seek     func(p *pod) string                                    // revision of the istiod that a proxy looks for; "" = its own
	answer   func(p *pod, i *checks.Istiod)                         // what an istiod pod says, changed in place
	fail     func(a *attempt) error                                 // why a release fails; nil = it does not
	takeBack bool                                                   // what fails fails after it was applied, and is rolled back
	amend    func(w *workload)                                      // what somebody makes of a workload that was just applied
	relabel  func(id render.ID, live, next map[string]string)       // what somebody makes of labels that are being applied; changes next
	fetch    func() (commit string, t tree.Tree, stuck bool)        // what the environment's source gives in place of the newest
	interval func(r *helmRelease, spec time.Duration) time.Duration // how often a release is looked at
	busy     time.Duration                                          // how long routine passes take; 0 = as usual
	endless  func(w *workload) bool                                 // a Job that does not end
	clock    func(time.Time) time.Time                              // what the observer's clock shows
	heal     func()                                                 // puts right what does not right itself
}

// running is a misbehaviour under way.
type running struct {
	Misbehaviour
	hooks
}

// restTime is how long after the first push the cluster is at rest, and misbehaviours begin.
const restTime = 9 * time.Minute

// Misbehaviours lists all, in the order in which an upgrade would meet them.
func Misbehaviours() []Misbehaviour {
	return []Misbehaviour{
		noPrune(), jumpingClock(), staleCommit(), routineBlink(),
		canaryFails(), silentIstiod(), filteredAnswer(),
		silentPostRenderer(), releaseFails(), podDoesNotRoll(), stuckProxy(), endlessJob(), onDelete(), revertedTemplate(), unmeshedWave(), passingPod(),
		uncoveredNamespace(), latePackage(), gatewayReturns(),
	}
}

// MisbehaviourNamed finds one by its name; the error names the nearest.
func MisbehaviourNamed(name string) (Misbehaviour, error) {
	var names []string
	for _, m := range Misbehaviours() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	if near := nearest.Word(name, names); near != "" {
		return Misbehaviour{}, fmt.Errorf("no misbehaviour is called %q; did you mean %q?", name, near)
	}
	return Misbehaviour{}, fmt.Errorf("no misbehaviour is called %q; there are %s", name, strings.Join(names, ", "))
}

// Misbehave begins one now. The cluster must be at rest: victims are chosen among what runs.
func (c *Cluster) Misbehave(name string) error {
	m, err := MisbehaviourNamed(name)
	if err != nil {
		return err
	}
	r := &running{Misbehaviour: m}
	if m.begin != nil {
		if r.hooks, err = m.begin(c); err != nil {
			return fmt.Errorf("misbehave as %s: %w", name, err)
		}
	}
	c.misbehaving = append(c.misbehaving, r)
	return nil
}

// Heal ends one and puts right what it left behind, as the person would who found it.
func (c *Cluster) Heal(name string) error {
	for i, r := range c.misbehaving {
		if r.Name == name {
			c.misbehaving = slices.Delete(c.misbehaving, i, i+1)
			if r.heal != nil {
				r.heal()
			}
			return nil
		}
	}
	return fmt.Errorf("heal %s: the cluster does not misbehave so", name)
}

// misbehaveAtRest begins those that Options name.
func (c *Cluster) misbehaveAtRest() {
	for _, name := range c.options.Misbehave {
		if err := c.Misbehave(name); err != nil && c.trouble == nil {
			c.trouble = err
		}
	}
}

// victim is the first workload of a kind, by namespace, that runs in the mesh and belongs to a HelmRelease: no gateway, and no part of Istio.
func (c *Cluster) victim(kind string) (*workload, error) {
	for _, w := range c.sortedWorkloads() {
		if w.Kind != kind || w.HelmRelease.Name == "" {
			continue
		}
		pods := c.podsOf(w)
		if len(pods) > 0 && pods[0].proxy != nil && !pods[0].gateway() {
			return w, nil
		}
	}
	return nil, fmt.Errorf("no %s of a package runs in the mesh", kind)
}

// gateway pods carry the proxy as the container that they are for.
func (p *pod) gateway() bool {
	return p.proxy != nil && slices.ContainsFunc(p.Containers, func(c checks.Container) bool { return c.Name == "istio-proxy" && !c.Init })
}

// builtIn reports whether a revision is Big Bang's own istiod.
func builtIn(revision string) bool { return revision == "default" }
