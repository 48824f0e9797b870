package planner

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// impact compares two renders: what merging changes in the cluster.
func (b *builder) impact(before, after *rendered, s step) Impact {
	var i Impact
	for _, layer := range []struct{ was, is render.Objects }{{before.overlay, after.overlay}, {before.umbrella, after.umbrella}} {
		d := b.quiet(render.Diff(layer.was, layer.is))
		for _, id := range d.Added {
			i.Added = append(i.Added, id.String())
		}
		for _, id := range d.Removed {
			i.Removed = append(i.Removed, id.String())
		}
		relabelled := 0
		for _, c := range d.Changed {
			told := fields(c)
			switch {
			case len(told) > 0:
				i.Changed = append(i.Changed, fmt.Sprintf("%s: %s", c.ID, strings.Join(told, ", ")))
			case c.ID.Kind != "Namespace" || !slices.ContainsFunc(c.Fields, isInjectionLabel):
				relabelled++
			}
		}
		if relabelled > 0 {
			i.Changed = append(i.Changed, fmt.Sprintf("%d more objects: only the labels and checksums that follow from the release", relabelled))
		}
	}
	i.Namespaces = moves(before, after)
	i.Rolls = b.rolls(before, after)
	return i
}

// fields are the changed fields of an object that tell a person something. Left out are the labels that every object of the umbrella carries for its
// version, the checksums of values Secrets, which are told of the Secrets themselves, and a Namespace's injection, which is told as a move. Of a Secret fields
// are only named: what stands in it must not reach a merge request. When entries leave the middle of a list of postRenderers the rest moves up, and every
// field of it differs; that is told once.
func fields(c render.Change) []string {
	var told []string
	renumbered := slices.ContainsFunc(c.Fields, isInsidePostRenderer)
	for _, f := range c.Fields {
		switch {
		case isBookkeeping(f), c.ID.Kind == "Namespace" && isInjectionLabel(f):
		case renumbered && strings.HasPrefix(f, "spec.postRenderers["):
			if !slices.Contains(told, otherEntries) {
				told = append(told, otherEntries)
			}
		case c.ID.Kind == "Secret":
			name, _, _ := strings.Cut(f, ": ")
			told = append(told, name)
		default:
			told = append(told, f)
		}
	}
	return told
}

const otherEntries = "spec.postRenderers: other entries"

// isInsidePostRenderer tells a field of an entry from an entry that came or went as a whole.
func isInsidePostRenderer(field string) bool {
	name, _, _ := strings.Cut(field, ": ")
	return strings.HasPrefix(name, "spec.postRenderers[") && strings.Contains(name, "].")
}

func isBookkeeping(field string) bool {
	for _, prefix := range []string{`metadata.labels["helm.sh/chart"]`, `metadata.labels["app.kubernetes.io/version"]`, `metadata.annotations["checksum/`} {
		if strings.HasPrefix(field, prefix) {
			return true
		}
	}
	return false
}

func isInjectionLabel(field string) bool {
	return strings.HasPrefix(field, "metadata.labels.istio-injection:") || strings.HasPrefix(field, `metadata.labels["istio.io/rev"]:`)
}

// quiet leaves out what differs between any two renders of the same input: objects drawn from random numbers or the clock, and the checksums of them.
func (b *builder) quiet(d render.Changes) render.Changes {
	d.Changed = slices.DeleteFunc(d.Changed, func(c render.Change) bool {
		return b.unstable[c.ID] && (c.ID.Kind != "HelmRelease" || !slices.ContainsFunc(c.Fields, func(f string) bool { return !strings.Contains(f, "checksum/") }))
	})
	return d
}

func injectorOf(ns render.Object) string {
	labels := ns.Labels()
	switch {
	case labels["istio-injection"] == "enabled":
		return "default"
	case labels["istio-injection"] == "":
		return labels["istio.io/rev"]
	}
	return ""
}

func namespacesOf(r *rendered) map[string]render.Object {
	all := map[string]render.Object{}
	for _, ns := range slices.Concat(r.overlay, r.umbrella).Kind("Namespace") {
		all[ns.Name()] = ns
	}
	return all
}

