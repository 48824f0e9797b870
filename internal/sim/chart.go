package sim

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/release"
)

// helmChart is what source-controller packs for one HelmRelease.
type helmChart struct {
	checks.HelmChart
	chart, version string // of the spec
	revisions      bool   // reconcileStrategy Revision
	release        checks.NamespacedName

	packed  *render.Chart // nil = a stand-in without a chart
	standIn string        // what stands in, "" = the real chart
}

// chartFiles is a chart looked up once.
type chartFiles struct {
	chart   *render.Chart
	standIn string
	err     error
}

func (c *Cluster) sortedCharts() []*helmChart {
	return slices.SortedFunc(maps.Values(c.charts), func(a, b *helmChart) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// chartOf keeps the HelmChart of a HelmRelease as its spec.chart says; a change is packed anew, and until then the chart is not ready.
func (c *Cluster) chartOf(r *helmRelease, o *object) *helmChart {
	text := func(at ...string) string {
		s, _ := o.Get(append([]string{"spec", "chart", "spec"}, at...)...).(string)
		return s
	}
	namespace := cmp.Or(text("sourceRef", "namespace"), r.Namespace)
	key := checks.NamespacedName{Namespace: namespace, Name: r.Namespace + "-" + r.Name}
	h := c.charts[key]
	if h == nil {
		h = &helmChart{release: checks.NamespacedName{Namespace: r.Namespace, Name: r.Name}}
		h.Namespace, h.Name = key.Namespace, key.Name
		h.FluxObject.Release = h.release
		c.charts[key] = h
	}
	r.Chart = key
	wanted := helmChart{chart: text("chart"), version: text("version"), revisions: text("reconcileStrategy") == "Revision"}
	wanted.SourceKind, wanted.SourceName = text("sourceRef", "kind"), text("sourceRef", "name")
	if h.Generation > 0 && h.chart == wanted.chart && h.version == wanted.version && h.revisions == wanted.revisions &&
		h.SourceKind == wanted.SourceKind && h.SourceName == wanted.SourceName {
		return h
	}
	h.chart, h.version, h.revisions = wanted.chart, wanted.version, wanted.revisions
	h.SourceKind, h.SourceName = wanted.SourceKind, wanted.SourceName
	h.Generation++
	c.after(c.inTurn("chart", chartTime), func() { c.buildChart(h) })
	return h
}

// ready tells whether the chart is what its spec asks for. A source that moved since does not count: that is why a release can run a new
// spec with an old chart.
func (h *helmChart) ready() bool {
	return h.Artifact != "" && h.ObservedGeneration == h.Generation && h.Ready.Status == "True"
}

// buildChart packs the chart from its source's artifact and tells its release when it is another one.
func (c *Cluster) buildChart(h *helmChart) {
	if c.charts[checks.NamespacedName{Namespace: h.Namespace, Name: h.Name}] != h {
		return
	}
	s := c.sources[sourceKey{h.SourceKind, checks.NamespacedName{Namespace: h.Namespace, Name: h.SourceName}}]
	if s == nil || !s.there() {
		h.Ready = condition(h.Ready, "False", "SourceUnavailable", "no artifact of "+h.SourceKind+" "+h.Namespace+"/"+h.SourceName, c.now)
		return
	}
	name, tag := h.chart, h.version
	if s.kind == "GitRepository" {
		name, tag = repositoryName(s.URL), strings.TrimPrefix(s.Artifact[:strings.LastIndex(s.Artifact, "@")], "tags/")
	}
	found := c.chartFiles(name, tag)
	h.ObservedGeneration = h.Generation
	h.ObservedSourceArtifactRevision = s.Artifact
	if found.err != nil {
		h.Ready = condition(h.Ready, "False", "ChartPullError", found.err.Error(), c.now)
		c.poke(h.release)
		return
	}
	artifact := tag
	if found.chart != nil && found.standIn == "" {
		artifact = found.chart.Version()
	}
	if h.revisions && s.kind == "GitRepository" {
		artifact += "+" + shortHash(s.Artifact)[:12]
	}
	h.packed, h.standIn = found.chart, found.standIn
	h.Ready = condition(h.Ready, "True", "ChartPullSucceeded", "packaged chart with version '"+artifact+"'", c.now)
	h.Artifact = artifact
	c.poke(h.release)
}

// poke has a release look again.
func (c *Cluster) poke(key checks.NamespacedName) {
	c.after(triggerDelay, func() {
		if r := c.releases[key]; r != nil {
			c.reconcileRelease(r)
		}
	})
}

// chartFiles finds a chart by the name of its repository or of itself; what is not at hand is stood in for.
func (c *Cluster) chartFiles(name, tag string) chartFiles {
	key := name + " " + tag
	if found, ok := c.loaded[key]; ok {
		return found
	}
	found := c.lookUp(name, tag)
	if found.err == nil {
		c.loaded[key] = found
	}
	return found
}

func (c *Cluster) lookUp(name, tag string) chartFiles {
	ctx := context.Background()
	var files map[string][]byte
	err := release.ErrNotAtHand
	switch {
	case name == "bigbang":
		files, err = c.options.Releases.Chart(ctx, tag)
	case c.options.Packages != nil:
		files, err = c.options.Packages.Chart(ctx, name, tag)
	}
	if errors.Is(err, release.ErrNotAtHand) && name != "bigbang" {
		return standInChart(path.Base(name), tag)
	}
	if err != nil {
		return chartFiles{err: err}
	}
	chart, err := render.LoadChart(files)
	return chartFiles{chart: chart, err: err}
}
