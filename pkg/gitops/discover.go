package gitops

import (
	"path"
	"slices"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// discovery is the work of one Discover.
type discovery struct {
	tree     tree.Tree
	options  Options
	scan     *scan
	overlays map[string]*overlay // every folder whose Kustomization reaches Big Bang
	doubts   doubts
}

// Discover reads a repository. What is wrong or unknown inside it is in the result; the error is for a tree that cannot be read at all.
func Discover(t tree.Tree, o Options) (Repository, error) {
	d := &discovery{tree: t, options: o, scan: scanTree(t), overlays: map[string]*overlay{}, doubts: doubts{}}
	var repo Repository
	if t.Len() == 0 {
		repo.Unsupported = append(repo.Unsupported, Unsupported{What: "empty repository", Reason: "it holds no file"})
		return repo, nil
	}
	ids, matched := d.environments()
	for _, id := range ids {
		repo.Environments = append(repo.Environments, d.environment(id, matched[id]))
	}
	d.share(repo.Environments)
	for i := range repo.Environments {
		d.settle(&repo.Environments[i])
	}
	repo.Unsupported = d.unsupported(repo.Environments)
	repo.Updaters = d.updaters(repo.Environments)
	repo.Notes = append(repo.Notes, d.scan.unread...)
	repo.Notes = append(repo.Notes, d.doubts.notes(d.scan.unread)...)
	repo.doubts = d.doubts
	repo.Notes = append(repo.Notes, d.unmatched(matched)...)
	return repo, nil
}

// Environments lists the ids of a repository's environments, sorted.
func Environments(t tree.Tree) []string {
	d := &discovery{tree: t, scan: scanTree(t), overlays: map[string]*overlay{}, doubts: doubts{}}
	ids, _ := d.environments()
	return ids
}

// environments finds the folders that reach Big Bang and that no other such folder builds on, and those that a Flux Kustomization applies
// although another builds on them.
func (d *discovery) environments() ([]string, map[string][]fluxMatch) {
	d.doubts.unread(d.scan.unread)
	used := map[string]bool{}
	var holding []string
	for _, dir := range d.scan.kustomizations {
		o := follow(d.tree, dir, d.options.Remotes)
		if !o.holdsBigBang() {
			d.doubts.overlay(o)
			continue
		}
		d.overlays[dir] = o
		holding = append(holding, dir)
		for _, base := range o.bases {
			used[base] = true
		}
	}
	matched := d.matchFlux(holding, used)
	var ids []string
	for _, dir := range holding {
		if !used[dir] || len(matched[dir]) > 0 {
			ids = append(ids, dir)
		}
	}
	slices.Sort(ids)
	return ids, matched
}

func (o *overlay) holdsBigBang() bool {
	return o.umbrella() != nil || slices.ContainsFunc(o.objects, isUmbrellaSource) ||
		slices.ContainsFunc(o.remote, func(r *remoteUse) bool { return r.bigBang })
}

func (o *overlay) umbrella() *overlayObject {
	for _, obj := range o.objects {
		if isUmbrella(obj) {
			return obj
		}
	}
	return nil
}

// environment describes one environment as far as its own files tell.
func (d *discovery) environment(id string, matches []fluxMatch) Environment {
	o := d.overlays[id]
	e := Environment{ID: id, Kustomization: o.file, Bases: o.bases, Patches: o.patches}
	e.Files = render.FilesUsed(d.tree, id)
	e.Missing = render.Missing(d.tree, id)
	for _, f := range e.Files {
		if d.scan.encrypted[f] {
			e.Encrypted = append(e.Encrypted, f)
		}
	}
	e.CanaryFolder = d.tree.HasDir(path.Join(id, "istio-canary"))
	d.applyFlux(&e, o, matches)
	d.umbrellaOf(&e, o)
	d.releaseOf(&e, o)
	d.layersOf(&e, o)
	e.Packages = packagesOf(e.Layers)
	d.eraOf(&e, o)
	e.MissionNamespaces = d.missionNamespaces(&e)
	return e
}

// umbrellaOf reads which objects deploy Big Bang.
func (d *discovery) umbrellaOf(e *Environment, o *overlay) {
	hr := o.umbrella()
	if hr == nil {
		return
	}
	e.HelmRelease = hr.id()
	e.HelmRelease.Group = "helm.toolkit.fluxcd.io"
	e.APIVersion = hr.root.str("apiVersion")
	e.PostRenderers = len(hr.root.list("spec", "postRenderers"))
	source := hr.root.get("spec", "chart", "spec", "sourceRef")
	e.Source = render.ID{Group: "source.toolkit.fluxcd.io", Kind: source.str("kind"), Namespace: source.str("namespace"), Name: source.str("name")}
	if e.Source.Namespace == "" {
		e.Source.Namespace = e.HelmRelease.Namespace
	}
	switch e.Source.Kind {
	case "GitRepository":
		e.Flavour = GitFlavour
	case "HelmRepository":
		e.Flavour = HelmRepoFlavour
	}
	if obj := o.find(e.Source.Kind, e.Source.Name); obj != nil {
		e.SourceAPIVersion = obj.root.str("apiVersion")
	}
}

// share works out which files each environment reads alone.
func (d *discovery) share(environments []Environment) {
	readers := map[string][]string{}
	for _, e := range environments {
		for _, f := range e.Files {
			readers[f] = append(readers[f], e.ID)
		}
	}
	for i := range environments {
		e := &environments[i]
		for _, f := range e.Files {
			if len(readers[f]) == 1 {
				e.Exclusive = append(e.Exclusive, f)
			}
		}
		for j := range e.Release.Places {
			p := &e.Release.Places[j]
			for _, id := range readers[p.Position.File] {
				if id != e.ID {
					p.SharedWith = append(p.SharedWith, id)
				}
			}
			p.Exclusive = len(p.SharedWith) == 0
		}
	}
}
