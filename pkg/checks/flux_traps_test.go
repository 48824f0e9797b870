package checks

import (
	"strings"
	"testing"
	"time"
)

func TestFluxTraps(t *testing.T) {
	effects := Effects{
		UmbrellaChanges: true, QuietTime: true,
		Namespaces: []NamespaceEffect{{Name: "monitoring", Want: map[string]string{labelRevision: "1-29-0"}, Absent: []string{labelInjection}}},
	}
	chart := func(o *Observation, name string) *HelmChart {
		return find(o.Flux.HelmCharts, "bigbang-"+name, func(h *HelmChart) string { return h.Name })
	}
	repository := func(o *Observation, name string) *Source {
		return find(o.Flux.GitRepositories, name, func(s *Source) string { return s.Name })
	}
	kustomization := func(o *Observation) *Kustomization { return &o.Flux.Kustomizations[0] }
	runTraps(t, Moved(upgrade(), wave("monitoring"), old, canary, effects, 0), during("monitoring"), []trap{
		{"Flux has not fetched the merge", func(o *Observation) {
			repository(o, "environment-repo").Artifact = "main@sha1:" + before
			kustomization(o).LastAppliedRevision = "main@sha1:" + before
		}, Wait, "fetched", "is at main@sha1:11111111, the merge is 22222222"},
		{"it cannot fetch", func(o *Observation) {
			repository(o, "environment-repo").Artifact = "main@sha1:" + before
			repository(o, "environment-repo").Ready = Condition{Status: "False", Message: "authentication required"}
		}, Fail, "fetched", "authentication required"},
		{"the repository is suspended", func(o *Observation) { repository(o, "environment-repo").Suspended = true }, Fail, "fetched", "flux resume source git"},
		{"the Kustomization has applied an older commit", func(o *Observation) { kustomization(o).LastAppliedRevision = "main@sha1:" + before }, Wait, "applied", "has applied main@sha1:11111111"},
		{"the Kustomization failed", func(o *Observation) {
			kustomization(o).Ready = Condition{Status: "False", Reason: "BuildFailed", Message: "test failed:\n /spec/postRenderers"}
		}, Fail, "applied", "test failed: /spec/postRenderers"},
		{"the Kustomization is suspended", func(o *Observation) { kustomization(o).Suspended = true }, Fail, "applied", "flux resume kustomization"},
		{"a routine pass", func(o *Observation) {
			kustomization(o).Ready = Condition{Status: "Unknown", Reason: "Progressing", Since: noon.Add(-time.Second)}
		}, Wait, "applied", "routine pass"},
		{"a pass that lasts too long", func(o *Observation) {
			kustomization(o).Ready = Condition{Status: "Unknown", Reason: "Progressing", Since: noon.Add(-5 * time.Minute)}
		}, Wait, "applied", "is not ready"},
		{"the Kustomization changed", func(o *Observation) { kustomization(o).Generation++ }, Wait, "applied", "not been looked at"},
		{"a failed postRenderer, which shows Ready with all generations equal", func(o *Observation) {
			release(o, "bigbang").Failures = 1
		}, Fail, "deployed", "a postRenderer failed and Flux calls it Ready"},
		{"a failed upgrade", func(o *Observation) {
			release(o, "monitoring").Failures = 8
			release(o, "monitoring").Ready = Condition{Status: "False", Reason: "UpgradeFailed", Message: "values don't meet the specifications of the schema(s)"}
		}, Fail, "deployed", "values don't meet"},
		{"a release taken back", func(o *Observation) {
			release(o, "monitoring").Remediated = Condition{Status: "True", Message: "rolled back to v6"}
		}, Fail, "deployed", "rolled back to v6"},
		{"a HelmRelease with a change waiting", func(o *Observation) { release(o, "logging").Generation++ }, Wait, "deployed", "has changed and not been deployed"},
		{"generation seen and not yet attempted", func(o *Observation) { release(o, "logging").LastAttemptedGeneration-- }, Wait, "deployed", "has changed and not been deployed"},
		{"a dependency that is not ready", func(o *Observation) {
			release(o, "logging").Ready = Condition{Status: "False", Reason: "DependencyNotReady", Message: "dependency 'bigbang/istiod' is not ready"}
		}, Wait, "deployed", "bigbang/istiod"},
		{"a new tag that nobody has fetched", func(o *Observation) { repository(o, "istiod").Ref = "1.1.0" }, Wait, "sources", "GitRepository/istiod wants 1.1.0"},
		{"a tag that does not exist", func(o *Observation) {
			repository(o, "istiod").Ref = "9.9.9"
			repository(o, "istiod").Ready = Condition{Status: "False", Message: "couldn't find remote ref"}
		}, Fail, "sources", "couldn't find remote ref"},
		{"a tag that is another's beginning", func(o *Observation) {
			repository(o, "istiod").Ref = "1.0"
		}, Wait, "sources", "wants 1.0"},
		{"a chart that was packed from the tag before", func(o *Observation) { chart(o, "istiod").ObservedSourceArtifactRevision = "0.9.0@sha1:0" }, Wait, "charts", "was packed from 0.9.0"},
		{"a chart that is newer than the release", func(o *Observation) { chart(o, "istiod").Artifact = "1.1.0" }, Wait, "deployed", "is at chart 1.0.0, 1.1.0 is there"},
		{"builds of one version are one version", func(o *Observation) { chart(o, "istiod").Artifact = "1.0.0+800e9b662310" }, Pass, "", ""},
		{"values that were attempted and not deployed", func(o *Observation) { release(o, "istiod").LastAttemptedConfigDigest = "sha256:c1" }, Fail, "deployed", "not those that are deployed"},
		{"new values under way", func(o *Observation) {
			release(o, "istiod").LastAttemptedConfigDigest = "sha256:c1"
			release(o, "istiod").Ready = Condition{Status: "Unknown", Reason: "Progressing"}
		}, Wait, "deployed", "is deploying new values"},
		{"a release that is pending", func(o *Observation) { release(o, "istiod").History[0].Status = "pending-upgrade" }, Wait, "deployed", "is not deployed"},
		{"a release that was never deployed", func(o *Observation) { release(o, "istiod").History = nil }, Wait, "deployed", "is not deployed"},
		{"drift: somebody stole its objects", func(o *Observation) {
			release(o, "istiod").Drifted = Condition{Status: "True", Message: "PeerAuthentication/istio-system/default removed"}
		}, Fail, "deployed", "PeerAuthentication/istio-system/default removed"},
		{"suspended with nothing waiting", func(o *Observation) { release(o, "logging").Suspended = true }, Pass, "", ""},
		{"suspended with a change waiting", func(o *Observation) {
			release(o, "logging").Suspended = true
			release(o, "logging").Generation, release(o, "logging").ObservedGeneration = 6, 6
		}, Fail, "deployed", "suspended with a change waiting"},
		{"an interval that was not seen", func(o *Observation) { release(o, "logging").Interval = 0 }, Unknown, "quiet", "the interval of HelmRelease bigbang/logging was not seen"},
		{"the umbrella was last deployed before the merge", func(o *Observation) {
			release(o, "bigbang").History[0].LastDeployed = noon.Add(-2 * time.Hour)
			release(o, "bigbang").Interval = time.Hour
		}, Wait, "umbrella", "was last deployed before the merge; if that is still so at 12:06 UTC, the merge has left it as it was"},
		{"and its interval is not known", func(o *Observation) {
			release(o, "bigbang").History[0].LastDeployed = noon.Add(-2 * time.Hour)
			release(o, "bigbang").Interval = 0
		}, Wait, "umbrella", "was last deployed before the merge"},
		{"its interval has passed since the merge, which brought back what had been there", func(o *Observation) {
			release(o, "bigbang").History[0].LastDeployed = noon.Add(-2 * time.Hour)
		}, Pass, "", ""},
		{"only values Secrets changed, and the interval has not passed", func(o *Observation) {
			release(o, "bigbang").History[0].LastDeployed = noon.Add(-2 * time.Minute)
		}, Wait, "quiet", "may still move until 12:00:42 UTC"},
		{"the interval has passed", func(o *Observation) {
			release(o, "bigbang").History[0].LastDeployed = noon.Add(-163 * time.Second)
		}, Pass, "", ""},
		{"the label did not move although all is settled", func(o *Observation) {
			namespace(o, "monitoring").Labels = injectionLabels("default")
		}, Fail, "labels", "although Flux calls everything settled"},
		{"no HelmRelease was seen", func(o *Observation) { o.Flux.HelmReleases = nil }, Unknown, "deployed", "no HelmRelease"},
		{"no Kustomization was seen", func(o *Observation) { o.Flux.Kustomizations = nil }, Unknown, "applied", "was not seen"},
		{"no GitRepository was seen", func(o *Observation) { o.Flux.GitRepositories = nil }, Unknown, "fetched", "was not seen"},
	})
}

