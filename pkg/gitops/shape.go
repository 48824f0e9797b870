package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// eraOf tells an environment's era by its version, and where that is not a release's number by the shape of its values.
func (d *discovery) eraOf(e *Environment, o *overlay) {
	if v, ok := releaseOf(e.Release.Version); ok && e.Release.Reference != "branch" && e.Release.Reference != "commit" {
		e.Era, e.EraWhy = eraOf(v)
		return
	}
	for _, p := range e.Release.Places {
		if v, ok := releaseOf(p.Value); ok && p.Base && e.Release.Reference == "" {
			e.Era, e.EraWhy = eraOf(v)
			e.EraWhy = "its base/ is " + v + ": " + e.EraWhy
			return
		}
	}
	for _, l := range e.Layers {
		for _, shape := range []struct {
			key string
			era Era
		}{{"istiod", Operatorless}, {"istioCRDs", Operatorless}, {"istiooperator", Operator}, {"istioOperator", Operator}} {
			if v := l.root.get(shape.key); v != nil {
				e.Era = shape.era
				e.EraWhy = fmt.Sprintf("no release's number is written, but values set %s at %s", shape.key, at(v.pos))
				return
			}
		}
	}
	e.EraWhy = "neither a release's number nor a values key tells"
}

// experiments are the values shapes in which a canary inside Big Bang was tried in 2021; no release has ever read them.
var experiments = [][]string{
	{"istio", "controlplanes"}, {"istio", "operators"}, {"istiooperator", "canary"}, {"istiooperator", "revision"}, {"istios"}, {"istiooperators"},
}

// unsupported names everything found that no plan can be made for.
func (d *discovery) unsupported(environments []Environment) []Unsupported {
	var found []Unsupported
	for i := range environments {
		found = append(found, d.unsupportedEnvironment(&environments[i])...)
	}
	for _, m := range d.scan.uds {
		found = append(found, Unsupported{Position: m.pos, What: "UDS bundle", Reason: "it is deployed by uds, not by Flux from this repository"})
	}
	packages := len(found)
	for _, m := range d.scan.zarf {
		if v := bigBangExtension(m.root); v != nil {
			reason := "Big Bang is an extension of a Zarf package: no Flux source in Git says which release is deployed"
			if version := v.str("version"); version != "" && !strings.Contains(version, "###") {
				reason += fmt.Sprintf(" (the package says %s)", version)
			}
			found = append(found, Unsupported{Position: v.pos, What: "Zarf package with the bigbang extension", Reason: reason})
		}
	}
	if len(found) == packages && len(environments) == 0 && len(d.scan.zarf) > 0 {
		found = append(found, Unsupported{Position: d.scan.zarf[0].pos, What: "Zarf package", Reason: "it is deployed by zarf, not by Flux from this repository"})
	}
	for _, m := range d.scan.umbrellas {
		if !d.reached(m.pos.File) {
			found = append(found, Unsupported{Position: m.pos, What: "HelmRelease of Big Bang outside a Kustomize overlay", Reason: "no Kustomization lists this file, so there is nothing to add a patch to"})
		}
	}
	if len(environments) == 0 && len(found) == 0 {
		reason := "no Kustomization reaches HelmRelease/bigbang or a Big Bang base/, and there is no Zarf package with the bigbang extension"
		if n := len(d.scan.unread); n > 0 {
			reason += fmt.Sprintf("; %s could not be read, as the notes say", count(n, "file"))
		}
		found = append(found, Unsupported{What: "not a Big Bang repository", Reason: reason})
	}
	return found
}

func (d *discovery) reached(file string) bool {
	for _, o := range d.overlays {
		if o.reads(file) {
			return true
		}
	}
	return d.scan.listed[file]
}

// bigBangExtension is extensions.bigbang of a Zarf package's component.
func bigBangExtension(root *located) *located {
	for _, c := range root.list("components") {
		if v := c.get("extensions", "bigbang"); v != nil {
			return v
		}
	}
	return nil
}

func (d *discovery) unsupportedEnvironment(e *Environment) []Unsupported {
	pos := Position{File: e.Kustomization}
	if p, ok := e.Release.Winner(); ok {
		pos = p.Position
	} else if len(e.Release.Places) > 0 {
		pos = e.Release.Places[0].Position
	}
	release := e.Release.Version
	switch e.Release.Reference {
	case "":
		release = "unknown release"
	case "branch", "commit":
		release = e.Release.Reference + " " + release
	}
	var found []Unsupported
	add := func(pos Position, what, reason string, args ...any) {
		found = append(found, Unsupported{Position: pos, Environment: e.ID, What: what, Reason: fmt.Sprintf(reason, args...)})
	}
	switch e.Era {
	case Operator:
		add(pos, fmt.Sprintf("operator era (Big Bang %s)", release), "planning starts at 3.0.0")
	case Both:
		add(pos, fmt.Sprintf("operator era, with the new packages beside it (Big Bang %s)", release),
			"planning starts at 3.0.0; the step from 2.54 to 3.0 moves the gateways to another namespace and cannot be a canary")
	case UnknownEra:
		if e.Flavour == "" && e.HelmRelease.Name != "" {
			break // said below
		}
		add(pos, fmt.Sprintf("unknown era (Big Bang %s)", release), "%s", e.EraWhy)
	}
	for _, l := range e.Layers {
		for _, steps := range experiments {
			if v := l.root.get(steps...); v != nil {
				add(v.pos, "experiment of 2021 ("+strings.Join(steps, ".")+")", "no Big Bang release reads these values")
			}
		}
	}
	if start, ok := d.quickStart(e); ok {
		add(start, "Quick-Start shape", "one folder holds bootstrap, all values and the release of a throw-away cluster; there is no environment over a base to change")
	}
	if e.Flavour == "" && e.HelmRelease.Name != "" {
		hr := d.overlays[e.ID].umbrella()
		if ref := hr.root.get("spec", "chartRef"); ref != nil {
			add(ref.pos, "HelmRelease with chartRef to "+ref.str("kind"), "the umbrella is read from a GitRepository or a HelmRepository only")
		} else {
			add(hr.root.pos, "unknown source of the umbrella", "its chart comes from %q, neither a GitRepository nor a HelmRepository", e.Source.Kind)
		}
	}
	return found
}

// quickStart tells the Quick-Start's shape: the folder itself builds on Big Bang's base, makes its values from one values.yaml, and holds start.yaml.
func (d *discovery) quickStart(e *Environment) (Position, bool) {
	start := path.Join(e.ID, "start.yaml")
	if _, ok := d.tree.Read(start); !ok || len(e.Bases) > 0 || !slices.Contains(e.Files, path.Join(e.ID, "values.yaml")) {
		return Position{}, false
	}
	line := 1
	if e.Flux != nil && e.Flux.Position.File == start {
		line = e.Flux.Position.Line
	}
	return Position{File: start, Line: line}, true
}
