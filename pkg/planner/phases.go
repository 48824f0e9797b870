package planner

import (
	"fmt"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// phases renders each step of the course, asserts what must hold after it, and words it.
func (b *builder) phases(p *Plan) error {
	all := steps(b.course)
	beforeTree, before := b.start, b.before
	gates := make([]checks.Gate, 0, len(all))
	for i, s := range all {
		after, err := b.at(s.after)
		if err != nil {
			return err
		}
		now, err := b.renderTree(after)
		if err != nil {
			return refuse(b.env.ID, "render", "after phase %s, %s would not render any more: %v; look at what else patches the same object", s.name, b.env.ID, err)
		}
		if err := b.assert(s, now); err != nil {
			return err
		}
		phase := Phase{
			Number: i + 1, Name: s.name, Kind: s.kind, Title: s.title(b.course), Why: b.why(s), Inverse: b.inverse(s),
			Before: beforeTree, After: after, Diff: tree.Patch(beforeTree, after),
			Render: b.impact(before, now, s), Notes: b.notes(s),
		}
		phase.ExitGate = b.exitGate(p.Upgrade, s, b.effects(before, now, s))
		phase.EntryGate = b.entryGate(p.Upgrade, s, gates)
		phase.Entry, phase.Exit = phase.EntryGate.Words(), phase.ExitGate.Words()
		gates = append(gates, phase.ExitGate)
		p.Phases = append(p.Phases, phase)
		beforeTree, before = after, now
	}
	return nil
}

// exitGate says when the phase has done what it was for.
func (b *builder) exitGate(u checks.Upgrade, s step, e checks.Effects) checks.Gate {
	soak := b.policy.Soak
	switch s.kind {
	case CRDs:
		return checks.CRDs(u, e)
	case Canary:
		if b.course.Combine {
			return checks.Join("canary", "the CRDs and the canary are in", checks.CRDs(u, e), checks.Canary(u, e))
		}
		return checks.Canary(u, e)
	case Wave:
		return checks.Moved(u, b.waveScope(s), u.Old, u.Canary, e, soak.Wave)
	case Gateway:
		return checks.GatewayMoved(u, b.gatewayScope(s), u.Old, u.Canary, e, soak.Gateway)
	case CNI:
		return checks.CNI(u, e)
	case Bump:
		return checks.Bumped(u, e, soak.Bump)
	case Home:
		return checks.Moved(u, b.waveScope(s), u.Canary, u.Home, e, soak.Wave)
	case HomeGateway:
		return checks.GatewayMoved(u, b.gatewayScope(s), u.Canary, u.Home, e, soak.Gateway)
	default:
		return checks.Pruned(u, e)
	}
}

// entryGate says when the phase may be merged: what the phases before it wanted, and what this one takes away is used by nobody.
func (b *builder) entryGate(u checks.Upgrade, s step, exits []checks.Gate) checks.Gate {
	if len(exits) == 0 {
		return checks.Preflight(u)
	}
	last := exits[len(exits)-1]
	title := "phase " + last.Name + " has done its work"
	switch s.kind {
	case Bump:
		return checks.Join("entry-"+s.name, title+", and nobody uses the built-in istiod", last, checks.Unused(u, u.Old, 0))
	case Cleanup:
		return checks.Join("entry-"+s.name, title+", and nobody uses the canary", last, checks.Unused(u, u.Canary, b.policy.Soak.Cleanup))
	}
	return checks.Join("entry-"+s.name, title, last)
}

func (b *builder) waveScope(s step) checks.Scope {
	for _, w := range b.course.Waves {
		if w.Name == s.group {
			scope := checks.Scope{Name: s.name, Namespaces: w.Namespaces}
			for _, t := range b.workloadsIn(w.Namespaces) {
				if rolledByRestart[t.ID.Kind] {
					scope.Workloads = append(scope.Workloads, checks.WorkloadRef{Namespace: t.ID.Namespace, Kind: t.ID.Kind, Name: t.ID.Name})
				}
			}
			return scope
		}
	}
	return checks.Scope{Name: s.name}
}

// gatewayScope is the Deployment that the gateway chart names after its release.
func (b *builder) gatewayScope(s step) checks.Scope {
	scope := checks.Scope{Name: s.name, Namespaces: []string{b.course.GatewayNamespace}, Only: true}
	for _, r := range b.releasesOfGateway(s.group) {
		scope.Workloads = append(scope.Workloads, checks.WorkloadRef{Namespace: r.target, Kind: "Deployment", Name: r.id.Name})
	}
	return scope
}

var rolledByRestart = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true}

// notes name the workloads of a wave that nothing in Git can roll.
func (b *builder) notes(s step) []string {
	var notes []string
	if s.kind != Wave && s.kind != Home {
		return nil
	}
	for _, w := range b.course.Waves {
		if w.Name != s.group {
			continue
		}
		for _, t := range b.workloadsIn(w.Namespaces) {
			if rolledByRestart[t.ID.Kind] && !t.Rolls {
				notes = append(notes, fmt.Sprintf("%s has the update strategy OnDelete: delete its pods one by one after the merge", t.ID))
			}
			switch t.ID.Kind {
			case "Pod":
				notes = append(notes, fmt.Sprintf("%s is a bare pod: delete it after the merge, so that it is made anew", t.ID))
			case "Job":
				notes = append(notes, fmt.Sprintf("%s is a Job: what runs of it must end by itself before the gate opens", t.ID))
			case "CronJob":
				notes = append(notes, fmt.Sprintf("%s is a CronJob: its next run is injected anew, one that is running must end by itself", t.ID))
			case "Elasticsearch", "Tenant":
				notes = append(notes, fmt.Sprintf("%s makes its pods by an operator, and no patch here reaches them: roll them after the merge", t.ID))
			}
		}
		notes = append(notes, b.besideTheUmbrella(w.Namespaces)...)
	}
	return notes
}
