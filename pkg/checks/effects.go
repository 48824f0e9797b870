package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// effective asks whether the live objects show what the plan's render says. A postRenderer that failed, or whose target matched nothing, leaves every
// Flux object green; only its effect is missing.
func effective(u Upgrade, e Effects) Check {
	return question{
		name: "effects", asks: "Do the live objects show what the merge changes?", words: effectWords(e),
		id: fmt.Sprintf("effects/%v", e),
		judge: func(w *world, m Merge) Result {
			late := Wait
			if settled(u, e).(question).answer(w, m).Verdict == Pass {
				late = Fail
			}
			var leaves []Result
			if len(e.Namespaces) > 0 {
				leaves = append(leaves, w.namespaceEffects(e.Namespaces, late))
			}
			if len(e.Sources) > 0 {
				leaves = append(leaves, w.sourceEffects(e.Sources, late))
			}
			if len(e.Annotations) > 0 {
				leaves = append(leaves, w.annotationEffects(e.Annotations, late))
			}
			if len(leaves) == 0 {
				return Result{Verdict: Pass, Found: "the merge changes no label, source or annotation"}
			}
			return tree("", "", leaves...)
		},
	}
}

func effectWords(e Effects) string {
	var parts []string
	var kinds []string
	same := map[string][]string{}
	for _, n := range e.Namespaces {
		words := n.words()
		if same[words] == nil {
			kinds = append(kinds, words)
		}
		same[words] = append(same[words], n.Name)
	}
	for _, words := range kinds {
		parts = append(parts, plural(len(same[words]), "namespace ", "namespaces ")+enumerate(same[words])+" "+plural(len(same[words]), "has ", "have ")+words)
	}
	for _, s := range e.Sources {
		parts = append(parts, s.words())
	}
	var with, without int
	for _, a := range e.Annotations {
		if a.Value == "" {
			without++
		} else {
			with++
		}
	}
	if with > 0 {
		parts = append(parts, count(with, "workload")+" "+plural(with, "carries", "carry")+" the restart annotation")
	}
	if without > 0 {
		parts = append(parts, count(without, "workload")+" "+plural(without, "carries", "carry")+" no restart annotation any more")
	}
	if len(parts) == 0 {
		return "the live objects are as the merge leaves them"
	}
	return "live: " + strings.Join(parts, "; ")
}

func (n NamespaceEffect) words() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(n.Want)) {
		parts = append(parts, k+"="+n.Want[k])
	}
	words := strings.Join(parts, ", ")
	if len(n.Absent) > 0 {
		words = strings.TrimSpace(words + " and no " + strings.Join(n.Absent, ", no "))
	}
	return strings.TrimPrefix(words, "and ")
}

func (s SourceEffect) words() string {
	if s.Ref == "" {
		return s.Kind + " " + s.Name + " is gone"
	}
	return s.Kind + " " + s.Name + " at " + s.Ref
}

// voided is added to an effect that is missing although Flux is at rest.
func voided(late Verdict) string {
	if late == Fail {
		return ", although Flux calls everything settled: its patch failed or matched nothing"
	}
	return ""
}

func (w *world) namespaceEffects(want []NamespaceEffect, late Verdict) Result {
	r := Result{Name: "labels", Question: "Do the namespaces carry the planned labels?", Verdict: Pass, Found: count(len(want), "namespace") + " as planned"}
	for _, n := range want {
		r.Required = joinWords(r.Required, n.Name+": "+n.words())
		ns := w.namespaces[n.Name]
		if ns == nil {
			r = r.worsen(late, "namespace "+n.Name+" does not exist")
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(n.Want)) {
			if got, ok := ns.Labels[k]; !ok || got != n.Want[k] {
				r = r.worsen(late, fmt.Sprintf("namespace %s has %s, wanted %s=%s%s", n.Name, label(ns.Labels, k), k, n.Want[k], voided(late)))
			}
		}
		for _, k := range n.Absent {
			if _, there := ns.Labels[k]; there {
				r = r.worsen(late, fmt.Sprintf("namespace %s still has %s%s", n.Name, label(ns.Labels, k), voided(late)))
			}
		}
	}
	if r.Verdict != Pass {
		r.Found = ""
	}
	return r
}

