package planner

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/release"
)

// helmRelease is a HelmRelease as both umbrellas render it.
type helmRelease struct {
	id         render.ID
	namespaced bool              // the name alone does not tell it from others
	target     string            // namespace it deploys into
	labels     map[string]string // by the old umbrella, or the new where only that renders it
	labelsNew  map[string]string // by the new umbrella

	before, after         bool // rendered by the old, by the new umbrella
	listBefore, listAfter []any
}

// rendered is what Flux would make of one tree.
type rendered struct {
	overlay      render.Objects // what kustomize-controller applies
	umbrella     render.Objects // what the umbrella's Helm release applies
	version      string         // of the umbrella
	release      render.ReleaseRender
	istiod       render.Object // the built-in HelmRelease
	istiodSource render.Object // its GitRepository; nil in helmRepo mode or offline
	packages     map[render.ID]render.ReleaseRender
	notAtHand    map[render.ID]string // HelmReleases whose chart is missing, with "name at tag"
}

// render builds and renders a tree down to the packages whose charts are at hand.
func (b *builder) render(overlay render.Objects) (*rendered, error) {
	r := &rendered{overlay: overlay, packages: map[render.ID]render.ReleaseRender{}, notAtHand: map[render.ID]string{}}
	hr, ok := overlay.Find("HelmRelease", b.env.HelmRelease.Namespace, b.env.HelmRelease.Name)
	if !ok {
		return nil, fmt.Errorf("the build of %s has no %s", b.env.ID, b.env.HelmRelease)
	}
	var err error
	if r.version, err = umbrellaVersion(overlay, hr); err != nil {
		return nil, fmt.Errorf("tell which Big Bang %s applies: %w", b.env.ID, err)
	}
	chart, err := b.material.Umbrella(r.version)
	if err != nil {
		return nil, fmt.Errorf("render the umbrella of %s: %w", b.env.ID, err)
	}
	if r.release, err = render.Release(overlay, hr, chart, b.kubernetes); err != nil {
		return nil, fmt.Errorf("render Big Bang %s with the values of %s: %w", r.version, b.env.ID, err)
	}
	r.umbrella = r.release.Objects
	r.istiod = nested(r.umbrella, "istiod")
	if r.istiod == nil {
		return nil, fmt.Errorf("big bang %s renders no HelmRelease istiod with the values of %s: istiod.enabled is not true, so there is no mesh to upgrade", r.version, b.env.ID)
	}
	if name, ok := r.istiod.Get("spec", "chart", "spec", "sourceRef", "name").(string); ok {
		r.istiodSource, _ = r.umbrella.Find("GitRepository", "", name)
		if r.istiodSource == nil {
			r.istiodSource, _ = overlay.Find("GitRepository", "", name)
		}
	}
	if err := b.assertNotPinned(r); err != nil {
		return nil, err
	}
	return r, b.renderPackages(r)
}

// assertNotPinned refuses values that keep istiod at another version than the target release ships: a bump of Big Bang would then not move Istio.
func (b *builder) assertNotPinned(r *rendered) error {
	if r.version != b.to.Version {
		return nil
	}
	name, tag := chartOf(slices.Concat(r.umbrella, r.overlay), r.istiod)
	if want := b.to.Packages["istiod"]; tag != "" && tag != want.GitTag && tag != want.HelmTag {
		return refuse(b.env.ID, "pin", "with Big Bang %s this environment would run %s %s, and the release ships %s; a values layer pins it, so bumping Big Bang would not move Istio: take the pin out first",
			b.to.Version, name, tag, textOr(want.GitTag, want.HelmTag))
	}
	return nil
}

func (b *builder) renderPackages(r *rendered) error {
	all := slices.Concat(r.umbrella, r.overlay)
	for _, hr := range all.Kind("HelmRelease") {
		if hr.ID() == b.env.HelmRelease {
			continue
		}
		name, tag := chartOf(all, hr)
		chart, err := b.packageChart(name, tag, hr)
		if errors.Is(err, release.ErrNotAtHand) {
			r.notAtHand[hr.ID()] = strings.TrimSpace(name + " " + tag)
			continue
		}
		if err != nil {
			return fmt.Errorf("read the chart of %s: %w", hr.ID(), err)
		}
		out, err := render.Release(all, hr, chart, b.kubernetes)
		if err != nil {
			return fmt.Errorf("render the package %s %s: %w", name, tag, err)
		}
		r.packages[hr.ID()] = out
	}
	return nil
}

