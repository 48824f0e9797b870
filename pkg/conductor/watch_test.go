package conductor

import (
	"slices"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// starting is how long a pod may take to find its istiod.
const starting = 2 * time.Minute

// guarded makes the lab look every ten seconds of the cluster's time at what is so in the cluster, whatever gates say: nobody is un-meshed (promise 3), no proxy
// is on a control plane that was taken away (promise 4), and never are two merge requests open (promise 6).
func (l *lab) guarded() *lab {
	l.watch = func() {
		l.Helper()
		t := l.cluster.Truth()
		for _, pod := range t.Bare {
			l.Fatalf("promise 3: %s: %s has no proxy", t.At.Format(time.TimeOnly), pod)
		}
		for _, p := range t.Proxies {
			if why := l.forsaken(t, p); why != "" {
				l.Fatalf("promise 4: %s: %s/%s of %s, injected by %s %s, %s; there are %v", t.At.Format(time.TimeOnly), p.Namespace, p.Pod, p.Owner, p.Injected, p.Version, why, t.Planes)
			}
		}
		open := 0
		for _, r := range l.requests() {
			if r.State == forge.Open {
				open++
			}
		}
		if open > 1 {
			l.Fatalf("promise 6: %s: %d merge requests are open", t.At.Format(time.TimeOnly), open)
		}
	}
	return l
}

// forsaken says how a proxy has lost its control plane; "" = it has not.
func (l *lab) forsaken(t sim.Truth, p sim.TrueProxy) string {
	switch {
	case !slices.Contains(t.Planes, p.Injected+" "+p.Version):
		return "has no control plane of its revision and version"
	case p.Connected == "" && t.At.Sub(p.Created) > starting:
		return "is connected to nobody"
	}
	return ""
}