// label prints one label. The string "null" is what a merge patch leaves where it was to remove a label, so it must be seen as what it is.
func label(labels map[string]string, key string) string {
	v, ok := labels[key]
	switch {
	case !ok:
		return "no " + key
	case v == "null":
		return key + `="null" (a string: a merge patch cannot remove a label here)`
	}
	return key + "=" + v
}

func joinWords(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func (w *world) sourceEffects(want []SourceEffect, late Verdict) Result {
	r := Result{Name: "references", Question: "Do the sources refer to the planned versions?", Verdict: Pass, Found: count(len(want), "source") + " as planned"}
	for _, s := range want {
		r.Required = joinWords(r.Required, s.words())
		ref, found := w.reference(s)
		switch {
		case s.Ref == "" && found:
			r = r.worsen(late, s.Kind+" "+s.Namespace+"/"+s.Name+" is still there"+voided(late))
		case s.Ref == "" && !found:
		case !found:
			r = r.worsen(late, s.Kind+" "+s.Namespace+"/"+s.Name+" does not exist"+voided(late))
		case ref != s.Ref:
			r = r.worsen(late, fmt.Sprintf("%s %s/%s is at %s, wanted %s%s", s.Kind, s.Namespace, s.Name, ref, s.Ref, voided(late)))
		}
	}
	if r.Verdict != Pass {
		r.Found = ""
	}
	return r
}

func (w *world) reference(s SourceEffect) (ref string, found bool) {
	if s.Kind == "HelmRelease" {
		h := w.releases[NamespacedName{s.Namespace, s.Name}]
		if h == nil {
			return "", false
		}
		return h.ChartVersion, true
	}
	lists := map[string][]Source{
		"GitRepository": w.Flux.GitRepositories, "HelmRepository": w.Flux.HelmRepositories, "OCIRepository": w.Flux.OCIRepositories,
	}
	for _, source := range lists[s.Kind] {
		if source.Namespace == s.Namespace && source.Name == s.Name {
			return source.Ref, true
		}
	}
	return "", false
}

func (w *world) annotationEffects(want []AnnotationEffect, late Verdict) Result {
	r := Result{Name: "annotations", Question: "Do the pod templates carry the planned annotations?", Verdict: Pass, Found: count(len(want), "workload") + " as planned"}
	for _, a := range want {
		ref := WorkloadRef{a.Namespace, a.Kind, a.Name}
		got, there := w.annotations(ref)
		switch {
		case !there && a.Value == "":
		case !there:
			r = r.worsen(late, ref.String()+" does not exist"+voided(late))
		case got[a.Key] != a.Value:
			r = r.worsen(late, fmt.Sprintf("%s has %s%s", ref, annotation(got, a), voided(late)))
			r.Stragglers = append(r.Stragglers, Straggler{
				Namespace: a.Namespace, Kind: a.Kind, Name: a.Name, Reason: "its pod template has " + annotation(got, a),
				Remedy: "wait for its HelmRelease; if that is Ready, its postRenderer failed or matched nothing",
			})
		}
	}
	if r.Verdict != Pass {
		r.Found = ""
	}
	return r
}

func annotation(got map[string]string, a AnnotationEffect) string {
	v, ok := got[a.Key]
	switch {
	case !ok:
		return fmt.Sprintf("no %s, wanted %s", a.Key, a.Value)
	case a.Value == "":
		return fmt.Sprintf("still %s=%s", a.Key, v)
	}
	return fmt.Sprintf("%s=%s, wanted %s", a.Key, v, a.Value)
}

func (w *world) annotations(ref WorkloadRef) (map[string]string, bool) {
	if wl := w.workloads[ref]; wl != nil {
		return wl.TemplateAnnotations, true
	}
	for i := range w.CronJobs {
		if c := &w.CronJobs[i]; ref == (WorkloadRef{c.Namespace, "CronJob", c.Name}) {
			return c.TemplateAnnotations, true
		}
	}
	return nil, false
}
