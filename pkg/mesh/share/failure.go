package share

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode"
)

// unreached says in words why nobody answered, and what to do.
func unreached(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own words repeat the whole address
	}
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var plain tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Errorf("there is no such name (DNS): %w; check it, and whether it is known where this runs", err)
	case errors.As(err, &name):
		return fmt.Errorf("its name cannot be resolved (DNS): %w; check the resolver, and whether a network policy lets DNS through", err)
	case errors.As(err, &authority):
		return fmt.Errorf("its certificate is from nobody who is trusted (TLS): %w; give the authority's certificate as the CA file", err)
	case errors.As(err, &host):
		return fmt.Errorf("its certificate is for another name (TLS): %w; use that name, or give the observer a certificate for this one", err)
	case errors.As(err, &invalid):
		return fmt.Errorf("its certificate is not valid (TLS): %w; renew it, or set the clocks right", err)
	case errors.As(err, &plain), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return errors.New("it does not speak TLS: give it a certificate by --tls-cert-file and --tls-key-file, or write http:// where it is in the same cluster")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nobody listens there: %w; check the port, and whether the observer is ready", err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("it did not answer in time; check the network policies between the two, and how much it has to do")
	}
	return err
}

// refused says what an answer means that is no observation. What the observer itself says of it is added, cut down to a line; a token is never in it.
func (c *Client) refused(answer *http.Response, token string) error {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	says := line(string(text))
	if strings.Contains(says, token[:min(len(token), 16)]) {
		says = "" // it repeats what it was shown, or a part of it
	}
	add := ""
	if says != "" {
		add = " (it says: " + says + ")"
	}
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized:
		return fmt.Errorf("it does not accept the token of %s%s; the file must hold a projected token of the observer's audience from the same cluster", c.from.TokenFile, add)
	case code == http.StatusForbidden:
		return fmt.Errorf("the service account of the token of %s may not read it%s; allow it by --allow of linnet observe", c.from.TokenFile, add)
	case code == http.StatusServiceUnavailable:
		return fmt.Errorf("it is there, but has nothing to give now%s; see its log", add)
	case code == http.StatusNotFound:
		return errors.New("there is no observation at this address; write that of linnet observe --serve, without a path of its own")
	case code == http.StatusBadRequest && strings.Contains(says, "HTTP request to an HTTPS server"):
		return errors.New("it speaks TLS; write https://")
	case code >= 300 && code < 400 && code != http.StatusNotModified:
		return fmt.Errorf("it points elsewhere (%d), where the token must not go; write the address that answers itself", code)
	default:
		return fmt.Errorf("it answers %d%s; see its log, and what is between the two", code, add)
	}
}

// line is the first line of what somebody else wrote, without what a terminal would obey.
func line(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
	const longest = 200
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strings.TrimSpace(text)
}
