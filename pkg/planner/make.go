package planner

import (
	"fmt"
	"path"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Make plans an upgrade, or, where the tree holds one that is under way, tells how far it is and what is left.
//
// The error is a *Refused where a plan must not be made.
func Make(in Input) (Plan, error) {
	b, underway, err := open(in)
	if err != nil {
		return Plan{}, err
	}
	if !underway {
		if err := b.begin(in); err != nil {
			return Plan{}, err
		}
	} else if err := b.resume(in); err != nil {
		return Plan{}, err
	}
	return b.plan(in, underway)
}

// open discovers the environment and reads the course of an upgrade that is under way.
func open(in Input) (*builder, bool, error) {
	b := &builder{policy: in.Policy, material: in.Material, tip: in.Tree}
	b.policy.Soak = b.policy.Soak.withDefaults()
	if b.policy.CanaryReplicas == 0 {
		b.policy.CanaryReplicas = 2
	}
	if err := b.discover(in.Tree, in.Environment); err != nil {
		return nil, false, err
	}
	course, underway, err := ReadCourse(in.Tree, b.env.ID)
	if err != nil {
		return nil, false, refuse(b.env.ID, "under way", "%v", err)
	}
	if _, file := in.Tree.Mode(path.Join(b.env.ID, CanaryFolder)); file {
		return nil, false, refuse(b.env.ID, "canary folder", "%s/%s is there and is no folder, and Linnet needs the name for one; move or remove it", b.env.ID, CanaryFolder)
	}
	if !underway && b.env.CanaryFolder {
		return nil, false, refuse(b.env.ID, "canary folder",
			"%s/%s is there but holds no %s, so it is not an upgrade that Linnet began; move or remove that folder", b.env.ID, CanaryFolder, courseFile)
	}
	b.course = course
	return b, underway, nil
}

// discover reads the environment of a tree.
func (b *builder) discover(t tree.Tree, environment string) error {
	repo, err := gitops.Discover(t, gitops.Options{Remotes: gitops.FromReleases(b.material.Folder)})
	if err != nil {
		return err
	}
	env, err := repo.Environment(environment)
	if err != nil {
		return err
	}
	b.repo, b.env = repo, env
	return nil
}

// begin sets out on a new upgrade.
func (b *builder) begin(in Input) error {
	b.start = in.Tree
	if err := b.refusedByDiscovery(); err != nil {
		return err
	}
	if in.To == "" {
		return refuse(b.env.ID, "release", "no upgrade is under way in %s and no target is named; name the release to go to", b.env.ID)
	}
	if err := b.loadReleases(b.env.Release.Version, in.To); err != nil {
		return err
	}
	if err := b.crossable(); err != nil {
		return err
	}
	b.course = Course{
		Upgrade:  b.env.ID + "/" + b.to.Version,
		From:     Version{Release: b.from.Version, Istio: b.from.Istio()},
		To:       Version{Release: b.to.Version, Istio: b.to.Istio()},
		Revision: revisionName(b.to.Istio()),
		Combine:  b.policy.Combine,
		Replicas: b.policy.CanaryReplicas,
	}
	how, err := b.planBump(b.start, b.from.Version, b.to.Version)
	if err != nil {
		return err
	}
	b.course.Bump = how
	if err := b.renderEnds(); err != nil {
		return err
	}
	return b.chart()
}

// resume goes back to the tree before the upgrade that is under way, and takes its course from there.
func (b *builder) resume(in Input) error {
	if in.To != "" && in.To != b.course.To.Release {
		return refuse(b.env.ID, "under way", "an upgrade to Big Bang %s is under way in %s; finish it or take it back before planning one to %s",
			b.course.To.Release, b.env.ID, in.To)
	}
	start, err := b.strip(in.Tree)
	if err != nil {
		return err
	}
	b.start = start
	if err := b.discover(start, b.env.ID); err != nil {
		return err
	}
	if b.behind, err = b.itemsBehind(in.Tree); err != nil {
		return err
	}
	if b.env.Release.Version != b.course.From.Release {
		return refuse(b.env.ID, "under way", "the upgrade under way went out from Big Bang %s, but %s now says %s; somebody else moved the release, so take that back or finish by hand",
			b.course.From.Release, b.env.ID, b.env.Release.Version)
	}
	if err := b.loadReleases(b.course.From.Release, b.course.To.Release); err != nil {
		return err
	}
	return b.renderEnds()
}

func (b *builder) loadReleases(from, to string) error {
	var err error
	if b.from, err = b.material.Release(from); err != nil {
		return fmt.Errorf("read Big Bang %s, which %s runs: %w", from, b.env.ID, err)
	}
	if b.to, err = b.material.Release(to); err != nil {
		return fmt.Errorf("read the target, Big Bang %s: %w", to, err)
	}
	b.kubernetes = b.policy.Kubernetes
	if b.kubernetes == "" {
		b.kubernetes = assumedKubernetes(b.from.KubeVersion, b.to.KubeVersion)
	}
	return nil
}

// renderEnds renders the tree before the upgrade and the tree of the in-place bump.
func (b *builder) renderEnds() error {
	var err error
	if b.inPlace, err = b.bump(b.start, b.course.Bump, b.from.Version, b.to.Version); err != nil {
		return err
	}
	if b.before, err = b.renderTree(b.start); err != nil {
		return b.explain(err, b.from.Version, "so Flux cannot apply them today; change them first")
	}
	if b.after, err = b.renderTree(b.inPlace); err != nil {
		return b.explain(err, b.to.Version, "so bump would fail; change them before the upgrade")
	}
	hr, _ := b.before.overlay.Find("HelmRelease", b.env.HelmRelease.Namespace, b.env.HelmRelease.Name)
	b.helmReleaseAPI = hr.APIVersion()
	if hr.Get("spec", "postRenderers") != nil {
		b.umbrellaHasPostRenderers = b.hasPostRenderersBeforeOurs()
	}
	b.releases = collectReleases(b.before, b.after)
	return b.findUnstable()
}

// findUnstable renders both umbrellas once more and remembers what came out differently.
func (b *builder) findUnstable() error {
	b.unstable = map[render.ID]bool{}
	for _, r := range []*rendered{b.before, b.after} {
		chart, err := b.material.Umbrella(r.version)
		if err != nil {
			return err
		}
		ids, err := chart.Unstable(r.release.Values, render.HelmOptions{ReleaseName: r.release.Name, Namespace: r.release.Namespace, Upgrade: true, KubeVersion: b.kubernetes})
		if err != nil {
			return fmt.Errorf("render Big Bang %s a second time: %w", r.version, err)
		}
		for _, id := range ids {
			b.unstable[id] = true
		}
	}
	return nil
}

func (b *builder) renderTree(t tree.Tree) (*rendered, error) {
	objs, err := b.build(t)
	if err != nil {
		return nil, err
	}
	return b.render(objs)
}

// plan renders and words every phase.
func (b *builder) plan(in Input, underway bool) (Plan, error) {
	p := Plan{
		ID: b.course.Upgrade, Environment: b.env.ID, From: b.course.From, To: b.course.To, Revision: b.course.Revision,
		Why: in.Why, Start: b.start, InPlace: b.inPlace, Upgrade: b.upgrade(),
	}
	p.Waves, p.Gateways = b.groups()
	p.NotAtHand = b.notAtHand()
	p.Preflight = b.preflight()
	if err := refusals(b.env.ID, p.Preflight); err != nil && !underway {
		return Plan{}, err
	}
	if err := b.phases(&p); err != nil {
		return Plan{}, err
	}
	if err := b.progress(&p, in.Tree); err != nil {
		return Plan{}, err
	}
	if err := b.back(&p, in.Tree); err != nil {
		return Plan{}, err
	}
	if err := p.reach(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

func refusals(environment string, findings []Finding) error {
	var refused []Finding
	for _, f := range findings {
		if f.Level == Refuse {
			refused = append(refused, f)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return &Refused{Environment: environment, Findings: refused}
}

func (b *builder) upgrade() checks.Upgrade {
	u := checks.Upgrade{
		Environment: b.env.ID, ID: b.course.Upgrade, CanaryReplicas: b.course.Replicas,
		Old:    checks.ControlPlane{Revision: "default", Version: b.course.From.Istio},
		Canary: checks.ControlPlane{Revision: b.course.Revision, Version: b.course.To.Istio},
		Home:   checks.ControlPlane{Revision: "default", Version: b.course.To.Istio},
		Flux:   checks.FluxNames{Namespace: b.env.HelmRelease.Namespace, HelmRelease: b.env.HelmRelease.Name},
	}
	if f := b.env.Flux; f != nil {
		u.Flux.Kustomization, u.Flux.Namespace = f.Name, f.Namespace
		u.Flux.GitRepository, _ = f.Object.Get("spec", "sourceRef", "name").(string)
	}
	u.Kubernetes.Min, u.Kubernetes.Max, _ = b.kubernetesRange()
	return u
}
