package forward

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Forwarder reaches the pods of one cluster. It is safe for concurrent use and holds no connection.
type Forwarder struct {
	config *rest.Config
	api    *rest.RESTClient
	plain  http.RoundTripper // speaks HTTP/1.1, which alone can be upgraded
}

// New makes a Forwarder of whoever the configuration is. It asks nobody.
func New(config *rest.Config) (*Forwarder, error) {
	config = rest.CopyConfig(config)
	config.NextProtos = []string{"http/1.1"}
	api, err := apiOf(config)
	if err != nil {
		return nil, err
	}
	plain, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the API server %s: %w", config.Host, err)
	}
	return &Forwarder{config, api, plain}, nil
}

// Dial connects to a port of a pod, on the loopback address of the pod itself. ctx should have a deadline: it bounds the dialing and not the connection. Errors,
// those of the connection too, say what to do. The connection knows no deadlines: whoever waits for it ends by closing it.
func (f *Forwarder) Dial(ctx context.Context, pod checks.NamespacedName, port int) (net.Conn, error) {
	to := target{pod, port}
	session, err := f.upgrade(ctx, f.api.Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("portforward").URL())
	if err != nil {
		return nil, to.refused(err)
	}
	type opened struct {
		conn *conn
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		c, err := open(session, to)
		done <- opened{c, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			session.Close()
			return nil, to.failed("the API server opened no stream ("+o.err.Error()+")", "look at the pod and at the kubelet of its node", o.err)
		}
		return o.conn, nil
	case <-session.CloseChan():
		session.Close()
		return nil, to.cut()
	case <-ctx.Done():
		session.Close()
		return nil, to.failed("there was no answer in time", "look at the kubelet of the pod's node", ctx.Err())
	}
}

// open opens both streams. The node connects to the pod when it has both, and tells them by their id from others of the session, of which there are none.
func open(session httpstream.Connection, to target) (*conn, error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, strconv.Itoa(to.port))
	headers.Set(corev1.PortForwardRequestIDHeader, "0")
	words, err := session.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	if err := words.Close(); err != nil { // this side says nothing on it
		return nil, err
	}
	headers = headers.Clone()
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := session.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	return newConn(session, to, data, words), nil
}
