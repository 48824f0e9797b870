package sim

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func unmeshedWave() Misbehaviour {
	return Misbehaviour{
		Name: "unmeshed-wave",
		Sentence: "A policy strips the revision label off a namespace while it is moved, so no injector matches and its new pods start without a proxy; " +
			"the gate is red and names them.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			w, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			victim := namespaceID(w.Namespace)
			return hooks{
				relabel: func(id render.ID, _, next map[string]string) {
					if id == victim {
						delete(next, "istio.io/rev")
					}
				},
				heal: func() {
					c.asApplied(victim)
					c.restartUnmeshed()
				},
			}, nil
		},
	}
}

func uncoveredNamespace() Misbehaviour {
	return Misbehaviour{
		Name: "uncovered-namespace",
		Sentence: "Somebody made a namespace by hand, with a label for injection and a Deployment in it; no wave covers it, so the built-in istiod is not touched " +
			"before somebody has moved or removed it.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			const name = "sandbox"
			ref := checks.WorkloadRef{Namespace: name, Kind: "Deployment", Name: "tinker"}
			c.apply(render.Object{
				"apiVersion": "v1", "kind": "Namespace",
				"metadata": map[string]any{"name": name, "labels": map[string]any{"istio-injection": "enabled"}},
			}, owner{})
			c.apply(handMade("apps/v1", ref), owner{})
			return hooks{heal: func() { c.remove(namespaceID(name)) }}, nil
		},
	}
}

func gatewayReturns() Misbehaviour {
	return Misbehaviour{
		Name: "gateway-returns",
		Sentence: "On the way home the gateways' namespace keeps the canary's label, so a gateway restarts and comes up on the canary again with every Flux object green; " +
			"the canary is not pulled away from under it.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			var victim render.ID
			for _, p := range c.sortedPods() {
				if p.gateway() {
					victim = namespaceID(p.Namespace)
				}
			}
			var since time.Time // when the label should have gone home
			return hooks{
				relabel: func(id render.ID, live, next map[string]string) {
					canary := live["istio.io/rev"]
					if id != victim || canary == "" || next["istio.io/rev"] != "" {
						return
					}
					if since.IsZero() {
						since = c.now
					}
					delete(next, "istio-injection")
					next["istio.io/rev"] = canary
				},
				heal: func() {
					c.asApplied(victim)
					for _, p := range c.sortedPods() {
						if p.gateway() && !since.IsZero() && p.Created.After(since) {
							c.stop(p)
						}
					}
				},
			}, nil
		},
	}
}
