package checks

import "testing"

func TestWhatIsTakenAwayOnTheWayBackIsInNobodysWay(t *testing.T) {
	home := state{canary: 2}
	kustomization := func(o *Observation) *Kustomization { return &o.Flux.Kustomizations[0] }
	runTraps(t, TakenAway(upgrade(), canary), home, []trap{
		{"nobody uses it", func(*Observation) {}, Pass, "", ""},
		{"Flux has not applied the last merge, so an earlier one may still move somebody", func(o *Observation) {
			kustomization(o).LastAppliedRevision = "main@sha1:" + before
		}, Wait, "applied", "has applied main@sha1:11111111"},
		{"Big Bang is being upgraded", func(o *Observation) { release(o, "bigbang").Generation++ }, Wait, "umbrella", "has changed and not been deployed"},
		{"Big Bang's upgrade failed: going back must be possible", func(o *Observation) {
			release(o, "bigbang").Failures = 1
			release(o, "bigbang").Ready = Condition{Status: "False", Reason: "UpgradeFailed", Message: "timed out"}
		}, Pass, "", ""},
		{"the canary does not install: going back must be possible", func(o *Observation) {
			kustomization(o).LastAppliedRevision, kustomization(o).LastAttemptedRevision = "main@sha1:"+before, "main@sha1:"+merged
			kustomization(o).Ready = Condition{Status: "False", Reason: "HealthCheckFailed", Message: "timeout waiting for HelmRelease/istiod-1-29-0"}
		}, Pass, "", ""},
		{"what did not get healthy is an earlier commit", func(o *Observation) {
			kustomization(o).LastAppliedRevision, kustomization(o).LastAttemptedRevision = "main@sha1:"+before, "main@sha1:"+before
			kustomization(o).Ready = Condition{Status: "False", Reason: "HealthCheckFailed", Message: "timeout waiting for HelmRelease/istiod-1-29-0"}
		}, Fail, "applied", "failed"},
		{"the umbrella was not seen", func(o *Observation) { release(o, "bigbang").Name = "other" }, Unknown, "umbrella", "was not seen"},
		{"a namespace leads to it", func(o *Observation) { namespace(o, "monitoring").Labels = injectionLabels("1-29-0") }, Wait, "namespaces", "still leads to 1-29-0"},
	})
}

func TestCRDsGoBackOnlyWhereEverythingThatIsStoredIsServed(t *testing.T) {
	served := map[string][]string{"virtualservices.networking.istio.io": {"v1", "v1beta1"}, "peerauthentications.security.istio.io": {"v1beta1"}}
	runTraps(t, CRDsBack(upgrade(), served), start(), []trap{
		{"all is served", func(*Observation) {}, Pass, "", ""},
		{"objects are stored as the new ones only serve", func(o *Observation) { o.CRDs[1].Stored = []string{"v1beta1", "v1"} }, Fail, "stored-versions", "migrate them to [v1beta1] first"},
		{"the stored versions were not seen", func(o *Observation) { o.CRDs[0].Stored = nil }, Unknown, "stored-versions", "are stored was not seen"},
		{"no CRD was seen", func(o *Observation) { o.CRDs = nil }, Unknown, "stored-versions", "not known"},
		{"one that is not the release's", func(o *Observation) {
			o.CRDs[0].Name, o.CRDs[0].Stored = "istiooperators.install.istio.io", []string{"v1alpha1"}
		}, Pass, "", ""},
	})
	runTraps(t, CRDsBack(upgrade(), nil), start(), []trap{
		{"the old CRDs are not at hand", func(*Observation) {}, Unknown, "stored-versions", "give the chart istio-crds"},
	})
}
