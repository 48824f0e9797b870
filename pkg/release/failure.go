package release

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// failureWords turns what went wrong between here and a server into one sentence. The text of a server is never repeated whole: it may hold
// what was sent.
type failureWords struct {
	source, host string
	options      Options
	timeout      time.Duration
	secrets      []string
}

// failure is such a sentence; it reaches a sentinel and, where it was one, the context's error.
type failure struct {
	text string
	kind error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.kind }

func (w failureWords) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &failure{text: "reading releases from " + w.source + " was interrupted", kind: ctx.Err()}
	}
	err = unwrapTransport(err)
	reason, kind := w.reason(err)
	return &failure{text: w.mask(fmt.Sprintf("cannot read releases from %s: %s", w.source, reason)), kind: kind}
}

func (w failureWords) reason(err error) (string, error) {
	var (
		dns        *net.DNSError
		unknown    x509.UnknownAuthorityError
		hostname   x509.HostnameError
		invalid    x509.CertificateInvalidError
		noTLS      tls.RecordHeaderError
		network    net.Error
		operation  *net.OpError
		answer     *githttp.Err
		line       *pktline.ErrorLine
		unexpected *packp.ErrUnexpectedData
		protocol   *protocolError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("the name %s has no address; check the URL, the resolver and the proxy", dns.Name), ErrUnreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no complete answer within %s; check the address, the firewall and the proxy", w.timeout), ErrUnreachable
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that is not trusted here; name that authority's certificate in a CA file", ErrUnreachable
	case errors.As(err, &hostname):
		return fmt.Sprintf("its certificate is not for %s; check the URL", hostname.Host), ErrUnreachable
	case errors.As(err, &invalid):
		return "its certificate is not valid: " + oneLine(invalid.Error()), ErrUnreachable
	case errors.As(err, &noTLS), err != nil && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it does not speak TLS at this address; use http:// or another port", ErrUnreachable
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return "the proxy cannot be reached or refuses: " + oneLine(operation.Err.Error()), ErrUnreachable
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refuses the connection; check the host, the port and the proxy", w.host), ErrUnreachable
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		if w.options.CredentialsFile == "" {
			return "it asks for credentials; write them to a file and name it as the credentials file", ErrUnreachable
		}
		return fmt.Sprintf("it refuses the credentials of %s; check that they are current and may read the repository", w.options.CredentialsFile), ErrUnreachable
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return "there is no git repository at this address, or these credentials may not see it; check the URL", ErrUnreachable
	case errors.As(err, &answer):
		return fmt.Sprintf("the server answers with HTTP status %d; try again, or ask who runs it", answer.StatusCode()), ErrUnreachable
	case errors.As(err, &unexpected), errors.Is(err, pktline.ErrInvalidPktLen), errors.Is(err, packp.ErrEmptyInput):
		return "what answers there is not a git server; check the URL", ErrUnreachable
	case errors.As(err, &line):
		return "the server says: " + oneLine(line.Text), ErrUnreachable
	case errors.As(err, &protocol):
		return oneLine(protocol.Error()) + "; try again", ErrUnreachable
	case errors.As(err, &network):
		return oneLine(err.Error()), ErrUnreachable
	default:
		return oneLine(err.Error()), ErrUnreachable
	}
}

// mask is the last resort: no branch above is meant to hold a secret.
func (w failureWords) mask(s string) string {
	for _, secret := range w.secrets {
		s = strings.ReplaceAll(s, secret, "***")
	}
	return s
}

// unwrapTransport opens go-git's wrappers that errors.As does not see through.
func unwrapTransport(err error) error {
	for {
		var unexpected *plumbing.UnexpectedError
		var permanent *plumbing.PermanentError
		switch {
		case errors.As(err, &unexpected):
			err = unexpected.Err
		case errors.As(err, &permanent):
			err = permanent.Err
		default:
			return err
		}
	}
}

// isNetworkFailure is whether the server was not reached or the line broke, as opposed to an answer that says no.
func isNetworkFailure(err error) bool {
	var network net.Error
	var record tls.RecordHeaderError
	err = unwrapTransport(err)
	return errors.As(err, &network) || errors.As(err, &record) ||
		errors.Is(err, transport.ErrAuthenticationRequired) || errors.Is(err, transport.ErrAuthorizationFailed)
}
