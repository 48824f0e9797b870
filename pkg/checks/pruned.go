package checks

import (
	"fmt"
	"slices"
)

// gone asks whether a control plane has left nothing behind that names it.
func gone(c ControlPlane) Check {
	return question{
		name: "gone-" + c.Revision, asks: "Is nothing left of istiod " + c.Revision + "?",
		words: "no istiod, webhook, tag, namespace, pod, HelmRelease or source names " + c.Revision + " any more",
		id:    "gone/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "nothing"}
			if len(w.Namespaces) == 0 || len(w.Pods) == 0 {
				r.Verdict, r.Reason = Unknown, "no namespace or pod was seen"
				return r
			}
			left := w.leftOf(c)
			r.Found = "nothing"
			if len(left) > 0 {
				r.Verdict, r.Found = Wait, enumerate(left)
				r.Reason = fmt.Sprintf("%s still %s %s: %s", count(len(left), "object"), plural(len(left), "names", "name"), c.Revision, enumerate(left))
			}
			return r
		},
	}
}

func (w *world) leftOf(c ControlPlane) []string {
	var left []string
	name := "istiod-" + c.Revision
	for i := range w.Istiods {
		if it := &w.Istiods[i]; it.Revision == c.Revision {
			left = append(left, "istiod pod "+it.Pod)
		}
	}
	for _, d := range w.IstiodDeployments {
		if d.Revision == c.Revision {
			left = append(left, "Deployment "+d.Namespace+"/"+d.Name)
		}
	}
	for _, conf := range slices.Concat(w.Mutating, w.Validating) {
		if conf.calls(c.Revision) || conf.Labels[labelTag] == c.Revision {
			left = append(left, "webhook "+conf.Name)
		}
	}
	for _, ns := range w.Namespaces {
		if ns.Labels[labelRevision] == c.Revision {
			left = append(left, "namespace "+ns.Name)
		}
	}
	for i := range w.proxies {
		if p := &w.proxies[i]; p.revision.Revision == c.Revision {
			left = append(left, "pod "+p.Namespace+"/"+p.Name)
		}
	}
	for _, h := range w.Flux.HelmReleases {
		if h.Name == name {
			left = append(left, "HelmRelease "+h.Namespace+"/"+h.Name)
		}
	}
	for _, list := range [][]Source{w.Flux.GitRepositories, w.Flux.HelmRepositories, w.Flux.OCIRepositories} {
		for _, s := range list {
			if s.Name == name {
				left = append(left, "source "+s.Namespace+"/"+s.Name)
			}
		}
	}
	for _, s := range w.Services {
		if s.Name == name {
			left = append(left, "Service "+s.Namespace+"/"+s.Name)
		}
	}
	return left
}
