package syncz

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Continue says of each connection since when it has been in its state, from what was known at the look before. An istiod says how it is at that
// moment, and a proxy that is STALE for a moment is one that istiod has just sent something.
//
// A state that a proxy was in before goes on; a new one begins when it was first seen. Of an istiod that did not answer before nothing is known, so
// its connections have none: that counts as long ago. Neither argument is changed.
func Continue(before, now []checks.Istiod) []checks.Istiod {
	type key struct {
		namespace, pod, proxy, cluster, version string
		state                                   checks.SyncState
	}
	type pod struct{ namespace, pod string }
	answered := map[pod]bool{}
	was := map[key]time.Time{}
	for i := range before {
		it := &before[i]
		if !it.Answered {
			continue
		}
		answered[pod{it.Namespace, it.Pod}] = true
		for _, c := range it.Connections {
			k := key{it.Namespace, it.Pod, c.Proxy, c.Cluster, c.Version, c.State}
			// A proxy that has just come back may be there twice, once on a connection that istiod does not know to be dead.
			if old, twice := was[k]; !twice || c.Since.Before(old) {
				was[k] = c.Since
			}
		}
	}
	next := make([]checks.Istiod, len(now))
	for i := range now {
		next[i] = now[i]
		it := &next[i]
		if !it.Answered || len(it.Connections) == 0 {
			continue
		}
		it.Connections = make([]checks.Connection, len(now[i].Connections))
		for j, c := range now[i].Connections {
			since, known := was[key{it.Namespace, it.Pod, c.Proxy, c.Cluster, c.Version, c.State}]
			if !known && answered[pod{it.Namespace, it.Pod}] {
				since = it.AskedAt
			}
			c.Since = since
			it.Connections[j] = c
		}
	}
	return next
}
