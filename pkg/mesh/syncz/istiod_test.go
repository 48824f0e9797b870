package syncz

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const rootNamespace = "istio-system"

// caller is whose token it is.
type caller struct{ namespace, account string }

// istiod plays one istiod pod on a port of its own, as far as anybody can tell who asks it for its connections.
type istiod struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	pod, version string
	habits       habits
	allowed      []string          // DEBUG_ENDPOINT_AUTH_ALLOWED_NAMESPACES
	tokens       map[string]caller // that are good, for audience istio-ca
	debugOnHTTP  bool              // ENABLE_DEBUG_ON_HTTP
	address      string

	// syncz overrides the whole answer to the first question, debug to the second.
	syncz, debug func(discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error

	mu      sync.Mutex
	clients []*client
	asked   []question
}

// errHangUp ends a conversation without a word.
var errHangUp = errors.New("hang up")

// question is what was asked, by whom.
type question struct {
	typeURL   string
	resources []string
	node      *core.Node
	token     string
	from      string // the connection it came over
}

// habits are what differs from version to version.
type habits struct {
	filters    bool // answers syncz with the caller's own namespace only, silently
	loud       bool // refuses the page with PermissionDenied, not with words only
	deprecated bool // answers in xds_config, without a version
	everyType  bool // lists the types that a proxy never asked for, too
	nacks      bool // knows ERROR
}

// habitsOf versions, as the sources of their tags show; the tables are by tag because some of it was carried back into patch releases.
func habitsOf(version string) habits {
	switch version {
	case "1.10.3":
		return habits{deprecated: true, everyType: true}
	case "1.22.0":
		return habits{everyType: true}
	case "1.27.9", "1.28.3", "1.28.6", "1.29.2":
		return habits{loud: true, nacks: true}
	}
	return habits{loud: true, nacks: true, filters: true}
}

// newIstiod starts one on loopback, with two proxies connected to it.
func newIstiod(t testing.TB, ca *authority, pod, version string, names ...string) *istiod {
	t.Helper()
	if len(names) == 0 {
		names = []string{"istiod.istio-system.svc"}
	}
	i := &istiod{pod: pod, version: version, habits: habitsOf(version), debugOnHTTP: true, tokens: map[string]caller{
		"token-of-the-bot": {rootNamespace, "linnet"}, "token-of-an-outsider": {"tools", "linnet"},
	}}
	i.clients = []*client{sidecar("podinfo-6d8f7c9d4b-x2k9p.podinfo", version), sidecar("web-0.shop", version)}
	i.serve(t, credentials.NewServerTLSFromCert(ptr(ca.issue(t, time.Now().Add(time.Hour), names...))))
	return i
}

func ptr[T any](v T) *T { return &v }

func (i *istiod) serve(t testing.TB, creds credentials.TransportCredentials) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i.address = listener.Addr().String()
	server := grpc.NewServer(grpc.Creds(creds))
	discovery.RegisterAggregatedDiscoveryServiceServer(server, i)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Stop(); <-done })
}

