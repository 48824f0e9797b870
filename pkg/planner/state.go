package planner

import (
	"fmt"
	"slices"
)

// state is what the files hold of an upgrade. Each phase is a step from one state to the next.
type state struct {
	crds, canary, cni, bumped bool

	waves        []string // names of the waves that are on the canary, in the course's order
	gatewayLabel bool     // the gateways' namespace is on the canary
	gateways     []string // gateways that were restarted for the canary, in the course's order
}

// begun tells whether anything temporary is in the tree.
func (s state) begun() bool { return s.crds }

// moving tells whether the postrender patch is needed.
func (s state) moving() bool { return len(s.waves) > 0 || s.gatewayLabel || len(s.gateways) > 0 }

// step is a phase before it is rendered and worded.
type step struct {
	kind  Kind
	name  string
	group string // wave or gateway
	after state
}

// steps lists the phases of a course in order. Phases are never combined across bump.
func steps(c Course) []step {
	var all []step
	var s state
	add := func(kind Kind, name, group string, change func(*state)) {
		s.waves, s.gateways = slices.Clone(s.waves), slices.Clone(s.gateways)
		change(&s)
		all = append(all, step{kind: kind, name: name, group: group, after: s})
	}

	if c.Combine {
		add(Canary, "canary", "", func(s *state) { s.crds, s.canary = true, true })
	} else {
		add(CRDs, "crds", "", func(s *state) { s.crds = true })
		add(Canary, "canary", "", func(s *state) { s.canary = true })
	}
	for _, w := range c.Waves {
		add(Wave, "wave-"+w.Name, w.Name, func(s *state) { s.waves = append(s.waves, w.Name) })
	}
	for _, g := range c.Gateways {
		add(Gateway, "gateway-"+g, g, func(s *state) {
			s.gatewayLabel = true
			s.gateways = append(s.gateways, g)
		})
	}
	if c.CNI {
		add(CNI, "cni", "", func(s *state) { s.cni = true })
	}
	add(Bump, "bump", "", func(s *state) { s.bumped = true })
	for _, w := range c.Waves {
		add(Home, "home-"+w.Name, w.Name, func(s *state) { s.waves = without(s.waves, w.Name) })
	}
	for _, g := range c.Gateways {
		// The label goes with the first gateway: were it kept until the last, the pod of the first would come back on the canary.
		add(HomeGateway, "home-gateway-"+g, g, func(s *state) {
			s.gatewayLabel = false
			s.gateways = without(s.gateways, g)
		})
	}
	add(Cleanup, "cleanup", "", func(s *state) { *s = state{bumped: true} })
	return all
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == name })
}

// title is the heading of a phase.
func (s step) title(c Course) string {
	return map[Kind]string{
		CRDs:    fmt.Sprintf("bring the Istio CRDs to %s", c.To.Istio),
		Canary:  fmt.Sprintf("add istiod %s beside the built-in one", c.Revision),
		Wave:    fmt.Sprintf("move wave %s to istiod %s", s.group, c.Revision),
		Gateway: fmt.Sprintf("move gateway %s to istiod %s", s.group, c.Revision),
		CNI:     fmt.Sprintf("bring the Istio CNI to %s", c.To.Istio),
		Bump:    fmt.Sprintf("bump Big Bang from %s to %s", c.From.Release, c.To.Release),
		Home:    fmt.Sprintf("bring wave %s home to the built-in istiod %s", s.group, c.To.Istio),
		HomeGateway: fmt.Sprintf("bring gateway %s home to the built-in istiod %s",
			s.group, c.To.Istio),
		Cleanup: fmt.Sprintf("remove istiod %s and everything temporary", c.Revision),
	}[s.kind]
}