// packageChart asks for a chart under the names it may have: the chart's own, the source's, and the repository's.
func (b *builder) packageChart(name, tag string, hr render.Object) (*render.Chart, error) {
	if tag == "" {
		return nil, release.ErrNotAtHand
	}
	candidates := []string{name}
	if source, ok := hr.Get("spec", "chart", "spec", "sourceRef", "name").(string); ok {
		candidates = append(candidates, source)
	}
	for _, candidate := range slices.Compact(candidates) {
		chart, err := b.material.Package(candidate, tag)
		if !errors.Is(err, release.ErrNotAtHand) {
			return chart, err
		}
	}
	return nil, release.ErrNotAtHand
}

// chartOf names the chart of a HelmRelease and its tag or version; the tag is empty where a commit, semver range or branch decides.
func chartOf(objs render.Objects, hr render.Object) (name, tag string) {
	spec := func(field ...string) string {
		s, _ := hr.Get(append([]string{"spec", "chart", "spec"}, field...)...).(string)
		return s
	}
	if spec("sourceRef", "kind") != "GitRepository" {
		return spec("chart"), spec("version")
	}
	source, ok := objs.Find("GitRepository", "", spec("sourceRef", "name"))
	if !ok {
		return spec("sourceRef", "name"), ""
	}
	url, _ := source.Get("spec", "url").(string)
	name = strings.TrimSuffix(path.Base(url), ".git")
	ref, _ := source.Get("spec", "ref").(map[string]any)
	for _, stronger := range []string{"commit", "semver", "name"} {
		if ref[stronger] != nil {
			return name, ""
		}
	}
	tag, _ = ref["tag"].(string)
	return name, tag
}

// umbrellaVersion reads the release that the overlay asks for: the chart's version, or its GitRepository's tag.
func umbrellaVersion(objs render.Objects, hr render.Object) (string, error) {
	kind, _ := hr.Get("spec", "chart", "spec", "sourceRef", "kind").(string)
	if kind == "GitRepository" {
		name, _ := hr.Get("spec", "chart", "spec", "sourceRef", "name").(string)
		source, ok := objs.Find("GitRepository", "", name)
		if !ok {
			return "", fmt.Errorf("%s takes its chart from GitRepository %s, which the overlay does not hold", hr.ID(), name)
		}
		ref, _ := source.Get("spec", "ref").(map[string]any)
		for _, stronger := range []string{"commit", "semver", "name"} {
			if v := ref[stronger]; v != nil {
				return "", fmt.Errorf("%s is pinned by ref.%s %v, which beats ref.tag; pin it by tag", source.ID(), stronger, v)
			}
		}
		if tag, ok := ref["tag"].(string); ok && tag != "" {
			return tag, nil
		}
		return "", fmt.Errorf("%s has no ref.tag; pin it by tag", source.ID())
	}
	version, _ := hr.Get("spec", "chart", "spec", "version").(string)
	if version == "" {
		return "", fmt.Errorf("%s has no spec.chart.spec.version; pin one", hr.ID())
	}
	return version, nil
}

// targetNamespace is where a HelmRelease's chart deploys.
func targetNamespace(hr render.Object) string {
	if ns, ok := hr.Get("spec", "targetNamespace").(string); ok && ns != "" {
		return ns
	}
	return hr.Namespace()
}

// collectReleases joins the HelmReleases of the old and the new umbrella.
func collectReleases(before, after *rendered) []helmRelease {
	byID := map[render.ID]*helmRelease{}
	names := map[string]int{}
	get := func(hr render.Object) *helmRelease {
		id := hr.ID()
		if byID[id] == nil {
			names[id.Name]++
			byID[id] = &helmRelease{id: id, target: targetNamespace(hr), labels: hr.Labels()}
		}
		return byID[id]
	}
	for _, hr := range before.umbrella.Kind("HelmRelease") {
		r := get(hr)
		r.before = true
		r.listBefore, _ = hr.Get("spec", "postRenderers").([]any)
	}
	for _, hr := range after.umbrella.Kind("HelmRelease") {
		r := get(hr)
		r.after, r.labelsNew = true, hr.Labels()
		r.listAfter, _ = hr.Get("spec", "postRenderers").([]any)
	}
	var all []helmRelease
	for _, r := range byID {
		r.namespaced = names[r.id.Name] > 1
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, c helmRelease) int { return a.id.Compare(c.id) })
	return all
}