func moves(before, after *rendered) []Move {
	was := namespacesOf(before)
	var all []Move
	for name, ns := range namespacesOf(after) {
		from, to := injectorOf(was[name]), injectorOf(ns)
		if was[name] != nil && from != to {
			all = append(all, Move{Namespace: name, From: from, To: to})
		}
	}
	slices.SortFunc(all, func(a, c Move) int { return strings.Compare(a.Namespace, c.Namespace) })
	return all
}

// rolls lists the workloads whose pod template differs. A HelmRelease whose chart is not at hand stands for what it deploys when its own
// spec, its source or its values change.
func (b *builder) rolls(before, after *rendered) []Workload {
	templates := map[render.ID]any{}
	for _, objs := range before.sets() {
		for _, t := range render.PodTemplates(objs) {
			templates[t.ID] = template(objs, t)
		}
	}
	var all []Workload
	for _, objs := range after.sets() {
		for _, t := range render.PodTemplates(objs) {
			old, existed := templates[t.ID]
			if existed && t.ID.Kind != "Job" && t.ID.Kind != "CronJob" && !reflect.DeepEqual(old, template(objs, t)) {
				all = append(all, Workload{Kind: t.ID.Kind, Namespace: t.ID.Namespace, Name: t.ID.Name})
			}
		}
	}
	changed := map[render.ID]bool{}
	for _, c := range b.quiet(render.Diff(before.umbrella, after.umbrella)).Changed {
		changed[c.ID] = true
	}
	for _, hr := range after.umbrella.Kind("HelmRelease") {
		if _, missing := after.notAtHand[hr.ID()]; !missing || withoutPods(hr.Name()) {
			continue
		}
		if was, existed := before.notAtHand[hr.ID()]; existed && (changed[hr.ID()] || was != after.notAtHand[hr.ID()]) {
			all = append(all, Workload{Kind: "HelmRelease", Namespace: targetNamespace(hr), Name: hr.Name()})
		}
	}
	slices.SortFunc(all, func(a, c Workload) int {
		return strings.Compare(a.Namespace+"/"+a.Kind+"/"+a.Name, c.Namespace+"/"+c.Kind+"/"+c.Name)
	})
	return slices.Compact(all)
}

// sets are the sets of objects that hold workloads: what the overlay applies itself, and each package whose chart is at hand.
func (r *rendered) sets() []render.Objects {
	all := []render.Objects{r.overlay}
	for _, out := range r.packages {
		all = append(all, out.Objects)
	}
	return all
}

// withoutPods tells the HelmReleases that deploy only custom resource definitions.
func withoutPods(release string) bool { return strings.HasSuffix(release, "-crds") }

func template(objs render.Objects, t render.PodTemplate) any {
	for _, o := range objs {
		if o.ID() == t.ID && len(t.Path) > 0 {
			return o.Get(t.Path[:len(t.Path)-1]...)
		}
	}
	return nil
}

// effects is what a live cluster must show once Flux has applied the phase. It follows from the two renders alone.
func (b *builder) effects(before, after *rendered, s step) checks.Effects {
	var e checks.Effects
	umbrella := b.quiet(render.Diff(before.umbrella, after.umbrella))
	e.UmbrellaChanges = before.version != after.version || len(umbrella.Added)+len(umbrella.Removed)+len(umbrella.Changed) > 0
	e.QuietTime = e.UmbrellaChanges
	for _, m := range moves(before, after) {
		e.Namespaces = append(e.Namespaces, namespaceEffect(m.Namespace, m.To))
	}
	if looksAtAll(s.kind) {
		e.Namespaces = b.allNamespaces(after)
	}
	e.Sources = sourceEffects(before, after)
	e.Annotations = append(annotationEffects(before, after), b.gatewayEffects(before, after)...)
	return e
}

// looksAtAll tells the phases that stand before something is taken away, and after. A namespace that has lost its label since its own wave, and whose pods
// came up without a proxy, uses no control plane at all: only its label tells.
func looksAtAll(k Kind) bool {
	switch k {
	case Gateway, CNI, Bump, HomeGateway, Cleanup:
		return true
	}
	return false
}

