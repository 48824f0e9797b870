package checks

import (
	"fmt"
	"slices"
)

// Receives is the entry gate of a step that moves proxies back to a control plane: it is up, its injector can be called, and it signs with the root that
// the proxies trust.
func Receives(u Upgrade, from, to ControlPlane) Gate {
	return Gate{Name: "receives-" + to.Revision, Title: "istiod " + to.String() + " can take proxies back", Checks: []Check{
		visible(), running(to, 1), hooked(to), sameRoot(from.Revision, to.Revision), validatorWorks(),
	}}
}

// TakenAway is the entry gate of taking back what brought a control plane: nothing uses or would use it, and nothing that an earlier merge has set going leads to
// it. It asks for no more than that: where Flux or a package has failed, going back must be possible.
func TakenAway(u Upgrade, c ControlPlane) Gate {
	return Gate{Name: "taken-away-" + c.Revision, Title: "nothing uses or would use istiod " + c.Revision, Checks: []Check{takenIn(u), visible(), unused(c)}}
}

// takenIn asks whether Flux has taken in the last merge, whatever came of it.
func takenIn(u Upgrade) Check {
	return question{
		name: "taken-in", asks: "Has Flux taken in the last merge, so that nothing of an earlier one is still to come?",
		words: "Flux has applied the last merge, and is not in the midst of upgrading Big Bang",
		id:    fmt.Sprintf("taken-in/%v", u.Flux),
		judge: func(w *world, m Merge) Result {
			c := w.chain(u)
			return tree("", "", c.sourceFetched(m), c.kustomizationTried(m), c.umbrellaAtRest())
		},
	}
}

// kustomizationTried is kustomizationApplied, but for what was applied and is not healthy.
func (c *chain) kustomizationTried(m Merge) Result {
	r := c.kustomizationApplied(m)
	k := c.kustomization
	if r.Verdict != Pass && k != nil && !k.Suspended && k.Ready.Status == "False" && k.Ready.Reason == "HealthCheckFailed" && m.contained(commitOf(k.LastAttemptedRevision)) {
		r.Verdict, r.Reason, r.Found = Pass, "", short(k.LastAttemptedRevision)+", which is not healthy"
	}
	return r
}

// umbrellaAtRest: the umbrella is not in the midst of an upgrade, and none is to come.
func (c *chain) umbrellaAtRest() Result {
	r := Result{Name: "umbrella", Question: "Is the umbrella at rest?"}
	if c.umbrella == nil {
		r.Reason = fmt.Sprintf("HelmRelease %s/%s was not seen", c.names.Namespace, c.names.HelmRelease)
		return r
	}
	v, noSample, why := c.release(c.umbrella)
	if v == Fail {
		r.Verdict, r.Found = Pass, why
		return r
	}
	r.Verdict, r.NoSample, r.Reason = v, noSample, why
	return r
}

// CRDsBack is the entry gate of taking the CRDs back, which really downgrades them: every version that objects are stored in must be one that the old
// CRDs serve. served is by CRD name; nil says that the old CRDs are not at hand, and then nothing is known.
func CRDsBack(u Upgrade, served map[string][]string) Gate {
	return Gate{Name: "crds-back", Title: "the CRDs of Istio " + u.Old.Version + " serve all that is stored", Checks: []Check{
		visible(), question{
			name: "stored-versions", asks: "Do the old CRDs serve every version that objects are stored in?",
			words: "every version that objects are stored in is served by the CRDs of Istio " + u.Old.Version,
			judge: func(w *world, _ Merge) Result {
				r := Result{Verdict: Pass, Required: "stored versions served by " + u.Old.Version, Found: count(len(w.CRDs), "CRD")}
				if len(w.CRDs) == 0 || served == nil {
					r.Verdict, r.Reason = Unknown, "the CRDs of Istio "+u.Old.Version+" are not at hand, so what they serve is not known; give the chart istio-crds of that version"
					return r
				}
				for _, c := range w.CRDs {
					old, known := served[c.Name]
					if known && len(c.Stored) == 0 {
						r = r.worsen(Unknown, "in which versions objects of CRD "+c.Name+" are stored was not seen")
					}
					for _, stored := range c.Stored {
						if known && !slices.Contains(old, stored) {
							r = r.worsen(Fail, fmt.Sprintf("CRD %s stores objects as %s, which Istio %s does not serve: migrate them to %v first", c.Name, stored, u.Old.Version, old))
						}
					}
				}
				return r
			},
		},
	}}
}
