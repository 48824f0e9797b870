package observer_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	status "github.com/envoyproxy/go-control-plane/envoy/service/status/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
)

var clock atomic.Int64

func now() time.Time { return time.Unix(clock.Load(), 0) }

// istiod knows one proxy, web-0.shop.
type istiod struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	asked atomic.Int32
}

func (i *istiod) StreamAggregatedResources(stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	i.asked.Add(1)
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		answer := &discovery.DiscoveryResponse{TypeUrl: request.GetTypeUrl(), Nonce: "n", ControlPlane: &core.ControlPlane{Identifier: `{"Component":"istiod","ID":"istiod-1","Info":{"version":"1.29.0"}}`}}
		if strings.HasSuffix(request.GetTypeUrl(), "/syncz") {
			meta, _ := structpb.NewStruct(map[string]any{"CLUSTER_ID": "Kubernetes", "NAMESPACE": "shop", "ISTIO_VERSION": "1.29.0"})
			config, err := anypb.New(&status.ClientConfig{Node: &core.Node{Id: "web-0.shop", Metadata: meta}, GenericXdsConfigs: []*status.ClientConfig_GenericXdsConfig{
				{TypeUrl: "type.googleapis.com/envoy.config.listener.v3.Listener", ConfigStatus: status.ConfigStatus_SYNCED}}})
			if err != nil {
				return err
			}
			answer.Resources = []*anypb.Any{config}
		} else {
			answer.Resources = []*anypb.Any{{TypeUrl: request.GetTypeUrl(), Value: []byte("[]")}}
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// start serves an istiod and gives its address and the root, as PEM, that its certificate leads to.
func start(t *testing.T, i *istiod) (address, root string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"istiod.istio-system.svc"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})))
	discovery.RegisterAggregatedDiscoveryServiceServer(server, i)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Stop(); <-ended })
	return listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// small is a cluster with an istiod and one proxy; root is what its pods trust.
func small(root string) fakekube.Server {
	config, _ := json.Marshal(map[string]any{"metadata": map[string]any{"namespace": "istio-system", "name": "istio-ca-root-cert"}, "data": map[string]any{"root-cert.pem": root}})
	return fakekube.Server{
		"/api/v1/pods": {
			`{metadata: {namespace: istio-system, name: istiod-1, labels: {app: istiod, istio.io/rev: default}}, spec: {containers: [{name: discovery, image: "pilot:1.29.0"}]},
				status: {phase: Running, podIP: 10.0.0.7, conditions: [{type: Ready, status: "True"}]}}`,
			`{metadata: {namespace: shop, name: web-0, annotations: {istio.io/rev: default, sidecar.istio.io/status: "{}"}}, spec: {containers: [{name: istio-proxy}]},
				status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`,
		},
		"/apis/apps/v1/deployments": {
			`{metadata: {namespace: istio-system, name: istiod, labels: {app: istiod, istio.io/rev: default}}, spec: {replicas: 1}, status: {replicas: 1, readyReplicas: 1}}`,
		},
		"/api/v1/configmaps": {string(config)},
	}
}

func TestBothWitnessesAreHeard(t *testing.T) {
	clock.Store(1_800_000_000)
	known := &istiod{}
	address, root := start(t, known)
	o := observer.New(observer.Options{Cluster: follow(t, small(root)), Namespace: "istio-system", ServiceAccount: "linnet", Now: now,
		Token:   func() (string, error) { return "a-token", nil },
		Address: func(checks.NamespacedName, string) string { return address }})
	look := func() *checks.Observation {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		seen, err := o.Observe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	seen := look()
	if len(seen.Pods) != 2 || len(seen.Istiods) != 1 {
		t.Fatalf("got %d pods and %d istiods", len(seen.Pods), len(seen.Istiods))
	}
	it := seen.Istiods[0]
	if !it.Answered || len(it.Connections) != 1 || it.Connections[0].Proxy != "web-0.shop" || it.Connections[0].State != checks.Synced {
		t.Errorf("got %+v", it)
	}
	if n := len(seen.RootCertificates); n == 0 || seen.RootCertificates[n-1].Source != "istiod" {
		t.Errorf("got the roots %+v", seen.RootCertificates)
	}
	clock.Add(59)
	if look(); known.asked.Load() != 1 {
		t.Errorf("within a minute it was asked %d times", known.asked.Load())
	}
	clock.Add(1)
	if seen = look(); known.asked.Load() != 2 || !seen.Istiods[0].AskedAt.Equal(now()) {
		t.Errorf("after a minute it was asked %d times, last at %s", known.asked.Load(), seen.Istiods[0].AskedAt)
	}
}

func TestAnIstiodThatCannotBeAskedHasNotAnswered(t *testing.T) {
	clock.Store(1_800_000_000)
	_, root := start(t, &istiod{})
	for _, row := range []struct {
		name, root, want string
		token            func() (string, error)
	}{
		{"without a token", root, "there is no token", nil},
		{"without the mesh's roots", "", "no certificate among the mesh's roots", func() (string, error) { return "a-token", nil }},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen, err := observer.New(observer.Options{Cluster: follow(t, small(row.root)), Namespace: "istio-system", ServiceAccount: "linnet", Token: row.token, Now: now}).Observe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if it := seen.Istiods[0]; it.Answered || !strings.Contains(it.Error, row.want) {
				t.Errorf("got %+v, want %q", it, row.want)
			}
		})
	}
}
