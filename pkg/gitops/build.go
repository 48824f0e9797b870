package gitops

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// sentinel is written at a place, in a copy of the tree, to see whether the build follows.
const sentinel = "0.0.1-linnet.trial"

// notBuilt begins the BuildError of an environment that was not tried.
const notBuilt = "not built: "

// address matches what Kustomize prints of a pointer in some of its errors; it would differ from run to run.
var address = regexp.MustCompile(`&\{0x[0-9a-f]+ <nil>\}|0x[0-9a-f]{8,}`)

// build builds the environment where that is possible and compares it with what was read.
func (d *discovery) build(e *Environment, o *overlay) {
	if len(e.Missing) > 0 {
		e.BuildError = fmt.Sprintf(notBuilt+"%s is missing", e.Missing[0].Path)
		return
	}
	if unread := o.unreadRemote(); unread != nil && d.options.Remotes == nil {
		e.BuildError = fmt.Sprintf(notBuilt+"the remote base at %s is only read from a release source", at(unread.entry.pos))
		return
	}
	objs, err := d.flux(e, d.tree, d.options.Remotes)
	if err != nil {
		e.BuildError = address.ReplaceAllString(err.Error(), "it")
		o.note(Refuse, Position{File: e.Kustomization}, "%s", e.BuildError)
		return
	}
	e.Built = objs
	d.compareBuild(e, o)
	d.tryPlaces(e)
}

func (o *overlay) unreadRemote() *remoteUse {
	for _, r := range o.remote {
		if !r.read {
			return r
		}
	}
	return nil
}

// flux builds as Flux would apply it: the overlay, then the patches of the Flux Kustomization. The manifest that is not part of its own build
// takes part as it lies in the repository.
func (d *discovery) flux(e *Environment, t tree.Tree, remotes render.Remotes) (render.Objects, error) {
	objs, err := render.Overlay(t, e.ID, remotes)
	if err != nil || e.Flux == nil {
		return objs, err
	}
	object := typed(t, e.Flux.Position.File, e.Flux.Name, e.Flux.Object)
	patched, err := render.FluxPatches(objs, object)
	if err != nil {
		return objs, nil // postBuild and the like are findings of their own; what Kustomize built is still the best there is
	}
	return patched, nil
}

// compareBuild takes what only a build knows, and notes where reading and building differ.
func (d *discovery) compareBuild(e *Environment, o *overlay) {
	hr, ok := e.Built.Find("HelmRelease", "", e.HelmRelease.Name)
	if !ok {
		o.note(Refuse, Position{File: e.Kustomization}, "the build holds no HelmRelease %s", e.HelmRelease.Name)
		return
	}
	e.HelmRelease, e.APIVersion = hr.ID(), hr.APIVersion()
	list, _ := hr.Get("spec", "postRenderers").([]any)
	e.PostRenderers = len(list)
	if source, ok := e.Built.Find(e.Source.Kind, "", e.Source.Name); ok {
		e.Source, e.SourceAPIVersion = source.ID(), source.APIVersion()
	}
	if version, reference := builtReference(e, e.Built); reference != "" && version != e.Release.Version {
		o.note(Warn, Position{File: e.Kustomization}, "reading the files gives release %q but the build gives %q: something here is only seen in a build", e.Release.Version, version)
		e.Release.Version, e.Release.Reference = version, reference
	}
	built, err := render.Layers(e.Built, hr)
	if err != nil {
		o.note(Warn, Position{File: e.Kustomization}, "the values of the build cannot be read: %s", err)
		return
	}
	e.Layers = matchLayers(e.Layers, built)
	e.Packages = packagesOf(e.Layers)
}

// matchLayers takes order, presence and values from the build, and the positions from what was read.
func matchLayers(read []ValuesLayer, built []render.Layer) []ValuesLayer {
	var layers []ValuesLayer
	taken := map[int]bool{}
	for _, b := range built {
		if b.Kind == "Inline" && len(b.Values) == 0 {
			continue
		}
		l := ValuesLayer{}
		for i, r := range read {
			if !taken[i] && r.Kind == b.Kind && (r.Key == b.Key || b.Key == "") && (r.Name == b.Name || hashedName(b.Name, r.Name)) {
				l, taken[i] = r, true
				break
			}
		}
		why, name := l.Why, l.Name
		l.Layer, l.Why = b, why
		if name != "" {
			l.Name = name
		}
		layers = append(layers, l)
	}
	return layers
}

// hashedName tells a generated object's name: the plain one and Kustomize's suffix of ten characters.
func hashedName(name, plain string) bool {
	suffix, ok := strings.CutPrefix(name, plain+"-")
	return ok && len(suffix) == 10 && !strings.Contains(suffix, "-")
}

// builtReference is what the built objects say Flux would fetch.
func builtReference(e *Environment, objs render.Objects) (value, reference string) {
	hr, ok := objs.Find("HelmRelease", "", e.HelmRelease.Name)
	if !ok {
		return "", ""
	}
	if e.Flavour == HelmRepoFlavour {
		version, _ := hr.Get("spec", "chart", "spec", "version").(string)
		return version, "version"
	}
	source, ok := objs.Find("GitRepository", "", e.Source.Name)
	if !ok {
		return "", ""
	}
	for _, f := range referenceFields {
		if v, _ := source.Get("spec", "ref", f.field).(string); v != "" {
			if release, ok := releaseOf(v); ok && f.word == "tag" {
				v = release
			}
			return v, f.word
		}
	}
	return "", ""
}

// tryPlaces proves which place decides: each gets a sentinel in a copy of the tree, and the built field shows whether it arrives.
func (d *discovery) tryPlaces(e *Environment) {
	for i := range e.Release.Places {
		p := &e.Release.Places[i]
		followed, err := d.try(e, *p)
		if err != nil {
			continue
		}
		p.Proven = true
		if followed != p.Wins {
			p.Why = map[bool]string{true: "the build follows it", false: "the build does not follow it"}[followed]
			p.Wins = followed
		}
	}
}

func (d *discovery) try(e *Environment, p Place) (followed bool, err error) {
	src, ok := d.tree.Read(p.Position.File)
	if !ok {
		return false, fmt.Errorf("%s is not there", p.Position.File)
	}
	changed, err := splice.Set(src, p.Path, sentinel)
	if err != nil {
		return false, err
	}
	remotes := d.options.Remotes
	if p.Kind == RemoteRef {
		remotes = atSentinel(remotes, p.Value)
	}
	objs, err := d.flux(e, d.tree.With(tree.Change{Path: p.Position.File, Content: changed}), remotes)
	if err != nil {
		return false, err
	}
	value, _ := builtReference(e, objs)
	return value == sentinel, nil
}

// atSentinel answers for the sentinel with the base/ of the true reference, in which the GitRepository carries the sentinel as its tag.
func atSentinel(remotes render.Remotes, ref string) render.Remotes {
	return func(u render.RemoteURL) (map[string][]byte, error) {
		if u.Ref != sentinel {
			return remotes(u)
		}
		u.Ref, u.Raw = ref, strings.Replace(u.Raw, sentinel, ref, 1)
		files, err := remotes(u)
		if err != nil {
			return nil, err
		}
		files = maps.Clone(files)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if marked, err := splice.Set(files[name], splice.Path{splice.Key("spec"), splice.Key("ref"), splice.Key("tag")}, sentinel); err == nil {
				files[name] = marked
			}
		}
		return files, nil
	}
}
