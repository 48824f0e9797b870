package checks

import (
	"fmt"
	"strings"
	"time"
)

// routine is how long Flux may be busy with a pass over what it has already applied.
const routine = time.Minute

// settled asks whether Flux has applied the merge and everything that follows from it has come to rest. Each leaf is one thing that Flux's Ready
// conditions have been seen to hide. The workloads that are left need not have rolled.
func settled(u Upgrade, e Effects, left ...WorkloadRef) Check {
	return question{
		name: "flux-settled", asks: "Has Flux applied the merge, and has everything that follows from it come to rest?",
		words: settledWords(e),
		id:    fmt.Sprintf("flux-settled/%v/%t/%t", u.Flux, e.UmbrellaChanges, e.QuietTime),
		judge: func(w *world, m Merge) Result {
			c := w.chain(u)
			leaves := []Result{c.sourceFetched(m), c.kustomizationApplied(m), c.sourcesFetched(), c.chartsPacked(), c.releasesDeployed()}
			if e.UmbrellaChanges {
				leaves = append(leaves, c.umbrellaDeployed(m))
			}
			leaves = append(leaves, c.workloadsRolled(Scope{left: left}))
			if e.QuietTime {
				leaves = append(leaves, c.quiet())
			}
			return tree("", "", leaves...)
		},
	}
}

func settledWords(e Effects) string {
	words := "Flux has applied the merge, and every HelmRelease is deployed from it without a failure"
	if e.QuietTime {
		words += "; the longest HelmRelease interval has passed since, so nothing is still to come"
	}
	return words
}

// chain is what belongs to one environment: the repository, the Kustomization, the umbrella, and all that they made.
type chain struct {
	*world
	names             FluxNames
	kustomizationName NamespacedName // named by the upgrade, or else found by the live umbrella's labels; Name "" = neither
	sourceName        NamespacedName
	source            *Source
	kustomization     *Kustomization
	umbrella          *HelmRelease
	sources           []sourceOf
	charts            []*HelmChart
	releases          []*HelmRelease
}

type sourceOf struct {
	kind string
	*Source
}

func (s sourceOf) String() string { return s.kind + "/" + s.Name }

func (w *world) chain(u Upgrade) *chain {
	c := &chain{world: w, names: u.Flux}
	umbrella := NamespacedName{u.Flux.Namespace, u.Flux.HelmRelease}
	c.umbrella = w.releases[umbrella]
	c.kustomizationName, c.sourceName = NamespacedName{u.Flux.Namespace, u.Flux.Kustomization}, NamespacedName{u.Flux.Namespace, u.Flux.GitRepository}
	if c.kustomizationName.Name == "" && c.umbrella != nil {
		c.kustomizationName = c.umbrella.Kustomization // not in the repository, but the live umbrella says who applies it
	}
	for i := range w.Flux.Kustomizations {
		if k := &w.Flux.Kustomizations[i]; c.kustomizationName.Name != "" && k.is(c.kustomizationName) {
			c.kustomization = k
		}
	}
	if k := c.kustomization; c.sourceName.Name == "" && k != nil && k.SourceKind == "GitRepository" {
		c.sourceName = k.Source
	}
	own := func(o *FluxObject) bool {
		return umbrella.Name != "" && o.Release == umbrella || c.kustomizationName.Name != "" && o.Kustomization == c.kustomizationName
	}
	charts := map[NamespacedName]bool{}
	for i := range w.Flux.HelmReleases {
		if r := &w.Flux.HelmReleases[i]; r == c.umbrella || own(&r.FluxObject) {
			c.releases = append(c.releases, r)
			charts[r.Chart] = true
		}
	}
	for i := range w.Flux.HelmCharts {
		if h := &w.Flux.HelmCharts[i]; charts[NamespacedName{h.Namespace, h.Name}] {
			c.charts = append(c.charts, h)
		}
	}
	for _, list := range []struct {
		kind string
		all  []Source
	}{{"GitRepository", w.Flux.GitRepositories}, {"HelmRepository", w.Flux.HelmRepositories}, {"OCIRepository", w.Flux.OCIRepositories}} {
		for i := range list.all {
			s := &list.all[i]
			if list.kind == "GitRepository" && c.sourceName.Name != "" && s.is(c.sourceName) {
				c.source = s
			} else if own(&s.FluxObject) {
				c.sources = append(c.sources, sourceOf{list.kind, s})
			}
		}
	}
	return c
}

