package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// podsWithTheirOwnInjection finds workloads that are injected by a label of their pods in a namespace that no wave moves: the built-in istiod could
// never go.
func (b *builder) podsWithTheirOwnInjection() []Finding {
	hooks, err := b.injectorsOf(b.before)
	if err != nil {
		return []Finding{{Level: Unknown, Check: "coverage", Text: err.Error()}}
	}
	namespaces := namespacesOf(b.before)
	var all []Finding
	for _, objs := range b.before.sets() {
		for _, t := range render.PodTemplates(objs) {
			if b.covered(t.ID.Namespace) || t.Labels["sidecar.istio.io/inject"] != "true" {
				continue
			}
			if len(checks.Injectors(hooks, namespaces[t.ID.Namespace].Labels(), t.Labels)) > 0 {
				all = append(all, Finding{Level: Refuse, Check: "coverage", Text: fmt.Sprintf(
					"%s is injected by a label of its pods in a namespace that no wave moves, so bump could never open; label namespace %s istio-injection: enabled instead", t.ID, t.ID.Namespace)})
			}
		}
	}
	slices.SortFunc(all, func(a, c Finding) int { return strings.Compare(a.Text, c.Text) })
	return all
}

// proxyVersionFilters finds EnvoyFilters that apply to one version of the proxy only: they may not apply to the proxies of the canary.
func (b *builder) proxyVersionFilters() []Finding {
	var names []string
	for _, objs := range append(b.before.sets(), b.before.umbrella) {
		for _, filter := range objs.Kind("EnvoyFilter") {
			patches, _ := filter.Get("spec", "configPatches").([]any)
			for i := range patches {
				if filter.Get("spec", "configPatches", fmt.Sprint(i), "match", "proxy", "proxyVersion") != nil {
					names = append(names, filter.ID().String())
					break
				}
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Finding{{Level: Warn, Check: "envoyfilter", Text: fmt.Sprintf("%s match proxies by version (proxyVersion); see that they match Istio %s too",
		strings.Join(slices.Compact(names), ", "), b.course.To.Istio)}}
}

// labelEnforced tells whether Kyverno, as the umbrella configures it, refuses a namespace without istio-injection: enabled.
func (b *builder) labelEnforced() bool {
	policies := nested(b.before.umbrella, "kyverno-policies")
	if policies == nil {
		return false
	}
	layers, err := render.Layers(b.before.umbrella, policies)
	if err != nil {
		return false
	}
	values := render.Object(render.Merge(layers))
	policy := func(field string) any { return values.Get("policies", "require-istio-on-namespaces", field) }
	action := policy("validationFailureAction")
	if action == nil {
		action = values.Get("validationFailureAction")
	}
	return policy("enabled") != false && strings.EqualFold(fmt.Sprint(action), "enforce")
}
