package syncz

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestAPageOfNoncesIsReadAsStates(t *testing.T) {
	const old = `[
	 {"proxy":"well.ns","istio_version":"1.10.3","cluster_sent":"1","cluster_acked":"1","listener_sent":"2","listener_acked":"2","endpoint_sent":"4","endpoint_acked":"4"},
	 {"proxy":"stale.ns","istio_version":"1.10.3","cluster_sent":"1","cluster_acked":"1","listener_sent":"2","listener_acked":"2","route_sent":"3"},
	 {"proxy":"fresh.ns","istio_version":"1.10.3"}]`
	const now = `[
	 {"proxy":"nack.ns","cluster_id":"Kubernetes","istio_version":"1.29.3","resources":{
	   "type.googleapis.com/envoy.config.listener.v3.Listener":{"sent":"7","acked":"6","lastError":"no"},
	   "type.googleapis.com/envoy.config.cluster.v3.Cluster":{"sent":"1","acked":"1"}}},
	 {"proxy":"router~10.0.0.1~gw.ns~ns.svc.cluster.local","resources":{"type.googleapis.com/istio.New":{}}}]`
	for page, want := range map[string][]checks.Connection{
		old: {
			{Proxy: "well.ns", Version: "1.10.3", State: checks.Synced}, {Proxy: "stale.ns", Version: "1.10.3", State: checks.Stale, Detail: "RDS"},
			{Proxy: "fresh.ns", Version: "1.10.3", State: checks.NotSent, Detail: "LDS"},
		},
		now: {
			{Proxy: "nack.ns", Cluster: "Kubernetes", Version: "1.29.3", State: checks.Errored, Detail: "LDS: no"},
			{Proxy: "gw.ns", State: checks.NotSent, Detail: "type.googleapis.com/istio.New"},
		},
		"[]": {}, " \n[\n]\n": {},
	} {
		list, err := readPage([]byte(page))
		if diff := cmp.Diff(want, list); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", page, err, diff)
		}
	}
}

func TestWhatIsNoPageIsRefused(t *testing.T) {
	for _, page := range []string{"", "null", "{}", "404 page not found\n", "[", `[{"proxy":1}]`, `[{}]`, `[{"proxy":"sidecar~10.0.0.1~~cluster.local"}]`, `[{"proxy":"a.b"}] and more`, `["a.b"]`} {
		if list, err := readPage([]byte(page)); err == nil {
			t.Errorf("%q was read as %+v", page, list)
		}
	}
}
