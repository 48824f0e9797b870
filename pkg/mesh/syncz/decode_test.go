package syncz

import (
	"bytes"
	"fmt"
	"testing"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	csds "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// pieces are data as gRPC hands it over: in buffers that end anywhere.
func pieces(data []byte) mem.BufferSlice {
	const frame = 16<<10 - 7
	var all mem.BufferSlice
	for len(data) > frame {
		all, data = append(all, mem.SliceBuffer(data[:frame])), data[frame:]
	}
	return append(all, mem.SliceBuffer(data))
}

// decode reads the connections of an answer with these resources.
func decode(t testing.TB, resources ...*anypb.Any) ([]checks.Connection, error) {
	t.Helper()
	data, err := proto.Marshal(&discovery.DiscoveryResponse{Resources: resources, TypeUrl: typeSyncz})
	if err != nil {
		t.Fatal(err)
	}
	d := &decoder{caller: rootNamespace}
	r := reply{each: d.add}
	if err := (codec{}).Unmarshal(pieces(data), &r); err != nil {
		t.Fatal(err)
	}
	return d.connections, r.err
}

// oracle reads a resource through the types that are made from Envoy's definitions.
//
// Where both generations are mixed, which no istiod does, it cannot tell their order, and leaves the detail out.
func oracle(data []byte) (checks.Connection, error) {
	var c csds.ClientConfig
	if err := proto.Unmarshal(data, &c); err != nil {
		return checks.Connection{}, err
	}
	proxy, _ := named(c.GetNode().GetId())
	if proxy == "" {
		return checks.Connection{}, errNameless
	}
	fields := c.GetNode().GetMetadata().GetFields()
	got := checks.Connection{Proxy: proxy, Cluster: fields["CLUSTER_ID"].GetStringValue(), Version: fields["ISTIO_VERSION"].GetStringValue()}
	var types []progress
	add := func(url string, status csds.ConfigStatus, detail string) {
		word, known := csds.ConfigStatus_name[int32(status)]
		if !known {
			word = "UNKNOWN"
			if detail == "" {
				detail = fmt.Sprintf("status %d", status)
			}
		}
		types = append(types, progress{url, checks.SyncState(word), detail})
	}
	for _, g := range c.GetGenericXdsConfigs() {
		add(g.GetTypeUrl(), g.GetConfigStatus(), g.GetErrorState().GetDetails())
	}
	for _, d := range c.GetXdsConfig() { //nolint:staticcheck // what old istiods fill
		url := ""
		switch d.GetPerXdsConfig().(type) {
		case *csds.PerXdsConfig_ListenerConfig:
			url = listenerType
		case *csds.PerXdsConfig_ClusterConfig:
			url = clusterType
		case *csds.PerXdsConfig_RouteConfig:
			url = routeType
		case *csds.PerXdsConfig_ScopedRouteConfig:
			url = scopedRouteType
		case *csds.PerXdsConfig_EndpointConfig:
			url = endpointType
		}
		add(url, d.GetStatus(), "")
	}
	if len(types) == 0 && len(c.ProtoReflect().GetUnknown()) > 0 {
		types = append(types, progress{state: Unknown, detail: "said in a form that this program does not know"})
	}
	got.State, got.Detail = judge(types)
	if len(c.GetGenericXdsConfigs()) > 0 && len(c.GetXdsConfig()) > 0 { //nolint:staticcheck // as above
		got.Detail = ""
	}
	return got, nil
}

func FuzzDecode(f *testing.F) {
	for _, version := range []string{"1.10.3", "1.22.0", "1.29.3"} {
		nacking := sidecar("sidecar~10.0.0.1~web-0.shop~shop.svc.cluster.local", version)
		nacking.watched[listenerType] = exchange{Sent: "2", Acked: "1", Error: "no\nsuch filter"}
		for _, c := range []*client{sidecar("web-0.shop", version), ztunnel("z.istio-system", version), nacking} {
			data := c.config(habitsOf(version)).GetValue()
			f.Add(data)
			f.Add(append(data, 0x08, 1, 0x10, 1, 0x18, 1, 0x25, 1, 2, 3, 4)) // known numbers with other kinds of values
		}
	}
	f.Add(crooked())
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := decode(t, &anypb.Any{TypeUrl: clientConfigType, Value: data})
		if (err == nil) != (len(list) == 1) {
			t.Fatalf("decode = %+v, %v: a resource is one proxy or an error", list, err)
		}
		sound(t, list)
		// What is skipped here is not looked into, so more may be accepted, but whatever Envoy's types accept is read as they read it.
		if want, refused := oracle(data); refused == nil {
			if err != nil {
				t.Fatalf("decode: %v, want %+v", err, want)
			}
			if got := list[0]; want.Detail == "" && want.State != checks.Synced {
				list[0] = checks.Connection{Proxy: got.Proxy, Cluster: got.Cluster, Version: got.Version, State: got.State}
			}
			if diff := cmp.Diff(want, list[0], withoutTypes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

// crooked is what no istiod writes and protobuf allows: values in pieces, several where one is meant, unknown ones among them.
func crooked() []byte {
	field := func(num protowire.Number, data ...byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), data)
	}
	number := func(num protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), n)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	text := func(s string) []byte { return field(3, []byte(s)...) }
	entry := func(name string, values ...[]byte) []byte {
		all := field(1, []byte(name)...)
		for _, v := range values {
			all = append(all, field(2, v...)...)
		}
		return field(1, all...)
	}
	return join(
		field(1, field(3, join(entry("CLUSTER_ID", text("here"), number(15, 1), nil), entry("ISTIO_VERSION", text("1.29.3"), number(4, 1)))...)...),
		field(1, field(1, []byte("web-0.shop")...)...),
		field(1, field(3, entry("NAMESPACE", join(number(4, 1), text("shop")))...)...),
		field(3, join(number(9, 4), field(6, 1), field(1, []byte(clusterType)...))...),
		field(3, join(number(6, 4), field(8, field(3, 'a')...), field(8, field(4, 'b')...), field(1, []byte(listenerType)...))...),
	)
}

// FuzzReply reads whole responses, cut into buffers anywhere.
func FuzzReply(f *testing.F) {
	whole, err := proto.Marshal(&discovery.DiscoveryResponse{
		TypeUrl: typeSyncz, VersionInfo: "1", Nonce: "n", Canary: true, ControlPlane: &core.ControlPlane{Identifier: "{}"},
		Resources: []*anypb.Any{{TypeUrl: "a", Value: []byte("b")}, sidecar("web-0.shop", "1.29.3").config(habitsOf("1.29.3"))},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, uint8(3))
	f.Add(whole[:len(whole)-3], uint8(100))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		var cut mem.BufferSlice
		for rest := data; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			cut, rest = append(cut, mem.SliceBuffer(rest[:n])), rest[n:]
		}
		var got []string
		r := reply{each: func(kind, value []byte) error { got = append(got, string(kind), string(value)); return nil }}
		if err := (codec{}).Unmarshal(cut, &r); err != nil {
			t.Fatal(err)
		}
		var want discovery.DiscoveryResponse
		if proto.Unmarshal(data, &want) != nil || len(want.ProtoReflect().GetUnknown()) > 0 {
			return // it may be more tolerant, and knows no groups
		}
		var resources []string
		for _, any := range want.GetResources() {
			resources = append(resources, any.GetTypeUrl(), string(any.GetValue()))
		}
		if diff := cmp.Diff(resources, got); diff != "" || r.err != nil || r.typeURL != want.GetTypeUrl() || r.identifier != want.GetControlPlane().GetIdentifier() || r.resources != len(want.GetResources()) {
			t.Errorf("reply %+v, want %v (-want +got):\n%s", r, &want, diff)
		}
	})
}

