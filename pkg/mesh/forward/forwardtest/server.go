// Package forwardtest plays the sub-resource portforward of pods over real HTTP, as an API server and the kubelets behind it do together: a WebSocket that
// carries SPDY, or bare SPDY; two streams for each connection, told by their request's id; and a node that connects when it has both, says on the one why it
// could not, and ends both.
package forwardtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	protocol "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// Server is the API server.
type Server struct {
	Behind http.Handler // whatever is no port-forward; nil = there is nothing else
	// Pods say where a port of a pod really is: "NAMESPACE/NAME:PORT" to host:port. Pods that are not named are not there.
	Pods map[string]string
	// Refuse is the API server's refusal of a request, if it refuses it; nil = it never does.
	Refuse func(*http.Request) *metav1.Status
	// NoWebSockets is an API server, or something before it, that knows only SPDY.
	NoWebSockets bool
	// AfterBytes cuts a session when the pod has sent so many, without a word to either side; 0 = never.
	AfterBytes int64

	mu   sync.Mutex
	seen []string
	live sync.WaitGroup
}

// Seen are the port-forwards that were asked for, "METHOD PATH".
func (s *Server) Seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

// Wait waits until no session is left.
func (s *Server) Wait() { s.live.Wait() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	namespace, pod, ok := podOf(r.URL.Path)
	if !ok {
		if s.Behind == nil {
			http.NotFound(w, r)
			return
		}
		s.Behind.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if s.Refuse != nil {
		if status := s.Refuse(r); status != nil {
			refuse(w, *status)
			return
		}
	}
	name := namespace + "/" + pod
	if !s.knows(name) {
		refuse(w, metav1.Status{Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound, Message: fmt.Sprintf("pods %q not found", pod)})
		return
	}
	s.live.Add(1)
	defer s.live.Done()
	n := &node{server: s, pod: name, raw: &hijacked{ResponseWriter: w}, halves: map[string]*half{}}
	session := n.upgrade(n.raw, r)
	if session == nil {
		return
	}
	<-session.CloseChan()
	session.Close()
	n.running.Wait()
}

func (s *Server) knows(name string) bool {
	for known := range s.Pods {
		if strings.HasPrefix(known, name+":") {
			return true
		}
	}
	return false
}

// podOf reads /api/v1/namespaces/NAMESPACE/pods/NAME/portforward, and the kubelet's own /portForward/NAMESPACE/NAME, by which a real API server comes.
func podOf(path string) (namespace, pod string, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) == 4 && parts[1] == "portForward" {
		return parts[2], parts[3], true
	}
	if len(parts) != 8 || parts[3] != "namespaces" || parts[5] != "pods" || parts[7] != "portforward" {
		return "", "", false
	}
	return parts[4], parts[6], true
}

// Status is a refusal as API servers make them.
func Status(code int32, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{Code: code, Reason: reason, Message: message}
}

func refuse(w http.ResponseWriter, status metav1.Status) {
	status.TypeMeta, status.Status = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, metav1.StatusFailure
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	_ = json.NewEncoder(w).Encode(status)
}

// half is a request of which one stream has come.
type half struct{ words, data httpstream.Stream }

// node is the kubelet of one session.
type node struct {
	server  *Server
	pod     string
	raw     *hijacked
	running sync.WaitGroup

	mu     sync.Mutex
	halves map[string]*half
}

// upgrade gives nil where it has answered otherwise.
func (n *node) upgrade(w http.ResponseWriter, r *http.Request) httpstream.Connection {
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		if r.Method != http.MethodPost {
			refuse(w, metav1.Status{Code: http.StatusMethodNotAllowed, Message: "SPDY comes with POST"})
			return nil
		}
		if _, err := httpstream.Handshake(r, w, []string{protocol.PortForwardV1Name}); err != nil {
			return nil
		}
		return spdy.NewResponseUpgrader().UpgradeResponse(w, r, n.stream)
	case n.server.NoWebSockets:
		refuse(w, metav1.Status{Code: http.StatusBadRequest, Message: "unable to upgrade: missing upgrade headers in request"})
		return nil
	}
	up := websocket.Upgrader{Subprotocols: []string{protocol.WebsocketsSPDYTunnelingPortForwardV1}, CheckOrigin: func(*http.Request) bool { return true }}
	raw, err := up.Upgrade(w, r, nil)
	if err != nil {
		return nil
	}
	session, err := spdy.NewServerConnection(quiet{portforward.NewTunnelingConnection("server", raw)}, n.stream)
	if err != nil {
		raw.Close()
		return nil
	}
	return session
}

// hijacked keeps the connection, so that it can be cut.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (conn net.Conn, buffered *bufio.ReadWriter, err error) {
	conn, buffered, err = http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = quiet{conn}
	return h.conn, buffered, err
}

// quiet closes without complaint, for which SPDY would wait a second.
type quiet struct{ net.Conn }

// Close implements net.Conn.
func (c quiet) Close() error {
	_ = c.Conn.Close()
	return nil
}

// Close cuts it.
func (h *hijacked) Close() { h.conn.Close() }

// stream takes one stream, and connects when it is the second of its request.
func (n *node) stream(stream httpstream.Stream, _ <-chan struct{}) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, kind, port := stream.Headers().Get(corev1.PortForwardRequestIDHeader), stream.Headers().Get(corev1.StreamType), stream.Headers().Get(corev1.PortHeader)
	h := n.halves[id]
	if h == nil {
		h = &half{}
		n.halves[id] = h
	}
	switch kind {
	case corev1.StreamTypeError:
		h.words = stream
	case corev1.StreamTypeData:
		h.data = stream
	default:
		return fmt.Errorf("%q is no type of stream", kind)
	}
	if h.words != nil && h.data != nil {
		delete(n.halves, id)
		n.running.Go(func() { n.forward(*h, port) })
	}
	return nil
}

// forward passes bytes on until either side ends.
func (n *node) forward(h half, port string) {
	defer h.data.Close()
	defer h.words.Close()
	address := n.server.Pods[n.pod+":"+port]
	var to net.Conn
	err := fmt.Errorf("dial tcp4 127.0.0.1:%s: connect: connection refused", port)
	if address != "" {
		to, err = net.Dial("tcp", address) //nolint:noctx // it is on loopback
	}
	if err != nil {
		fmt.Fprintf(h.words, "an error occurred forwarding %s -> %s: error forwarding port %s to pod %s, uid : failed to connect to localhost:%s inside namespace \"f1\": %v",
			port, port, port, n.pod, port, err)
		return
	}
	defer to.Close()
	sent := make(chan struct{})
	n.running.Go(func() {
		defer close(sent)
		if most := n.server.AfterBytes; most > 0 {
			_, _ = io.CopyN(h.data, to, most)
			n.raw.Close()
			return
		}
		_, _ = io.Copy(h.data, to)
	})
	n.running.Go(func() {
		_, _ = io.Copy(to, h.data)
		to.Close()
	})
	<-sent
}
