package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// Denied holds an open gate against what the simulated cluster knows of itself: the gate that lets the phase after the first done ones be merged, or, after
// the last, that ends the upgrade. It names what is not so; none means that the gate is right to be open.
//
// It asks nothing of pkg/checks, and of the plan only who moves where, so that a check that is wrong shows.
func Denied(plan planner.Plan, done int, head string, t sim.Truth) []string {
	d := denial{Truth: t, plan: plan}
	u := plan.Upgrade
	for _, release := range t.Behind {
		d.add("HelmRelease %s has not deployed what it was told to", release)
	}
	for _, pod := range t.Bare {
		d.add("pod %s has no proxy", pod)
	}
	if !strings.HasSuffix(t.Applied, head) {
		d.add("Flux has applied %s and not %.8s", t.Applied, head)
	}
	if done == 0 {
		d.on(func(sim.TrueProxy) bool { return true }, u.Old)
		return d.reasons
	}
	last := plan.Phases[done-1]
	switch last.Kind {
	case planner.CRDs, planner.Canary:
		d.on(func(sim.TrueProxy) bool { return true }, u.Old)
	case planner.Wave:
		d.moved(last, "wave-", plan.Waves, u.Old, u.Canary)
	case planner.Gateway:
		d.moved(last, "gateway-", plan.Gateways, u.Old, u.Canary)
	case planner.Home:
		d.moved(last, "home-", plan.Waves, u.Canary, u.Home)
	case planner.HomeGateway:
		d.moved(last, "home-gateway-", plan.Gateways, u.Canary, u.Home)
	case planner.Bump:
		d.on(func(sim.TrueProxy) bool { return true }, u.Canary)
	case planner.Cleanup:
		d.on(func(sim.TrueProxy) bool { return true }, u.Home)
		for _, name := range t.Objects {
			if name == "istiod-"+u.Canary.Revision {
				d.add("%s is still there", name)
			}
		}
	}
	if done < len(plan.Phases) {
		switch next := plan.Phases[done]; next.Kind {
		case planner.Bump:
			d.unused(u.Old.Revision)
		case planner.Cleanup:
			d.unused(u.Canary.Revision)
			d.unseen(func(sim.TrueProxy) bool { return true }, u.Canary.Revision, next.EntryGate.Soak)
		}
	}
	return d.reasons
}

type denial struct {
	sim.Truth
	plan    planner.Plan
	reasons []string
}

func (d *denial) add(format string, args ...any) {
	d.reasons = append(d.reasons, fmt.Sprintf(format, args...))
}

// moved: what a wave or a gateway moves is on the new control plane, and for the soak nothing of it came up on the old one.
func (d *denial) moved(phase planner.Phase, prefix string, groups []planner.Group, from, to checks.ControlPlane) {
	i := slices.IndexFunc(groups, func(g planner.Group) bool { return prefix+g.Name == phase.Name })
	if i < 0 {
		d.add("the plan does not say what %s moves", phase.Name)
		return
	}
	group := groups[i]
	gateway := phase.Kind == planner.Gateway || phase.Kind == planner.HomeGateway
	in := func(p sim.TrueProxy) bool {
		if !slices.Contains(group.Namespaces, p.Namespace) {
			return false
		}
		return !gateway || slices.ContainsFunc(group.Releases, func(r string) bool { return p.Owner.Name == r[strings.LastIndex(r, "/")+1:] })
	}
	if !slices.ContainsFunc(d.Proxies, in) {
		d.add("%s has no proxy at all", phase.Name)
	}
	d.on(in, to)
	d.unseen(in, from.Revision, phase.ExitGate.Soak)
	for _, w := range d.Waiting {
		if !gateway && slices.ContainsFunc(group.Namespaces, func(ns string) bool { return strings.Contains(w, " "+ns+"/") }) {
			d.add("%s has not finished rolling", w)
		}
	}
	for _, l := range d.Leading {
		ns, revision, _ := strings.Cut(l, " to ")
		if slices.Contains(group.Namespaces, ns) && revision != to.Revision {
			d.add("namespace %s leads to %s", ns, revision)
		}
	}
}

// starting is how long a pod may take to find its istiod.
const starting = 2 * time.Minute

// on: these proxies were injected by a control plane, at its version, and are connected to it. A Job's pod may come and go unconnected.
func (d *denial) on(which func(sim.TrueProxy) bool, c checks.ControlPlane) {
	for _, p := range d.Proxies {
		if !which(p) {
			continue
		}
		short := p.Owner.Kind == "Job" || d.At.Sub(p.Created) < starting
		switch {
		case p.Injected != c.Revision || p.Version != c.Version:
			d.add("%s/%s was injected by %s %s, not %s", p.Namespace, p.Pod, p.Injected, p.Version, c)
		case p.Connected != c.Revision && (p.Connected != "" || !short):
			d.add("%s/%s is connected to %s, not %s", p.Namespace, p.Pod, cmp.Or(p.Connected, "nobody"), c.Revision)
		}
	}
}

// unused: nothing is on a control plane, and no namespace leads to it.
func (d *denial) unused(revision string) {
	for _, p := range d.Proxies {
		if p.Injected == revision || p.Connected == revision {
			d.add("%s/%s still uses %s", p.Namespace, p.Pod, revision)
		}
	}
	for _, l := range d.Leading {
		if strings.HasSuffix(l, " to "+revision) {
			d.add("namespace %s", l)
		}
	}
}

// unseen: during the soak no pod of theirs was on a control plane, however short.
func (d *denial) unseen(which func(sim.TrueProxy) bool, revision string, soak time.Duration) {
	for _, p := range d.Gone {
		if which(p) && p.Injected == revision && d.At.Sub(p.Gone) < soak {
			d.add("%s/%s was on %s %s ago, within the soak of %s", p.Namespace, p.Pod, revision, d.At.Sub(p.Gone).Round(time.Second), soak)
		}
	}
}
