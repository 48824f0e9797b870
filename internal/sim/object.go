package sim

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// object is one live object without its status.
type object struct {
	render.Object
	generation int64 // grows when anything but metadata changes
	version    int64 // grows with every change
	created    time.Time

	// labels and annotations that were last applied: a key that disappears from what is applied disappears here, one that somebody else set stays.
	labels, annotations map[string]string
	owner               owner
	helm                checks.NamespacedName // the Helm release that its annotations name
}

// owner is who applies an object.
type owner struct {
	release, kustomization checks.NamespacedName
	helm                   checks.NamespacedName // name and namespace of the Helm release
}

func (o owner) labels() map[string]string {
	labels := map[string]string{}
	if o.release.Name != "" {
		labels["helm.toolkit.fluxcd.io/name"] = o.release.Name
		labels["helm.toolkit.fluxcd.io/namespace"] = o.release.Namespace
	}
	if o.kustomization.Name != "" {
		labels["kustomize.toolkit.fluxcd.io/name"] = o.kustomization.Name
		labels["kustomize.toolkit.fluxcd.io/namespace"] = o.kustomization.Namespace
	}
	return labels
}

// apply is a server-side apply that wins every conflict.
func (c *Cluster) apply(desired render.Object, by owner) {
	id := desired.ID()
	labels, annotations := desired.Labels(), desired.Annotations()
	wanted := map[string]string{}
	maps.Copy(wanted, labels)
	maps.Copy(wanted, by.labels())

	was := c.live[id]
	if was == nil {
		now := &object{Object: withMetadata(desired, wanted, annotations), generation: 1, version: 1, created: c.now}
		now.labels, now.annotations, now.owner, now.helm = wanted, annotations, by, by.helm
		c.live[id] = now
		c.created(id, now)
		return
	}
	keptLabels := merge(was.Labels(), was.labels, wanted)
	keptAnnotations := merge(was.Annotations(), was.annotations, annotations)
	c.relabelled(id, was.Labels(), keptLabels)
	next := withMetadata(desired, keptLabels, keptAnnotations)
	if desired.Kind() == "Secret" {
		next = withLeftOverKeys(next, was.Object)
	}
	specChanged := !equalButMetadata(was.Object, next)
	was.labels, was.annotations, was.owner, was.helm = wanted, annotations, by, by.helm
	if !specChanged && maps.Equal(was.Labels(), keptLabels) && maps.Equal(was.Annotations(), keptAnnotations) {
		return
	}
	was.Object = next
	was.version++
	if specChanged {
		was.generation++
	}
	c.changed(id, was, specChanged)
}

// merge gives what live becomes when owned was applied before and wanted is applied now.
func merge(live, owned, wanted map[string]string) map[string]string {
	out := maps.Clone(live)
	if out == nil {
		out = map[string]string{}
	}
	for key := range owned {
		if _, still := wanted[key]; !still {
			delete(out, key)
		}
	}
	maps.Copy(out, wanted)
	return out
}

// withLeftOverKeys keeps the keys that an earlier stringData had: the field manager owns stringData and not data, so they are never removed.
func withLeftOverKeys(next, was render.Object) render.Object {
	old, _ := was["stringData"].(map[string]any)
	now, _ := next["stringData"].(map[string]any)
	if len(old) == 0 || now == nil {
		return next
	}
	all := maps.Clone(old)
	maps.Copy(all, now)
	next["stringData"] = all
	return next
}

// withMetadata is a copy of the top of o with other labels and annotations; what lies deeper is shared and never changed.
func withMetadata(o render.Object, labels, annotations map[string]string) render.Object {
	out := maps.Clone(o)
	metadata, _ := out["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	set := func(key string, values map[string]string) {
		delete(metadata, key)
		if len(values) > 0 {
			plain := make(map[string]any, len(values))
			for k, v := range values {
				plain[k] = v
			}
			metadata[key] = plain
		}
	}
	set("labels", labels)
	set("annotations", annotations)
	out["metadata"] = metadata
	return out
}

func equalButMetadata(a, b render.Object) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if key == "metadata" || key == "status" {
			continue
		}
		other, ok := b[key]
		if !ok || !reflect.DeepEqual(value, other) {
			return false
		}
	}
	return true
}

// remove deletes an object.
func (c *Cluster) remove(id render.ID) {
	o := c.live[id]
	if o == nil {
		return
	}
	delete(c.live, id)
	c.deleted(id, o)
}

// all are the live objects of a kind, sorted.
func (c *Cluster) all(kind string) []*object {
	var found []*object
	for id, o := range c.live {
		if id.Kind == kind {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return a.ID().Compare(b.ID()) })
	return found
}

// namespaceLabels are the live labels of a namespace.
func (c *Cluster) namespaceLabels(name string) map[string]string {
	if ns := c.live[render.ID{Kind: "Namespace", Name: name}]; ns != nil {
		return ns.Labels()
	}
	return nil
}
