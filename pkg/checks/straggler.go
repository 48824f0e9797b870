package checks

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// straggler describes a proxy that is not where it should be, and why it does not get there by itself.
func (w *world) straggler(p *proxy, want ControlPlane) Straggler {
	reason, remedy := w.whyNot(p, want)
	return Straggler{
		Namespace: p.Namespace, Kind: p.root.Kind, Name: p.root.Name, Pod: p.Name, Revision: p.revision.String(),
		Reason: reason, Remedy: remedy, Since: p.Created,
	}
}

// whyNot finds the first thing that keeps a proxy from being replaced by one of the wanted control plane.
func (w *world) whyNot(p *proxy, want ControlPlane) (reason, remedy string) {
	switch {
	case p.Deleting:
		return "it is terminating", "wait; if it hangs, look at its finalizers: kubectl -n " + p.Namespace + " get pod " + p.Name + " -o yaml"
	case p.Labels["app"] == "ztunnel":
		return "ztunnel is one per node and moves with its own chart", "upgrade ztunnel; Linnet does not move ambient meshes"
	case p.root.Kind == "Pod":
		return "bare pod: nothing creates it again", "whoever made it must: kubectl -n " + p.Namespace + " delete pod " + p.Name
	case p.root.Kind == "Node":
		return "static pod of its node", "change its manifest on node " + p.Node
	case p.job():
		return "pod of a " + p.root.Kind + ": it stays until it ends", "wait, or end it: kubectl -n " + p.Namespace + " delete pod " + p.Name
	}
	if reason, remedy := w.notIntended(p, want); reason != "" {
		return reason, remedy
	}
	if p.workload == nil {
		return "owned by " + p.root.Kind + " " + p.root.Name + ", whose operator must replace it",
			"change the pod template in the " + p.root.Kind + ", or: kubectl -n " + p.Namespace + " delete pod " + p.Name
	}
	if reason, remedy := w.workloadHolds(p.workload); reason != "" {
		return reason, remedy
	}
	if p.workload.ref() != p.root {
		return "owned by " + p.root.Kind + " " + p.root.Name + ", whose operator has not rolled it",
			"restart annotation in Git on the " + p.root.Kind
	}
	if p.workload.rolling() {
		return "its rollout is under way", "wait"
	}
	return "not restarted since the label moved", "restart annotation in Git on " + p.workload.Kind + " " + p.workload.Name
}

// notIntended explains a proxy whose successor would not get the wanted control plane either.
func (w *world) notIntended(p *proxy, want ControlPlane) (reason, remedy string) {
	t := w.next(p)
	if !t.injectable() {
		return "its next pod would not be injected: the template opts out", "remove " + labelInject + " from the pod template, or sign it off"
	}
	switch found := t.injectors(w); {
	case len(found) == 0:
		return "its next pod would start without a proxy: no injector matches", "label namespace " + p.Namespace + " in Git"
	case len(found) > 1:
		return "its next pod would be injected twice, by " + injectorNames(found), "leave one of the labels on namespace " + p.Namespace
	case found[0].Revision != want.Revision:
		return "its next pod would get " + found[0].Revision + " again: " + w.labelWords(p.Namespace), "move the label of namespace " + p.Namespace + " in Git"
	}
	return "", ""
}

// next is what the next pod in a proxy's place would be made from. Where the owner was not observed, the pod itself is the best guess.
func (w *world) next(p *proxy) template {
	if p.workload != nil && !p.workload.custom() {
		return template{p.workload.ref(), p.workload.TemplateLabels, p.workload.TemplateAnnotations, p.workload.HostNetwork, p.workload, nil}
	}
	return template{ref: p.root, labels: p.Labels, annotations: p.Annotations, hostNetwork: p.HostNetwork}
}

