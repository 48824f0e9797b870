package syncz

import (
	"context"
	"errors"
	"io"
	"net"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// The questions. The first is for the connections; the second is the same as HTTP's /debug/syncz, and its resource says which page.
const (
	typeSyncz = "istio.io/debug/syncz"
	typeDebug = "istio.io/debug"
)

// window is how many bytes istiod may send before it is asked to go on.
const window = 16 << 20

// session is one conversation with one istiod pod. Both questions go over one stream, so that one handshake and one review of the token do for
// both, and so that one pod answers both.
type session struct {
	client *Client
	target Target
	ctx    context.Context // a session is as long as its context
	cancel context.CancelFunc
	way    *way
	token  *bearer
	conn   *grpc.ClientConn
	stream grpc.ClientStream

	introduced bool // whether istiod knows who asks
}

func (c *Client) open(ctx context.Context, t Target) (*session, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &session{client: c, target: t, ctx: ctx, cancel: cancel, way: c.way(t), token: &bearer{get: c.config.Token}}
	if t.Dial != nil {
		s.way.other = func() (net.Conn, error) { return t.Dial(ctx) } // there is one connection, so it has the time that the session has
	}
	conn, err := grpc.NewClient("passthrough:///"+t.Address,
		grpc.WithContextDialer(s.way.connect),
		grpc.WithTransportCredentials(s.way),
		grpc.WithPerRPCCredentials(s.token),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(c.limit)),
		// The answer is one message and taken as a whole: asking for it piece by piece would only take longer.
		grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
	)
	if err != nil {
		cancel()
		return nil, s.refuse(err)
	}
	s.conn = conn
	both := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	s.stream, err = conn.NewStream(ctx, both, discovery.AggregatedDiscoveryService_StreamAggregatedResources_FullMethodName, grpc.ForceCodecV2(codec{}))
	if err != nil {
		err = s.refuse(err)
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	s.cancel()
	s.conn.Close()
}

func (s *session) ask() (Answer, error) {
	d := &decoder{caller: s.client.config.Namespace}
	said := reply{each: d.add}
	if err := s.question(typeSyncz, "", &said); err != nil {
		return Answer{}, s.refuse(err)
	}
	a := Answer{At: s.client.config.Now(), Root: s.way.vouched()}
	if said.err != nil {
		return Answer{}, s.wrong(s.token.hide(said.err.Error()))
	}
	if said.typeURL != typeSyncz {
		return Answer{}, s.wrong("it answered with " + s.brief(said.typeURL) + " instead of " + typeSyncz)
	}
	who, err := identify(s.token.hide(said.identifier))
	if err != nil {
		return Answer{}, s.wrong(err.Error())
	}
	if who.ID != s.target.Istiod.Pod {
		return Answer{}, s.wrong("pod " + s.brief(who.ID) + " answered: give the pod's own address, not a Service's")
	}
	a.Version = who.Info.Version
	var page []checks.Connection
	if a.Visibility, page = s.probe(d); len(page) > 0 {
		d.complete(page)
	}
	a.Connections = d.connections
	return a, nil
}

// question sends one request and waits for its answer.
func (s *session) question(typeURL, resource string, answer *reply) error {
	request := &discovery.DiscoveryRequest{TypeUrl: typeURL}
	if !s.introduced {
		request.Node, s.introduced = s.client.node(), true // once is enough for a stream
	}
	if resource != "" {
		request.ResourceNames = []string{resource}
	}
	if err := s.stream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return s.stream.RecvMsg(answer) // where sending only says EOF, this says why
}

// node is who asks. The generator keeps istiod from working out a configuration for the caller.
func (c *Client) node() *core.Node {
	text := structpb.NewStringValue
	who := c.config
	return &core.Node{
		Id: "sidecar~" + who.IP + "~" + who.Pod + "." + who.Namespace + "~" + who.Namespace + ".svc.cluster.local",
		Metadata: &structpb.Struct{Fields: map[string]*structpb.Value{
			"GENERATOR": text("event"), "NAMESPACE": text(who.Namespace), "SERVICE_ACCOUNT": text(who.ServiceAccount),
		}},
	}
}
