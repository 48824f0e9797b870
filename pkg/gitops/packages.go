package gitops

import (
	"cmp"
	"slices"
	"strings"
)

// pinFields fix the version of a package; strongest first among the git ones, as Big Bang itself chooses.
var pinFields = []string{"git.commit", "git.semver", "git.tag", "git.branch", "helmRepo.tag"}

// packageKeys are where the values of a package may stand: at the top, or, from 3.32.0 on, below packages.
func packageKeys(name string) [][]string { return [][]string{{name}, {"packages", name}} }

// packagesOf reads what the readable layers say about Istio's packages. A later layer beats an earlier one, field by field.
func packagesOf(layers []ValuesLayer) map[string]PackageSource {
	packages := map[string]PackageSource{}
	for _, name := range IstioPackages {
		var p PackageSource
		said := false
		for i := range layers {
			l := &layers[i]
			if l.Unreadable != "" {
				if said || l.Found || !l.Optional {
					p.MayBeOverridden = append(p.MayBeOverridden, l.Label())
				}
				continue
			}
			if !l.Found && !l.Optional {
				p.MayBeOverridden = append(p.MayBeOverridden, l.Label())
				continue
			}
			for _, keys := range packageKeys(name) {
				if block := l.root.get(keys...); block.isMapping() {
					said = true
					readPackage(&p, l, block)
				}
			}
		}
		if said || len(p.MayBeOverridden) > 0 {
			packages[name] = p
		}
	}
	return packages
}

// Label names a layer: "ConfigMap common", "inline values".
func (l ValuesLayer) Label() string {
	if l.Kind == "Inline" {
		return "inline spec.values"
	}
	return l.Kind + " " + l.Name
}

// wins reports whether a pin of the field is in force among the readable layers.
func (p PackageSource) wins(field string) bool {
	return slices.ContainsFunc(p.Pins, func(pin Pin) bool { return pin.Field == field && pin.Wins })
}

// pinFinding says what a pin that wins means for an upgrade.
func pinFinding(p PackageSource, pin Pin) (Level, string) {
	mode, field, _ := strings.Cut(pin.Field, ".")
	switch {
	case mode == "git" && p.SourceType == "helmRepo", mode == "helmRepo" && p.SourceType != "helmRepo":
		return Info, "is not used: sourceType is " + cmp.Or(p.SourceType, "git unless the release says otherwise")
	case field == "tag":
		return Warn, "pins its version: a new Big Bang release alone does not change it"
	case field == "branch" && !slices.Contains(p.Emptied, "git.tag"):
		return Info, "is not used: git.tag, the release's own if no other, outranks it"
	case field == "commit" && !p.wins("git.branch"):
		return Warn, "is used only together with git.branch"
	default:
		return Refuse, "is not a tag, so what is deployed is not in Git"
	}
}

func readPackage(p *PackageSource, l *ValuesLayer, block *located) {
	if v := block.get("sourceType"); v != nil && v.text != "" {
		p.SourceType, p.Position, p.Layer, p.MayBeOverridden = v.text, v.pos, l.Label(), nil
	}
	if v := block.get("enabled"); v != nil && v.plain {
		on := strings.EqualFold(v.text, "true")
		p.Enabled = &on
	}
	for _, field := range pinFields {
		v := block.get(strings.Split(field, ".")...)
		if v == nil || v.kind != scalarKind {
			continue
		}
		for i := range p.Pins {
			if p.Pins[i].Field == field {
				p.Pins[i].Wins = false
			}
		}
		p.Emptied = slices.DeleteFunc(p.Emptied, func(f string) bool { return f == field })
		if v.null || v.text == "" {
			p.Emptied = append(p.Emptied, field)
			continue
		}
		p.Pins = append(p.Pins, Pin{Field: field, Value: v.text, Layer: l.Label(), Position: v.pos, Path: v.path, Wins: true})
	}
}
