package gitops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// ourLine is a text that an upgrade edits and that another updater must leave alone.
type ourLine struct {
	pos   Position
	value string
	kind  PlaceKind
}

// ourLines are the release places and the pins of Istio's packages; files are those an upgrade may write release references to.
func ourLines(environments []Environment) (lines []ourLine, files []string) {
	for _, e := range environments {
		files = append(files, e.Kustomization)
		for _, p := range e.Release.Places {
			if !p.Inert {
				lines = append(lines, ourLine{p.Position, p.Value, p.Kind})
			}
			files = append(files, p.Position.File)
		}
		for _, name := range IstioPackages {
			for _, pin := range e.Packages[name].Pins {
				lines = append(lines, ourLine{pos: pin.Position, value: pin.Value})
				files = append(files, pin.Position.File)
			}
		}
	}
	slices.Sort(files)
	return lines, slices.Compact(files)
}

// updaters finds other programs that would propose version changes, and which of our lines they would change.
func (d *discovery) updaters(environments []Environment) []Updater {
	lines, files := ourLines(environments)
	var found []Updater
	for _, name := range []string{
		"renovate.json", "renovate.json5", ".github/renovate.json", ".github/renovate.json5", ".gitlab/renovate.json", ".gitlab/renovate.json5",
		".renovaterc", ".renovaterc.json", ".renovaterc.json5", "package.json",
	} {
		src, ok := d.tree.Read(name)
		if !ok {
			continue
		}
		if name == "package.json" {
			var p struct {
				Renovate json.RawMessage `json:"renovate"`
			}
			if json.Unmarshal(src, &p) != nil || len(p.Renovate) == 0 {
				continue
			}
			src = p.Renovate
		}
		found = append(found, d.renovate(name, src, lines, files, environments))
	}
	for _, name := range []string{".github/dependabot.yml", ".github/dependabot.yaml"} {
		if src, ok := d.tree.Read(name); ok {
			found = append(found, dependabot(name, src))
		}
	}
	for _, m := range d.scan.automations {
		found = append(found, d.imageAutomation(m, lines))
	}
	return found
}

// dependabot has no ecosystem that reads remote bases, GitRepositories or HelmReleases.
func dependabot(name string, src []byte) Updater {
	u := Updater{Name: "Dependabot", Position: Position{File: name, Line: 1}}
	var config struct {
		Updates []struct {
			Ecosystem string `json:"package-ecosystem"`
		} `json:"updates"`
	}
	if err := yaml.Unmarshal(src, &config); err != nil {
		u.Notes = append(u.Notes, "its configuration is not YAML: "+firstLine(err.Error()))
		return u
	}
	var names []string
	for _, up := range config.Updates {
		names = append(names, up.Ecosystem)
	}
	u.Notes = append(u.Notes, fmt.Sprintf("watches %s; none of its ecosystems reads remote bases, GitRepositories or HelmReleases", strings.Join(names, ", ")))
	return u
}

// imageAutomation changes lines that carry a setter comment.
func (d *discovery) imageAutomation(m manifest, lines []ourLine) Updater {
	u := Updater{Name: "Flux image automation", Position: m.pos}
	scope := path.Clean(strings.TrimPrefix(m.root.str("spec", "update", "path"), "/"))
	for _, l := range lines {
		src, ok := d.tree.Read(l.pos.File)
		if !ok || (scope != "." && !strings.HasPrefix(l.pos.File, scope+"/")) {
			continue
		}
		if text := lineOf(src, l.pos.Line); bytes.Contains(text, []byte(`"$imagepolicy"`)) {
			u.Bumps = append(u.Bumps, Bump{Position: l.pos, Manager: "setter comment", Value: l.value})
		}
	}
	if len(u.Bumps) > 0 {
		u.IgnoreRule = `remove the comment # {"$imagepolicy": …} from these lines`
	}
	return u
}

func lineOf(src []byte, line int) []byte {
	for i := 1; ; i++ {
		text, rest, more := bytes.Cut(src, []byte("\n"))
		if i == line {
			return text
		}
		if !more {
			return nil
		}
		src = rest
	}
}
