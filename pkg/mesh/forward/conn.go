package forward

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"k8s.io/streaming/pkg/httpstream"
)

// longest is how many bytes of a node's words are read.
const longest = 1 << 10

// conn is one connection to a pod: a session with the API server and the two streams on it.
type conn struct {
	undated
	session httpstream.Connection
	to      target
	data    httpstream.Stream

	said  chan struct{} // closed when the node has nothing more to say
	words string        // what it said, after that

	once   sync.Once
	closed chan struct{}
}

func newConn(session httpstream.Connection, to target, data, words httpstream.Stream) *conn {
	c := &conn{session: session, to: to, data: data, said: make(chan struct{}), closed: make(chan struct{})}
	go func() {
		defer close(c.said)
		text, err := io.ReadAll(io.LimitReader(words, longest))
		if err == nil {
			c.words = string(text)
		}
	}()
	return c
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.data.Read(p)
	if errors.Is(err, io.EOF) {
		err = c.end()
	}
	return n, err
}

// end is why there is nothing more to read.
func (c *conn) end() error {
	select {
	case <-c.closed:
	case <-c.said: // a node that could not connect has said so before it ended the data
	}
	if isClosed(c.closed) {
		return net.ErrClosed
	}
	if c.words != "" {
		return c.to.failed("its node could not connect ("+c.words+")", "look whether the pod runs and whether istiod listens on that port", nil)
	}
	if isClosed(c.session.CloseChan()) {
		return c.to.cut()
	}
	return io.EOF
}

func isClosed[T any](c <-chan T) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) { return c.data.Write(p) }

// Close implements net.Conn. It ends the session, and with it whatever waits for a stream of it.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		err = c.session.Close()
		<-c.said
	})
	return err
}

// undated is the part of a net.Conn that only says that there is neither an address nor a deadline.
type undated struct{}

func (undated) Network() string                  { return "portforward" }
func (undated) String() string                   { return "portforward" }
func (u undated) LocalAddr() net.Addr            { return u }
func (u undated) RemoteAddr() net.Addr           { return u }
func (undated) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (undated) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (undated) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
