package planner

import (
	"fmt"
	"slices"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// backState is what is left of an upgrade when its i-th step (0-based) is taken back. It is the state before that step, but for the gateways' shared
// label: on the way back, as on the way out, it moves with the first gateway. Were it to stay until the last, the pod of the first would come up on
// the control plane that it is to leave.
func backState(all []step, i int) state {
	before := state{}
	if i > 0 {
		before = all[i-1].after
	}
	before.waves, before.gateways = slices.Clone(before.waves), slices.Clone(before.gateways)
	switch all[i].kind {
	case Gateway:
		before.gatewayLabel = false
	case HomeGateway:
		before.gatewayLabel = true
	}
	return before
}

// back plans the phase that takes the last one back that is in, and sets it in the plan. Once cleanup is in, the upgrade is over, and its course is gone.
func (b *builder) back(p *Plan, t tree.Tree) error {
	if p.Done == 0 || p.Done == len(p.Phases) {
		return nil
	}
	all := steps(b.course)
	i := p.Done - 1
	s := step{kind: all[i].kind, name: "back-" + all[i].name, group: all[i].group, after: backState(all, i)}
	after, err := b.at(s.after)
	if err != nil {
		return err
	}
	before, err := b.renderTree(t)
	if err != nil {
		return fmt.Errorf("render the tree that is there: %w", err)
	}
	now, err := b.renderTree(after)
	if err != nil {
		return fmt.Errorf("render phase %s: %w", s.name, err)
	}
	if err := b.assert(s, now); err != nil {
		return err
	}
	u := p.Upgrade
	phase := Phase{
		Number: p.Done, Name: s.name, Kind: s.kind, Title: b.backTitle(all[i]), Why: b.inverse(all[i]), Inverse: "Phase " + all[i].name + " once more.",
		Before: t, After: after, Diff: tree.Patch(t, after), Render: b.impact(before, now, s), Notes: b.notes(all[i]),
		EntryGate: b.backEntry(u, all[i]), ExitGate: b.backExit(u, all[i], b.effects(before, now, s)),
	}
	phase.Entry, phase.Exit = phase.EntryGate.Words(), phase.ExitGate.Words()
	p.Back = &phase
	return nil
}

// backTitle is the heading of a phase that takes one back.
func (b *builder) backTitle(s step) string {
	c := b.course
	return map[Kind]string{
		CRDs:        fmt.Sprintf("take the Istio CRDs back to %s", c.From.Istio),
		Canary:      fmt.Sprintf("take istiod %s away again", c.Revision),
		Wave:        fmt.Sprintf("take wave %s back to the built-in istiod %s", s.group, c.From.Istio),
		Gateway:     fmt.Sprintf("take gateway %s back to the built-in istiod %s", s.group, c.From.Istio),
		CNI:         fmt.Sprintf("take the Istio CNI back to %s", c.From.Istio),
		Bump:        fmt.Sprintf("take Big Bang back from %s to %s", c.To.Release, c.From.Release),
		Home:        fmt.Sprintf("take wave %s back to istiod %s", s.group, c.Revision),
		HomeGateway: fmt.Sprintf("take gateway %s back to istiod %s", s.group, c.Revision),
	}[s.kind]
}

// backEntry is the entry gate with the roles swapped: where proxies go is ready for them, and what is taken away is used by nobody.
func (b *builder) backEntry(u checks.Upgrade, s step) checks.Gate {
	switch s.kind {
	case CRDs:
		return checks.CRDsBack(u, b.servedBefore())
	case Canary:
		return checks.TakenAway(u, u.Canary)
	case Bump:
		return checks.TakenAway(u, u.Home)
	case Home, HomeGateway:
		return checks.Receives(u, u.Home, u.Canary)
	default:
		return checks.Receives(u, u.Canary, u.Old)
	}
}

// againEntry is the entry gate of a gateway's step that was taken back and is made once more. The gateways' shared label went back with it, so the step before,
// that of the gateway which still is where it was to go, cannot be asked to be complete: its next pod would follow the label. What was taken back must be back.
func (b *builder) againEntry(u checks.Upgrade, s step, here *rendered) checks.Gate {
	from, to := u.Canary, u.Old
	if s.kind == HomeGateway {
		from, to = u.Home, u.Canary
	}
	e := checks.Effects{UmbrellaChanges: true, QuietTime: true, Namespaces: b.allNamespaces(here)}
	back := checks.GatewayMoved(u, b.gatewayScope(s), from, to, e, b.policy.Soak.Gateway)
	return checks.Join("entry-"+s.name, "gateway "+s.group+" was taken back, and istiod "+from.String()+" can take it again", back, checks.Receives(u, to, from))
}

// backExit is the exit gate with the roles swapped.
func (b *builder) backExit(u checks.Upgrade, s step, e checks.Effects) checks.Gate {
	soak := b.policy.Soak
	switch s.kind {
	case CRDs:
		return checks.CRDs(u, e)
	case Canary:
		u.Home = u.Old
		return checks.Pruned(u, e)
	case Wave:
		return checks.Moved(u, b.waveScope(s), u.Canary, u.Old, e, soak.Wave)
	case Gateway:
		return checks.GatewayMoved(u, b.gatewayScope(s), u.Canary, u.Old, e, soak.Gateway)
	case CNI:
		return checks.CNI(u, e)
	case Bump:
		u.Home = u.Old
		return checks.Bumped(u, e, soak.Bump)
	case Home:
		return checks.Moved(u, b.waveScope(s), u.Home, u.Canary, e, soak.Wave)
	default:
		return checks.GatewayMoved(u, b.gatewayScope(s), u.Home, u.Canary, e, soak.Gateway)
	}
}

// servedBefore lists what the CRDs of the old release serve, by name; nil where their chart is not at hand.
func (b *builder) servedBefore() map[string][]string {
	crds := nested(b.before.umbrella, "istio-crds")
	if crds == nil {
		return nil
	}
	out, ok := b.before.packages[crds.ID()]
	if !ok {
		return nil
	}
	served := map[string][]string{}
	for _, o := range slices.Concat(out.CRDs, out.Objects.Kind("CustomResourceDefinition")) {
		versions, _ := o.Get("spec", "versions").([]any)
		for _, v := range versions {
			if version, ok := v.(map[string]any); ok && version["served"] == true {
				name, _ := version["name"].(string)
				served[o.Name()] = append(served[o.Name()], name)
			}
		}
	}
	return served
}