// allNamespaces are the labels of every namespace of the course, as a render leaves them.
func (b *builder) allNamespaces(after *rendered) []checks.NamespaceEffect {
	rendered := namespacesOf(after)
	var all []checks.NamespaceEffect
	for _, name := range b.injectedNamespaces() {
		if ns, ok := rendered[name]; ok {
			all = append(all, namespaceEffect(name, injectorOf(ns)))
		}
	}
	return all
}

func namespaceEffect(name, injector string) checks.NamespaceEffect {
	if injector == "default" {
		return checks.NamespaceEffect{Name: name, Want: map[string]string{"istio-injection": "enabled"}, Absent: []string{"istio.io/rev"}}
	}
	return checks.NamespaceEffect{Name: name, Want: map[string]string{"istio.io/rev": injector}, Absent: []string{"istio-injection"}}
}

// gatewayEffects are the restart annotations of gateways whose chart is not at hand: the chart names the Deployment after its release.
func (b *builder) gatewayEffects(before, after *rendered) []checks.AnnotationEffect {
	var all []checks.AnnotationEffect
	for _, name := range b.course.Gateways {
		for _, r := range b.releasesOfGateway(name) {
			was, _ := before.umbrella.Find("HelmRelease", r.id.Namespace, r.id.Name)
			is, ok := after.umbrella.Find("HelmRelease", r.id.Namespace, r.id.Name)
			if _, missing := after.notAtHand[r.id]; !ok || !missing || reflect.DeepEqual(was.Get("spec", "postRenderers"), is.Get("spec", "postRenderers")) {
				continue
			}
			value := ""
			if list, _ := is.Get("spec", "postRenderers").([]any); countOurs(list, b.course.Revision) > 0 {
				value = b.course.Revision
			}
			all = append(all, checks.AnnotationEffect{Namespace: r.target, Kind: "Deployment", Name: r.id.Name, Key: RestartAnnotation, Value: value})
		}
	}
	return all
}

// sourceEffects lists the references that differ: tags of GitRepositories, chart versions of HelmReleases.
func sourceEffects(before, after *rendered) []checks.SourceEffect {
	refs := func(r *rendered) map[render.ID]string {
		all := map[render.ID]string{}
		for _, o := range slices.Concat(r.overlay, r.umbrella) {
			switch o.Kind() {
			case "GitRepository":
				if tag, ok := o.Get("spec", "ref", "tag").(string); ok {
					all[o.ID()] = tag
				}
			case "HelmRelease":
				if version, ok := o.Get("spec", "chart", "spec", "version").(string); ok {
					all[o.ID()] = version
				}
			}
		}
		return all
	}
	was, is := refs(before), refs(after)
	var all []checks.SourceEffect
	for id, ref := range is {
		if was[id] != ref {
			all = append(all, checks.SourceEffect{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name, Ref: ref})
		}
	}
	for id := range was {
		if _, still := is[id]; !still {
			all = append(all, checks.SourceEffect{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name})
		}
	}
	slices.SortFunc(all, func(a, c checks.SourceEffect) int {
		return strings.Compare(a.Kind+a.Namespace+"/"+a.Name, c.Kind+c.Namespace+"/"+c.Name)
	})
	return all
}

func annotationEffects(before, after *rendered) []checks.AnnotationEffect {
	was := map[render.ID]string{}
	for _, objs := range before.sets() {
		for _, t := range render.PodTemplates(objs) {
			was[t.ID] = t.Annotations[RestartAnnotation]
		}
	}
	var all []checks.AnnotationEffect
	for _, objs := range after.sets() {
		for _, t := range render.PodTemplates(objs) {
			if value := t.Annotations[RestartAnnotation]; value != was[t.ID] && rolledByRestart[t.ID.Kind] {
				all = append(all, checks.AnnotationEffect{Namespace: t.ID.Namespace, Kind: t.ID.Kind, Name: t.ID.Name, Key: RestartAnnotation, Value: value})
			}
		}
	}
	slices.SortFunc(all, func(a, c checks.AnnotationEffect) int {
		return strings.Compare(a.Namespace+a.Kind+a.Name, c.Namespace+c.Kind+c.Name)
	})
	return all
}
