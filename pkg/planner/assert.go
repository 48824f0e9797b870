package planner

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// assert holds what must be true of the finally built output after a step: what we wrote is there exactly, and every namespace that was
// injected matches exactly one injector that exists.
func (b *builder) assert(s step, now *rendered) error {
	if err := b.assertNotOverridden(s, now); err != nil {
		return err
	}
	if err := b.assertMoved(s, now); err != nil {
		return err
	}
	return b.assertInjectors(s, now)
}

func (b *builder) assertNotOverridden(s step, now *rendered) error {
	what, err := b.overrides(s, now.overlay)
	if err != nil || what == "" {
		return err
	}
	return b.overridden(s, what, b.culprit(s))
}

// overrides says what of ours is not built as written, "" where all is.
func (b *builder) overrides(s step, overlay render.Objects) (string, error) {
	hr, _ := overlay.Find("HelmRelease", b.env.HelmRelease.Namespace, b.env.HelmRelease.Name)
	for _, p := range b.pins(s.after) {
		for _, tag := range []struct{ field, want string }{{"git", p.gitTag}, {"helmRepo", p.helmTag}} {
			if got := hr.Get("spec", "values", p.key, tag.field, "tag"); tag.want != "" && got != tag.want {
				return fmt.Sprintf("spec.values.%s.%s.tag of HelmRelease %s is %v and not %s", p.key, tag.field, hr.Name(), got, tag.want), nil
			}
		}
	}
	if s.after.moving() {
		list, _ := hr.Get("spec", "postRenderers").([]any)
		if got, want := countOurs(list, b.course.Revision), b.elements(s.after); got != want {
			return fmt.Sprintf("spec.postRenderers of HelmRelease %s ends with %d of our %d entries", hr.Name(), got, want), nil
		}
	}
	if !s.after.canary {
		return "", nil
	}
	plane, err := b.controlPlane()
	if err != nil {
		return "", err
	}
	wanted, err := render.ParseObjects(plane)
	if err != nil {
		return "", fmt.Errorf("read back the canary control plane: %w", err)
	}
	for _, want := range wanted {
		got, ok := overlay.Find(want.Kind(), want.Namespace(), want.Name())
		if !ok || !sameJSON(got.Get("spec"), want.Get("spec")) {
			return fmt.Sprintf("%s is not built as written", want.ID()), nil
		}
	}
	return "", nil
}

// assertMoved holds each namespace of the course against the injector that the state means it to have.
func (b *builder) assertMoved(s step, now *rendered) error {
	rendered := namespacesOf(now)
	wrong := func(name string, moved bool) error {
		ns, ok := rendered[name]
		want := "default"
		if moved {
			want = b.course.Revision
		}
		if got := injectorOf(ns); ok && got != want {
			return b.overridden(s, fmt.Sprintf("namespace %s is rendered for injector %q and not for %s", name, got, want), b.patchOf("postRenderers"))
		}
		return nil
	}
	for _, w := range b.course.Waves {
		for _, ns := range w.Namespaces {
			if err := wrong(ns, slices.Contains(s.after.waves, w.Name)); err != nil {
				return err
			}
		}
	}
	if b.course.GatewayNamespace == "" {
		return nil
	}
	return wrong(b.course.GatewayNamespace, s.after.gatewayLabel)
}

// elements counts the entries that a state appends to the umbrella's postRenderers.
func (b *builder) elements(s state) int {
	n := len(s.waves) + len(s.gateways)
	if s.gatewayLabel {
		n++
	}
	return n
}

// countOurs counts the entries at the end of a list that speak of the revision.
func countOurs(list []any, revision string) int {
	n := 0
	for i := len(list) - 1; i >= 0; i-- {
		body, err := json.Marshal(list[i])
		if err != nil || !strings.Contains(string(body), revision) {
			break
		}
		n++
	}
	return n
}

