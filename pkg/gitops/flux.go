package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// fluxMatch is a Flux Kustomization that applies a folder, and how the two were brought together.
type fluxMatch struct {
	manifest manifest
	note     string // "" for an exact path
}

// matchFlux gives, for each folder, the Flux Kustomizations that apply it: by spec.path from the root, or of a folder above that has no Kustomization;
// failing that by the end of the path, since the official template's bootstrap files leave out the folder that the flavour lies in.
func (d *discovery) matchFlux(folders []string, builtUpon map[string]bool) map[string][]fluxMatch {
	matched := map[string][]fluxMatch{}
	for _, m := range d.scan.flux {
		want := path.Clean(strings.TrimPrefix(m.root.str("spec", "path"), "/"))
		if !d.ofThisRepository(m) {
			continue
		}
		if slices.Contains(folders, want) {
			matched[want] = append(matched[want], fluxMatch{manifest: m})
			continue
		}
		if below := within(folders, builtUpon, want); len(below) > 0 {
			if _, own := kustomizationFile(d.tree, want); !own {
				for _, dir := range below {
					matched[dir] = append(matched[dir], fluxMatch{m, fmt.Sprintf("it applies %s, which has no Kustomization of its own, so Flux takes in every folder below it", want)})
				}
				continue
			}
		}
		if d.tree.HasDir(want) && want != "." {
			continue // it applies another folder of this repository
		}
		var ends []string
		for _, dir := range folders {
			if strings.HasSuffix(dir, "/"+want) {
				ends = append(ends, dir)
			}
		}
		own := path.Dir(m.pos.File)
		switch {
		case slices.Contains(ends, own):
			matched[own] = append(matched[own], fluxMatch{m, fmt.Sprintf("its path %s is not here as written; taken for %s, where this file lies", m.root.str("spec", "path"), own)})
		case len(ends) == 1:
			matched[ends[0]] = append(matched[ends[0]], fluxMatch{m, fmt.Sprintf("its path %s is not here as written; taken for %s, the only folder that ends so", m.root.str("spec", "path"), ends[0])})
		}
	}
	return matched
}

// within lists the folders below dir that no other one builds on.
func within(folders []string, builtUpon map[string]bool, dir string) []string {
	var below []string
	for _, f := range folders {
		if f != dir && !builtUpon[f] && (dir == "." || strings.HasPrefix(f, dir+"/")) {
			below = append(below, f)
		}
	}
	return below
}

// ofThisRepository leaves out Kustomizations whose source is Big Bang's own repository, such as flux-components with its path ./base/flux.
func (d *discovery) ofThisRepository(m manifest) bool {
	source := m.root.get("spec", "sourceRef")
	return source.str("kind") != "GitRepository" || source.str("name") != "bigbang"
}

// applyFlux records the Flux Kustomization of an environment and lets its patches take part.
func (d *discovery) applyFlux(e *Environment, o *overlay, matches []fluxMatch) {
	if len(matches) == 0 {
		return
	}
	m := matches[0]
	root := m.manifest.root
	object, _ := root.typed().(map[string]any)
	e.Flux = &FluxKustomization{
		Name: root.str("metadata", "name"), Namespace: root.str("metadata", "namespace"), Path: root.str("spec", "path"),
		Prune: root.isTrue("spec", "prune"), Position: m.manifest.pos, Object: typed(d.tree, m.manifest.pos.File, root.str("metadata", "name"), object),
	}
	if m.note != "" {
		o.note(Info, m.manifest.pos, "Flux Kustomization %s: %s", e.Flux.Name, m.note)
	}
	for _, other := range matches[1:] {
		o.note(Warn, other.manifest.pos, "Flux Kustomization %s applies this folder too", other.manifest.root.str("metadata", "name"))
	}
	if !e.Flux.Prune {
		o.note(Refuse, m.manifest.pos, "Flux Kustomization %s does not prune: what an upgrade removes from Git would stay on the cluster; set prune: true", e.Flux.Name)
	}
	if post := root.get("spec", "postBuild"); post.isMapping() && len(post.keys) > 0 {
		o.note(Warn, post.pos, "Flux substitutes variables after the build (postBuild): what they become is not known here")
	}
	if patches := root.list("spec", "patches"); len(patches) > 0 {
		o.note(Warn, patches[0].pos, "Flux Kustomization %s patches what it builds; that object is not part of its own build, so whether this text is what the cluster has is not known", e.Flux.Name)
		for _, entry := range patches {
			o.patch(o.readPatch(path.Dir(m.manifest.pos.File), entry, entry.get("patch"), entry.get("target")))
		}
	}
}

// typed decodes the Flux Kustomization of that name as the renderer does; the located form keeps scalars as text.
func typed(t tree.Tree, file, name string, fallback render.Object) render.Object {
	if src, ok := t.Read(file); ok {
		if objs, err := render.ParseObjects(src); err == nil {
			for _, obj := range objs {
				if obj.Kind() == "Kustomization" && obj.Name() == name &&
					strings.HasPrefix(obj.APIVersion(), "kustomize.toolkit.fluxcd.io/") {
					return obj
				}
			}
		}
	}
	return fallback
}

// unmatched notes Flux Kustomizations of this repository whose folder is not there.
func (d *discovery) unmatched(matched map[string][]fluxMatch) []Note {
	used := map[*located]bool{}
	for _, ms := range matched {
		for _, m := range ms {
			used[m.manifest.root] = true
		}
	}
	var notes []Note
	for _, m := range d.scan.flux {
		want := path.Clean(strings.TrimPrefix(m.root.str("spec", "path"), "/"))
		if used[m.root] || !d.ofThisRepository(m) || want == "." || d.tree.HasDir(want) {
			continue
		}
		notes = append(notes, Note{Level: Info, Position: m.pos, Text: fmt.Sprintf("Flux Kustomization %s applies %s, which is not a folder of this repository", m.root.str("metadata", "name"), want)})
	}
	return notes
}
