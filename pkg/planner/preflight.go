package planner

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/release"
)

// refusedByDiscovery turns what discovery cannot work with into a refusal before anything is rendered.
func (b *builder) refusedByDiscovery() error {
	var findings []Finding
	for _, u := range b.repo.Unsupported {
		if u.Environment == b.env.ID {
			findings = append(findings, Finding{Level: Refuse, Check: "repository", Text: fmt.Sprintf("%s: %s", u.What, u.Reason), Position: u.Position})
		}
	}
	if len(findings) > 0 {
		return refusals(b.env.ID, findings) // what else is in the way follows from that
	}
	for _, m := range b.env.Missing {
		findings = append(findings, Finding{Level: Refuse, Check: "files", Position: gitops.Position{File: m.NeededBy, Line: m.Line},
			Text: fmt.Sprintf("%s is not in the repository, so Kustomize cannot build %s; commit the file", m.Path, b.env.ID)})
	}
	for _, n := range b.env.Findings {
		missing := slices.ContainsFunc(b.env.Missing, func(m render.MissingFile) bool {
			return n.Position == (gitops.Position{File: m.NeededBy, Line: m.Line})
		})
		if n.Level == gitops.Refuse && !missing {
			findings = append(findings, Finding{Level: Refuse, Check: "repository", Text: n.Text, Position: n.Position})
		}
	}
	for _, l := range b.env.Layers {
		if !strings.HasPrefix(l.Unreadable, "not YAML") && !strings.HasPrefix(l.Unreadable, "not a YAML") {
			continue
		}
		why := ""
		if l.Kind != "Secret" { // the parser's message may quote what it read
			why = " (" + textOr(l.Why, l.Unreadable) + ")"
		}
		findings = append(findings, Finding{Level: Refuse, Check: "values", Position: l.Position,
			Text: fmt.Sprintf("the values in %s are not a YAML mapping%s, so Flux cannot use them; mend them", l.Label(), why)})
	}
	if len(findings) == 0 && b.env.Built == nil {
		findings = append(findings, Finding{Level: Refuse, Check: "build", Text: fmt.Sprintf("%s does not build: %s", b.env.ID, b.env.BuildError)})
	}
	return refusals(b.env.ID, findings)
}

// crossable refuses steps that no canary can make.
func (b *builder) crossable() error {
	from, to := b.from, b.to
	fv, errFrom := semver.NewVersion(from.Version)
	tv, errTo := semver.NewVersion(to.Version)
	if errFrom != nil || errTo != nil {
		return refuse(b.env.ID, "release", "%s and %s must both be releases of the form 3.18.0", from.Version, to.Version)
	}
	change := release.Compare(from, to)
	switch {
	case tv.Equal(fv):
		return refuse(b.env.ID, "release", "%s already runs Big Bang %s; name a later release with --to", b.env.ID, to.Version)
	case tv.LessThan(fv):
		return refuse(b.env.ID, "release", "the release %s is older than Big Bang %s, which %s runs; an upgrade only goes forward, so name a later release with --to", to.Version, from.Version, b.env.ID)
	case change.Kind == release.Layout:
		return refuse(b.env.ID, "layout", "the step from Big Bang %s to %s changes how Istio is installed (2.54 to 3.0), which no canary can cross; do that step by Big Bang's own migration guide", from.Version, to.Version)
	case change.Kind == release.Skip:
		return refuse(b.env.ID, "skip", "the step from Big Bang %s (Istio %s) to %s (Istio %s) skips an Istio minor; go by way of a release between them (`linnet releases --since %s` shows which)",
			from.Version, from.Istio(), to.Version, to.Istio(), from.Version)
	case change.Kind == release.None:
		return refuse(b.env.ID, "istio", "the releases %s and %s both ship Istio %s, so there is nothing for a canary to do; bump the release in place, or name a later one with --to", from.Version, to.Version, from.Istio())
	case !forward(from, to):
		return refuse(b.env.ID, "istio", "the release %s ships Istio %s, which is older than the %s of %s; name a later release with --to", to.Version, to.Istio(), from.Istio(), from.Version)
	}
	return b.kubernetesAllows()
}