// TestFieldsHaveEnvoysNumbers holds the numbers that the code reads by against Envoy's definitions.
func TestFieldsHaveEnvoysNumbers(t *testing.T) {
	for _, tt := range []struct {
		m      proto.Message
		fields map[string]int
	}{
		{&discovery.DiscoveryResponse{}, map[string]int{"resources": 2, "type_url": 4, "control_plane": 6}},
		{&core.ControlPlane{}, map[string]int{"identifier": 1}},
		{&anypb.Any{}, map[string]int{"type_url": 1, "value": 2}},
		{&csds.ClientConfig{}, map[string]int{"node": 1, "xds_config": 2, "generic_xds_configs": 3, "client_scope": 4}},
		{&csds.ClientConfig_GenericXdsConfig{}, map[string]int{"type_url": 1, "config_status": 6, "error_state": 8}},
		{&core.Node{}, map[string]int{"id": 1, "metadata": 3}},
	} {
		d := tt.m.ProtoReflect().Descriptor()
		for name, want := range tt.fields {
			if got := d.Fields().ByName(protoreflect.Name(name)); got == nil || int(got.Number()) != want {
				t.Errorf("%s.%s = %v, want %d", d.FullName(), name, got, want)
			}
		}
	}
	if got := (&csds.ClientConfig{}).ProtoReflect().Descriptor().Fields().Len(); got != 4 {
		t.Errorf("a ClientConfig has %d fields, and 4 are known: look what is new", got)
	}
	for n, word := range csds.ConfigStatus_name {
		if int(n) >= len(statuses) || string(statuses[n]) != word {
			t.Errorf("status %d is %s, and not known as that", n, word)
		}
	}
}
