package checks

import (
	"fmt"
	"strings"
	"time"
)

const (
	// unsettled is how long a proxy may be out of step while a push is under way.
	unsettled = time.Minute
	// restartQuiet is how long a proxy that has restarted is watched.
	restartQuiet = 10 * time.Minute
)

// healthy asks whether the proxies of a scope are connected to their control plane, of the right version, in sync and ready.
func healthy(s Scope, c ControlPlane) Check {
	return question{
		name: "healthy", asks: "Is every proxy of " + s.String() + " connected, in sync and ready?",
		words: "every proxy of " + s.String() + " is ready, connected to istiod " + c.Revision + " and in sync at " + c.Version,
		id:    "healthy/" + scopeID(s) + "/" + c.String(),
		judge: func(w *world, _ Merge) Result {
			r := Result{Required: "ready, connected to " + c.Revision + ", version " + c.Version + ", in sync", Verdict: Pass}
			if !w.links.any && len(w.scoped(s)) > 0 {
				r.Verdict, r.Reason = Unknown, "no istiod names a single proxy"
				return r
			}
			well, total, starting := 0, 0, true
			for _, p := range w.scoped(s) {
				if p.Deleting || p.job() {
					continue // on its way out anyway, or gone before anybody would act
				}
				total++
				v, young, why, remedy := w.ail(p, c)
				if v == Pass {
					well++
					continue
				}
				starting = starting && young
				r = r.worsen(v, p.Namespace+"/"+p.Name+" "+why)
				r.Stragglers = append(r.Stragglers, Straggler{
					Namespace: p.Namespace, Kind: p.root.Kind, Name: p.root.Name, Pod: p.Name, Revision: p.revision.String(),
					Reason: why, Remedy: remedy, Since: p.Created,
					// One that has moved has to be well; only of one that has not is it no wonder that it is not as the others are.
					Acceptable: v == Wait && p.revision.Known() && p.revision.Revision != c.Revision,
				})
			}
			r.Found = fmt.Sprintf("%d of %d", well, total)
			r.NoSample = r.Verdict == Wait && starting
			return r
		},
	}
}

// ail says what is wrong with a proxy. young marks a pod that has just started, of which nothing can be said yet.
func (w *world) ail(p *proxy, c ControlPlane) (v Verdict, young bool, why, remedy string) {
	logs := "kubectl -n " + p.Namespace + " logs " + p.Name + " -c istio-proxy"
	right, wrong := w.connectionsOf(p, c.Revision)
	young = w.young(p.Pod)
	switch {
	case wrong != nil:
		return Wait, false, "is connected to istiod " + wrong.istiod.Revision, "restart it; if it comes back so, look at its namespace's label"
	case len(right) == 0 && young:
		return Wait, true, "has just started", "wait"
	case len(right) == 0:
		return Wait, false, "is connected to no istiod of " + c.Revision, logs
	}
	for _, s := range right {
		lasting := w.At.Sub(s.Since) >= unsettled // a Since that is not known counts as long ago
		switch {
		case s.State == Errored && lasting:
			return Fail, false, "rejects what istiod sends" + because(s.Detail), "istioctl proxy-status; " + logs
		case s.State != Synced && lasting:
			return Wait, false, "is not in sync (" + string(s.State) + ")", logs
		case s.Version == "":
			return Unknown, false, "does not say its version", "look at its image"
		case !sameVersion(s.Version, c.Version):
			return Wait, false, "runs " + s.Version + ", wanted " + c.Version, "restart annotation in Git"
		}
	}
	switch {
	case !p.Ready && young:
		return Wait, true, "has just started", "wait"
	case !p.Ready:
		return Wait, false, "is not ready" + p.waiting(), "kubectl -n " + p.Namespace + " describe pod " + p.Name
	}
	if proxy := proxyContainer(p.Pod); proxy != nil && proxy.Restarts > 0 && w.At.Sub(proxy.LastRestart) < restartQuiet {
		return Wait, false, "restarted its proxy " + age(proxy.LastRestart, w.At) + " ago", logs + " --previous"
	}
	return Pass, false, "", ""
}

func (p *Pod) waiting() string {
	for _, c := range p.Containers {
		if c.Waiting != "" {
			return ": " + c.Name + " " + c.Waiting
		}
	}
	return ""
}

// connectionsOf splits the connections of a proxy. One to another control plane is wrong even beside a right one.
func (w *world) connectionsOf(p *proxy, revision string) (right []seen, wrong *seen) {
	all := w.connections(p)
	for i := range all {
		if all[i].istiod.Revision == revision {
			right = append(right, all[i])
		} else {
			wrong = &all[i]
		}
	}
	return right, wrong
}

// sameVersion compares Istio versions and not their builds: "1.28.3" and "1.28.3-bb.0" are the same.
func sameVersion(a, b string) bool { return istioVersion(a) == istioVersion(b) }

func istioVersion(v string) string {
	v = strings.TrimPrefix(v, "v")
	if i := strings.IndexAny(v, "-+"); i >= 0 {
		v = v[:i]
	}
	return v
}
