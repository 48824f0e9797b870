package proxies

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
	routeType    = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
)

// Proxy is one proxy.
type Proxy struct {
	fleet               *Fleet
	Kind                string // sidecar, router
	Name, Namespace, IP string
	Account, Version    string
	Host                string // of its istiod's Service
	Behaviour           string
}

// bearer shows a token with each call.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// connect is one connection, from its beginning to its end. synced is called when the first listeners have come.
func (p *Proxy) connect(ctx context.Context, synced func()) error {
	f := p.fleet
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	root, err := f.root(ctx, p.Namespace)
	if err != nil {
		return err
	}
	token, err := f.token(ctx, p.Namespace, p.Account)
	if err != nil {
		return err
	}
	address, istiod, err := f.find(p.Host)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return errors.New("the ConfigMap has no root certificate")
	}
	conn, err := grpc.NewClient("passthrough:///"+address+":15012", grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, p.Host)),
		grpc.WithPerRPCCredentials(bearer(token)), grpc.WithNoProxy(), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(conn).StreamAggregatedResources(ctx)
	if err != nil {
		return err
	}
	defer f.disconnected(p)
	if err := stream.Send(&discovery.DiscoveryRequest{Node: p.node(), TypeUrl: clusterType}); err != nil {
		return err
	}
	c := &conversation{stream: stream, reject: p.Behaviour == Rejects, names: map[string][]string{}}
	for {
		answer, err := stream.Recv()
		if err != nil {
			return err
		}
		f.connected(p, istiod)
		if p.Behaviour == Silent && f.quiet.Load() {
			continue
		}
		was := c.synced
		if err := c.take(answer); err != nil {
			return err
		}
		if c.synced && !was {
			synced()
		}
	}
}

func (p *Proxy) node() *core.Node {
	text := structpb.NewStringValue
	return &core.Node{
		Id: p.Kind + "~" + p.IP + "~" + p.Name + "." + p.Namespace + "~" + p.Namespace + ".svc.cluster.local",
		Metadata: &structpb.Struct{Fields: map[string]*structpb.Value{
			"ISTIO_VERSION": text(p.Version), "NAMESPACE": text(p.Namespace), "CLUSTER_ID": text("Kubernetes"), "SERVICE_ACCOUNT": text(p.Account),
			"MESH_ID": text("cluster.local"), "PROXY_CONFIG": structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{"discoveryAddress": text(p.Host + ":15012")}}),
		}},
	}
}

// conversation is how far a proxy is with an istiod.
type conversation struct {
	stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesClient
	reject bool
	names  map[string][]string // of what it has asked for, by type
	synced bool
}

// take accepts or rejects an answer, and asks for what it refers to.
func (c *conversation) take(answer *discovery.DiscoveryResponse) error {
	reply := &discovery.DiscoveryRequest{TypeUrl: answer.GetTypeUrl(), VersionInfo: answer.GetVersionInfo(), ResponseNonce: answer.GetNonce(), ResourceNames: c.names[answer.GetTypeUrl()]}
	if c.reject && answer.GetTypeUrl() == listenerType {
		reply.ErrorDetail = &status.Status{Code: int32(codes.InvalidArgument), Message: "e2e: this proxy rejects listeners"}
	}
	if err := c.stream.Send(reply); err != nil {
		return err
	}
	switch answer.GetTypeUrl() {
	case clusterType:
		if err := c.ask(endpointType, edsNames(answer)); err != nil {
			return err
		}
		if _, asked := c.names[listenerType]; !asked {
			return c.ask(listenerType, nil)
		}
	case listenerType:
		c.synced = true
		return c.ask(routeType, routeNames(answer))
	}
	return nil
}

// ask subscribes to what it is not subscribed to yet.
func (c *conversation) ask(typeURL string, names []string) error {
	if old, asked := c.names[typeURL]; asked && slices.Equal(old, names) || typeURL != listenerType && len(names) == 0 {
		return nil
	}
	c.names[typeURL] = names
	return c.stream.Send(&discovery.DiscoveryRequest{TypeUrl: typeURL, ResourceNames: names})
}

func edsNames(answer *discovery.DiscoveryResponse) []string {
	var names []string
	for _, r := range answer.GetResources() {
		var c clusterv3.Cluster
		if r.UnmarshalTo(&c) == nil && c.GetType() == clusterv3.Cluster_EDS {
			name := c.GetEdsClusterConfig().GetServiceName()
			if name == "" {
				name = c.GetName()
			}
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func routeNames(answer *discovery.DiscoveryResponse) []string {
	var names []string
	for _, r := range answer.GetResources() {
		var l listenerv3.Listener
		if r.UnmarshalTo(&l) != nil {
			continue
		}
		chains := append(slices.Clone(l.GetFilterChains()), l.GetDefaultFilterChain())
		for _, chain := range chains {
			for _, filter := range chain.GetFilters() {
				var manager hcm.HttpConnectionManager
				if filter.GetTypedConfig() != nil && filter.GetTypedConfig().UnmarshalTo(&manager) == nil && manager.GetRds() != nil {
					names = append(names, manager.GetRds().GetRouteConfigName())
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
