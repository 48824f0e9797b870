package gitops

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// releaseOf finds every text that names the release and which of them decides.
func (d *discovery) releaseOf(e *Environment, o *overlay) {
	final, reference := finalReference(e, o)
	e.Release.Reference = reference
	if final != nil {
		e.Release.Version = final.text
		if v, ok := releaseOf(final.text); ok && reference != "branch" && reference != "commit" {
			e.Release.Version = v
		}
	}
	for _, use := range o.remote {
		if use.bigBang || use.umbrella {
			e.Release.Places = append(e.Release.Places, d.remotePlace(use, final, e))
		}
	}
	for _, w := range o.writes {
		if w.value.remote != nil || w.value.replacedBy != nil {
			continue // the remote base is represented by its ?ref=, a replacement by its source
		}
		p := d.place(w.kind, w.value)
		d.explain(&p, w, final, e, o)
		e.Release.Places = append(e.Release.Places, p)
	}
	if final != nil && final.replacedBy != nil && final.remote == nil && !hasPlace(e.Release.Places, final) {
		p := d.place(ReplacementSource, final)
		p.Wins = true
		p.Why = fmt.Sprintf("the replacement at %s copies it over the field that Flux reads", at(final.replacedBy.entry.pos))
		e.Release.Places = append(e.Release.Places, p)
	}
}

// finalReference is the value by which Flux chooses the chart, after everything was applied, and what sort of reference it is.
func finalReference(e *Environment, o *overlay) (*located, string) {
	hr := o.umbrella()
	if hr == nil {
		return nil, ""
	}
	switch e.Flavour {
	case HelmRepoFlavour:
		v := hr.root.get("spec", "chart", "spec", "version")
		if v == nil || v.text == "" {
			return nil, ""
		}
		if _, ok := releaseOf(v.text); !ok {
			return v, "semver"
		}
		return v, "version"
	case GitFlavour:
		source := o.find("GitRepository", e.Source.Name)
		if source == nil {
			return nil, ""
		}
		for _, f := range referenceFields {
			if v := source.root.get("spec", "ref", f.field); v != nil && !v.null && v.text != "" {
				return v, f.word
			}
		}
	}
	return nil, ""
}

func hasPlace(places []Place, value *located) bool {
	for _, p := range places {
		if p.Position == value.pos && p.Value == value.text && p.Kind != RemoteRef {
			return true
		}
	}
	return false
}

// place makes a Place of a text, with the exact line that an edit would hit.
func (d *discovery) place(kind PlaceKind, value *located) Place {
	p := Place{Kind: kind, Position: value.pos, Path: value.path, Field: value.path.String(), Value: value.text}
	if src, ok := d.tree.Read(value.pos.File); ok && value.path != nil {
		if s, err := splice.Get(src, value.path); err == nil {
			p.Position.Line = s.Line
		}
	}
	return p
}

func (d *discovery) remotePlace(use *remoteUse, final *located, e *Environment) Place {
	p := d.place(RemoteRef, use.entry)
	p.Path = append(use.entry.path[:len(use.entry.path):len(use.entry.path)], splice.Ref())
	p.Field, p.Value, p.Base = p.Path.String(), use.url.Ref, use.bigBang
	p.Wins = final != nil && final.remote == use
	switch {
	case !use.bigBang:
		p.Why = fmt.Sprintf("it takes %s of the same repository, which should be of the same release", use.url.Path)
	case p.Wins && use.read:
		p.Why = "its base/ carries the GitRepository that the chart comes from, and nothing overwrites the tag in it"
	case p.Wins:
		p.Why = "every base/ since 1.2.0 carries its own release as the tag, and nothing here overwrites it"
	case final == nil && !use.read:
		p.Why = "which reference its base/ carries is not known without reading it"
	default:
		p.Why = "it decides only which base/ is built (CRDs, shape of the HelmRelease); the chart is chosen elsewhere"
	}
	return p
}

// explain says whether a written place decides, and why or why not.
func (d *discovery) explain(p *Place, w write, final *located, e *Environment, o *overlay) {
	p.Wins = final != nil && final.pos == w.value.pos && final.text == w.value.text && final.remote == nil
	field := strings.TrimPrefix(w.field, "spec.")
	switch {
	case p.Wins && w.how == "resource":
		p.Why = "nothing overwrites it"
	case p.Wins:
		p.Why = "a " + w.how + " is applied after the base, and nothing later overwrites it"
	}
	if r := overwritten(o, w); r != nil {
		p.Inert = true
		p.Why = fmt.Sprintf("inert: the replacement at %s overwrites it with %q from %s", at(r.entry.pos), r.source.text, at(r.source.pos))
		return
	}
	if r := copiedBy(o, w.value); r != nil {
		p.Why = strings.TrimPrefix(p.Why+fmt.Sprintf("; the replacement at %s copies it onto spec.ref.tag of the GitRepository", at(r.entry.pos)), "; ")
	}
	if p.Wins {
		return
	}
	switch {
	case w.kind == ChartVersion && e.Flavour == GitFlavour:
		p.Inert = true
		p.Why = "inert: the chart comes from a GitRepository, where Flux ignores chart.spec.version"
	case w.kind == GitTag && e.Flavour == HelmRepoFlavour:
		p.Why = "it does not choose the chart, which comes from the HelmRepository; other objects may follow this GitRepository"
	case final == nil:
		p.Why = "which text decides is not known"
	case p.Why == "":
		p.Why = fmt.Sprintf("%s is overwritten or outranked by %s", field, at(final.pos))
	}
}

// overwritten finds the replacement that put another value where w wrote.
func overwritten(o *overlay, w write) *replacementUse {
	for _, obj := range o.objects {
		if (w.kind == ChartVersion && !isUmbrella(obj)) || (w.kind == GitTag && !isUmbrellaSource(obj)) {
			continue
		}
		v := obj.root.get(strings.Split(w.field, ".")...)
		if v != nil && v.replacedBy != nil && v.pos != w.value.pos {
			return v.replacedBy
		}
	}
	return nil
}

// copiedBy finds the replacement that copies value onto the umbrella's source.
func copiedBy(o *overlay, value *located) *replacementUse {
	for _, obj := range o.objects {
		if !isUmbrellaSource(obj) {
			continue
		}
		for _, f := range referenceFields {
			if v := obj.root.get("spec", "ref", f.field); v != nil && v.replacedBy != nil && v.replacedBy.source.pos == value.pos {
				return v.replacedBy
			}
		}
	}
	return nil
}

// at prints a position.
func at(p Position) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}
