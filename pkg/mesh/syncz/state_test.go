package syncz

import (
	"strings"
	"testing"

	admin "github.com/envoyproxy/go-control-plane/envoy/admin/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	csds "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// toldBy is a proxy as an istiod of that version tells of it.
func toldBy(t *testing.T, version string, c *client) checks.Connection {
	t.Helper()
	list, err := decode(t, c.config(habitsOf(version)))
	if err != nil || len(list) != 1 {
		t.Fatalf("decode = %+v, %v", list, err)
	}
	return list[0]
}

func TestAProxyIsAsWellAsTheWorstOfItsTypes(t *testing.T) {
	const complaint = "Error adding/updating listener(s) 0.0.0.0_8080:\n  Didn't find a registered implementation"
	for name, tt := range map[string]struct {
		change                func(*client)
		old, now              checks.SyncState // from 1.22 and 1.29
		oldDetail, nowDetails string
	}{
		"all is well":   {func(*client) {}, checks.Synced, checks.Synced, "", ""},
		"a push is out": {func(c *client) { c.watched[routeType] = exchange{Sent: "9", Acked: "3"} }, checks.Stale, checks.Stale, "RDS", "RDS"},
		"it never acks": {func(c *client) {
			c.watched[routeType] = exchange{Sent: "9"}
			c.watched[clusterType] = exchange{Sent: "8"}
		}, checks.Stale, checks.Stale, "RDS, CDS", "CDS, RDS"},
		"it rejects":      {func(c *client) { c.watched[listenerType] = exchange{Sent: "9", Acked: "2", Error: complaint} }, checks.Stale, checks.Errored, "LDS", "LDS: Error adding/updating listener(s) 0.0.0.0_8080: Didn't find a registered implementation"},
		"no routes":       {func(c *client) { c.watched[routeType] = exchange{} }, checks.Synced, checks.Synced, "", ""},
		"asked no routes": {func(c *client) { delete(c.watched, routeType) }, checks.Synced, checks.Synced, "", ""},
		"no listeners":    {func(c *client) { c.watched[listenerType] = exchange{} }, checks.NotSent, checks.NotSent, "LDS", "LDS"},
		"nothing yet":     {func(c *client) { c.watched = map[string]exchange{clusterType: {}, endpointType: {}} }, checks.NotSent, checks.NotSent, "LDS", "CDS, EDS"},
		"asked nothing":   {func(c *client) { c.watched = nil }, checks.NotSent, checks.NotSent, "LDS", "it has asked for nothing yet"},
		"a gRPC client":   {func(c *client) { c.watched = map[string]exchange{listenerType: {Sent: "1", Acked: "1"}} }, checks.Synced, checks.Synced, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := sidecar("web-0.shop", "1.29.3")
			tt.change(c)
			if got := toldBy(t, "1.22.0", c); got.State != tt.old || got.Detail != tt.oldDetail {
				t.Errorf("from 1.22.0: %s %q, want %s %q", got.State, got.Detail, tt.old, tt.oldDetail)
			}
			if got := toldBy(t, "1.10.3", c); got.State != tt.old {
				t.Errorf("from 1.10.3: %s %q, want %s", got.State, got.Detail, tt.old)
			}
			if got := toldBy(t, "1.29.3", c); got.State != tt.now || got.Detail != tt.nowDetails {
				t.Errorf("from 1.29.3: %s %q, want %s %q", got.State, got.Detail, tt.now, tt.nowDetails)
			}
		})
	}
}

func TestZtunnelIsKnownByItsOwnTypes(t *testing.T) {
	z := ztunnel("ztunnel-9xk2p.istio-system", "1.29.3")
	if got := toldBy(t, "1.29.3", z); got.State != checks.Synced {
		t.Errorf("ztunnel = %+v, want synced", got)
	}
	z.watched[addressType] = exchange{Sent: "2", Acked: "1"}
	if got := toldBy(t, "1.29.3", z); got.State != checks.Stale || got.Detail != "WDS" {
		t.Errorf("ztunnel = %+v, want stale at WDS", got)
	}
	if got := toldBy(t, "1.22.0", z); got.State != Unknown {
		t.Errorf("ztunnel as an istiod tells it that knows only Envoy's types = %+v, want unknown", got)
	}
}

