package checks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// onlyOld asks whether the upgrade starts from a finished one: one control plane, no tag, no label that names a revision.
func onlyOld(u Upgrade) Check {
	return question{
		name: "finished", asks: "Is " + u.Old.Revision + " the only control plane, with no upgrade half done?", id: "only/" + u.Old.Revision,
		words: "istiod " + u.Old.Revision + " is the only control plane; no revision tag, no namespace with " + labelRevision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "only istiod " + u.Old.Revision}
			var others []string
			for _, it := range w.Istiods {
				if it.Revision != u.Old.Revision && !slices.Contains(others, it.Revision) {
					others = append(others, it.Revision)
				}
			}
			for _, d := range w.IstiodDeployments { // one scaled to nothing has no pod
				if d.Revision != u.Old.Revision && !slices.Contains(others, d.Revision) {
					others = append(others, d.Revision)
				}
			}
			r.Found = count(1+len(others), "control plane")
			if len(others) > 0 {
				r = r.worsen(Fail, "istiod "+enumerate(others)+" is there beside "+u.Old.Revision+": finish or undo that upgrade first")
			}
			for _, conf := range w.Mutating {
				if tag := conf.Labels[labelTag]; tag != "" {
					r = r.worsen(Fail, "revision tag "+tag+" is there ("+conf.Name+"): remove it first")
				} else if rev := conf.Revision(); rev != "" && rev != u.Old.Revision && !slices.Contains(others, rev) {
					r = r.worsen(Fail, "the injector "+conf.Name+" of a revision that is gone, "+rev+", was left behind: remove it first")
				}
			}
			for _, ns := range w.Namespaces {
				if rev := ns.Labels[labelRevision]; rev != "" {
					r = r.worsen(Fail, "namespace "+ns.Name+" carries "+labelRevision+"="+rev+": remove the label first")
					r.Stragglers = append(r.Stragglers, Straggler{
						Namespace: ns.Name, Kind: "Namespace", Name: ns.Name, Revision: rev, Reason: "carries " + labelRevision + "=" + rev, Remedy: "remove the label",
					})
				}
			}
			return r
		},
	}
}

// noAmbient asks whether the mesh uses sidecars and gateways only. ztunnel is one per node and cannot be moved revision by revision.
func noAmbient() Check {
	return question{
		name: "no-ambient", asks: "Does the mesh do without ambient mode?", id: "no-ambient",
		words: "ambient mode is off: no ztunnel, no waypoint, no namespace with istio.io/dataplane-mode",
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "no ambient mode", Found: "none"}
			for _, ns := range w.Namespaces {
				if ns.Labels["istio.io/dataplane-mode"] == "ambient" {
					r = r.worsen(Fail, "namespace "+ns.Name+" is in ambient mode, which Linnet does not move")
				}
			}
			for i := range w.Pods {
				p := &w.Pods[i]
				if p.ended() {
					continue
				}
				if what := p.ambient(); what != "" {
					r = r.worsen(Fail, p.Namespace+"/"+p.Name+" is "+what+", which Linnet does not move")
				}
			}
			if r.Verdict != Pass {
				r.Found = ""
			}
			return r
		},
	}
}

func (p *Pod) ambient() string {
	switch {
	case p.Labels["app"] == "ztunnel":
		return "a ztunnel"
	case p.Labels["gateway.istio.io/managed"] == "istio.io-mesh-controller":
		return "a waypoint"
	case p.Annotations["ambient.istio.io/redirection"] == "enabled":
		return "in ambient mode"
	}
	return ""
}

// prunes asks whether Flux removes what leaves the repository; if not, the canary would stay for good.
func prunes(u Upgrade) Check {
	return question{
		name: "flux-prunes", asks: "Does Flux remove what leaves the repository?", id: "flux-prunes",
		words: "Flux prunes what leaves the repository",
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "spec.prune: true"}
			c := w.chain(u)
			switch k := c.kustomization; {
			case c.kustomizationName.Name == "":
				r.Reason = "the environment's Kustomization is not known"
			case k == nil:
				r.Reason = "Kustomization " + c.kustomizationName.String() + " was not seen"
			case !k.Prune:
				r.Verdict, r.Reason = Fail, "Kustomization "+k.Name+" does not prune, so the canary would stay for good: set spec.prune: true"
			default:
				r.Verdict = Pass
			}
			return r
		},
	}
}

// kubernetes asks whether the API server and every kubelet are in the range that both Istios support.
func kubernetes(k KubernetesRange) Check {
	return question{
		name: "kubernetes", asks: "Is Kubernetes in the range that both versions of Istio support?", id: "kubernetes/" + k.Min + "/" + k.Max,
		words: "Kubernetes, API server and kubelets, is " + k.String(),
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: k.String(), Found: w.ServerVersion}
			r = r.worsen(k.holds("the API server", w.ServerVersion))
			if len(w.Nodes) == 0 {
				r = r.worsen(Unknown, "no node was seen, so no kubelet's version is known")
			}
			for _, n := range w.Nodes {
				r = r.worsen(k.holds("the kubelet of node "+n.Name, n.KubeletVersion))
			}
			return r
		},
	}
}

func (k KubernetesRange) holds(who, version string) (Verdict, string) {
	minor, ok := kubernetesMinor(version)
	if !ok {
		return Unknown, "the version of " + who + " is not known"
	}
	low, lowOK := kubernetesMinor(k.Min)
	high, highOK := kubernetesMinor(k.Max)
	if lowOK && minor < low || highOK && minor > high {
		return Fail, fmt.Sprintf("%s is at %s, and must be %s", who, version, k)
	}
	return Pass, ""
}

// kubernetesMinor reads 34 from "v1.34.2+rke2r1" or "1.34".
func kubernetesMinor(version string) (int, bool) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 || parts[0] != "1" {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimRight(parts[1], "+"))
	return n, err == nil
}
