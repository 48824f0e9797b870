package gitops

import "strings"

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
		if v.null || v.text == "" {
			continue
		}
		p.Pins = append(p.Pins, Pin{Field: field, Value: v.text, Layer: l.Label(), Position: v.pos, Path: v.path, Wins: true})
	}
}
