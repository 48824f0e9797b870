package syncz

import (
	"slices"
	"time"

	admin "github.com/envoyproxy/go-control-plane/envoy/admin/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	csds "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	extensionType = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
	addressType   = "type.googleapis.com/istio.workload.Address"
)

// client is a proxy that is connected to a played istiod.
type client struct {
	id, version, cluster string
	kind                 string
	machine              string // namespace of a virtual machine, whose id does not say it; "-" = it says none
	watched              map[string]exchange
}

// sidecar is one that has everything it asked for.
func sidecar(id, version string) *client {
	return &client{id: id, version: version, cluster: "Kubernetes", kind: "sidecar", watched: map[string]exchange{
		clusterType: {Sent: "1", Acked: "1"}, listenerType: {Sent: "2", Acked: "2"}, routeType: {Sent: "3", Acked: "3"}, endpointType: {Sent: "4", Acked: "4"},
	}}
}

func ztunnel(id, version string) *client {
	return &client{id: id, version: version, cluster: "Kubernetes", kind: "ztunnel", watched: map[string]exchange{addressType: {Sent: "1", Acked: "1"}}}
}

func (c *client) namespace() string {
	if c.machine != "" {
		return c.machine
	}
	_, ns := named(c.id)
	return ns
}

var sentAt = timestamppb.New(time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.UTC))

// config is what istiod says of it over gRPC.
func (c *client) config(h habits) *anypb.Any {
	said := &csds.ClientConfig{Node: &core.Node{Id: c.id}}
	if !h.deprecated {
		said.Node.Metadata = &structpb.Struct{Fields: map[string]*structpb.Value{
			"CLUSTER_ID": structpb.NewStringValue(c.cluster), "NAMESPACE": structpb.NewStringValue(c.namespace()), "ISTIO_VERSION": structpb.NewStringValue(c.version),
		}}
		if c.machine == "-" {
			delete(said.Node.Metadata.Fields, "NAMESPACE")
		}
	}
	for _, url := range c.types(h) {
		x, watched := c.watched[url]
		state := csds.ConfigStatus_STALE
		switch {
		case !watched && c.kind == "ztunnel":
			state = csds.ConfigStatus_UNKNOWN
		case x.Error != "" && h.nacks:
			state = csds.ConfigStatus_ERROR
		case x.Sent == "":
			state = csds.ConfigStatus_NOT_SENT
		case x.Sent == x.Acked:
			state = csds.ConfigStatus_SYNCED
		}
		if h.deprecated {
			said.XdsConfig = append(said.XdsConfig, deprecated(url, state)) //nolint:staticcheck // what old ones fill
			continue
		}
		g := &csds.ClientConfig_GenericXdsConfig{TypeUrl: url, ConfigStatus: state}
		if h.nacks {
			g.LastUpdated = sentAt
			if x.Error != "" {
				g.ErrorState = &admin.UpdateFailureState{LastUpdateAttempt: sentAt, Details: x.Error}
			}
		}
		said.GenericXdsConfigs = append(said.GenericXdsConfigs, g)
	}
	data, err := proto.Marshal(said)
	if err != nil {
		panic(err)
	}
	return &anypb.Any{TypeUrl: clientConfigType, Value: data}
}

func (c *client) types(h habits) []string {
	if h.everyType {
		types := []string{listenerType, routeType, endpointType, clusterType}
		if !h.deprecated {
			types = append(types, extensionType)
		}
		return types
	}
	var types []string
	for url := range c.watched {
		types = append(types, url)
	}
	slices.Sort(types)
	return types
}

// deprecated is what old ones say of a type.
func deprecated(url string, state csds.ConfigStatus) *csds.PerXdsConfig {
	d := &csds.PerXdsConfig{Status: state}
	switch url {
	case listenerType:
		d.PerXdsConfig = &csds.PerXdsConfig_ListenerConfig{}
	case routeType:
		d.PerXdsConfig = &csds.PerXdsConfig_RouteConfig{}
	case endpointType:
		d.PerXdsConfig = &csds.PerXdsConfig_EndpointConfig{}
	case clusterType:
		d.PerXdsConfig = &csds.PerXdsConfig_ClusterConfig{}
	}
	return d
}

// entry is what HTTP's page says of it.
func (c *client) entry() map[string]any {
	entry := map[string]any{"proxy": c.id, "proxy_type": c.kind, "cluster_id": c.cluster, "istio_version": c.version}
	resources := map[string]any{}
	for url, x := range c.watched {
		resources[url] = map[string]string{"sent": x.Sent, "acked": x.Acked, "sentTime": "2026-11-27T12:00:00Z", "lastError": x.Error}
	}
	entry["resources"] = resources
	return entry
}
