package syncz

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

type stream = discovery.AggregatedDiscoveryService_StreamAggregatedResourcesServer

// refused asks, and fails the test where there is an answer.
func refused(t *testing.T, c *Client, target Target) *Refusal {
	t.Helper()
	a, err := c.Ask(t.Context(), target)
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("Ask = %+v, %v; want a refusal", a, err)
	}
	return r
}

func TestWhoDoesNotProveToBeIstiodSeesNoToken(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	anHour := time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		cert   tls.Certificate
		reason string
	}{
		"another revision": {ca.issue(t, anHour, "istiod-1-28-3.istio-system.svc", "istiod.istio-system.svc"), "its certificate is not for istiod-1-29-3.istio-system.svc"},
		"another mesh":     {other.issue(t, anHour, "istiod-1-29-3.istio-system.svc"), "its certificate is not of the mesh's root"},
		"expired":          {ca.issue(t, time.Now().Add(-time.Hour), "istiod-1-29-3.istio-system.svc"), "certificate has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			i := &istiod{pod: "istiod-0"}
			i.serve(t, credentials.NewServerTLSFromCert(&tt.cert))
			c := bot(t, ca)
			c.config.Token = func() (string, error) { t.Error("the token was read"); return "token-of-the-bot", nil }
			r := refused(t, c, i.target("1-29-3"))
			if !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("reason %q, want one with %q", r.Reason, tt.reason)
			}
			if got := i.questions(); len(got) > 0 {
				t.Errorf("it was asked %+v", got)
			}
		})
	}
}

func TestAServerWithoutTLSSeesNoToken(t *testing.T) {
	ca := newAuthority(t)
	i := &istiod{pod: "istiod-0"}
	i.serve(t, insecure.NewCredentials())
	if r := refused(t, bot(t, ca), i.target("default")); !strings.Contains(r.Reason, "TLS failed") {
		t.Errorf("reason %q, want that TLS failed", r.Reason)
	}
	if got := i.questions(); len(got) > 0 {
		t.Errorf("it was asked %+v", got)
	}
}

