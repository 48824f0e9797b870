package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// class is why a namespace goes in the wave where it goes, when nobody configured it.
type class int

// Classes in the order of their waves: what is cheap to lose first; what everybody watches the upgrade with not first; what holds data last.
const (
	stateless class = iota
	observability
	mission
	stateful
)

var classNames = map[class]string{stateless: "stateless", observability: "observability", mission: "mission", stateful: "stateful"}

var classReasons = map[class]string{
	stateless:     "no data is kept here, so it goes first",
	observability: "the upgrade is watched with it, so it does not go first",
	mission:       "not one of Big Bang's own packages, so it goes after those",
	stateful:      "data is kept here, so it goes last",
}

// namespaceClass holds the namespaces of Big Bang's packages. A namespace that is not here is the mission's own.
var namespaceClass = map[string]class{
	"kiali": stateless, "authservice": stateless, "headlamp": stateless, "backstage": stateless, "external-secrets": stateless, "bbctl": stateless,
	"kyverno-reporter": stateless, "haproxy": stateless, "renovate": stateless, "metrics-server": stateless, "gitlab-runner": stateless,
	"monitoring": observability, "logging": observability, "tempo": observability, "alloy": observability, "fluentbit": observability,
	"mimir": observability, "thanos": observability, "promtail": observability, "grafana": observability,
	"gitlab": stateful, "keycloak": stateful, "nexus-repository-manager": stateful, "sonarqube": stateful, "minio": stateful,
	"minio-operator": stateful, "mattermost": stateful, "mattermost-operator": stateful, "vault": stateful, "velero": stateful, "anchore": stateful,
	"harbor": stateful, "fortify": stateful, "twistlock": stateful, "neuvector": stateful, "eck-operator": stateful, "argocd": stateful,
}

// chart decides the waves and the gateways' order and writes them into the course.
func (b *builder) chart() error {
	gateways, gatewayNamespace := b.gatewaysInOrder()
	b.course.Gateways, b.course.GatewayNamespace = gateways, gatewayNamespace
	b.course.CNI = nested(b.before.umbrella, "istio-cni") != nil && nested(b.after.umbrella, "istio-cni") != nil
	if err := b.unknownGateways(); err != nil {
		return err
	}
	for _, g := range gateways {
		for _, r := range b.releasesOfGateway(g) {
			if r.target != gatewayNamespace {
				return refuse(b.env.ID, "gateways", "gateway %s is deployed into namespace %s and others into %s, and Linnet moves gateways of one namespace only; bring them into one", g, r.target, gatewayNamespace)
			}
		}
	}

	open := b.injectedNamespaces()
	open = slices.DeleteFunc(open, func(ns string) bool { return ns == gatewayNamespace })
	if len(b.policy.Waves) == 0 {
		b.course.Waves = b.computedWaves(open)
		return nil
	}
	return b.configuredWaves(open)
}

