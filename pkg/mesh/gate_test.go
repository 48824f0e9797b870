package mesh

import (
	"net/http/httptest"
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// The sentence that takes a control plane away is only said when both witnesses were heard in full.
func TestOldControlPlaneIsUnusedOnlyWhenAllWasSeen(t *testing.T) {
	old := "{metadata: {namespace: team-00, name: old, annotations: {istio.io/rev: default}, labels: {}}, spec: {containers: [{name: istio-proxy}]}, status: {phase: Running}}"
	for name, c := range map[string]struct {
		change func(*fleet)
		silent bool // no istiod answers
		want   checks.Verdict
	}{
		"all was seen":               {want: checks.Pass},
		"no istiod was asked":        {silent: true, want: checks.Unknown},
		"pods may not be listed":     {change: func(f *fleet) { f.forbidden["list pods"] = true }, want: checks.Unknown},
		"pods may not be watched":    {change: func(f *fleet) { f.forbidden["watch pods"] = true }, want: checks.Unknown},
		"CronJobs may not be listed": {change: func(f *fleet) { f.forbidden["list cronjobs.batch"] = true }, want: checks.Unknown},
		"an old pod is left":         {change: func(f *fleet) { f.put(pods, old) }, want: checks.Wait},
		"a CronJob would start one": {change: func(f *fleet) {
			f.put("/api/v1/namespaces", "metadata: {name: jobs, labels: {istio-injection: enabled}}")
			f.put("/apis/batch/v1/cronjobs", "metadata: {namespace: jobs, name: weekly}")
			f.put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", `{metadata: {name: istio-sidecar-injector, labels: {istio.io/rev: default}}, webhooks: [{name: namespace.sidecar-injector.istio.io,
				clientConfig: {caBundle: b3Vycw==, service: {namespace: istio-system, name: istiod, path: /inject}}, namespaceSelector: {matchLabels: {istio-injection: enabled}}}]}`)
		}, want: checks.Wait},
	} {
		t.Run(name, func(t *testing.T) {
			f := fleetOf(101)
			if c.change != nil {
				c.change(f)
			}
			f.server = httptest.NewServer(f)
			t.Cleanup(f.server.Close)
			o := await(t, follow(t, f.fakeAPI), "the old pod", func(o *checks.Observation) bool { return name != "an old pod is left" || len(o.Pods) == 102 })
			answers := connected(o)
			if c.silent {
				answers = nil
			}
			if r := judged(o, answers); r.Verdict != c.want {
				t.Errorf("got %s, want %s:\n%s", r.Verdict, c.want, checks.Text(r, 140))
			}
		})
	}
}