// kubernetesAllows refuses a cluster that one of the umbrellas refuses by its kubeVersion.
func (b *builder) kubernetesAllows() error {
	if b.policy.Kubernetes == "" {
		return nil
	}
	cluster, err := semver.NewVersion(b.policy.Kubernetes)
	if err != nil {
		return refuse(b.env.ID, "kubernetes", "the configured Kubernetes version %q is not a version; write it like 1.34.1", b.policy.Kubernetes)
	}
	for _, r := range []release.Release{b.from, b.to} {
		if want, err := semver.NewConstraint(r.KubeVersion); r.KubeVersion != "" && err == nil && !want.Check(cluster) {
			return refuse(b.env.ID, "kubernetes", "the cluster runs Kubernetes %s, and Big Bang %s asks for %s; upgrade Kubernetes first", b.policy.Kubernetes, r.Version, strings.TrimSuffix(r.KubeVersion, "-0"))
		}
	}
	return nil
}

// preflight looks at everything that can be in the way, as far as the repository and the releases can tell. What passes is listed too: the page shows what was looked at.
func (b *builder) preflight() []Finding {
	var all []Finding
	add := func(level Level, check, format string, args ...any) {
		all = append(all, Finding{Level: level, Check: check, Text: fmt.Sprintf(format, args...)})
	}
	add(Pass, "step", "Istio %s to %s is one step", b.course.From.Istio, b.course.To.Istio)
	all = append(all, b.kubernetesFindings()...)
	all = append(all, b.sourceFindings()...)
	all = append(all, b.valuesFindings()...)
	all = append(all, b.meshFindings()...)
	all = append(all, b.fluxFindings()...)
	all = append(all, b.canaryFindings()...)
	for _, u := range b.repo.Updaters {
		if u.IgnoreRule != "" {
			all = append(all, Finding{Level: Warn, Check: "updater", Position: u.Position,
				Text: fmt.Sprintf("%s would bump the same line while this upgrade is under way; add the rule below to %s", u.Name, u.AddTo), Detail: u.IgnoreRule})
		}
	}
	for _, n := range b.env.Findings {
		if n.Level == gitops.Warn {
			all = append(all, Finding{Level: Warn, Check: "repository", Text: n.Text, Position: n.Position})
		}
	}
	return all
}

func (b *builder) kubernetesFindings() []Finding {
	low, high, known := b.kubernetesRange()
	switch {
	case !known:
		return []Finding{{Level: Unknown, Check: "kubernetes", Text: fmt.Sprintf("no support range is known for Istio %s and %s; compare the cluster's version with Istio's table by hand", b.course.From.Istio, b.course.To.Istio)}}
	case b.policy.Kubernetes == "":
		return []Finding{{Level: Unknown, Check: "kubernetes", Text: fmt.Sprintf("both releases support Kubernetes %s to %s; the cluster's version is not known here, so rendering took %s", low, high, b.kubernetes)}}
	}
	v, err := semver.NewVersion(b.policy.Kubernetes)
	lo, errLo := semver.NewVersion(low)
	hi, errHi := semver.NewVersion(high)
	if err != nil || errLo != nil || errHi != nil {
		return nil // begin refuses what is not a version
	}
	if v.Minor() < lo.Minor() || v.Minor() > hi.Minor() {
		return []Finding{{Level: Refuse, Check: "kubernetes", Text: fmt.Sprintf("the cluster runs Kubernetes %s, and Big Bang %s and %s with their Istio support %s to %s; upgrade Kubernetes first, or take a release in between",
			b.policy.Kubernetes, b.course.From.Release, b.course.To.Release, low, high)}}
	}
	return []Finding{{Level: Pass, Check: "kubernetes", Text: fmt.Sprintf("Kubernetes %s is supported by both releases (%s to %s)", b.policy.Kubernetes, low, high)}}
}

