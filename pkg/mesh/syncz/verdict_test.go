package syncz

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// visible is the verdict of pkg/checks on whether pods and these istiods together show every proxy. The pods are those of a played istiod.
func visible(t *testing.T, istiods []checks.Istiod) checks.Result {
	t.Helper()
	o := &checks.Observation{At: noon.Add(time.Second), Cluster: "Kubernetes", Istiods: istiods}
	o.IstiodDeployments = []checks.IstiodDeployment{{Namespace: rootNamespace, Name: "istiod", Revision: "default", Replicas: len(istiods), StatusReplicas: len(istiods)}}
	pod := func(namespace, name string) {
		o.Pods = append(o.Pods, checks.Pod{
			Namespace: namespace, Name: name, Phase: "Running", Ready: true, Created: noon.Add(-time.Hour),
			Annotations: map[string]string{"istio.io/rev": "default", "sidecar.istio.io/status": "{}"},
		})
	}
	pod("podinfo", "podinfo-6d8f7c9d4b-x2k9p")
	pod("shop", "web-0")
	for _, c := range checks.Preflight(checks.Upgrade{}).Checks {
		if r := c.Evaluate(o, checks.Merge{}); r.Name == "visible" {
			return r
		}
	}
	t.Fatal("pkg/checks has no check named visible")
	return checks.Result{}
}

func TestVerdictsOnWhatASweepSaw(t *testing.T) {
	ca := newAuthority(t)
	for name, tt := range map[string]struct {
		client  func(testing.TB, *authority) *Client
		change  func(*istiod)
		verdict checks.Verdict
		reason  string
	}{
		"everything":          {bot, func(*istiod) {}, checks.Pass, ""},
		"without debug pages": {bot, func(i *istiod) { i.debugOnHTTP = false }, checks.Pass, ""},
		"an allowed outsider": {outsider, func(i *istiod) { i.allowed = []string{"tools"} }, checks.Pass, ""},
		"an outsider": {outsider, func(*istiod) {}, checks.Unknown,
			"istiod pod istiod-0 (default), version 1.29.3, hides proxies of other namespaces: "},
		"an outsider of an istiod before filters": {outsider, func(i *istiod) { i.habits = habitsOf("1.28.6") }, checks.Pass, ""},
		"an unreadable answer": {bot, func(i *istiod) { i.syncz = func(stream) error { return errHangUp } }, checks.Unknown,
			"istiod pod istiod-0 (default) did not answer: it hung up without an answer"},
		"a missing proxy": {bot, func(i *istiod) { i.clients = i.clients[:1] }, checks.Unknown, "1 running proxy of 2 is connected to no istiod that answered"},
		"a probe that fails": {bot, func(i *istiod) {
			i.clients = nil
			i.debug = func(stream) error { return errHangUp }
		}, checks.Unknown, "hides proxies of other namespaces: perhaps; nobody knows, as the visibility probe failed: it hung up without an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIstiod(t, ca, "istiod-0", "1.29.3")
			tt.change(i)
			s := DefaultSweep(tt.client(t, ca))
			s.Retries = 0
			got := visible(t, Istiods(s.Run(t.Context(), []Target{i.target("default")}, nil)))
			if got.Verdict != tt.verdict || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("visible: %s %q, want %s %q", got.Verdict, got.Reason, tt.verdict, tt.reason)
			}
		})
	}
}