// workloadHolds explains a workload that does not replace its pods although it could.
func (w *world) workloadHolds(wl *Workload) (reason, remedy string) {
	r := w.releases[wl.HelmRelease]
	switch {
	case r != nil && r.Suspended:
		return "HelmRelease " + wl.HelmRelease.String() + " is suspended", "flux resume helmrelease " + r.Name + " -n " + r.Namespace
	case r != nil && r.Remediated.Status == "True":
		return "HelmRelease " + wl.HelmRelease.String() + " failed and was taken back" + because(r.message()), r.remedy()
	}
	if p := w.pulling[wl.ref()]; p.pod != "" {
		return "its new pod " + p.pod + " cannot pull " + p.image, "put the image into the registry that the pod names"
	}
	switch {
	case wl.Paused:
		return "its rollout is paused", "set spec.paused: false in Git"
	case wl.Strategy == "OnDelete":
		return "update strategy OnDelete: nothing replaces its pods" + wl.budget(), "kubectl -n " + wl.Namespace + " delete pod, one after the other"
	case wl.Partition > 0:
		return fmt.Sprintf("partition %d: pods below that ordinal are not replaced", wl.Partition), "set spec.updateStrategy.rollingUpdate.partition: 0 in Git"
	case wl.Stuck != "":
		return "its rollout is stuck" + because(wl.Stuck), "kubectl -n " + wl.Namespace + " describe " + wl.Kind + " " + wl.Name
	case wl.BlockedBy != "" && len(wl.Owners) > 0:
		return "its operator may not evict it" + wl.budget(), "allow one disruption in PodDisruptionBudget " + wl.BlockedBy
	case r != nil && r.failed():
		// Last: a release fails, too, because its workload does not get ready, and why it does not says more.
		return "HelmRelease " + wl.HelmRelease.String() + " failed" + because(r.message()), r.remedy()
	}
	return "", ""
}

// remedy for a release that failed.
func (h *HelmRelease) remedy() string {
	return "fix the release in Git; kubectl -n " + h.Namespace + " describe helmrelease " + h.Name
}

func (w *Workload) budget() string {
	if w.BlockedBy == "" {
		return ""
	}
	return ", and PodDisruptionBudget " + w.BlockedBy + " refuses evictions"
}

// labelWords says which of the namespace's labels decide.
func (w *world) labelWords(namespace string) string {
	l := w.labels(namespace)
	switch {
	case l[labelInjection] != "":
		return "the namespace says " + labelInjection + "=" + l[labelInjection]
	case l[labelRevision] != "":
		return "the namespace says " + labelRevision + "=" + l[labelRevision]
	}
	return "the namespace says nothing, the pod template decides"
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + oneLine(text, 120)
}

func injectorNames(found []Injector) string {
	var all []string
	for _, i := range found {
		all = append(all, i.Configuration)
	}
	return enumerate(all)
}

// Stragglers collects those of a whole tree, each pod or workload once, with the first reason that was given for it, in the order of namespace,
// owner and pod.
func Stragglers(r Result) []Straggler {
	type key struct{ namespace, kind, name, pod string }
	seen := map[key]bool{}
	var all []Straggler
	var collect func(*Result)
	collect = func(r *Result) {
		for _, s := range r.Stragglers {
			if k := (key{s.Namespace, s.Kind, s.Name, s.Pod}); !seen[k] {
				seen[k] = true
				all = append(all, s)
			}
		}
		for i := range r.Children {
			collect(&r.Children[i])
		}
	}
	collect(&r)
	slices.SortStableFunc(all, func(a, b Straggler) int {
		if c := cmp.Compare(a.Namespace, b.Namespace); c != 0 {
			return c // as a rule
		}
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Pod, b.Pod))
	})
	return all
}

// workloadStraggler describes a workload or CronJob none of whose pods need exist.
func (t template) straggler(revision, reason, remedy string) Straggler {
	s := Straggler{Namespace: t.ref.Namespace, Kind: t.ref.Kind, Name: t.ref.Name, Revision: revision, Reason: reason, Remedy: remedy}
	if t.workload != nil {
		s.Since = t.workload.Since
	}
	return s
}

// age is for humans: "3m", "2h", "4d"; "" where the time is not known.
func age(since, now time.Time) string {
	if since.IsZero() || now.IsZero() {
		return ""
	}
	switch d := now.Sub(since); {
	case d < 0:
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
}