// injectedNamespaces lists the namespaces that the built-in istiod injects, as Flux would make them from the tree before the upgrade.
func (b *builder) injectedNamespaces() []string {
	var names []string
	for _, ns := range slices.Concat(b.before.umbrella, b.before.overlay).Kind("Namespace") {
		if ns.Labels()["istio-injection"] == "enabled" {
			names = append(names, ns.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (b *builder) computedWaves(open []string) []CourseWave {
	byClass := map[class][]string{}
	because := map[class]map[string][]string{} // reason -> namespaces
	for _, ns := range open {
		c, reason := b.classify(ns)
		byClass[c] = append(byClass[c], ns)
		if because[c] == nil {
			because[c] = map[string][]string{}
		}
		because[c][reason] = append(because[c][reason], ns)
	}
	var waves []CourseWave
	for c := stateless; c <= stateful; c++ {
		if len(byClass[c]) == 0 {
			continue
		}
		var why []string
		for _, reason := range slices.Sorted(keysOf(because[c])) {
			if len(because[c]) == 1 {
				why = append(why, reason)
			} else {
				why = append(why, strings.Join(because[c][reason], ", ")+": "+reason)
			}
		}
		waves = append(waves, CourseWave{Name: classNames[c], Namespaces: byClass[c], Why: "computed: " + strings.Join(why, "; ")})
	}
	return waves
}

// classify puts a namespace where its workloads say, where the charts at hand show any, else where its name says.
func (b *builder) classify(ns string) (class, string) {
	c, known := namespaceClass[ns]
	if !known {
		c = mission
	}
	if c == observability {
		return c, classReasons[c]
	}
	for _, hr := range b.before.umbrella.Kind("HelmRelease") {
		out, ok := b.before.packages[hr.ID()]
		if !ok || targetNamespace(hr) != ns {
			continue
		}
		for _, o := range out.Objects {
			if o.Kind() == "PersistentVolumeClaim" || (o.Kind() == "StatefulSet" && o.Get("spec", "volumeClaimTemplates") != nil) {
				return stateful, fmt.Sprintf("data is kept here (%s), so it goes last", o.ID())
			}
		}
	}
	return c, classReasons[c]
}

func (b *builder) configuredWaves(open []string) error {
	taken := map[string]string{}
	rest := -1
	for i, w := range b.policy.Waves {
		if w.Rest {
			rest = i
		}
		for _, ns := range w.Namespaces {
			if other, twice := taken[ns]; twice {
				return refuse(b.env.ID, "waves", "namespace %s is in wave %s and in wave %s; leave it in one", ns, other, w.Name)
			}
			taken[ns] = w.Name
			if !slices.Contains(open, ns) {
				return refuse(b.env.ID, "waves", "wave %s names namespace %s, which Big Bang %s does not inject with the values of %s; the injected ones are %s",
					w.Name, ns, b.course.From.Release, b.env.ID, strings.Join(open, ", "))
			}
		}
	}
	var left []string
	for _, ns := range open {
		if taken[ns] == "" {
			left = append(left, ns)
		}
	}
	if len(left) > 0 && rest < 0 {
		return refuse(b.env.ID, "waves", "no wave covers %s, so the old istiod could never go; add %s to a wave, or a wave with `rest: true`",
			strings.Join(left, ", "), them(left))
	}
	for i, w := range b.policy.Waves {
		names, why := slices.Clone(w.Namespaces), "configured"
		if i == rest {
			names, why = append(names, left...), "configured: all that no other wave names"
		}
		if len(names) > 0 {
			b.course.Waves = append(b.course.Waves, CourseWave{Name: w.Name, Namespaces: names, Why: why})
		}
	}
	return nil
}

func them(list []string) string {
	if len(list) == 1 {
		return "it"
	}
	return "them"
}

// gatewaysInOrder lists the gateways of the umbrella before the upgrade, as configured, else by name with public ones last.
func (b *builder) gatewaysInOrder() (names []string, namespace string) {
	for _, r := range b.releases {
		if !r.before {
			continue
		}
		if name := gatewayName(r); name != "" && b.isGateway(r) {
			names = append(names, name)
			namespace = r.target
		}
	}
	if len(b.policy.Gateways) > 0 {
		return slices.Clone(b.policy.Gateways), namespace
	}
	slices.SortStableFunc(names, func(a, c string) int {
		pa, pc := strings.Contains(a, "public"), strings.Contains(c, "public")
		switch {
		case pa == pc:
			return strings.Compare(a, c)
		case pa:
			return 1
		default:
			return -1
		}
	})
	return names, namespace
}

// isGateway tells a gateway's HelmRelease by the source of its chart.
func (b *builder) isGateway(r helmRelease) bool {
	hr, ok := b.before.umbrella.Find("HelmRelease", r.id.Namespace, r.id.Name)
	if !ok {
		return false
	}
	source, _ := hr.Get("spec", "chart", "spec", "sourceRef", "name").(string)
	chart, _ := hr.Get("spec", "chart", "spec", "chart").(string)
	return source == "istio-gateway" || chart == "gateway" || chart == "istio-gateway"
}

func (b *builder) unknownGateways() error {
	known := map[string]bool{}
	var all []string
	for _, r := range b.releases {
		if r.before && b.isGateway(r) {
			known[gatewayName(r)] = true
			all = append(all, gatewayName(r))
		}
	}
	for _, g := range b.policy.Gateways {
		if !known[g] {
			return refuse(b.env.ID, "gateways", "the configured gateway %s is not one of %s's; they are %s", g, b.env.ID, strings.Join(all, ", "))
		}
		delete(known, g)
	}
	if len(b.policy.Gateways) > 0 && len(known) > 0 {
		left := make([]string, 0, len(known))
		for _, g := range all {
			if known[g] {
				left = append(left, g)
			}
		}
		return refuse(b.env.ID, "gateways", "the configured order of gateways leaves out %s; add %s", strings.Join(left, ", "), them(left))
	}
	return nil
}

// groups describes waves and gateways for the plan's page.
func (b *builder) groups() (waves, gateways []Group) {
	for _, w := range b.course.Waves {
		g := Group{Name: w.Name, Namespaces: w.Namespaces, Why: w.Why}
		for _, r := range b.releasesIn(w.Namespaces) {
			g.Releases = append(g.Releases, r.id.Name)
		}
		waves = append(waves, g)
	}
	for i, name := range b.course.Gateways {
		why := "one gateway at a time"
		if i == len(b.course.Gateways)-1 && i > 0 && strings.Contains(name, "public") && len(b.policy.Gateways) == 0 {
			why = "public gateways go last"
		}
		if len(b.policy.Gateways) > 0 {
			why = "configured"
		}
		g := Group{Name: name, Namespaces: []string{b.course.GatewayNamespace}, Why: why}
		for _, r := range b.releasesOfGateway(name) {
			g.Releases = append(g.Releases, r.id.Name)
		}
		gateways = append(gateways, g)
	}
	return waves, gateways
}

// workloadsIn lists the workloads in some namespaces, as far as the overlay and the charts at hand show them.
func (b *builder) workloadsIn(namespaces []string) []render.PodTemplate {
	var all []render.PodTemplate
	for _, objs := range b.before.sets() {
		for _, t := range render.PodTemplates(objs) {
			if slices.Contains(namespaces, t.ID.Namespace) {
				all = append(all, t)
			}
		}
	}
	slices.SortFunc(all, func(x, y render.PodTemplate) int { return x.ID.Compare(y.ID) })
	return all
}
