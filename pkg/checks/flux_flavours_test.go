package checks

import "testing"

// helmRepo turns the packages of the test cluster into the other flavour: charts by version from a HelmRepository of type oci.
func helmRepo(o *Observation) {
	o.Flux.HelmRepositories = append(o.Flux.HelmRepositories, Source{FluxObject: FluxObject{Namespace: "bigbang", Name: "registry1", Generation: 1, Release: NamespacedName{"bigbang", "bigbang"}}})
	for i := range o.Flux.HelmCharts {
		if h := &o.Flux.HelmCharts[i]; h.SourceName != "bigbang" {
			h.SourceKind, h.SourceName, h.ObservedSourceArtifactRevision = "HelmRepository", "registry1", ""
		}
	}
	for i := range o.Flux.HelmReleases {
		if h := &o.Flux.HelmReleases[i]; h.Name != "bigbang" {
			h.ChartVersion = h.LastAttemptedRevision
		}
	}
	o.Flux.GitRepositories = o.Flux.GitRepositories[:2]
}

func TestHelmRepoFlavour(t *testing.T) {
	e := Effects{Sources: []SourceEffect{{"HelmRelease", "bigbang", "istiod", "1.0.0"}}}
	runTraps(t, Moved(upgrade(), wave("monitoring"), old, canary, e, 0), during("monitoring"), []trap{
		{"as it is", helmRepo, Pass, "", ""},
		{"a HelmRelease at another version", func(o *Observation) { helmRepo(o); release(o, "istiod").ChartVersion = "0.9.0" }, Fail, "references", "is at 0.9.0"},
		{"no such HelmRelease", func(o *Observation) {
			helmRepo(o)
			release(o, "istiod").Name = "other"
		}, Fail, "references", "HelmRelease bigbang/istiod does not exist"},
		{"an HTTP repository that cannot be fetched", func(o *Observation) {
			helmRepo(o)
			o.Flux.HelmRepositories[0].ObservedGeneration = 1
			o.Flux.HelmRepositories[0].Ready = Condition{Status: "False", Message: "no route to host"}
		}, Fail, "sources", "no route to host"},
		{"an HTTP repository that changed", func(o *Observation) {
			helmRepo(o)
			o.Flux.HelmRepositories[0].Ready = Condition{Status: "True"}
		}, Wait, "sources", "HelmRepository/registry1 has changed"},
		{"a suspended one is nobody's fault", func(o *Observation) {
			helmRepo(o)
			o.Flux.HelmRepositories[0].Ready, o.Flux.HelmRepositories[0].Suspended = Condition{Status: "True"}, true
		}, Pass, "", ""},
		{"a chart that is not there", func(o *Observation) { helmRepo(o); o.Flux.HelmCharts = o.Flux.HelmCharts[:1] }, Wait, "deployed", "has no chart yet"},
		{"a chart that changed", func(o *Observation) { helmRepo(o); o.Flux.HelmCharts[1].Generation++ }, Wait, "charts", "has changed and not been packed"},
		{"a suspended chart", func(o *Observation) {
			helmRepo(o)
			o.Flux.HelmCharts[1].Generation++
			o.Flux.HelmCharts[1].Suspended = true
		}, Pass, "", ""},
	})
}

func TestChartReferences(t *testing.T) {
	refer := func(o *Observation, kind, artifact string) {
		h := release(o, "istiod")
		h.Chart, h.ChartRefKind, h.ChartRef = NamespacedName{}, kind, NamespacedName{"bigbang", "istiod-chart"}
		switch kind {
		case "OCIRepository":
			o.Flux.OCIRepositories = append(o.Flux.OCIRepositories, Source{FluxObject: FluxObject{Namespace: "bigbang", Name: "istiod-chart"}, Ref: "1.0.0", RefKind: "tag", Artifact: artifact})
		case "HelmChart":
			o.Flux.HelmCharts = append(o.Flux.HelmCharts, HelmChart{FluxObject: FluxObject{Namespace: "bigbang", Name: "istiod-chart"}, Artifact: artifact})
		}
	}
	runTraps(t, Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0), during("monitoring"), []trap{
		{"an OCIRepository", func(o *Observation) { refer(o, "OCIRepository", "1.0.0@sha256:aa") }, Pass, "", ""},
		{"an OCIRepository that is ahead", func(o *Observation) { refer(o, "OCIRepository", "1.1.0@sha256:bb") }, Wait, "deployed", "1.1.0@sha256:bb is there"},
		{"an OCIRepository that is not there", func(o *Observation) {
			refer(o, "OCIRepository", "")
			o.Flux.OCIRepositories = nil
		}, Wait, "deployed", "has no chart yet"},
		{"a HelmChart", func(o *Observation) { refer(o, "HelmChart", "1.0.0") }, Pass, "", ""},
	})
}
