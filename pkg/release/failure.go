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
	"golang.org/x/crypto/ssh/knownhosts"
)

// failureWords turns what went wrong between here and a server into one sentence. The text of a server is never repeated whole: it may hold
// what was sent.
type failureWords struct {
	source, host string
	options      Options
	timeout      time.Duration
	secrets      []string
}

// failure is such a sentence; it reaches a sentinel, or the context's error.
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
	return &failure{text: w.mask(fmt.Sprintf("cannot read releases from %s: %s", w.source, w.reason(err))), kind: ErrUnreachable}
}

func (w failureWords) reason(err error) string {
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
		hostKey    *knownhosts.KeyError
	)
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s cannot be resolved (%s); check the URL, the name server and the proxy", dns.Name, dns.Err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no complete answer within %s; check the address, the firewall and the proxy", w.timeout)
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that is not trusted here; name that authority's certificate in a CA file"
	case errors.As(err, &hostname):
		return fmt.Sprintf("its certificate is not for %s; check the URL", hostname.Host)
	case errors.As(err, &invalid):
		return "its certificate is not valid: " + oneLine(invalid.Error())
	case errors.As(err, &noTLS), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it does not speak TLS at this address; use http:// or another port"
	case errors.As(err, &hostKey) && len(hostKey.Want) > 0:
		return "its host key is not the one in the known hosts; someone may be in between, or the server was set up anew"
	case errors.As(err, &hostKey):
		return "its host key is not among the known hosts; add it to the file that knownHosts of the credentials file names"
	case strings.Contains(err.Error(), "ssh: unable to authenticate"):
		return "it refuses the SSH key; check that the key of the credentials file may read the repository"
	case strings.Contains(err.Error(), "SSH_AUTH_SOCK"):
		return "there is no SSH agent to give a key; name one as sshKey in a credentials file"
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return "the proxy cannot be reached or refuses: " + oneLine(operation.Err.Error())
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refuses the connection; check the host, the port and the proxy", w.host)
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		if w.options.CredentialsFile == "" {
			return "it asks for credentials; write them to a file and name it as the credentials file"
		}
		return fmt.Sprintf("it refuses the credentials of %s; check that they are current and may read the repository", w.options.CredentialsFile)
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return "there is no git repository at this address, or these credentials may not see it; check the URL"
	case errors.As(err, &answer):
		return fmt.Sprintf("the server answers with HTTP status %d; try again, or ask who runs it", answer.StatusCode())
	case errors.As(err, &unexpected), errors.Is(err, pktline.ErrInvalidPktLen), errors.Is(err, packp.ErrEmptyInput):
		return "what answers there is not a git server; check the URL"
	case errors.As(err, &line):
		return "the server says: " + oneLine(line.Text)
	case errors.As(err, &protocol):
		return oneLine(protocol.Error()) + "; try again"
	default:
		return oneLine(err.Error())
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
