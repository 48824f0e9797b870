package checks

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// cniDaemonSet is the name that Istio's chart gives, whatever the revision: there is one per cluster.
const cniDaemonSet = "istio-cni-node"

// cniRolled asks whether the CNI DaemonSet has replaced its pods.
func cniRolled() Check {
	return question{
		name: "cni-rolled", asks: "Has DaemonSet " + cniDaemonSet + " rolled?", id: "cni-rolled",
		words: "DaemonSet " + cniDaemonSet + " has rolled on every node",
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "newest template on every node"}
			ds := w.cni()
			if ds == nil {
				r.Reason = "DaemonSet " + cniDaemonSet + " was not seen"
				return r
			}
			r.Found = fmt.Sprintf("%d of %d updated and %d ready", ds.UpdatedReplicas, ds.Replicas, ds.ReadyReplicas)
			if why := ds.unfinished(); why != "" {
				r.Verdict, r.Reason = Wait, cniDaemonSet+": "+why
				if reason, _ := w.workloadHolds(ds); reason != "" {
					r.Reason = cniDaemonSet + ": " + reason
				}
				return r
			}
			r.Verdict = Pass
			return r
		},
	}
}

func (w *world) cni() *Workload {
	for i := range w.Workloads {
		if wl := &w.Workloads[i]; wl.Kind == "DaemonSet" && wl.Name == cniDaemonSet {
			return wl
		}
	}
	return nil
}

// freshPods asks whether on each node that runs proxies a pod has started since the node's CNI pod was replaced: only that proves that the new CNI sets up
// the network of a pod.
func freshPods() Check {
	return question{
		name: "fresh-pods", asks: "Has a fresh injected pod started on each node since?", id: "fresh-pods",
		words: "on each node with proxies, an injected pod that is younger than the node's CNI pod is ready",
		judge: func(w *world, _ Merge) Result {
			r := Result{Verdict: Pass, Required: "one on each node with proxies"}
			started := w.cniStarted()
			if len(started) == 0 {
				r.Verdict, r.Reason = Unknown, "no pod of "+cniDaemonSet+" was seen"
				return r
			}
			fresh := map[string]bool{} // by node with proxies
			for i := range w.proxies {
				p := &w.proxies[i]
				if since, ok := started[p.Node]; ok && !p.Deleting {
					fresh[p.Node] = fresh[p.Node] || p.Ready && p.Created.After(since)
				}
			}
			proven := 0
			for _, node := range slices.Sorted(maps.Keys(fresh)) {
				if fresh[node] {
					proven++
					continue
				}
				r = r.worsen(Wait, "no injected pod has started on node "+node+" since its CNI pod was replaced")
				r.Stragglers = append(r.Stragglers, Straggler{
					Kind: "Node", Name: node, Reason: "no injected pod has started here since", Remedy: "restart any workload of the mesh that runs there", Since: started[node],
				})
			}
			r.Found = fmt.Sprintf("%d of %s", proven, count(len(fresh), "node"))
			return r
		},
	}
}

// cniStarted is when the newest CNI pod of each node was created.
func (w *world) cniStarted() map[string]time.Time {
	started := map[string]time.Time{}
	for _, p := range w.plain {
		own := slices.ContainsFunc(p.Owners, func(o Owner) bool { return o.Kind == "DaemonSet" && o.Name == cniDaemonSet })
		if own && !p.Deleting && p.Created.After(started[p.Node]) {
			started[p.Node] = p.Created
		}
	}
	return started
}
