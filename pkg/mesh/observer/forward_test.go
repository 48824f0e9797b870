package observer_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/forward"
	"github.com/linnet-bot/linnet/pkg/mesh/forward/forwardtest"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
	"github.com/linnet-bot/linnet/pkg/mesh/syncz"
)

// through gives the way through an API server.
func through(t *testing.T, s *forwardtest.Server) *forward.Forwarder {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Wait() })
	way, err := forward.New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return way
}

func aToken() (string, error) { return "a-token", nil }

func TestWhatIsSeenThroughAPortForwardIsTheSame(t *testing.T) {
	clock.Store(1_800_000_000)
	address, root := start(t, &istiod{})
	look := func(t *testing.T, o observer.Options) *checks.Observation {
		t.Helper()
		o.Cluster, o.Namespace, o.ServiceAccount, o.Token, o.Now = follow(t, small(root)), "istio-system", "linnet", aToken, now
		seen, err := observer.New(o).Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	direct := look(t, observer.Options{Address: func(checks.NamespacedName, string) string { return address }})
	for name, noWebSockets := range map[string]bool{"WebSocket": false, "SPDY": true} {
		t.Run(name, func(t *testing.T) {
			s := &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": address}, NoWebSockets: noWebSockets}
			seen := look(t, observer.Options{Dial: through(t, s).Dial, Way: "by a port-forward"})
			if len(s.Seen()) == 0 || !seen.Istiods[0].Answered {
				t.Fatalf("asked for %v, got %+v", s.Seen(), seen.Istiods[0])
			}
			for i := range seen.Istiods {
				if it := &seen.Istiods[i]; it.Way != "by a port-forward" {
					t.Errorf("istiod %s was asked %q", it.Pod, it.Way)
				}
				seen.Istiods[i].Way = ""
			}
			if diff := cmp.Diff(direct, seen); diff != "" {
				t.Errorf("direct against through the API server (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnIstiodThatCannotBeForwardedToHasNotAnswered(t *testing.T) {
	clock.Store(1_800_000_000)
	address, root := start(t, &istiod{})
	pods := map[string]string{"istio-system/istiod-1:15012": address}
	for name, row := range map[string]struct {
		server *forwardtest.Server
		want   string
	}{
		"pod gone": {&forwardtest.Server{}, "the pod is not there any more"},
		"no right": {&forwardtest.Server{Pods: pods, Refuse: func(*http.Request) *metav1.Status {
			return forwardtest.Status(403, metav1.StatusReasonForbidden, "no")
		}}, "have yourself given the right create on pods/portforward in namespace istio-system"},
		"nobody listens":         {&forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:1": address}}, "its node could not connect (an error occurred forwarding 15012"},
		"cut while shaking hand": {&forwardtest.Server{Pods: pods, AfterBytes: 10}, "it was cut: ask again"},
		"cut while talking":      {&forwardtest.Server{Pods: pods, AfterBytes: 1200}, "it was cut: ask again"},
	} {
		t.Run(name, func(t *testing.T) {
			way := through(t, row.server)
			client, err := syncz.New(syncz.Config{Namespace: "istio-system", ServiceAccount: "linnet", Roots: []byte(root), Token: aToken, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Ask(t.Context(), syncz.Target{Istiod: checks.Istiod{Namespace: "istio-system", Pod: "istiod-1"}, Address: "10.0.0.7:15012", ServerName: "istiod.istio-system.svc",
				Dial: func(ctx context.Context) (net.Conn, error) {
					return way.Dial(ctx, checks.NamespacedName{Namespace: "istio-system", Name: "istiod-1"}, 15012)
				}})
			var refused *syncz.Refusal
			if !errors.As(err, &refused) {
				t.Fatalf("got %+v, %v", answer, err)
			}
			if !strings.HasPrefix(refused.Reason, "port-forward to port 15012 of pod istio-system/istiod-1: ") || !strings.Contains(refused.Reason, row.want) {
				t.Errorf("got %q, want %q", refused.Reason, row.want)
			}
		})
	}
}
