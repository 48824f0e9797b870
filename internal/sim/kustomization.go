package sim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// kustomization is the Flux Kustomization of the environment.
type kustomization struct {
	checks.Kustomization
	spec      render.Object
	source    *source
	inventory []render.ID
	busy      bool
	again     bool
	token     int
}

// bootstrap installs what the environment's bootstrap file declares, or, where the repository holds none, what the official template declares.
func (c *Cluster) bootstrap() {
	spec, repository := c.bootstrapObjects()
	s := &source{kind: "GitRepository", environment: true}
	s.Namespace, s.Name = repository.Namespace(), repository.Name()
	s.Generation = 1
	s.URL, _ = repository.Get("spec", "url").(string)
	s.RefKind, s.Ref = reference(repository)
	s.Interval = duration(repository, time.Minute, "spec", "interval")
	c.sources[sourceKey{"GitRepository", checks.NamespacedName{Namespace: s.Namespace, Name: s.Name}}] = s

	k := &kustomization{spec: spec, source: s}
	k.Namespace, k.Name = spec.Namespace(), spec.Name()
	k.Generation = 1
	k.Path, _ = spec.Get("spec", "path").(string)
	k.Prune = spec.Get("spec", "prune") == true
	k.Interval = duration(spec, time.Minute, "spec", "interval")
	k.Ready = checks.Condition{Status: "Unknown", Reason: "Progressing", Since: c.now}
	c.kustomizations[checks.NamespacedName{Namespace: k.Namespace, Name: k.Name}] = k
	c.fetchIn(s, c.some(fetchTime))
}

func (c *Cluster) bootstrapObjects() (kustomization, repository render.Object) {
	var found render.Objects
	for _, name := range c.tree.Paths() {
		if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
			continue
		}
		content, _ := c.tree.Read(name)
		if !strings.Contains(string(content), "kustomize.toolkit.fluxcd.io") {
			continue
		}
		objects, err := render.ParseObjects(content)
		if err != nil {
			continue // not a plain stream of objects, so not a bootstrap file
		}
		found = append(found, objects...)
	}
	for _, k := range found.Kind("Kustomization") {
		at, _ := k.Get("spec", "path").(string)
		if path.Clean(at) != c.options.Environment {
			continue
		}
		name, _ := k.Get("spec", "sourceRef", "name").(string)
		if r, ok := found.Find("GitRepository", "", name); ok {
			return k, r
		}
	}
	repository = render.Object{
		"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
		"metadata": map[string]any{"name": "environment-repo", "namespace": "bigbang"},
		"spec":     map[string]any{"interval": "1m", "ref": map[string]any{"branch": "main"}},
	}
	kustomization = render.Object{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
		"metadata": map[string]any{"name": "environment", "namespace": "bigbang"},
		"spec":     map[string]any{"interval": "1m", "path": "./" + c.options.Environment, "prune": true},
	}
	return kustomization, repository
}

func (c *Cluster) sortedKustomizations() []*kustomization {
	return slices.SortedFunc(maps.Values(c.kustomizations), func(a, b *kustomization) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// reconcileKustomization is one pass: build and apply a new revision, or the routine pass over an old one.
func (c *Cluster) reconcileKustomization(k *kustomization) {
	if k.busy {
		k.again = true
		return
	}
	if k.source.Artifact == "" {
		return
	}
	k.busy = true
	k.ObservedGeneration = k.Generation
	k.Ready = condition(k.Ready, "Unknown", "Progressing", "Reconciliation in progress", c.now)
	revision := k.source.Artifact
	k.LastAttemptedRevision = revision
	if revision == k.LastAppliedRevision {
		c.after(c.routineTime(kustomizeBusy), func() { c.finish(k, nil) })
		return
	}
	c.after(kustomizeDelay, func() {
		err := c.applyKustomization(k, revision)
		c.finish(k, err)
	})
}

func (c *Cluster) finish(k *kustomization, err error) {
	k.busy = false
	if err != nil {
		k.Ready = condition(k.Ready, "False", "BuildFailed", err.Error(), c.now)
	} else {
		k.Ready = condition(k.Ready, "True", "ReconciliationSucceeded", "Applied revision: "+k.LastAttemptedRevision, c.now)
	}
	k.token++
	token := k.token
	c.after(k.Interval, func() {
		if k.token == token {
			c.reconcileKustomization(k)
		}
	})
	if k.again {
		k.again = false
		c.reconcileKustomization(k)
	}
}

func (c *Cluster) applyKustomization(k *kustomization, revision string) error {
	objects, err := render.Overlay(k.source.tree, path.Clean(k.Path), c.remote)
	if err != nil {
		return err
	}
	if objects, err = render.FluxPatches(objects, k.spec); err != nil {
		return err
	}
	by := owner{kustomization: checks.NamespacedName{Namespace: k.Namespace, Name: k.Name}}
	slices.SortStableFunc(objects, func(a, b render.Object) int { return cmp.Compare(stage(a), stage(b)) })
	now := map[render.ID]bool{}
	for _, o := range objects {
		now[o.ID()] = true
		c.apply(o, by)
	}
	was := k.inventory
	k.inventory = objects.IDs()
	k.LastAppliedRevision = revision
	if !k.Prune {
		return nil
	}
	// Sources go before the releases that use them, as kustomize-controller was seen to do.
	slices.SortStableFunc(was, func(a, b render.ID) int {
		return -cmp.Compare(stage(render.Object{"kind": a.Kind}), stage(render.Object{"kind": b.Kind}))
	})
	for _, id := range was {
		if !now[id] {
			c.remove(id)
		}
	}
	return nil
}

// stage orders what kustomize-controller applies: definitions and namespaces first.
func stage(o render.Object) int {
	switch o.Kind() {
	case "CustomResourceDefinition", "Namespace", "ClusterRole":
		return 0
	default:
		return 1
	}
}

// remote gives the release's base/ where an overlay refers to it.
func (c *Cluster) remote(u render.RemoteURL) (map[string][]byte, error) {
	if !isUmbrella(u.Repo) {
		return nil, fmt.Errorf("fetch %s: the simulated cluster knows no repository but the umbrella's", u.Raw)
	}
	if path.Clean(u.Path) != "base" {
		return nil, fmt.Errorf("fetch %s: the simulated cluster knows base/ of the umbrella, not %q", u.Raw, u.Path)
	}
	return c.options.Releases.Base(context.Background(), strings.TrimPrefix(u.Ref, "tags/"))
}
