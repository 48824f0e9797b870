package sim

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Each function here is what the cluster does at one place; without a misbehaviour that is the ordinary thing.

func (c *Cluster) refused(w *workload) string {
	for _, m := range c.misbehaving {
		if m.refuse != nil {
			if why := m.refuse(w); why != "" {
				return why
			}
		}
	}
	return ""
}

// sought is the revision of the istiod that a proxy looks for.
func (c *Cluster) sought(p *pod) string {
	for _, m := range c.misbehaving {
		if m.seek != nil {
			if revision := m.seek(p); revision != "" {
				return revision
			}
		}
	}
	return p.proxy.revision
}

func (c *Cluster) answered(p *pod, i *checks.Istiod) {
	for _, m := range c.misbehaving {
		if m.answer != nil {
			m.answer(p, i)
		}
	}
}

// failing tells why an attempt fails, and whether it is applied first and taken back after.
func (c *Cluster) failing(a *attempt) (takeBack bool, err error) {
	for _, m := range c.misbehaving {
		if m.fail != nil {
			if err := m.fail(a); err != nil {
				return m.takeBack, err
			}
		}
	}
	return false, nil
}

func (c *Cluster) amended(w *workload) {
	for _, m := range c.misbehaving {
		if m.amend != nil {
			m.amend(w)
		}
	}
}

func (c *Cluster) relabelled(id render.ID, live, next map[string]string) {
	for _, m := range c.misbehaving {
		if m.relabel != nil {
			m.relabel(id, live, next)
		}
	}
}

// newest is what a fetch of the environment's repository gives.
func (c *Cluster) newest() (commit string, t tree.Tree) {
	for _, m := range c.misbehaving {
		if m.fetch != nil {
			if commit, t, stuck := m.fetch(); stuck {
				return commit, t
			}
		}
	}
	return c.commit, c.tree
}

func (c *Cluster) intervalOf(r *helmRelease, spec time.Duration) time.Duration {
	for _, m := range c.misbehaving {
		if m.interval != nil {
			spec = m.interval(r, spec)
		}
	}
	return spec
}

// routineTime is how long a routine pass takes.
func (c *Cluster) routineTime(s span) time.Duration {
	for _, m := range c.misbehaving {
		if m.busy > 0 {
			return m.busy
		}
	}
	return c.some(s)
}

func (c *Cluster) neverEnds(w *workload) bool {
	for _, m := range c.misbehaving {
		if m.endless != nil && m.endless(w) {
			return true
		}
	}
	return false
}

// observersClock is what the time is where the observer runs.
func (c *Cluster) observersClock() time.Time {
	now := c.now
	for _, m := range c.misbehaving {
		if m.clock != nil {
			now = m.clock(now)
		}
	}
	return now
}

// setLabels writes labels onto a live object, as somebody with kubectl would.
func (c *Cluster) setLabels(id render.ID, labels map[string]string) {
	o := c.live[id]
	if o == nil {
		return
	}
	o.Object = withMetadata(o.Object, labels, o.Annotations())
	o.version++
	c.changed(id, o, false)
}

// asApplied gives a live object the labels back that it was last applied with.
func (c *Cluster) asApplied(id render.ID) {
	if o := c.live[id]; o != nil {
		labels := merge(o.Labels(), nil, o.labels)
		for _, key := range []string{"istio-injection", "istio.io/rev"} {
			if _, wanted := o.labels[key]; !wanted {
				delete(labels, key)
			}
		}
		c.setLabels(id, labels)
	}
}

func namespaceID(name string) render.ID { return render.ID{Kind: "Namespace", Name: name} }

// tryAgain has a release attempted anew, whatever it believes of itself: flux reconcile helmrelease --force.
func (c *Cluster) tryAgain(key checks.NamespacedName) {
	if r := c.releases[key]; r != nil {
		r.postRenderers, r.stalled = "", false
		c.poke(key)
	}
}
