package sim

import (
	"fmt"
	"slices"
)

// roll does the next thing that brings a workload nearer to its template. It is called whenever one of its pods or the workload itself changed, so each
// call does only what is allowed at this moment.
func (c *Cluster) roll(w *workload) {
	if c.workloads[w.key()] != w || w.retrying {
		return
	}
	switch w.Kind {
	case "Deployment":
		c.rollDeployment(w)
	case "StatefulSet":
		c.rollStatefulSet(w)
	case "DaemonSet":
		c.rollDaemonSet(w)
	case "Job":
		if !w.done && len(c.podsOf(w)) == 0 {
			c.start(w, w.Name+"-"+c.letters(5), "")
		}
	}
	c.count(w)
}

// rollDeployment starts new pods up to the surge and stops old ones as new ones become ready.
func (c *Cluster) rollDeployment(w *workload) {
	if w.Paused {
		return
	}
	var fresh, old []*pod
	for _, p := range c.podsOf(w) {
		switch {
		case p.Deleting:
		case p.hash == w.hash:
			fresh = append(fresh, p)
		default:
			old = append(old, p)
		}
	}
	want := w.replicas()
	surge := max(percent(w.spec.Get("spec", "strategy", "rollingUpdate", "maxSurge"), want, (want+3)/4, true), 0)
	unavailable := percent(w.spec.Get("spec", "strategy", "rollingUpdate", "maxUnavailable"), want, want/4, false)
	if w.Strategy == "Recreate" {
		for _, p := range old {
			c.stop(p)
		}
		if len(c.podsOf(w)) > len(fresh) {
			return
		}
		old, surge = nil, 0
	}
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	for len(fresh) < want && len(fresh)+len(old) < want+surge {
		p := c.start(w, w.Name+"-"+w.hash[:9]+"-"+c.letters(5), "")
		if p == nil {
			return
		}
		fresh = append(fresh, p)
	}
	for len(fresh) > want {
		last := len(fresh) - 1
		c.stop(fresh[last])
		fresh = fresh[:last]
	}
	ready := 0
	for _, p := range slices.Concat(fresh, old) {
		if p.Ready {
			ready++
		}
	}
	for _, p := range old {
		if p.Ready && ready <= want-unavailable {
			continue
		}
		if p.Ready {
			ready--
		}
		c.stop(p)
	}
}

// rollStatefulSet keeps the order: pods start from the lowest ordinal and are replaced from the highest, one at a time.
func (c *Cluster) rollStatefulSet(w *workload) {
	byOrdinal := map[int]*pod{}
	for _, p := range c.podsOf(w) {
		byOrdinal[p.ordinal] = p
	}
	want := w.replicas()
	for i := range want {
		p := byOrdinal[i]
		if p == nil {
			if p = c.start(w, fmt.Sprintf("%s-%d", w.Name, i), ""); p != nil {
				p.ordinal = i
			}
			return
		}
		if !p.Ready || p.Deleting {
			// A pod of the old template that will never be ready would hold everything up, as it does in a real cluster.
			return
		}
	}
	for ordinal, p := range byOrdinal {
		if ordinal >= want {
			c.stop(p)
		}
	}
	if w.Strategy == "OnDelete" {
		return
	}
	for i := want - 1; i >= w.Partition; i-- {
		if p := byOrdinal[i]; p.hash != w.hash {
			c.stop(p)
			return
		}
	}
}

// rollDaemonSet keeps one pod on each node and replaces one at a time.
func (c *Cluster) rollDaemonSet(w *workload) {
	byNode := map[string]*pod{}
	for _, p := range c.podsOf(w) {
		byNode[p.Node] = p
	}
	waiting := false
	for _, node := range nodes {
		p := byNode[node]
		if p == nil {
			p = c.start(w, w.Name+"-"+c.letters(5), node)
		}
		if p == nil || !p.Ready || p.Deleting {
			waiting = true
		}
	}
	if waiting || w.Strategy == "OnDelete" {
		return
	}
	for _, node := range nodes {
		if p := byNode[node]; p.hash != w.hash {
			c.stop(p)
			return
		}
	}
}
