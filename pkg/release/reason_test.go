package release

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Failures that a test on loopback cannot bring about.
func TestExplainTurnsAFailureIntoOneSentence(t *testing.T) {
	words := failureWords{source: "https://git.example.com/bigbang.git", host: "git.example.com", timeout: time.Minute, secrets: []string{"hunter2"}}
	get := func(err error) error {
		return plumbing.NewUnexpectedError(&url.Error{Op: "Get", URL: "https://git.example.com", Err: err})
	}
	for _, row := range []struct {
		err  error
		want string
	}{
		{get(&net.OpError{Op: "dial", Err: &net.DNSError{Name: "git.example.com", Err: "no such host", IsNotFound: true}}), "the name git.example.com cannot be resolved (no such host); check the URL, the name server and the proxy"},
		{get(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "git.example.com"}), "its certificate is not for git.example.com; check the URL"},
		{get(x509.CertificateInvalidError{Reason: x509.Expired, Detail: "yesterday"}), "its certificate is not valid: x509: certificate has expired or is not yet valid: yesterday"},
		{errors.New(`error creating SSH agent: "SSH agent requested but SSH_AUTH_SOCK not-specified"`), "there is no SSH agent to give a key; name one as sshKey in a credentials file"},
		{fmt.Errorf("something\nwith hunter2\tin it"), "something with *** in it"},
	} {
		got := words.explain(context.Background(), row.err)
		if want := "cannot read releases from " + words.source + ": " + row.want; got.Error() != want {
			t.Errorf("explain(%v)\n%v, want\n%s", row.err, got, want)
		}
		if !errors.Is(got, ErrUnreachable) {
			t.Errorf("%v does not reach ErrUnreachable", got)
		}
	}
}
