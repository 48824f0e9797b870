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
