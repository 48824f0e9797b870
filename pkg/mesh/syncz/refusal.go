package syncz

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Refusal is why an istiod gave no answer that counts.
type Refusal struct {
	Target Target
	Reason string // without the name of the pod; with what to do about it
	cause  error
}

func (r *Refusal) Error() string {
	at := ""
	if r.Target.Address != "" {
		at = " at " + r.Target.Address
	}
	return fmt.Sprintf("ask istiod %s/%s%s who is connected: %s", r.Target.Istiod.Namespace, r.Target.Istiod.Pod, at, r.Reason)
}

func (r *Refusal) Unwrap() error { return r.cause }

// refuse makes a Refusal of what went wrong on the way: dialing, shaking hands, or talking.
func (s *session) refuse(err error) error {
	return &Refusal{Target: s.target, Reason: s.reason(err), cause: s.context(err)}
}

// context is the error of the context where that ended the conversation: callers tell a time-out from a refusal by it.
func (s *session) context(err error) error {
	if cause := s.ctx.Err(); cause != nil {
		return cause
	}
	if status.Code(err) == codes.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return nil
}

func (s *session) reason(err error) string {
	if errors.Is(s.context(err), context.Canceled) {
		return "the question was withdrawn"
	}
	if failed := s.way.broken(); failed != nil {
		return brief(failed.Error())
	}
	if failed := s.way.shaken(); failed != nil {
		return handshake(failed, s.target)
	}
	if failed := s.way.dialed(); failed != nil {
		return "it cannot be reached (" + brief(failed.Error()) + "): look at the pod, and allow egress to it on port 15012"
	}
	if failed := s.token.failed(); failed != nil {
		return "there is no token to show (" + brief(failed.Error()) + "): mount a projected one with audience istio-ca"
	}
	if errors.Is(err, io.EOF) {
		return "it hung up without an answer"
	}
	said := s.brief(status.Convert(err).Message())
	switch status.Code(err) {
	case codes.Unauthenticated:
		return "it does not accept the token (" + said + "): give one with audience istio-ca that has not expired"
	case codes.PermissionDenied:
		return fmt.Sprintf("it refuses the caller (%s): the token must be that of service account %s/%s", said, s.client.config.Namespace, s.client.config.ServiceAccount)
	case codes.DeadlineExceeded:
		return "no answer in time: look whether the pod hangs, and whether a NetworkPolicy drops the question"
	case codes.ResourceExhausted:
		return "too much (" + said + "): ask less often, or give each istiod fewer proxies"
	case codes.Unimplemented:
		return "it does not speak xDS (" + said + "): this is no istiod"
	case codes.Unavailable:
		return "it does not serve (" + said + "): wait until it is ready"
	}
	return said
}

func handshake(failed error, t Target) string {
	var name x509.HostnameError
	var root x509.UnknownAuthorityError
	switch {
	case errors.As(failed, &name):
		return "its certificate is not for " + t.ServerName + ": this is no istiod of that revision"
	case errors.As(failed, &root):
		return "its certificate is not of the mesh's root: give the root of ConfigMap istio-ca-root-cert, or find out who answers there"
	}
	return "TLS failed (" + brief(failed.Error()) + ")"
}

// wrong is an answer that does not count.
func (s *session) wrong(reason string) error {
	return &Refusal{Target: s.target, Reason: reason}
}

// brief is for what was said after the token had been shown.
func (s *session) brief(words string) string { return brief(s.token.hide(words)) }

// longest is how many bytes of somebody else's words are passed on.
const longest = 500

// brief makes one line of somebody else's words.
func brief(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}
