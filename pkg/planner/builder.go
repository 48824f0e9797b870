package planner

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

// builder holds what stays the same while the phases of one plan are made.
type builder struct {
	env      gitops.Environment
	repo     gitops.Repository
	policy   Policy
	material Material

	course     Course
	from, to   release.Release
	kubernetes string // version to render for

	tip            tree.Tree // as it was given, with whatever it holds of the upgrade
	start, inPlace tree.Tree
	before, after  *rendered // of start, of inPlace
	releases       []helmRelease

	helmReleaseAPI           string
	umbrellaHasPostRenderers bool
	unstable                 map[render.ID]bool // objects that no two renders of the umbrella give alike
	behind                   map[string]int     // by list: how many items other people's commits put behind ours since the upgrade began
}

// build gives what kustomize-controller applies for a tree: the overlay, with what the Flux Kustomization itself adds to it. Variables are left as
// they stand; discovery warns about those.
func (b *builder) build(t tree.Tree) (render.Objects, error) {
	remotes := gitops.FromReleases(b.material.Folder)
	if b.env.Flux == nil || b.env.Flux.Object == nil {
		return render.Overlay(t, b.env.ID, remotes)
	}
	kustomization := b.env.Flux.Object
	if kustomization.Get("spec", "postBuild") != nil {
		kustomization = kustomization.Copy()
		if spec, ok := kustomization["spec"].(map[string]any); ok {
			delete(spec, "postBuild")
		}
	}
	return render.FluxOverlay(t, b.env.ID, kustomization, remotes)
}

func (b *builder) refusedEdit(file string, err error) error {
	var refusal *splice.Refusal
	if errors.As(err, &refusal) {
		return &Refused{Environment: b.env.ID, Findings: []Finding{{
			Level: Refuse, Check: "edit", Text: fmt.Sprintf("edit %s: %s", file, refusal.Reason),
			Position: gitops.Position{File: file, Line: refusal.Line},
		}}}
	}
	return fmt.Errorf("edit %s: %w", file, err)
}

// folder is a path inside the canary folder.
func (b *builder) folder(file string) string { return path.Join(b.env.ID, CanaryFolder, file) }

// at gives the tree that holds exactly this state, from the tree before the upgrade.
func (b *builder) at(s state) (tree.Tree, error) {
	t := b.start
	var err error
	if s.bumped {
		t = b.inPlace
	}
	if !s.begun() {
		return t, nil
	}
	course, err := b.course.encode()
	if err != nil {
		return tree.Tree{}, err
	}
	changes := []tree.Change{
		{Path: b.folder(courseFile), Content: course},
		{Path: b.folder(valuesFile), Content: b.valuesPatch(s)},
	}
	if s.canary {
		plane, err := b.controlPlane()
		if err != nil {
			return tree.Tree{}, err
		}
		changes = append(changes,
			tree.Change{Path: b.folder(kustomizationFile), Content: b.canaryKustomization()},
			tree.Change{Path: b.folder(controlPlaneFile), Content: plane})
	}
	if s.moving() {
		patch, err := b.postrenderPatch(s)
		if err != nil {
			return tree.Tree{}, err
		}
		changes = append(changes, tree.Change{Path: b.folder(postrenderFile), Content: patch})
		changes = append(changes, b.missionFiles(s)...)
	}
	for i := range changes {
		changes[i].Content = seal(changes[i].Content)
	}
	src, _ := t.Read(b.env.Kustomization)
	for _, item := range b.temporaryItems(s) {
		if src, err = b.insertLast(src, item); err != nil {
			return tree.Tree{}, b.refusedEdit(b.env.Kustomization, err)
		}
	}
	changes = append(changes, tree.Change{Path: b.env.Kustomization, Content: src})
	return t.With(changes...), nil
}

// strip gives the tree before the upgrade from any tree of it, other people's commits kept: the folder goes, our list items go, and
// a release that was bumped goes back.
func (b *builder) strip(t tree.Tree) (tree.Tree, error) {
	bumped := b.env.Release.Version == b.course.To.Release
	var changes []tree.Change
	for _, name := range t.Under(path.Join(b.env.ID, CanaryFolder)) {
		changes = append(changes, tree.Change{Path: name, Delete: true})
	}
	src, _ := t.Read(b.env.Kustomization)
	src, err := b.stripItems(src)
	if err != nil {
		return tree.Tree{}, b.refusedEdit(b.env.Kustomization, err)
	}
	t = t.With(append(changes, tree.Change{Path: b.env.Kustomization, Content: src})...)
	if !bumped {
		return t, nil
	}
	return b.unbump(t, b.course.Bump, b.course.To.Release)
}

// releasesIn lists the HelmReleases that deploy pods into the namespaces.
func (b *builder) releasesIn(namespaces []string) []helmRelease {
	var in []helmRelease
	for _, r := range b.releases {
		if slices.Contains(namespaces, r.target) && !withoutPods(r.id.Name) {
			in = append(in, r)
		}
	}
	return in
}

// releasesOfGateway gives the HelmRelease of one gateway.
func (b *builder) releasesOfGateway(name string) []helmRelease {
	for _, r := range b.releases {
		if gatewayName(r) == name {
			return []helmRelease{r}
		}
	}
	return nil
}

// gatewayName is the key that a gateway has in istioGateway.values.gateways; "" for any other HelmRelease. The umbrella names the releases
// <key>-ingressgateway and <key>-egressgateway, and labels them app.kubernetes.io/name: istio-gateway-<key>.
func gatewayName(r helmRelease) string {
	if name, ok := strings.CutPrefix(r.labels["app.kubernetes.io/name"], "istio-gateway-"); ok {
		return name
	}
	for _, suffix := range []string{"-ingressgateway", "-egressgateway"} {
		if name, ok := strings.CutSuffix(r.id.Name, suffix); ok {
			return name
		}
	}
	return ""
}
