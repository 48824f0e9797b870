package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/forward/forwardtest"
)

// lonelyIstiod has no proxies, and answers the one token.
type lonelyIstiod struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	token string
}

func (i *lonelyIstiod) StreamAggregatedResources(stream discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	if shown := metadata.ValueFromIncomingContext(stream.Context(), "authorization"); len(shown) != 1 || shown[0] != "Bearer "+i.token {
		return status.Error(codes.Unauthenticated, "authentication failure")
	}
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		answer := &discovery.DiscoveryResponse{TypeUrl: request.GetTypeUrl(), Nonce: "n", ControlPlane: &core.ControlPlane{Identifier: `{"Component":"istiod","ID":"istiod-1","Info":{"version":"1.29.0"}}`}}
		if !strings.HasSuffix(request.GetTypeUrl(), "/syncz") {
			answer.Resources = []*anypb.Any{{TypeUrl: request.GetTypeUrl(), Value: []byte("[]")}}
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// startIstiod gives its address and the mesh's root in PEM.
func startIstiod(t *testing.T, i *lonelyIstiod) (address, root string) {
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

func TestFromOutsideIstiodsAreAskedThroughTheAPIServerWithATokenOfItsMaking(t *testing.T) {
	const token = "a-token-of-the-api-server"
	address, root := startIstiod(t, &lonelyIstiod{token: token})
	config, _ := json.Marshal(map[string]any{"metadata": map[string]any{"namespace": "istio-system", "name": "istio-ca-root-cert"}, "data": map[string]any{"root-cert.pem": root}})
	kube := fakekube.Server{"/api/v1/configmaps": {string(config)}, "/api/v1/pods": {
		`{metadata: {namespace: istio-system, name: istiod-1, labels: {app: istiod, istio.io/rev: default}}, spec: {containers: [{name: discovery}]}, status: {phase: Running, podIP: 192.0.2.7}}`,
	}}
	forwarded := &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": address}, Behind: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/namespaces/istio-system/serviceaccounts/linnet-observer/token" {
			kube.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"expirationSeconds": 600}, "status": {"token": %q}}`, token)
	})}
	server := httptest.NewServer(forwarded)
	t.Cleanup(func() { server.Close(); forwarded.Wait() })
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: trial\ncontexts: [{name: trial, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '" + server.URL + "'}}]\nusers: [{name: u, user: {}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	if code := run(a, []string{"observe", "--kubeconfig", file, "--port-forward", "--istiod-token-from", "istio-system/linnet-observer"}); code != 0 {
		t.Fatalf("code %d: %s", code, errs.String())
	}
	var seen checks.Observation
	if err := json.Unmarshal(out.Bytes(), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Istiods) != 1 || !seen.Istiods[0].Answered || seen.Istiods[0].Version != "1.29.0" || len(forwarded.Seen()) == 0 {
		t.Errorf("got %s", out.String())
	}
	if strings.Contains(out.String()+errs.String(), token) {
		t.Error("the token was printed")
	}
}

func TestOneTokenIsNamedAndWhole(t *testing.T) {
	for want, args := range map[string][]string{
		"istiods are shown one token":               {"--istiod-token-from", "istio-system/linnet", "--istiod-token-file", "token"},
		"name a service account as NAMESPACE/NAME":  {"--istiod-token-from", "linnet"},
		`--istiod-token-from is "istio-system/a/b"`: {"--istiod-token-from", "istio-system/a/b"},
	} {
		var errs bytes.Buffer
		a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
		if code := run(a, append([]string{"observe"}, args...)); code != 2 || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: code %d: %s, want %q", args, code, errs.String(), want)
		}
	}
}

func TestWithoutAKubeconfigItIsSaidHowToNameOne(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	if code := run(a, []string{"observe", "--kubeconfig", empty}); code != 1 || !strings.Contains(errs.String(), "name one by --kubeconfig or $KUBECONFIG") || strings.Contains(errs.String(), "KUBERNETES_MASTER") {
		t.Errorf("code %d: %s", code, errs.String())
	}
}
