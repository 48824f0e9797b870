package syncz

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// maxAnswer is the longest answer that is taken, in bytes. It lists every proxy of a pod with up to 1 kB for each, so that gRPC's own limit of
// 4 MiB is reached at some 5,000; this one is for ten times as many with a long complaint from each, and keeps nonsense out of memory.
const maxAnswer = 256 << 20

// Config says who asks, and whom to believe.
type Config struct {
	// Namespace and ServiceAccount are those of the token: istiod refuses a caller who claims to be another.
	Namespace      string
	ServiceAccount string
	// Pod is the name under which istiod knows the caller in its own logs; "" = linnet.
	Pod string
	// IP is the caller's address. istiod wants one and does nothing with it; "" = 127.0.0.1, which is right for whoever asks from outside.
	IP string
	// Roots are the mesh's root certificates in PEM: root-cert.pem of the ConfigMap istio-ca-root-cert.
	Roots []byte
	// Token gives a service account's token of audience istio-ca. It is called for each question, because tokens are renewed in place; see TokenFile.
	Token func() (string, error)
	Now   func() time.Time
}

// Client asks one istiod pod at a time. It is safe for concurrent use and holds no connection.
type Client struct {
	config Config
	roots  *x509.CertPool
	limit  int // of an answer, in bytes
}

// New checks a configuration. It reads no token and asks nobody.
func New(c Config) (*Client, error) {
	switch {
	case c.Namespace == "" || c.ServiceAccount == "":
		return nil, errors.New("ask istiods: namespace and service account of the token are not both given; istiod refuses a caller without them")
	case c.Token == nil:
		return nil, errors.New("ask istiods: there is no token; mount a projected one with audience istio-ca")
	case c.Now == nil:
		return nil, errors.New("ask istiods: there is no clock")
	}
	if c.Pod == "" {
		c.Pod = "linnet"
	}
	if c.IP == "" {
		c.IP = "127.0.0.1"
	}
	if net.ParseIP(c.IP) == nil {
		return nil, errors.New("ask istiods: " + c.IP + " is no address; give the caller's IP, or none")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.Roots) {
		return nil, errors.New("ask istiods: there is no certificate among the mesh's roots; give root-cert.pem of the ConfigMap istio-ca-root-cert")
	}
	return &Client{config: c, roots: roots, limit: maxAnswer}, nil
}

// Target is one istiod pod and the way to it.
type Target struct {
	// Istiod is what the cluster says of the pod. Its answer is filled in.
	Istiod checks.Istiod
	// Address is host:port, the pod's IP and 15012 or what is forwarded to it; "" = it has none yet.
	Address string
	// ServerName is what its certificate must be for; see ServerName.
	ServerName string
	// Dial is another way to it than Address, which then only says where it is; nil = by Address. It is called with the context of Ask. Its errors and those of
	// its connection say what to do.
	Dial func(context.Context) (net.Conn, error)
}

// ServerName is the name by which proxies ask the istiods of a revision, and so one for which they have a certificate. "" and "default" are the
// unrevisioned ones.
func ServerName(revision, namespace string) string {
	if revision == "" || revision == "default" {
		return "istiod." + namespace + ".svc"
	}
	return "istiod-" + revision + "." + namespace + ".svc"
}

// Answer is what one istiod pod said.
type Answer struct {
	At          time.Time
	Version     string              // of istiod, "1.28.3"; "" = it does not know
	Connections []checks.Connection // in its order, which is none
	Visibility  Visibility
	Root        string // SHA-256 in hex of the root certificate behind the one that it showed
}

// Ask asks one istiod pod once. It ends with the context and leaves nothing behind. The error is a *Refusal.
func (c *Client) Ask(ctx context.Context, t Target) (Answer, error) {
	if t.Address == "" {
		return Answer{}, &Refusal{Target: t, Reason: "it has no address yet"}
	}
	s, err := c.open(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	defer s.close()
	return s.ask()
}
