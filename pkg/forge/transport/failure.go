package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// LimitedError tells that the forge takes no more for now. It is no statement about rights: the same request may be made after Until.
type LimitedError struct {
	Name, Endpoint string
	Until          time.Time
	// Secondary tells that requests came too fast, not that the budget is spent.
	Secondary bool
}

func (e *LimitedError) Error() string {
	why := "the budget of these credentials is spent"
	if e.Secondary {
		why = "requests came too fast"
	}
	return fmt.Sprintf("%s does not take %s now: %s, ask again after %s", e.Name, e.Endpoint, why, e.Until.UTC().Format(time.RFC3339))
}

// UnavailableError tells that the forge has failed several times in a row and is not asked before Until.
type UnavailableError struct {
	Name  string
	Until time.Time
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s is not asked now: it failed %d times in a row, next try after %s", e.Name, failuresToOpen, e.Until.UTC().Format(time.RFC3339))
}

// failure is a sentence that keeps its cause for errors.Is and errors.As without repeating it.
type failure struct {
	text  string
	cause error
	fatal bool // trying again will not help
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

func worthAnother(err error) bool {
	var f *failure
	return errors.As(err, &f) && !f.fatal
}

// explain says in one sentence why there is no answer.
func (t *Transport) explain(err error, host string, within time.Duration) error {
	f := &failure{cause: err}
	say := func(fatal bool, format string, args ...any) error {
		f.fatal = fatal
		f.text = fmt.Sprintf("cannot reach %s: ", t.o.Name) + fmt.Sprintf(format, args...)
		return f
	}
	var (
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		certificate x509.CertificateInvalidError
		record      tls.RecordHeaderError
		dns         *net.DNSError
		op          *net.OpError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &authority):
		return say(true, "the certificate of %s is signed by an authority that is not trusted here: name its CA file", host)
	case errors.As(err, &hostname):
		return say(true, "the certificate of %s is for other names: correct the address", host)
	case errors.As(err, &certificate) && certificate.Reason == x509.Expired:
		return say(true, "the certificate of %s is expired or not valid yet: renew it, or correct the clock", host)
	case errors.As(err, &certificate):
		return say(true, "the certificate of %s is not valid: replace it", host)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return say(true, "%s does not speak TLS: correct the address", host)
	case errors.As(err, &op) && op.Op == "remote error":
		return say(true, "%s refused the TLS connection (%v): check the client certificate", host, op.Err)
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return say(false, "the proxy does not answer: check its address")
	case errors.As(err, &dns):
		return say(dns.IsNotFound, "the name %s is not known to DNS: correct the address, or name a proxy", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(false, "%s refuses the connection: check that it runs and that no firewall is between", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return say(false, "%s did not answer within %s", host, within)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return say(false, "%s closed the connection before its answer was complete", host)
	default:
		return say(false, "%v", err)
	}
}
