package checks

import "time"

// Preflight is the part of the preflight that needs the live cluster.
func Preflight(u Upgrade) Gate { return Gate{Name: "preflight"} }

// CRDs is the exit gate of phase crds.
func CRDs(u Upgrade, e Effects) Gate { return Gate{Name: "crds"} }

// Canary is the exit gate of phase canary.
func Canary(u Upgrade, e Effects) Gate { return Gate{Name: "canary"} }

// Moved is the exit gate of a wave, on its way out or home.
func Moved(u Upgrade, s Scope, from, to ControlPlane, e Effects, soak time.Duration) Gate {
	return Gate{Name: s.Name, Soak: soak}
}

// GatewayMoved is the exit gate of one gateway, on its way out or home.
func GatewayMoved(u Upgrade, g Scope, from, to ControlPlane, e Effects, soak time.Duration) Gate {
	return Gate{Name: g.Name, Soak: soak}
}

// CNI is the exit gate of phase cni.
func CNI(u Upgrade, e Effects) Gate { return Gate{Name: "cni"} }

// Unused is promise 4: nothing uses or would use this control plane.
func Unused(u Upgrade, c ControlPlane, soak time.Duration) Gate {
	return Gate{Name: "unused-" + c.Revision, Soak: soak}
}

// Bumped is the exit gate of phase bump.
func Bumped(u Upgrade, e Effects, soak time.Duration) Gate { return Gate{Name: "bump", Soak: soak} }

// Pruned is the exit gate of phase cleanup.
func Pruned(u Upgrade, e Effects) Gate { return Gate{Name: "pruned"} }
