package planner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// meshFindings look at what the values make of the mesh.
func (b *builder) meshFindings() []Finding {
	var all []Finding
	refused := func(check, format string, args ...any) {
		all = append(all, Finding{Level: Refuse, Check: check, Text: fmt.Sprintf(format, args...)})
	}
	values := render.Object(b.before.release.Values)
	if values.Get("istio", "ambient", "enabled") == true || values.Get("ztunnel", "enabled") == true {
		refused("ambient", "ambient is on, and a ztunnel serves its whole node, so there is no data plane to move wave by wave; upgrade by Big Bang's own guide")
	}
	for _, key := range []string{"revision", "revisionTags"} {
		if v := values.Get("istiod", "values", "upstream", key); v != nil && v != "" {
			refused("revision", "istiod.values.upstream.%s is set to %v, and the built-in istiod must be the unrevisioned one; take it out first", key, v)
		}
	}
	for _, ns := range slices.Concat(b.before.umbrella, b.before.overlay).Kind("Namespace") {
		if rev, ok := ns.Labels()["istio.io/rev"]; ok {
			refused("revision", "namespace %s carries istio.io/rev: %s already; take the label out, or finish what put it there", ns.Name(), rev)
		}
	}
	if b.labelEnforced() {
		refused("kyverno", "the Kyverno policy require-istio-on-namespaces enforces the label istio-injection: enabled, so no namespace could move; set it to Audit for the time of the upgrade")
	}
	all = append(all, b.podsWithTheirOwnInjection()...)
	all = append(all, b.proxyVersionFilters()...)
	for _, m := range b.env.MissionNamespaces {
		switch {
		case m.Environment != "" && m.Environment != b.env.ID:
		case m.Injection == "enabled" && !b.covered(m.Name):
			all = append(all, Finding{Level: Refuse, Check: "coverage", Position: m.Position,
				Text: fmt.Sprintf("namespace %s is injected by the old istiod and nothing here can move it, since the build of %s does not hold it, so bump could never open; list its manifest in %s, or take the label out", m.Name, b.env.ID, b.env.Kustomization)})
		}
	}
	return all
}

// covered tells whether a wave or a gateway moves the namespace.
func (b *builder) covered(ns string) bool {
	if ns == b.course.GatewayNamespace {
		return true
	}
	for _, w := range b.course.Waves {
		if slices.Contains(w.Namespaces, ns) {
			return true
		}
	}
	return false
}

func (b *builder) fluxFindings() []Finding {
	var all []Finding
	if f := b.env.Flux; f == nil {
		all = append(all, Finding{Level: Unknown, Check: "flux", Text: fmt.Sprintf("the Flux Kustomization that applies %s is not in the repository, so whether it prunes, and patches what is built here, was not seen", b.env.ID)})
	} else {
		if !f.Prune {
			all = append(all, Finding{Level: Refuse, Check: "prune", Position: f.Position,
				Text: fmt.Sprintf("the Flux Kustomization %s does not prune, so the canary would stay in the cluster for ever; set prune: true", f.Name)})
		}
	}
	if field := newFluxField(b.before.overlay, b.after.overlay, b.env.HelmRelease); field != "" {
		all = append(all, Finding{Level: Warn, Check: "flux", Text: fmt.Sprintf("the base of Big Bang %s sets spec.%s on its HelmRelease, which the base of %s does not; make sure that the Flux in the cluster knows it, else upgrade Flux before bump", b.course.To.Release, field, b.course.From.Release)})
	}
	return all
}

// newFluxField names a field of the umbrella's HelmRelease that only the new base sets.
func newFluxField(before, after render.Objects, id render.ID) string {
	old, _ := before.Find("HelmRelease", id.Namespace, id.Name)
	now, ok := after.Find("HelmRelease", id.Namespace, id.Name)
	if !ok {
		return ""
	}
	spec, _ := now.Get("spec").(map[string]any)
	for _, field := range slices.Sorted(keysOf(spec)) {
		if old.Get("spec", field) == nil {
			return field
		}
	}
	return ""
}

// canaryFindings render the canary beside the built-in istiod and compare names.
func (b *builder) canaryFindings() []Finding {
	pkg := b.to.Packages["istiod"]
	t, err := b.at(state{crds: true, canary: true})
	if err != nil {
		return findingsOf(err, "canary")
	}
	r, err := b.renderTree(t)
	if err != nil {
		return []Finding{{Level: Refuse, Check: "canary", Text: fmt.Sprintf("the canary does not render with the values of Big Bang %s: %v", b.course.From.Release, err), Position: b.istiodPosition(err)}}
	}
	canary := render.ID{Group: b.before.istiod.ID().Group, Kind: "HelmRelease", Namespace: b.before.istiod.Namespace(), Name: b.canaryName()}
	out, ok := r.packages[canary]
	if !ok {
		return []Finding{{Level: Unknown, Check: "canary", Text: fmt.Sprintf("the chart istiod %s is not at hand, so that it renders with these values, and shares no object with the built-in release, was not checked; put it into the folder of --packages, or name its repository in packages.git.istiod of the configuration",
			textOr(pkg.GitTag, pkg.HelmTag))}}
	}
	builtin, ok := r.packages[b.before.istiod.ID()]
	if !ok {
		return []Finding{{Level: Unknown, Check: "canary", Text: fmt.Sprintf("the canary renders, but the built-in istiod's chart %s is not at hand, so their names were not compared", r.notAtHand[b.before.istiod.ID()])}}
	}
	taken := map[render.ID]bool{}
	for _, o := range builtin.Objects {
		taken[o.ID()] = true
	}
	var shared []string
	for _, o := range out.Objects {
		if taken[o.ID()] {
			shared = append(shared, o.ID().String())
		}
	}
	if len(shared) > 0 {
		return []Finding{{Level: Refuse, Check: "canary", Text: fmt.Sprintf("the canary would share %s with the built-in istiod, and one release would delete the other's; this package version needs another switch", strings.Join(shared, ", "))}}
	}
	return []Finding{{Level: Pass, Check: "canary", Text: fmt.Sprintf("istiod %s renders as %s with the values of the built-in one: %d objects, none shared", textOr(pkg.GitTag, pkg.HelmTag), b.canaryName(), len(out.Objects))}}
}

func findingsOf(err error, check string) []Finding {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Findings
	}
	return []Finding{{Level: Refuse, Check: check, Text: err.Error(), Position: gitops.Position{}}}
}

// notAtHand lists the charts that are missing, each once: which of their workloads roll is not known in advance.
func (b *builder) notAtHand() []string {
	seen := map[string]bool{}
	for _, r := range []*rendered{b.before, b.after} {
		for id, chart := range r.notAtHand {
			if !withoutPods(id.Name) {
				seen[chart] = true
			}
		}
	}
	return slices.Sorted(keysOf(seen))
}
