package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	protocol "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// upgrade makes a session of a request, over a WebSocket or else over SPDY. Where both are refused, the one whose answer is the API server's own word counts.
func (f *Forwarder) upgrade(ctx context.Context, at *url.URL) (httpstream.Connection, error) {
	session, first := f.overWebSocket(ctx, at)
	if first == nil {
		return session, nil
	}
	if !httpstream.IsUpgradeFailure(first) && !httpstream.IsHTTPSProxyError(first) {
		return nil, first
	}
	session, err := f.overSPDY(ctx, at)
	if err != nil && statusOf(err) == nil && statusOf(first) != nil {
		return nil, first
	}
	return session, err
}

func (f *Forwarder) overWebSocket(ctx context.Context, at *url.URL) (httpstream.Connection, error) {
	transport, holder, err := websocket.RoundTripperFor(f.config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	raw, err := websocket.Negotiate(transport, holder, request, protocol.WebsocketsSPDYTunnelingPortForwardV1)
	if err != nil {
		return nil, err
	}
	return spdy.NewClientConnection(quiet{portforward.NewTunnelingConnection("linnet", raw)})
}

// overSPDY leaves the upgrade to net/http, which ends with the context whatever the other side does; client-go's own waits for an answer for good.
func (f *Forwarder) overSPDY(ctx context.Context, at *url.URL) (httpstream.Connection, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set(httpstream.HeaderConnection, httpstream.HeaderUpgrade)
	request.Header.Set(httpstream.HeaderUpgrade, spdy.HeaderSpdy31)
	request.Header.Set(httpstream.HeaderProtocolVersion, protocol.PortForwardV1Name)
	answer, err := f.plain.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	raw, upgraded := answer.Body.(io.ReadWriteCloser)
	if answer.StatusCode != http.StatusSwitchingProtocols || !upgraded {
		defer answer.Body.Close()
		return nil, refusalOf(answer)
	}
	return spdy.NewClientConnection(quiet{plainConn{ReadWriteCloser: raw}})
}

// plainConn is what net/http leaves of a connection.
type plainConn struct {
	undated
	io.ReadWriteCloser
}

// quiet is a connection that closes without complaint. For a second SPDY would wait for somebody to hear it, and nobody does.
type quiet struct{ net.Conn }

// Close implements net.Conn.
func (c quiet) Close() error {
	_ = c.Conn.Close()
	return nil
}

// refusalOf is what an answer says that is no upgrade.
func refusalOf(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("%s: %w", answer.Status, err)
	}
	var status metav1.Status
	if json.Unmarshal(text, &status) == nil && status.Kind == "Status" {
		return &apierrors.StatusError{ErrStatus: status}
	}
	return fmt.Errorf("%s: %s", answer.Status, brief(string(text)))
}

// statusOf is the API server's own word in an error, if there is one.
func statusOf(err error) *apierrors.StatusError {
	var status *apierrors.StatusError
	if errors.As(err, &status) {
		return status
	}
	var upgrade *httpstream.UpgradeFailureError
	if errors.As(err, &upgrade) && errors.As(upgrade.Cause, &status) { // it does not unwrap
		return status
	}
	return nil
}
