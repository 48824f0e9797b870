package mesh

import (
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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

// A pod that was injected by the old control plane and is gone is no reason to wait, but nothing counts as green up to then.
func TestOldControlPlaneWasUsedByAPodThatIsGone(t *testing.T) {
	f := fleetOf(101)
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	c, h := watching(t, f.fakeAPI)
	observe(t, c)
	h.pass(10 * time.Second)
	f.put(pods, meshed("brief"))
	f.delete(pods, "shop", "brief")
	o := await(t, c, "its end", func(o *checks.Observation) bool { return len(o.Departed) > 0 })
	r := judged(o, connected(o))
	if !r.Green() || !r.NotBefore.Equal(noon().Add(10*time.Second)) || !strings.Contains(checks.Text(r, 140), "shop/brief on default was there until 2026-11-01 12:00:10 UTC") {
		t.Errorf("got %s, not before %s:\n%s", r.Verdict, r.NotBefore, checks.Text(r, 140))
	}
}

// connected is what the fleet's istiod would say: of its proxies in no order, since it keeps them in none.
func connected(o *checks.Observation) map[checks.NamespacedName]checks.Istiod {
	var all []checks.Connection
	for i := range o.Pods {
		if !checks.InMesh(&o.Pods[i]) {
			continue
		}
		all = append(all, checks.Connection{Proxy: o.Pods[i].Name + "." + o.Pods[i].Namespace, Version: "1.30.3", State: checks.Synced})
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return map[checks.NamespacedName]checks.Istiod{{Namespace: "istio-system", Name: istiodPodName}: {Answered: true, Connections: all}}
}

// judged asks the gate that looks at the whole cluster, that nothing uses a control plane any more.
func judged(o *checks.Observation, answers map[checks.NamespacedName]checks.Istiod) checks.Result {
	canary := checks.ControlPlane{Revision: "1-30-3", Version: "1.30.3"}
	old := checks.ControlPlane{Revision: "default", Version: "1.28.3"}
	return checks.Unused(checks.Upgrade{Old: old, Canary: canary, Home: old}, old, 0).Evaluate(WithAnswers(o, answers), checks.Merge{})
}
