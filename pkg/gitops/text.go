package gitops

import (
	"fmt"
	"slices"
	"strings"
)

// Text is the page that `linnet inspect` prints. Words are wrapped at width columns (at least 40); a path longer than that stays whole.
func (r Repository) Text(width int) string {
	p := page{width: max(width, 40)}
	for i, e := range r.Environments {
		if i > 0 {
			p.blank()
		}
		r.environmentText(&p, e)
	}
	p.unsupported(r.Unsupported)
	p.updaters(r.Updaters)
	p.notes("Notes", r.Notes)
	if len(r.Environments) == 0 && len(r.Unsupported) == 0 {
		p.line(0, "No environment found.")
	}
	return p.b.String()
}

func (r Repository) environmentText(p *page, e Environment) {
	p.line(0, "Environment "+e.ID)
	p.field("release", releaseText(e))
	p.field("flavour", flavourText(e))
	p.field("applied by", fluxText(e))
	p.field("build", buildText(e))
	p.list("written at", len(e.Release.Places), func(i int) { p.place(e.Release.Places[i]) })
	p.list("values, weakest first", len(e.Layers), func(i int) { p.layer(i, e.Layers[i]) })
	p.packages(e)
	p.list("patches on "+e.HelmRelease.Kind+"/"+e.HelmRelease.Name, len(e.Patches), func(i int) {
		patch := e.Patches[i]
		p.item(fmt.Sprintf("%s  %s: %s", at(patch.Position), patch.Form, strings.Join(patch.Touches, ", ")))
	})
	if e.PostRenderers > 0 {
		p.field("postRenderers", count(e.PostRenderers, "entry")+" already there; ours would be appended")
	}
	p.namespaces(e.MissionNamespaces)
	p.notes("findings", e.Findings)
}

// namespaces lists the first few: a repository may hold hundreds, and JSON has them all.
func (p *page) namespaces(list []MissionNamespace) {
	const shown = 12
	p.list("mission namespaces", min(len(list), shown), func(i int) {
		n := list[i]
		text := fmt.Sprintf("%s  %s, %s", n.Name, at(n.Position), n.Via)
		if n.Injection != "" {
			text += ", istio-injection: " + n.Injection
		}
		if n.Rev != "" {
			text += ", istio.io/rev: " + n.Rev
		}
		p.item(text)
	})
	if len(list) > shown {
		p.item(fmt.Sprintf("and %d more", len(list)-shown))
	}
}

func releaseText(e Environment) string {
	version := e.Release.Version
	if version == "" {
		version = "not known"
	}
	era := string(e.Era)
	if era == "" {
		era = "era not known"
	}
	if e.Release.Reference != "" && e.Release.Reference != "tag" && e.Release.Reference != "version" {
		version = e.Release.Reference + " " + version
	}
	return fmt.Sprintf("%s (%s)", version, era)
}

func flavourText(e Environment) string {
	switch e.Flavour {
	case GitFlavour:
		return "gitRepo: the chart comes from " + e.Source.Kind + "/" + e.Source.Name
	case HelmRepoFlavour:
		return "helmRepo: the chart comes from " + e.Source.Kind + "/" + e.Source.Name
	default:
		return "not known"
	}
}

func fluxText(e Environment) string {
	if e.Flux == nil {
		return "not in this repository"
	}
	prune := "prunes"
	if !e.Flux.Prune {
		prune = "does not prune"
	}
	return fmt.Sprintf("Kustomization %s, path %s, %s (%s)", e.Flux.Name, e.Flux.Path, prune, at(e.Flux.Position))
}

func buildText(e Environment) string {
	switch {
	case strings.HasPrefix(e.BuildError, notBuilt):
		return strings.TrimPrefix(e.BuildError, notBuilt) + "; read without building"
	case e.BuildError != "":
		return "fails, as the findings say; read without building"
	default:
		return fmt.Sprintf("%s from %s", count(len(e.Built), "object"), count(len(e.Files), "file"))
	}
}