func TestANamespaceLabelThatIsStillToComeIsNoFailure(t *testing.T) {
	o := observe(during("monitoring"))
	namespace(o, "monitoring").Labels = injectionLabels("default")
	release(o, "bigbang").Generation++ // Flux has not come to it
	e := Effects{Namespaces: []NamespaceEffect{{Name: "monitoring", Want: map[string]string{labelRevision: "1-29-0"}}}}
	r := effective(upgrade(), e).Evaluate(o, theMerge())
	if r.Verdict != Wait {
		t.Errorf("got %s, want wait: %s", r.Verdict, r.Reason)
	}
}

func TestAMergePatchWithNullIsSeenAsWhatItIs(t *testing.T) {
	o := observe(during("monitoring"))
	namespace(o, "monitoring").Labels = map[string]string{labelInjection: "null", labelRevision: "1-29-0"}
	o.Pods = append(o.Pods, Pod{Namespace: "monitoring", Name: "grafana-9", Phase: "Running", Ready: true, Created: noon.Add(-time.Minute), Owners: []Owner{{Kind: "ReplicaSet", Name: "grafana-5d"}, {Kind: "Deployment", Name: "grafana"}}})
	e := Effects{Namespaces: []NamespaceEffect{{Name: "monitoring", Want: map[string]string{labelRevision: "1-29-0"}, Absent: []string{labelInjection}}}}
	r := Moved(upgrade(), wave("monitoring"), old, canary, e, 0).Evaluate(o, theMerge())
	for leafName, says := range map[string]string{
		"labels":           `istio-injection="null" (a string`,
		"on-1-29-0":        "started without a proxy",
		"next-pods-1-29-0": "would start without a proxy",
	} {
		if l := leaf(r, leafName); l.Verdict != Fail || !strings.Contains(l.Reason, says) {
			t.Errorf("%s: got %s %q, want fail and %q", leafName, l.Verdict, l.Reason, says)
		}
	}
}

