package checks

import (
	"fmt"
	"slices"
)

// endpointsOn asks whether every ready endpoint behind a gateway's Services is a pod of this control plane.
func endpointsOn(g Scope, c ControlPlane) Check {
	return question{
		name: "endpoints", asks: "Do the Services of " + g.String() + " lead only to pods on " + c.Revision + "?",
		words: "the Services of " + g.String() + " have ready endpoints, all of them on " + c.Revision,
		id:    "endpoints/" + scopeID(g) + "/" + c.Revision,
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "ready endpoints, only of " + c.Revision}
			whole := g
			whole.left = nil // a gateway that was signed off still has to be there
			own := map[string]*proxy{}
			for _, p := range w.scoped(whole) {
				own[p.Namespace+"/"+p.Name] = p
			}
			services, endpoints := 0, 0
			for i := range w.Services {
				s := &w.Services[i]
				if !s.serves(own) {
					continue
				}
				services++
				for _, name := range s.Ready {
					endpoints++
					p := own[s.Namespace+"/"+name]
					if p == nil {
						continue // a Service may serve several gateways; the others have their own turn
					}
					if p.revision.Revision != c.Revision && !g.leavesProxies(p.family) {
						r = r.worsen(Wait, fmt.Sprintf("Service %s/%s still leads to %s on %s", s.Namespace, s.Name, name, p.revision))
						who := w.straggler(p, c)
						who.Acceptable = p.revision.Known()
						r.Stragglers = append(r.Stragglers, who)
					}
				}
				if len(s.Ready) == 0 {
					r = r.worsen(Wait, fmt.Sprintf("Service %s/%s has no ready endpoint", s.Namespace, s.Name))
				}
			}
			r.Found = count(endpoints, "endpoint") + " of " + count(services, "Service")
			if services == 0 {
				r = r.worsen(Unknown, "no Service leads to "+g.String())
			}
			return r
		},
	}
}

func (s *Service) serves(own map[string]*proxy) bool {
	mine := func(pod string) bool { return own[s.Namespace+"/"+pod] != nil }
	return slices.ContainsFunc(s.Ready, mine) || slices.ContainsFunc(s.NotReady, mine)
}
