package checks

import (
	"fmt"
	"slices"
)

// crdsEstablished asks whether Istio's CRDs are served, and every version that objects are stored in still is.
func crdsEstablished() Check {
	return question{
		name: "crds", asks: "Are Istio's CRDs established, with every stored version served?", id: "crds",
		words: "Istio's CRDs are established and serve every version that objects are stored in",
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "established, stored versions served", Found: count(len(w.CRDs), "CRD")}
			if len(w.CRDs) == 0 {
				r.Verdict, r.Reason = Unknown, "no CRD of Istio was seen"
				return r
			}
			for _, c := range w.CRDs {
				if !c.Established {
					r = r.worsen(Wait, "CRD "+c.Name+" is not established")
				}
				if len(c.Stored) == 0 {
					r = r.worsen(Unknown, "in which versions objects of CRD "+c.Name+" are stored was not seen")
				}
				for _, stored := range c.Stored {
					if !slices.Contains(c.Served, stored) {
						r = r.worsen(Fail, fmt.Sprintf("CRD %s stores objects as %s, which it does not serve: migrate them first", c.Name, stored))
					}
				}
			}
			return r
		},
	}
}

// defaultValidator is the webhook that judges every Istio object of the cluster. It belongs to no revision, and when the istiod behind it is gone
// every write of an Istio object is refused, Flux's too.
const defaultValidator = "istiod-default-validator"

// validatorWorks asks whether the default validator can be called.
func validatorWorks() Check {
	return question{
		name: "default-validator", asks: "Does the default validator work?", id: "default-validator",
		words: "webhook " + defaultValidator + " has a CA bundle and a ready istiod behind it",
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "CA bundle, ready Service, failurePolicy Fail"}
			i := slices.IndexFunc(w.Validating, func(c WebhookConfiguration) bool { return c.Name == defaultValidator })
			if i < 0 {
				r.Verdict, r.Reason = Unknown, defaultValidator+" was not seen"
				return r
			}
			if len(w.Validating[i].Hooks) == 0 {
				r.Verdict, r.Reason = Fail, defaultValidator+" calls nobody"
			}
			for _, h := range w.Validating[i].Hooks {
				r = r.worsen(w.callable(defaultValidator, h))
				switch h.FailurePolicy {
				case "Fail":
				case "":
					r = r.worsen(Unknown, "the failurePolicy of "+defaultValidator+" was not seen")
				default:
					r = r.worsen(Wait, defaultValidator+" still ignores failures: istiod has not yet proven it")
				}
				r.Found = joinWords(r.Found, "calls "+h.Service.String())
			}
			return r
		},
	}
}

// callable reports whether the API server could call a webhook.
func (w *world) callable(configuration string, h Webhook) (Verdict, string) {
	switch {
	case !h.CABundle:
		return Wait, configuration + " has no CA bundle yet"
	case !w.reachable(h.Service):
		return Wait, configuration + " calls Service " + h.Service.String() + ", which has no ready pod"
	}
	return Pass, ""
}