func TestARoutinePassIsNoSample(t *testing.T) {
	g := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0)
	o := observe(during("monitoring"))
	o.Flux.Kustomizations[0].Ready = Condition{Status: "Unknown", Reason: "Progressing", Since: noon.Add(-400 * time.Millisecond)}
	for i := range o.Flux.HelmReleases {
		o.Flux.HelmReleases[i].Reconciling = true // beside Ready=True this means nothing
	}
	if r := g.Evaluate(o, theMerge()); r.Verdict != Wait || !r.NoSample {
		t.Errorf("got %s (no sample: %t), want wait that is no sample\n%s", r.Verdict, r.NoSample, reasons(r))
	}
	release(o, "logging").Ready = Condition{Status: "Unknown", Since: noon.Add(-time.Second)}
	if r := g.Evaluate(o, theMerge()); !r.NoSample {
		t.Errorf("a HelmRelease on its routine pass: got a sample\n%s", reasons(r))
	}
	release(o, "logging").Failures = 1
	if r := g.Evaluate(o, theMerge()); r.Verdict != Fail || r.NoSample {
		t.Errorf("a failure during a routine pass: got %s (no sample: %t), want fail", r.Verdict, r.NoSample)
	}
}

func TestSomebodyElsesCommitIsNoSampleUntilApplied(t *testing.T) {
	const theirs = "3333333333333333333333333333333333333333"
	o := observe(during("monitoring"))
	o.Flux.GitRepositories[0].Artifact = "main@sha1:" + theirs
	m := theMerge()
	g := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0)
	if r := g.Evaluate(o, m); r.Verdict != Wait || r.NoSample {
		t.Errorf("without knowing the history: got %s (no sample: %t), want a plain wait", r.Verdict, r.NoSample)
	}
	m.Ancestors = func(applied string) bool { return applied == theirs || applied == merged }
	if r := g.Evaluate(o, m); r.Verdict != Wait || !r.NoSample {
		t.Errorf("got %s (no sample: %t), want wait that is no sample\n%s", r.Verdict, r.NoSample, reasons(r))
	}
	o.Flux.Kustomizations[0].LastAppliedRevision = "main@sha1:" + theirs
	if r := g.Evaluate(o, m); r.Verdict != Pass {
		t.Errorf("their commit contains ours: got %s, want pass\n%s", r.Verdict, reasons(r))
	}
}

