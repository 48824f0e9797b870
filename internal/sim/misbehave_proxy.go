package sim

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

func stuckProxy() Misbehaviour {
	return Misbehaviour{
		Name: "stuck-proxy",
		Sentence: "A pod was injected by the new control plane, but its proxy goes on talking to the old istiod, whose address is pinned in its configuration; " +
			"pods and istiods must agree before anything moves on.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			victim, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			pinned := c.podsOf(victim)[0].proxy.revision
			return hooks{
				seek: func(p *pod) string {
					if p.of == victim.key() {
						return pinned
					}
					return ""
				},
				heal: func() {
					for _, p := range c.podsOf(victim) {
						if p.proxy != nil && p.proxy.last != p.proxy.revision {
							c.stop(p)
						}
					}
				},
			}, nil
		},
	}
}

func endlessJob() Misbehaviour {
	return Misbehaviour{
		Name:     "endless-job",
		Sentence: "A Job that started before the upgrade does not end, and its pod keeps the old proxy; it is named, and nothing takes the old control plane away from under it.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			near, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			ref := checks.WorkloadRef{Namespace: near.Namespace, Kind: "Job", Name: "reindex"}
			c.runJob(handMade("batch/v1", ref), nil)
			return hooks{
				endless: func(w *workload) bool { return w.key() == ref },
				heal: func() {
					if w := c.workloads[ref]; w != nil {
						for _, p := range c.podsOf(w) {
							c.succeed(w, p)
						}
					}
				},
			}, nil
		},
	}
}

// handMade is a workload that somebody made by hand.
func handMade(version string, ref checks.WorkloadRef) render.Object {
	labels := map[string]any{"app": ref.Name}
	return render.Object{
		"apiVersion": version, "kind": ref.Kind,
		"metadata": map[string]any{"name": ref.Name, "namespace": ref.Namespace},
		"spec": map[string]any{
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": ref.Name, "image": "example/" + ref.Name + ":1"}}},
			},
		},
	}
}

const (
	passingEvery = 2 * time.Minute
	passingLife  = 3 * time.Second
)

func passingPod() Misbehaviour {
	return Misbehaviour{
		Name: "passing-pod",
		Sentence: "Every two minutes somebody's script starts a pod for three seconds in a namespace that has moved, and it still gets the old control plane; " +
			"no list shows it, but an observer that watches does, and each one begins the soak anew.",
		Expected: StaysClosed,
		begin: func(c *Cluster) (hooks, error) {
			near, err := c.victim("Deployment")
			if err != nil {
				return hooks{}, err
			}
			old := c.podsOf(near)[0].proxy.revision
			stopped := false
			var again func()
			again = func() {
				if stopped {
					return
				}
				c.after(passingEvery, again)
				if revision := c.namespaceLabels(near.Namespace)["istio.io/rev"]; revision != "" {
					c.startPassing(near.Namespace, old)
				}
			}
			c.after(passingEvery, again)
			return hooks{heal: func() { stopped = true }}, nil
		},
	}
}

// startPassing starts a bare pod that a given control plane injects, and ends it.
func (c *Cluster) startPassing(namespace, revision string) {
	for _, by := range c.sortedPods() {
		if by.istiod == nil || by.istiod.revision != revision || !by.Ready {
			continue
		}
		p := &pod{of: checks.WorkloadRef{Namespace: namespace, Kind: "Pod", Name: "probe-" + c.letters(5)}}
		p.Namespace, p.Name, p.Node = namespace, p.of.Name, nodes[0]
		p.Labels, p.Annotations = map[string]string{"run": "probe"}, map[string]string{}
		p.Phase, p.Created = "Running", c.now
		p.Containers = []checks.Container{{Name: "probe", Image: "example/probe:1"}}
		c.inject(p, by)
		c.pods[podKey{p.Namespace, p.Name}] = p
		c.connectIn(p, c.some(connectTime))
		c.after(passingLife, func() { c.gone(p) })
		return
	}
}