func (o *FluxObject) is(name NamespacedName) bool {
	return o.Namespace == name.Namespace && o.Name == name.Name
}

// commitOf reads the commit from a revision such as "main@sha1:<40 hex>", or from the older "main/<40 hex>".
func commitOf(revision string) string {
	if i := strings.LastIndexAny(revision, ":/"); i >= 0 {
		return revision[i+1:]
	}
	return revision
}

func short(revision string) string {
	if commit := commitOf(revision); len(commit) == 40 {
		return strings.TrimSuffix(revision, commit) + commit[:8]
	}
	return revision
}

// sourceFetched: the repository's artifact contains the merge.
func (c *chain) sourceFetched(m Merge) Result {
	r := Result{Name: "fetched", Question: "Has Flux fetched the merge?"}
	switch s := c.source; {
	case c.sourceName.Name == "":
		return skipped(r, "the environment's GitRepository is not known, so what its Kustomization applied decides")
	case s == nil:
		r.Reason = "GitRepository " + c.sourceName.String() + " was not seen"
	case s.Suspended:
		r.Verdict, r.Reason = Fail, fmt.Sprintf("GitRepository %s is suspended, so nothing is fetched: flux resume source git %s -n %s", s.Name, s.Name, s.Namespace)
	case !m.contained(commitOf(s.Artifact)):
		r.Verdict, r.Reason = Wait, fmt.Sprintf("GitRepository %s is at %s, the merge is %s", s.Name, short(s.Artifact), short(m.Commit))
		if s.Ready.Status == "False" {
			r.Verdict, r.Reason = Fail, fmt.Sprintf("GitRepository %s cannot fetch%s", s.Name, because(s.Ready.Message))
		}
	default:
		r.Verdict, r.Found = Pass, short(s.Artifact)
	}
	return r
}

func skipped(r Result, why string) Result {
	r.Verdict, r.Found = Pass, why
	return r
}

// kustomizationApplied: the Kustomization applied a revision that contains the merge, and is not in trouble.
func (c *chain) kustomizationApplied(m Merge) Result {
	r := Result{Name: "applied", Question: "Has the Kustomization applied it?"}
	k := c.kustomization
	if c.kustomizationName.Name == "" {
		if m.Commit != "" {
			r.Reason = "the environment's Kustomization is not known, so nobody can tell what was applied"
			return r
		}
		return skipped(r, "the environment's Kustomization is not known")
	}
	if k == nil {
		r.Reason = "Kustomization " + c.kustomizationName.String() + " was not seen"
		return r
	}
	r.Found = short(k.LastAppliedRevision)
	switch {
	case k.Suspended:
		r.Verdict, r.Reason = Fail, fmt.Sprintf("Kustomization %s is suspended: flux resume kustomization %s -n %s", k.Name, k.Name, k.Namespace)
	case k.Ready.Status == "False" && k.Ready.Reason != "DependencyNotReady":
		r.Verdict, r.Reason = Fail, fmt.Sprintf("Kustomization %s failed%s", k.Name, because(k.Ready.Message))
	case k.LastAppliedRevision == "" || !m.contained(commitOf(k.LastAppliedRevision)):
		r.Verdict, r.Reason = Wait, fmt.Sprintf("Kustomization %s has applied %s, the merge is %s", k.Name, short(k.LastAppliedRevision), short(m.Commit))
	case c.source != nil && k.LastAppliedRevision != c.source.Artifact:
		// Somebody else's commit. If it changes anything here, other checks turn red; if not, a soak need not begin again.
		r.Verdict, r.NoSample = Wait, true
		r.Reason = fmt.Sprintf("Kustomization %s has applied %s and not yet %s", k.Name, short(k.LastAppliedRevision), short(c.source.Artifact))
	case k.ObservedGeneration != k.Generation:
		r.Verdict, r.Reason = Wait, fmt.Sprintf("Kustomization %s has changed and not been looked at", k.Name)
	case k.Ready.Status == "True":
		r.Verdict = Pass
	case k.Ready.Status == "Unknown" && k.Ready.Reason == "Progressing" && k.LastAttemptedRevision == k.LastAppliedRevision && c.At.Sub(k.Ready.Since) < routine:
		r.Verdict, r.NoSample, r.Reason = Wait, true, fmt.Sprintf("Kustomization %s makes a routine pass over what it has applied", k.Name)
	default:
		r.Verdict, r.Reason = Wait, fmt.Sprintf("Kustomization %s is not ready%s", k.Name, because(k.Ready.Message))
	}
	return r
}