func TestFluxThatNobodyNamedIsFoundByLabels(t *testing.T) {
	u := upgrade()
	u.Flux.Kustomization, u.Flux.GitRepository = "", ""
	o := observe(start())
	if r := settled(u, Effects{}).Evaluate(o, theMerge()); r.Verdict != Pass {
		t.Errorf("the umbrella's labels name the Kustomization: got %s, want pass\n%s", r.Verdict, reasons(r))
	}
	o.Flux.Kustomizations[0].SourceKind, o.Flux.Kustomizations[0].Source = "GitRepository", NamespacedName{"bigbang", "environment-repo"}
	o.Flux.GitRepositories[0].Suspended = true
	if r := settled(u, Effects{}).Evaluate(o, theMerge()); r.Verdict != Fail {
		t.Errorf("the Kustomization names the source, which is suspended: got %s, want fail", r.Verdict)
	}
	release(o, "bigbang").Kustomization = NamespacedName{}
	if r := settled(u, Effects{}).Evaluate(o, theMerge()); r.Verdict != Unknown {
		t.Errorf("nothing is known: got %s, want unknown", r.Verdict)
	}
	if r := prunes(u).Evaluate(o, Merge{}); r.Verdict != Unknown {
		t.Errorf("pruning: got %s, want unknown", r.Verdict)
	}
	u.Flux.GitRepository = "environment-repo"
	o.Flux.GitRepositories[0].Suspended = false
	if r := leaf(settled(u, Effects{}).Evaluate(o, theMerge()), "fetched"); r.Verdict != Pass {
		t.Errorf("only the source is known: got %s, want pass", r.Verdict)
	}
	if r := leaf(settled(u, Effects{}).Evaluate(o, theMerge()), "applied"); r.Verdict != Unknown {
		t.Errorf("only the source is known: what was applied got %s, want unknown", r.Verdict)
	}
}

func TestAMergeOfAnUnknownTimeIsNotFollowed(t *testing.T) {
	m := theMerge()
	m.At = time.Time{}
	if r := leaf(settled(upgrade(), Effects{UmbrellaChanges: true}).Evaluate(observe(during("monitoring")), m), "umbrella"); r.Verdict != Unknown {
		t.Errorf("got %s, want unknown: nobody can tell whether the umbrella was deployed before or after", r.Verdict)
	}
}

func TestChartVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1.28.3-bb.0", "1.28.3-bb.0", true},
		{"1.28.3-bb.0", "1.28.3-bb.0+800e9b662310", true},
		{"1.28.3-bb.0+aaa", "1.28.3-bb.0+bbb", false},
		{"1.28.3-bb.0", "1.28.3-bb.1", false},
		{"1.28.3", "1.28.3@sha256:aa", true},
		{"", "", false},
	} {
		if got := sameChart(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: got %t, want %t", c.a, c.b, got, c.want)
		}
	}
}