func TestRefusalsSayWhatToDoAndNeverTheToken(t *testing.T) {
	ca := newAuthority(t)
	const secret = "token-of-the-bot"
	answer := func(r *discovery.DiscoveryResponse) func(stream) error {
		return func(s stream) error { return s.Send(r) }
	}
	from := func(i *istiod, resources ...*anypb.Any) *discovery.DiscoveryResponse {
		return &discovery.DiscoveryResponse{TypeUrl: typeSyncz, ControlPlane: &core.ControlPlane{Identifier: i.identifier()}, Resources: resources}
	}
	fail := func(err error) func(stream) error { return func(stream) error { return err } }
	for name, tt := range map[string]struct {
		change func(*istiod, *Client)
		reason string
	}{
		"expired token": {func(i *istiod, _ *Client) { delete(i.tokens, secret) },
			"does not accept the token (authentication failure; token (the token) is expired): give one with audience istio-ca that has not expired"},
		"token of another": {func(_ *istiod, c *Client) { c.config.ServiceAccount = "other" }, "the token must be that of service account istio-system/other"},
		"no token":         {func(_ *istiod, c *Client) { c.config.Token = TokenFile("/nowhere/token") }, "there is no token to show (read the token: open /nowhere/token"},
		"empty token":      {func(_ *istiod, c *Client) { c.config.Token = func() (string, error) { return "", nil } }, "there is no token to show (it is empty)"},
		"another pod": {func(i *istiod, _ *Client) {
			who := &istiod{pod: "istiod-1", version: "1.29.3"}
			i.syncz = answer(from(who))
		}, "pod istiod-1 answered: give the pod's own address, not a Service's"},
		"nobody in particular": {func(i *istiod, _ *Client) { i.syncz = answer(&discovery.DiscoveryResponse{TypeUrl: typeSyncz}) }, "does not say which pod gave it"},
		"a pod without a name": {func(i *istiod, _ *Client) { i.syncz = answer(from(&istiod{})) }, "set POD_NAME"},
		"another xDS server": {func(i *istiod, _ *Client) {
			i.syncz = answer(&discovery.DiscoveryResponse{TypeUrl: typeSyncz, ControlPlane: &core.ControlPlane{Identifier: "Aperture " + secret}})
		}, "who gave it: Aperture (the token)"},
		"another type": {func(i *istiod, _ *Client) {
			r := from(i)
			r.TypeUrl = listenerType
			i.syncz = answer(r)
		}, "instead of istio.io/debug/syncz"},
		"garbage": {func(i *istiod, _ *Client) {
			i.syncz = answer(from(i, i.clients[0].config(i.habits), &anypb.Any{TypeUrl: clientConfigType, Value: []byte("\xff\xff\xff")}))
		}, "resource 1 of its answer is garbled"},
		"another kind": {func(i *istiod, _ *Client) {
			i.syncz = answer(from(i, &anypb.Any{TypeUrl: "type.googleapis.com/istio.v9.Client"}))
		},
			`resource 0 of its answer is of kind "type.googleapis.com/istio.v9.Client"`},
		"a proxy without a name": {func(i *istiod, _ *Client) { i.syncz = answer(from(i, &anypb.Any{TypeUrl: clientConfigType})) }, "resource 0 of its answer does not say which proxy it is about"},
		"a proxy with half a name": {func(i *istiod, _ *Client) {
			i.syncz = answer(from(i, sidecar("sidecar~10.0.0.1~~cluster.local", "1.29.3").config(i.habits)))
		}, "resource 0 of its answer does not say which proxy it is about"},
		"it hangs up": {func(i *istiod, _ *Client) { i.syncz = fail(errHangUp) }, "it hung up without an answer"},
		"it is not ready": {func(i *istiod, _ *Client) {
			i.syncz = fail(grpcstatus.Error(codes.Unavailable, "server is not ready to serve discovery information"))
		}, "it does not serve (server is not ready to serve discovery information): wait until it is ready"},
		"it is asked too often": {func(i *istiod, _ *Client) {
			i.syncz = fail(grpcstatus.Error(codes.ResourceExhausted, "request rate limit exceeded"))
		}, "too much (request rate limit exceeded)"},
		"it knows no xDS":    {func(i *istiod, _ *Client) { i.syncz = fail(grpcstatus.Error(codes.Unimplemented, "unknown service")) }, "this is no istiod"},
		"it panics":          {func(i *istiod, _ *Client) { i.syncz = fail(errors.New("boom")) }, "boom"},
		"it talks too much":  {func(i *istiod, _ *Client) { i.syncz = fail(errors.New(strings.Repeat("boom\n", 1000))) }, "boom boom boom"},
		"too long an answer": {func(_ *istiod, c *Client) { c.limit = 100 }, "too much (grpc: received message larger than max"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIstiod(t, ca, "istiod-0", "1.29.3")
			c := bot(t, ca)
			tt.change(i, c)
			r := refused(t, c, i.target("default"))
			if !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("reason %q, want one with %q", r.Reason, tt.reason)
			}
			if got, want := r.Error(), fmt.Sprintf("ask istiod istio-system/istiod-0 at %s who is connected: %s", i.address, r.Reason); got != want {
				t.Errorf("error %q, want %q", got, want)
			}
			if strings.Contains(r.Error(), secret) || strings.Contains(r.Error(), "\n") || len(r.Error()) > 1000 {
				t.Errorf("error tells the token, has lines or is long: %q", r.Error())
			}
		})
	}
}

func TestNoPartOfTheTokenIsLeftWhereWordsAreCut(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	for n := longest - 20; n <= longest; n++ {
		i.syncz = func(stream) error { return errors.New(strings.Repeat("x", n) + "token-of-the-bot") }
		if r := refused(t, bot(t, ca), i.target("default")); strings.Contains(r.Error(), "xto") {
			t.Errorf("after %d others, part of the token is told: %s", n, r)
		}
	}
}

func TestNobodyThereIsSaidInWords(t *testing.T) {
	ca := newAuthority(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &istiod{pod: "istiod-0", address: listener.Addr().String()}
	listener.Close()
	r := refused(t, bot(t, ca), i.target("default"))
	if !strings.Contains(r.Reason, "it cannot be reached (dial tcp "+i.address) || !strings.Contains(r.Reason, "allow egress to it on port 15012") {
		t.Errorf("reason %q", r.Reason)
	}
}

func TestAnIstiodThatNeverAnswersEndsWithTheContext(t *testing.T) {
	ca := newAuthority(t)
	for name, silence := range map[string]func(*testing.T) Target{
		"hangs over the question": func(t *testing.T) Target {
			i := newIstiod(t, ca, "istiod-0", "1.29.3")
			i.syncz = func(s stream) error { <-s.Context().Done(); return s.Context().Err() }
			return i.target("default")
		},
		"hangs in the handshake": func(t *testing.T) Target {
			return (&istiod{pod: "istiod-0", address: mute(t)}).target("default")
		},
	} {
		t.Run(name, func(t *testing.T) {
			target := silence(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := bot(t, ca).Ask(ctx, target)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer in time") {
				t.Errorf("Ask: %v, want that there was no answer in time", err)
			}
			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			_, err = bot(t, ca).Ask(ctx, target)
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "withdrawn") {
				t.Errorf("Ask, withdrawn: %v", err)
			}
		})
	}
}

// mute takes connections and says nothing, as a stopped process does.
func mute(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var taken []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		for _, conn := range taken {
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String()
}
