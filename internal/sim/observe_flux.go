package sim

import (
	"cmp"
	"maps"
	"slices"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func (c *Cluster) observeFlux() checks.Flux {
	var f checks.Flux
	sources := slices.SortedFunc(maps.Values(c.sources), func(a, b *source) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range sources {
		seen := s.Source
		seen.Release, seen.Kustomization = s.owner.release, s.owner.kustomization
		if s.kind == "HelmRepository" {
			f.HelmRepositories = append(f.HelmRepositories, seen)
		} else {
			f.GitRepositories = append(f.GitRepositories, seen)
		}
	}
	for _, k := range c.sortedKustomizations() {
		f.Kustomizations = append(f.Kustomizations, k.Kustomization)
	}
	for _, h := range c.sortedCharts() {
		f.HelmCharts = append(f.HelmCharts, h.HelmChart)
	}
	for _, r := range c.sortedReleases() {
		seen := r.HelmRelease
		seen.History = slices.Clone(r.History)
		f.HelmReleases = append(f.HelmReleases, seen)
	}
	return f
}