// kubernetesRange is what both Istio versions support and both umbrellas accept. Where Istio's range is not known there is no upper end, and the lower one
// is what the umbrellas ask for.
func (b *builder) kubernetesRange() (low, high string, known bool) {
	low = istioMinor(assumedKubernetes(b.from.KubeVersion, b.to.KubeVersion))
	fl, fh, ok1 := release.KubernetesRange(istioMinor(b.course.From.Istio))
	tl, th, ok2 := release.KubernetesRange(istioMinor(b.course.To.Istio))
	if !ok1 || !ok2 {
		return low, "", false
	}
	return later(low, later(fl, tl)), earlier(fh, th), true
}

func istioMinor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return version
	}
	return parts[0] + "." + parts[1]
}

func later(a, c string) string {
	if semver.MustParse(a).LessThan(semver.MustParse(c)) {
		return c
	}
	return a
}

func earlier(a, c string) string {
	if later(a, c) == a {
		return c
	}
	return a
}

var kubeVersionFloor = regexp.MustCompile(`>=\s*(\d+\.\d+)`)

// assumedKubernetes is the lowest Kubernetes that satisfies both umbrellas: what a render needs when the cluster's version is not known.
func assumedKubernetes(constraints ...string) string {
	version := "1.28"
	for _, c := range constraints {
		if m := kubeVersionFloor.FindStringSubmatch(c); m != nil {
			version = later(version, m[1])
		}
	}
	return version + ".0"
}

// sourceFindings look at the references that a tag can not move.
func (b *builder) sourceFindings() []Finding {
	var all []Finding
	for _, name := range []string{"istio-crds", "istiod", "istio-gateway", "istio-cni"} {
		repo, ok := b.before.umbrella.Find("GitRepository", "", name)
		if !ok {
			continue
		}
		ref, _ := repo.Get("spec", "ref").(map[string]any)
		for _, stronger := range []string{"commit", "semver", "branch", "name"} {
			if v, set := ref[stronger]; set && (stronger != "branch" || ref["tag"] == nil) {
				all = append(all, Finding{Level: Refuse, Check: "source", Text: fmt.Sprintf("GitRepository %s follows ref.%s %v, so a tag cannot bring it forward; pin it by git.tag", name, stronger, v)})
			}
		}
	}
	name, tag := chartOf(slices.Concat(b.before.umbrella, b.before.overlay), b.before.istiod)
	if ships := b.from.Packages["istiod"]; tag != "" && tag != ships.GitTag && tag != ships.HelmTag {
		all = append(all, Finding{Level: Warn, Check: "pin", Text: fmt.Sprintf("this environment runs %s %s, and Big Bang %s ships %s: a values layer pins it, and the gates expect proxies of the release's version",
			name, tag, b.from.Version, textOr(ships.GitTag, ships.HelmTag))})
	}
	return all
}

// valuesFindings hold the target's schema against the readable values, now and not at bump.
func (b *builder) valuesFindings() []Finding {
	var all []Finding
	var unread []string
	for _, l := range b.env.Layers {
		if l.Unreadable != "" {
			unread = append(unread, strings.TrimSpace(l.Kind+" "+l.Name))
		}
	}
	if len(unread) > 0 {
		all = append(all, Finding{Level: Unknown, Check: "values", Text: fmt.Sprintf("%s cannot be read, so what %s says was not held against Big Bang %s's schema, and a later layer may override what is read here",
			strings.Join(unread, ", "), them(unread), b.course.To.Release)})
	}
	return append(all, Finding{Level: Pass, Check: "values", Text: fmt.Sprintf("the readable values fit the schema of Big Bang %s", b.course.To.Release)})
}

func keysOf[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