func (p *page) place(pl Place) {
	mark := "      "
	switch {
	case pl.Wins:
		mark = "wins  "
	case pl.Inert:
		mark = "inert "
	}
	p.wrapped(4, 10, mark+fmt.Sprintf("%s  %s  %s", at(pl.Position), pl.Kind, pl.Value))
	text := pl.Why
	if pl.Proven {
		text += "; proven by trial"
	}
	if len(pl.SharedWith) > 0 {
		text += "; shared with " + strings.Join(pl.SharedWith, ", ")
	} else {
		text += "; this environment's alone"
	}
	p.wrapped(10, 10, text)
}

func (p *page) layer(i int, l ValuesLayer) {
	where := at(l.Position)
	if l.Kind != "Inline" && !l.Found {
		where = "named at " + where
	}
	p.wrapped(4, 7, fmt.Sprintf("%d. %s  %s", i+1, l.Label(), where))
	var text string
	switch {
	case l.Unreadable != "" && l.Why != "":
		text = "unreadable: " + l.Why
	case l.Unreadable != "":
		text = "unreadable: " + l.Unreadable
	case !l.Found:
		text = "absent: " + l.Why
	default:
		text = l.Why
	}
	if text != "" {
		p.wrapped(7, 7, text)
	}
}

func (p *page) packages(e Environment) {
	var names []string
	for _, name := range IstioPackages {
		if pkg, ok := e.Packages[name]; ok && (pkg.SourceType != "" || len(pkg.Pins) > 0 || pkg.Enabled != nil) {
			names = append(names, name)
		}
	}
	p.list("Istio packages", len(names), func(i int) {
		pkg := e.Packages[names[i]]
		source := "sourceType by default"
		if pkg.SourceType != "" {
			source = fmt.Sprintf("%s (%s at %s)", pkg.SourceType, pkg.Layer, at(pkg.Position))
		}
		if pkg.Enabled != nil && !*pkg.Enabled {
			source += ", off"
		}
		p.item(names[i] + ": " + source)
		for _, pin := range pkg.Pins {
			state := "overridden later"
			if pin.Wins {
				state = "wins"
			}
			p.wrapped(6, 8, fmt.Sprintf("%s: %s  %s at %s, %s", pin.Field, pin.Value, pin.Layer, at(pin.Position), state))
		}
	})
	if len(names) > 0 {
		if last := e.Packages[names[0]].MayBeOverridden; len(last) > 0 {
			p.wrapped(4, 4, "not seen, and may say otherwise: "+strings.Join(slices.Compact(last), ", "))
		}
	}
}

func (p *page) unsupported(list []Unsupported) {
	if len(list) == 0 {
		return
	}
	p.blank()
	p.line(0, "Not supported")
	for _, u := range list {
		head := u.What
		if u.Environment != "" {
			head = u.Environment + ": " + head
		}
		if u.Position.File != "" {
			head += "  " + at(u.Position)
		}
		p.item(head)
		p.wrapped(6, 6, u.Reason)
	}
}

func (p *page) updaters(list []Updater) {
	for _, u := range list {
		p.blank()
		p.wrapped(0, 2, fmt.Sprintf("Another updater: %s  %s", u.Name, u.Position.File))
		for _, b := range u.Bumps {
			p.item(fmt.Sprintf("would change %s (%s), now %s", at(b.Position), b.Manager, b.Value))
		}
		if len(u.Bumps) == 0 && len(u.Notes) == 0 {
			p.item("no release line of this repository is matched by its rules as they lie here")
		}
		for _, n := range u.Notes {
			p.item(n)
		}
		if u.IgnoreRule != "" {
			if u.AddTo == "" {
				p.item(u.IgnoreRule)
				continue
			}
			p.wrapped(2, 2, "Add to "+u.AddTo+":")
			for _, line := range strings.Split(u.IgnoreRule, "\n") {
				p.line(4, line)
			}
		}
	}
}

func (p *page) notes(title string, notes []Note) {
	if len(notes) == 0 {
		return
	}
	indent := 2
	if title == "Notes" {
		p.blank()
		indent = 0
	}
	p.line(indent, title)
	for _, n := range notes {
		p.wrapped(4, 11, fmt.Sprintf("%-6s %s", n.Level, at(n.Position)))
		p.wrapped(11, 11, n.Text)
	}
}
