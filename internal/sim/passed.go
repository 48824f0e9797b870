package sim

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// passed is a pod that is gone, as it was at the end.
type passed struct {
	checks.Pod
	connected string // revision of the istiod that it was last connected to; "" = none
	gone      time.Time
}

const (
	// watched is how long the observer's watch remembers a pod that came and went. It is as long as two looks may lie apart, so that none is missed.
	watched = time.Minute
	// rememberedFor is how long the cluster itself knows of pods that are gone, for Truth.
	rememberedFor = time.Hour
)

// remember keeps a pod that has gone. Ended ones were no proxies any more.
func (c *Cluster) remember(p *pod) {
	if p.Phase == "Succeeded" {
		return
	}
	for len(c.passed) > 0 && c.now.Sub(c.passed[0].gone) > rememberedFor {
		c.passed = c.passed[1:]
	}
	it := passed{Pod: p.Pod, gone: c.now}
	it.Deleting, it.Ready = true, false
	if p.proxy != nil {
		it.connected = p.proxy.last
	}
	c.passed = append(c.passed, it)
}

// cameAndWent are the pods that no look would show: created and gone since the one before. A list shows only what is there at its moment; an observer that
// watches knows of them and shows each as terminating.
func (c *Cluster) cameAndWent() []checks.Pod {
	var found []checks.Pod
	for _, p := range c.passed {
		if c.now.Sub(p.Created) < watched && c.pods[podKey{p.Namespace, p.Name}] == nil {
			found = append(found, p.Pod)
		}
	}
	return found
}