func sameJSON(a, c any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(c)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// assertInjectors is promise 3 for rendered namespaces.
func (b *builder) assertInjectors(s step, now *rendered) error {
	hooks, err := b.injectorsOf(now)
	if err != nil {
		return err
	}
	namespaces := namespacesOf(now)
	for _, name := range b.injectedNamespaces() {
		ns, ok := namespaces[name]
		if !ok {
			if s.after.bumped {
				continue // the new release has no such namespace
			}
			return b.unmeshed(s, name, "would be gone")
		}
		switch found := checks.Injectors(hooks, ns.Labels(), nil); len(found) {
		case 1:
		case 0:
			return b.unmeshed(s, name, "would match no injector, so its next pods would start without a proxy")
		default:
			return b.unmeshed(s, name, fmt.Sprintf("would match %d injectors (%s)", len(found), strings.Join(found, ", ")))
		}
	}
	return nil
}

func (b *builder) unmeshed(s step, namespace, what string) error {
	return &Refused{Environment: b.env.ID, Findings: []Finding{{
		Level: Refuse, Check: "injection", Position: gitops.Position{},
		Text: fmt.Sprintf("after phase %s, namespace %s %s; look at what else patches its labels", s.name, namespace, what),
	}}}
}

// injectorsOf gives the injectors of the control planes in a render: the package's own where its chart is at hand, else as Istio's charts write
// them for that revision.
func (b *builder) injectorsOf(now *rendered) ([]checks.WebhookConfiguration, error) {
	var all []checks.WebhookConfiguration
	for _, hr := range slices.Concat(now.umbrella, now.overlay).Kind("HelmRelease") {
		revision := ""
		switch hr.Name() {
		case "istiod":
		case b.canaryName():
			revision = b.course.Revision
		default:
			continue
		}
		if out, ok := now.packages[hr.ID()]; ok {
			for _, o := range out.Objects.Kind("MutatingWebhookConfiguration") {
				hook, err := checks.ParseWebhookConfiguration(o)
				if err != nil {
					return nil, fmt.Errorf("read the injector of %s: %w", hr.ID(), err)
				}
				all = append(all, hook)
			}
			continue
		}
		all = append(all, standInInjector(revision))
	}
	return all, nil
}

// standInInjector writes the selectors of Istio's chart template for one revision; "" is the built-in one.
func standInInjector(revision string) checks.WebhookConfiguration {
	in := func(key string, values ...string) checks.SelectorRequirement {
		return checks.SelectorRequirement{Key: key, Operator: "In", Values: values}
	}
	absent := func(key string) checks.SelectorRequirement {
		return checks.SelectorRequirement{Key: key, Operator: "DoesNotExist"}
	}
	notOptedOut := checks.SelectorRequirement{Key: "sidecar.istio.io/inject", Operator: "NotIn", Values: []string{"false"}}
	where := func(reqs ...checks.SelectorRequirement) checks.Selector {
		return checks.Selector{MatchExpressions: reqs}
	}
	if revision != "" {
		return checks.WebhookConfiguration{
			Name: "istio-sidecar-injector-" + revision, Labels: map[string]string{"istio.io/rev": revision},
			Hooks: []checks.Webhook{
				{Name: "rev.namespace", NamespaceSelector: where(in("istio.io/rev", revision), absent("istio-injection")), ObjectSelector: where(notOptedOut)},
				{Name: "rev.object", NamespaceSelector: where(absent("istio.io/rev"), absent("istio-injection")), ObjectSelector: where(notOptedOut, in("istio.io/rev", revision))},
			},
		}
	}
	return checks.WebhookConfiguration{
		Name: "istio-sidecar-injector", Labels: map[string]string{"istio.io/rev": "default"},
		Hooks: []checks.Webhook{
			{Name: "namespace", NamespaceSelector: where(in("istio-injection", "enabled")), ObjectSelector: where(notOptedOut)},
			{Name: "object", NamespaceSelector: where(absent("istio-injection"), absent("istio.io/rev")), ObjectSelector: where(in("sidecar.istio.io/inject", "true"), absent("istio.io/rev"))},
		},
	}
}