func TestWhatIsNotKnownIsUnknownAndNeverLeftOut(t *testing.T) {
	node := &core.Node{Id: "web-0.shop"}
	generic := func(url string, s csds.ConfigStatus) *csds.ClientConfig_GenericXdsConfig {
		return &csds.ClientConfig_GenericXdsConfig{TypeUrl: url, ConfigStatus: s}
	}
	synced := generic(listenerType, csds.ConfigStatus_SYNCED)
	future := &csds.ClientConfig{Node: node}
	future.ProtoReflect().SetUnknown([]byte{0xfa, 0x01, 0x02, 'h', 'i'}) // field 31
	for name, tt := range map[string]struct {
		c      *csds.ClientConfig
		state  checks.SyncState
		detail string
	}{
		"a new state":        {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{synced, generic(clusterType, 42)}}, Unknown, "CDS: status 42"},
		"no state":           {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{synced, generic(clusterType, 0)}}, Unknown, "CDS"},
		"a new type, synced": {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{synced, generic("type.googleapis.com/istio.New", csds.ConfigStatus_SYNCED)}}, checks.Synced, ""},
		"a new type, stale":  {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{synced, generic("type.googleapis.com/istio.New", csds.ConfigStatus_STALE)}}, checks.Stale, "type.googleapis.com/istio.New"},
		//nolint:staticcheck // what old ones fill
		"an old type without a name": {&csds.ClientConfig{Node: node, XdsConfig: []*csds.PerXdsConfig{{Status: csds.ConfigStatus_STALE}}}, checks.Stale, "a type"},
		//nolint:staticcheck // as above
		"both generations":       {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{synced}, XdsConfig: []*csds.PerXdsConfig{deprecated(routeType, csds.ConfigStatus_STALE)}}, checks.Stale, "RDS"},
		"a new generation":       {future, Unknown, "a type: said in a form that this program does not know"},
		"an error without words": {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{generic(clusterType, csds.ConfigStatus_ERROR)}}, checks.Errored, "CDS"},
		"an error and worse":     {&csds.ClientConfig{Node: node, GenericXdsConfigs: []*csds.ClientConfig_GenericXdsConfig{generic(routeType, 42), {TypeUrl: clusterType, ConfigStatus: csds.ConfigStatus_ERROR, ErrorState: &admin.UpdateFailureState{Details: "no"}}}}, checks.Errored, "CDS: no"},
	} {
		data, err := proto.Marshal(tt.c)
		if err != nil {
			t.Fatal(err)
		}
		list, err := decode(t, &anypb.Any{TypeUrl: clientConfigType, Value: data})
		if err != nil || len(list) != 1 || list[0].State != tt.state || list[0].Detail != tt.detail {
			t.Errorf("%s: %+v, %v; want %s %q", name, list, err, tt.state, tt.detail)
		}
	}
}

func TestALongComplaintIsCut(t *testing.T) {
	c := sidecar("web-0.shop", "1.29.3")
	c.watched[listenerType] = exchange{Sent: "9", Error: strings.Repeat("ü ", 5000)}
	if got := toldBy(t, "1.29.3", c).Detail; len(got) > longest+20 || !strings.HasSuffix(got, "…") {
		t.Errorf("detail has %d bytes: %q", len(got), got)
	}
}

func TestIdsOfProxiesAreReadInEveryForm(t *testing.T) {
	for id, want := range map[string][2]string{
		"web-0.shop":         {"web-0.shop", "shop"},
		"my.dotted.pod.shop": {"my.dotted.pod.shop", "shop"},
		"router~10.0.0.1~gateway-1.istio-gateway~istio-gateway.svc.cluster.local": {"gateway-1.istio-gateway", "istio-gateway"},
		"proxy1": {"proxy1", ""},
		"a~b":    {"a~b", ""},
	} {
		name, ns := named(id)
		if got := [2]string{name, ns}; got != want {
			t.Errorf("named(%q) = %q, want %q", id, got, want)
		}
	}
}
