package config

import (
	"path"
	"regexp"
	"slices"
)

// MergeByPhase is who merges phases of one kind. A kind that is left out goes by policy.merge. The way back of a phase goes by the kind of the phase.
type MergeByPhase struct {
	// The CRDs of the new Istio.
	CRDs MergeWhen `yaml:"crds,omitempty"`
	// The canary control plane.
	Canary MergeWhen `yaml:"canary,omitempty"`
	// A wave that moves to the canary.
	Wave MergeWhen `yaml:"wave,omitempty"`
	// A gateway that moves to the canary.
	Gateway MergeWhen `yaml:"gateway,omitempty"`
	// The CNI plugin.
	CNI MergeWhen `yaml:"cni,omitempty"`
	// The release of Big Bang.
	Bump MergeWhen `yaml:"bump,omitempty"`
	// A wave that comes home.
	Home MergeWhen `yaml:"home,omitempty"`
	// A gateway that comes home.
	HomeGateway MergeWhen `yaml:"home-gateway,omitempty"`
	// The end, when the canary leaves.
	Cleanup MergeWhen `yaml:"cleanup,omitempty"`
}

// MergeOf is who merges a phase of this kind, by the planner's word for it. Of a kind that is not known it is people.
func (p Policy) MergeOf(kind string) MergeWhen {
	by := p.MergeByPhase
	when, known := map[string]MergeWhen{
		"crds": by.CRDs, "canary": by.Canary, "wave": by.Wave, "gateway": by.Gateway, "cni": by.CNI, "bump": by.Bump,
		"home": by.Home, "home-gateway": by.HomeGateway, "cleanup": by.Cleanup,
	}[kind]
	switch {
	case !known:
		return MergeManual
	case when == "":
		return p.Merge
	}
	return when
}

// After is the environment that goes first.
type After struct {
	// Its path.
	Environment string `yaml:"environment"`
	// How long it must have been finished there.
	Age Duration `yaml:"age,omitempty"`
}

// order checks that the environments can come one after the other.
func (v *validator) order(all []Environment) {
	byPath, paths := map[string]Environment{}, []string{}
	for _, e := range all {
		byPath[path.Clean(e.Path)], paths = e, append(paths, e.Path)
	}
	for i, e := range all {
		if e.After == nil {
			continue
		}
		at := item("environments", i) + ".after"
		if e.After.Age < 0 {
			v.problem(at+".age", "is %s, but must not be less than nothing", e.After.Age)
		}
		first, known := byPath[path.Clean(e.After.Environment)]
		switch {
		case e.After.Environment == "":
			v.problem(at+".environment", "is missing; write the path of the environment that goes first")
		case !known:
			v.problem(at+".environment", "is %q, but must be the path of an environment of this file%s", e.After.Environment, didYouMean(e.After.Environment, paths))
		case comesAfter(byPath, first, e.Path):
			v.problem(at+".environment", "is %q, which comes after %s itself; neither could ever begin", e.After.Environment, e.Path)
		}
	}
}

// comesAfter tells whether e waits for the environment with this path, or is it.
func comesAfter(byPath map[string]Environment, e Environment, folder string) bool {
	for range byPath {
		if path.Clean(e.Path) == path.Clean(folder) {
			return true
		}
		if e.After == nil {
			return false
		}
		e = byPath[path.Clean(e.After.Environment)]
	}
	return false
}

var handle = regexp.MustCompile(`^@[A-Za-z0-9_][-A-Za-z0-9_./]*$`)

// escalation checks that who is to be told and when go together.
func (v *validator) escalation(c Config) {
	for i, h := range c.MergeRequests.Escalate {
		if !handle.MatchString(h) {
			meant := ""
			if handle.MatchString("@" + h) {
				meant = `; did you mean "@` + h + `"?`
			}
			v.problem(item("mergeRequests.escalate", i), "is %q, but must be a handle such as \"@mesh-oncall\"%s", h, meant)
		}
	}
	limited := false
	for i, e := range c.Environments {
		p, at := e.Policy, item("environments", i)+".policy.maxDwell"
		longest := slices.Max([]Duration{p.Soak.Wave, p.Soak.Gateway, p.Soak.Bump, p.Soak.Cleanup})
		switch {
		case p.MaxDwell == 0:
			continue
		case len(c.MergeRequests.Escalate) == 0:
			v.problem(at, "is given, but mergeRequests.escalate names nobody to tell; write both")
		case p.MaxDwell <= longest:
			v.problem(at, "is %s, but must be longer than the longest soak, %s", p.MaxDwell, longest)
		}
		limited = true
	}
	if len(c.MergeRequests.Escalate) > 0 && !limited {
		v.problem("mergeRequests.escalate", "is given, but no environment has policy.maxDwell, so nobody would ever be told; write both")
	}
}
