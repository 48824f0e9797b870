package checks

import "time"

// Preflight is the part of the preflight that needs the live cluster, and the entry gate of the first phase: everything is on the old control
// plane, healthy and fully visible, and nothing is half done.
func Preflight(u Upgrade) Gate {
	all := everything()
	g := Gate{Name: "preflight", Title: "the cluster can start this upgrade", Checks: []Check{
		visible(), onlyOld(u), noAmbient(), prunes(u),
		running(u.Old, 1), validatorWorks(), allOn(all, u.Old), healthy(all, u.Old), oneInjector(all), settled(u, Effects{}),
	}}
	if u.Kubernetes != (KubernetesRange{}) {
		g.Checks = append(g.Checks, kubernetes(u.Kubernetes))
	}
	return g
}

// CRDs is the exit gate of phase crds: the CRDs are those of the new version and work, and every proxy is where it was.
func CRDs(u Upgrade, e Effects) Gate {
	all := everything()
	return Gate{Name: "crds", Title: "the new CRDs work, and nothing has moved", Checks: []Check{
		settled(u, e), effective(u, e), crdsEstablished(), validatorWorks(), visible(), allOn(all, u.Old), healthy(all, u.Old),
	}}
}

// Canary is the exit gate of phase canary: the new istiod is ready to take proxies, has none, and nothing has moved.
func Canary(u Upgrade, e Effects) Gate {
	all := everything()
	return Gate{Name: "canary", Title: "istiod " + u.Canary.Revision + " is ready, and nothing uses it yet", Checks: []Check{
		settled(u, e), effective(u, e), running(u.Canary, u.CanaryReplicas), hooked(u.Canary), sameRoot(u.Old.Revision, u.Canary.Revision),
		visible(), noneOn(all, u.Canary), allOn(all, u.Old), healthy(all, u.Old), intended(all, u.Old),
	}}
}

// Moved is the exit gate of a wave, on its way out (to the canary) or home (to the built-in istiod at the new version). It can go on without workloads
// that somebody signed off; see EvaluateAccepting.
func Moved(u Upgrade, s Scope, from, to ControlPlane, e Effects, soak time.Duration) Gate {
	return Gate{Name: s.Name, Title: s.String() + " has moved from " + from.String() + " to " + to.String(), Soak: soak, Checks: []Check{
		acceptable(func(left []WorkloadRef) Check { return settled(u, e, left...) }), effective(u, e), visible(),
		of(s, func(s Scope) Check { return allOn(s, to) }), of(s, func(s Scope) Check { return noneOn(s, from) }),
		of(s, func(s Scope) Check { return healthy(s, to) }), of(s, func(s Scope) Check { return intended(s, to) }), of(s, rolledOut),
	}}
}

// GatewayMoved is the exit gate of one gateway. Where g names its workloads, the other gateways of the namespace are left out: they share the
// namespace's label, but each moves in its own phase.
func GatewayMoved(u Upgrade, g Scope, from, to ControlPlane, e Effects, soak time.Duration) Gate {
	g.Only = g.Only || len(g.Workloads) > 0
	gate := Moved(u, g, from, to, e, soak)
	gate.Checks = append(gate.Checks, of(g, func(g Scope) Check { return endpointsOn(g, to) }))
	return gate
}

// CNI is the exit gate of phase cni.
func CNI(u Upgrade, e Effects) Gate {
	return Gate{Name: "cni", Title: "the CNI of every node is new, and pods start with it", Checks: []Check{
		settled(u, e), effective(u, e), cniRolled(), freshPods(), visible(), oneInjector(everything()),
	}}
}

// Unused is promise 4, the entry gate of bump (the built-in control plane) and of cleanup (the canary): nothing uses or would use it.
func Unused(u Upgrade, c ControlPlane, soak time.Duration) Gate {
	return Gate{Name: "unused-" + c.Revision, Title: "nothing uses or would use istiod " + c.Revision, Soak: soak, Checks: []Check{
		visible(), unused(c),
	}}
}

// Bumped is the exit gate of phase bump: everything Big Bang ships is deployed at the new release, the built-in istiod is at the new version and still
// unused, and what Big Bang's own bump restarted came back on the canary.
func Bumped(u Upgrade, e Effects, soak time.Duration) Gate {
	all := everything()
	return Gate{Name: "bump", Title: "Big Bang is at the new release, and the mesh is still on " + u.Canary.Revision, Soak: soak, Checks: []Check{
		settled(u, e), effective(u, e), running(u.Home, 1), hooked(u.Home), validatorWorks(), sameRoot(u.Home.Revision, u.Canary.Revision),
		visible(), unused(u.Home), allOn(all, u.Canary), healthy(all, u.Canary), intended(all, u.Canary), rolledOut(all),
	}}
}

// Pruned is the exit gate of cleanup: the canary is gone, and everything is at home and well.
func Pruned(u Upgrade, e Effects) Gate {
	all := everything()
	return Gate{Name: "pruned", Title: "istiod " + u.Canary.Revision + " is gone, and everything is on " + u.Home.String(), Checks: []Check{
		settled(u, e), effective(u, e), gone(u.Canary), visible(), allOn(all, u.Home), healthy(all, u.Home), oneInjector(all),
	}}
}
