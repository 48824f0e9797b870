package forward_test

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/forward"
	"github.com/linnet-bot/linnet/pkg/mesh/forward/forwardtest"
)

var istiod = checks.NamespacedName{Namespace: "istio-system", Name: "istiod-1"}

// echo is a port on which each line comes back, until it is "end".
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			lines := bufio.NewScanner(conn)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() && lines.Text() != "end" {
				fmt.Fprintln(conn, lines.Text())
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
	return listener.Addr().String()
}

// serve plays an API server until the test ends, and waits for all that it forwarded.
func serve(t *testing.T, s *forwardtest.Server) *forward.Forwarder {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.EnableHTTP2 = true // as API servers do, which can be upgraded over HTTP/1.1 only
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); s.Wait() })
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	f, err := forward.New(&rest.Config{Host: server.URL, BearerToken: "of-a-person", TLSClientConfig: rest.TLSClientConfig{CAData: root}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func dial(t *testing.T, f *forward.Forwarder) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel() // the connection outlives it
	return f.Dial(ctx, istiod, 15012)
}

func TestAPortOfAPodIsReachedThroughTheAPIServer(t *testing.T) {
	for name, row := range map[string]struct {
		noWebSockets bool
		want         string
	}{
		"over a WebSocket": {false, "GET"},
		"over SPDY where the API server knows no such WebSocket": {true, "GET POST"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": echo(t)}, NoWebSockets: row.noWebSockets}
			conn, err := dial(t, serve(t, s))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			lines := bufio.NewReader(conn)
			for _, line := range []string{"one\n", strings.Repeat("x", 200_000) + "\n"} {
				go func() { _, _ = io.WriteString(conn, line) }()
				if got, err := lines.ReadString('\n'); got != line || err != nil {
					t.Fatalf("got %d bytes back of %d: %v", len(got), len(line), err)
				}
			}
			var methods []string
			for _, asked := range s.Seen() {
				method, path, _ := strings.Cut(asked, " ")
				if methods = append(methods, method); path != "/api/v1/namespaces/istio-system/pods/istiod-1/portforward" {
					t.Errorf("asked for %s", path)
				}
			}
			if got := strings.Join(methods, " "); got != row.want {
				t.Errorf("asked by %s, want %s", got, row.want)
			}
			if _, err := io.WriteString(conn, "end\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := lines.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("when the pod hangs up: %v, want EOF", err)
			}
		})
	}
}

func TestWhatIsRefusedSaysWhatToDo(t *testing.T) {
	pods := map[string]string{"istio-system/istiod-1:15012": "127.0.0.1:1"}
	status := func(code int32, reason metav1.StatusReason, message string) func(*http.Request) *metav1.Status {
		return func(*http.Request) *metav1.Status { return forwardtest.Status(code, reason, message) }
	}
	for name, row := range map[string]struct {
		server *forwardtest.Server
		want   []string
	}{
		"no right": {&forwardtest.Server{Pods: pods, Refuse: status(403, metav1.StatusReasonForbidden, `pods "istiod-1" is forbidden: User "jo" cannot create resource`)},
			[]string{"port-forward to port 15012 of pod istio-system/istiod-1: it is not permitted", `User "jo" cannot create`, "the right create on pods/portforward in namespace istio-system"}},
		"pod gone":       {&forwardtest.Server{}, []string{"the pod is not there any more", "look again"}},
		"not logged in":  {&forwardtest.Server{Pods: pods, Refuse: status(401, metav1.StatusReasonUnauthorized, "Unauthorized")}, []string{"does not accept your credentials", "log in again"}},
		"node is silent": {&forwardtest.Server{Pods: pods, Refuse: status(500, metav1.StatusReasonInternalError, "error dialing backend: EOF")}, []string{"refuses (error dialing backend: EOF)", "kubelet"}},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := dial(t, serve(t, row.server))
			if err == nil {
				conn.Close()
				t.Fatal("there is a connection")
			}
			for _, want := range row.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "of-a-person") {
				t.Errorf("it shows the token: %v", err)
			}
		})
	}
}

func TestARightToCreateIsEnoughWhereWebSocketsNeedAnotherRight(t *testing.T) {
	s := &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": echo(t)}, Refuse: func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodGet {
			return forwardtest.Status(403, metav1.StatusReasonForbidden, "cannot get pods/portforward")
		}
		return nil
	}}
	conn, err := dial(t, serve(t, s))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestTheAPIServersOwnWordCountsAndNotThatOfWhatStandsBeforeIt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
			return
		}
		(&forwardtest.Server{Refuse: func(*http.Request) *metav1.Status {
			return forwardtest.Status(403, metav1.StatusReasonForbidden, "no right")
		}}).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f, err := forward.New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = dial(t, f); err == nil || !strings.Contains(err.Error(), "it is not permitted (no right)") {
		t.Errorf("got %v", err)
	}
}

func TestANodeThatCannotConnectIsHeard(t *testing.T) {
	conn, err := dial(t, serve(t, &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:8080": "127.0.0.1:1"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1))
	if err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "look whether the pod runs") {
		t.Errorf("got %v", err)
	}
}

func TestAWayThatIsCutIsNoEnd(t *testing.T) {
	conn, err := dial(t, serve(t, &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": echo(t)}, AfterBytes: 3}))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "some words\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if string(got) != "som" || err == nil || !strings.Contains(err.Error(), "it was cut: ask again") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWhoeverWaitsIsWokenByClosing(t *testing.T) {
	conn, err := dial(t, serve(t, &forwardtest.Server{Pods: map[string]string{"istio-system/istiod-1:15012": echo(t)}}))
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		read <- err
	}()
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := <-read; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the reader got %v", err)
	}
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the second time: %v", err)
	}
}

func TestAnAPIServerThatIsSilentIsNotWaitedFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	f, err := forward.New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = f.Dial(ctx, istiod, 15012)
	if err == nil || !strings.Contains(err.Error(), "the API server did not answer in time") {
		t.Errorf("got %v", err)
	}
}

func TestAnAPIServerThatIsNotThereIsNamed(t *testing.T) {
	f, err := forward.New(&rest.Config{Host: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.Dial(t.Context(), istiod, 15012); err == nil || !strings.Contains(err.Error(), "look at the kubeconfig") {
		t.Errorf("got %v", err)
	}
}