// StreamAggregatedResources is istiod's side of a conversation.
func (i *istiod) StreamAggregatedResources(stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	md, _ := metadata.FromIncomingContext(stream.Context())
	token := strings.TrimPrefix(strings.Join(md.Get("authorization"), " "), "Bearer ")
	from, _ := peer.FromContext(stream.Context())
	i.mu.Lock()
	who, good := i.tokens[token]
	i.mu.Unlock()
	if !good {
		return grpcstatus.Error(codes.Unauthenticated, "authentication failure; token "+token+" is expired")
	}
	var node *core.Node
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		if node == nil { // istiod looks at that of the first request only
			if node = request.GetNode(); node.GetId() == "" {
				return grpcstatus.Error(codes.InvalidArgument, "missing node information")
			}
		}
		i.mu.Lock()
		i.asked = append(i.asked, question{request.GetTypeUrl(), request.GetResourceNames(), request.GetNode(), token, from.Addr.String()})
		i.mu.Unlock()
		fields := node.GetMetadata().GetFields()
		if ns, sa := fields["NAMESPACE"].GetStringValue(), fields["SERVICE_ACCOUNT"].GetStringValue(); ns != who.namespace || sa != who.account {
			return grpcstatus.Errorf(codes.PermissionDenied, "authorization failed: no identities ([spiffe://cluster.local/ns/%s/sa/%s]) matched %s/%s", who.namespace, who.account, ns, sa)
		}
		if err := i.answer(stream, request, who); errors.Is(err, errHangUp) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (i *istiod) answer(stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer, request *discovery.DiscoveryRequest, who caller) error {
	switch request.GetTypeUrl() {
	case typeSyncz:
		if i.syncz != nil {
			return i.syncz(stream)
		}
		only := ""
		if i.habits.filters && who.namespace != rootNamespace && !slices.Contains(i.allowed, who.namespace) {
			only = who.namespace
		}
		return stream.Send(i.connections(only))
	case typeDebug:
		if i.debug != nil {
			return i.debug(stream)
		}
		return i.page(stream, request.GetResourceNames(), who)
	}
	return grpcstatus.Error(codes.InvalidArgument, "this test knows no "+request.GetTypeUrl())
}

func (i *istiod) identifier() string {
	return fmt.Sprintf(`{"Component":"istiod","ID":%q,"Info":{"version":%q,"revision":"86c9f01fd735","golang_version":"go1.26","status":"Clean","tag":%q}}`, i.pod, i.version, i.version)
}

func (i *istiod) connections(only string) *discovery.DiscoveryResponse {
	i.mu.Lock()
	defer i.mu.Unlock()
	response := &discovery.DiscoveryResponse{
		TypeUrl: typeSyncz, VersionInfo: "2026-11-27T12:00:00Z/7", Nonce: "n", ControlPlane: &core.ControlPlane{Identifier: i.identifier()},
	}
	for _, c := range i.clients {
		if only == "" || c.namespace() == only {
			response.Resources = append(response.Resources, c.config(i.habits))
		}
	}
	return response
}

// page is the same as HTTP's, and comes without saying from whom.
func (i *istiod) page(stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer, resources []string, who caller) error {
	if len(resources) != 1 {
		return grpcstatus.Error(codes.InvalidArgument, "exactly one debug request is required")
	}
	which, err := url.Parse(resources[0])
	if err != nil || which.Path != "syncz" {
		return grpcstatus.Error(codes.InvalidArgument, "this test knows no page "+resources[0])
	}
	if who.namespace != rootNamespace {
		refusal := fmt.Sprintf(`the debug info is not available for current identity: "spiffe://cluster.local/ns/%s/sa/%s"`, who.namespace, who.account)
		if i.habits.loud {
			return grpcstatus.Error(codes.PermissionDenied, refusal)
		}
		return fmt.Errorf("%s", refusal) // older ones have no code
	}
	body := []byte("404 page not found\n")
	if i.debugOnHTTP {
		body = i.json(which.Query().Get("namespace"))
	}
	return stream.Send(&discovery.DiscoveryResponse{TypeUrl: typeDebug, Nonce: "n", Resources: []*anypb.Any{{TypeUrl: typeDebug, Value: body}}})
}

func (i *istiod) json(only string) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	entries := []map[string]any{}
	for _, c := range i.clients {
		if only == "" || c.namespace() == only {
			entries = append(entries, c.entry())
		}
	}
	data, _ := json.MarshalIndent(entries, "", "  ")
	return data
}

// change changes who is connected.
func (i *istiod) change(f func([]*client) []*client) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.clients = f(i.clients)
}

func (i *istiod) questions() []question {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.asked)
}

// target is the pod as the cluster knows it.
func (i *istiod) target(revision string) Target {
	return Target{
		Istiod:  checks.Istiod{Namespace: rootNamespace, Pod: i.pod, Revision: revision, Phase: "Running", Ready: true},
		Address: i.address, ServerName: ServerName(revision, rootNamespace),
	}
}
