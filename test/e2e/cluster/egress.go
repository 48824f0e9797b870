package cluster

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// egress is a proxy for CONNECT by which the API server reaches its pods: what is at 10.a.b.c is really at 127.a.b.c.
type egress struct {
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	ended bool
}

func startEgress(socket string) (*egress, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "unix", socket)
	if err != nil {
		return nil, err
	}
	e := &egress{listener: l, open: map[net.Conn]bool{}}
	e.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			e.running.Go(func() { e.serve(conn) })
		}
	})
	return e, nil
}

func (e *egress) stop() {
	e.mu.Lock()
	e.ended = true
	for c := range e.open {
		c.Close()
	}
	e.mu.Unlock()
	e.listener.Close()
	e.running.Wait()
}

// keep notes a connection, so that stop can close it.
func (e *egress) keep(c net.Conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		c.Close()
		return false
	}
	e.open[c] = true
	return true
}

func (e *egress) drop(c net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, c)
	c.Close()
}

func (e *egress) serve(from net.Conn) {
	if !e.keep(from) {
		return
	}
	defer e.drop(from)
	in := bufio.NewReader(from)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	host, port, err := net.SplitHostPort(request.Host)
	if err != nil {
		return
	}
	address, err := Local(host)
	if err != nil {
		refuse(from, err)
		return
	}
	to, err := new(net.Dialer).DialContext(context.Background(), "tcp", net.JoinHostPort(address, port))
	if err != nil {
		refuse(from, err)
		return
	}
	if !e.keep(to) {
		return
	}
	defer e.drop(to)
	if _, err := io.WriteString(from, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	e.running.Go(func() {
		_, _ = io.Copy(to, in)
		to.Close()
	})
	_, _ = io.Copy(from, to)
}

func refuse(from io.Writer, why error) {
	_, _ = io.WriteString(from, "HTTP/1.1 502 "+why.Error()+"\r\n\r\n")
}
