package checks

import (
	"fmt"
	"slices"
)

// running asks whether a control plane has enough ready replicas, all of its version.
func running(c ControlPlane, replicas int) Check {
	replicas = max(replicas, 1)
	return question{
		name: "istiod-" + c.Revision, asks: "Is istiod " + c.Revision + " up?",
		words: fmt.Sprintf("istiod %s has %s ready at version %s", c.Revision, count(replicas, "replica"), c.Version),
		id:    fmt.Sprintf("running/%s/%d", c, replicas),
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: count(replicas, "ready replica") + " at " + c.Version}
			ready, other := 0, ""
			for _, it := range w.istiods(c.Revision) {
				switch {
				case it.Deleting:
				case !sameVersion(it.Version, c.Version):
					other = it.Version
				case it.Ready:
					ready++
				}
			}
			r.Found = fmt.Sprintf("%d ready", ready)
			switch {
			case other != "":
				r.Verdict, r.Reason = Wait, fmt.Sprintf("an istiod pod of %s is at %s, wanted %s", c.Revision, other, c.Version)
			case ready < replicas:
				r.Verdict, r.Reason = Wait, fmt.Sprintf("istiod %s has %d of %s ready", c.Revision, ready, count(replicas, "replica"))
			default:
				r.Verdict = Pass
			}
			return r
		},
	}
}

// hooked asks whether the injector and the validator of a control plane can be called.
func hooked(c ControlPlane) Check {
	return question{
		name: "webhooks-" + c.Revision, asks: "Can the injector and the validator of " + c.Revision + " be called?",
		words: "injector and validator of " + c.Revision + " have a CA bundle and a ready istiod behind them",
		id:    "hooked/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "CA bundle and ready Service on each"}
			for _, part := range []struct {
				what string
				all  []WebhookConfiguration
			}{{"injector", w.Mutating}, {"validator", w.Validating}} {
				found := 0
				for _, conf := range part.all {
					if conf.Revision() != c.Revision || conf.Name == defaultValidator || conf.Labels[labelTag] != "" {
						continue
					}
					found++
					if len(conf.Hooks) == 0 {
						r = r.worsen(Fail, conf.Name+" calls nobody")
					}
					for _, h := range conf.Hooks {
						r = r.worsen(w.callable(conf.Name, h))
					}
				}
				r.Found = joinWords(r.Found, count(found, part.what))
				if found == 0 {
					r = r.worsen(Wait, "no "+part.what+" of "+c.Revision+" is there")
				}
			}
			return r
		},
	}
}

// sameRoot asks whether everybody trusts one root certificate: a proxy that moves between control planes must not change its certificate authority.
func sameRoot(revisions ...string) Check {
	return question{
		name: "same-root", asks: "Do all control planes sign with the same root certificate?", id: fmt.Sprintf("same-root/%q", revisions),
		words: "all control planes have the same root certificate",
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "one root certificate"}
			var roots []string
			known := map[string]bool{}
			for _, c := range w.RootCertificates {
				if c.Fingerprint == "" {
					continue
				}
				if !slices.Contains(roots, c.Fingerprint) {
					roots = append(roots, c.Fingerprint)
				}
				known[c.Revision] = true
			}
			r.Found = count(len(roots), "root certificate")
			for _, rev := range revisions {
				switch {
				case known[rev]:
				case len(w.istiods(rev)) == 0:
					r = r.worsen(Wait, "no istiod of "+rev+" is there yet")
				default:
					r = r.worsen(Unknown, "the root certificate of "+rev+" was not seen")
				}
			}
			if len(roots) > 1 {
				r = r.worsen(Fail, fmt.Sprintf("there are %d different root certificates: proxies of one control plane would not trust those of another", len(roots)))
			}
			return r
		},
	}
}
