package forward

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// target is a port of a pod.
type target struct {
	pod  checks.NamespacedName
	port int
}

// failed is the sentence of an error.
func (t target) failed(why, what string, cause error) error {
	return &failure{fmt.Sprintf("port-forward to port %d of pod %s/%s: %s: %s", t.port, t.pod.Namespace, t.pod.Name, brief(why), what), cause}
}

// failure keeps its cause for who wants to tell a time-out from a refusal, and says it in its own words.
type failure struct {
	sentence string
	cause    error
}

func (f *failure) Error() string { return f.sentence }
func (f *failure) Unwrap() error { return f.cause }

func (t target) cut() error {
	return t.failed("it was cut", "ask again, and look whether the API server, or what stands between you and it, ends long requests", nil)
}

// refused is for what came in place of a session.
func (t target) refused(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || os.IsTimeout(err) {
		return t.failed("the API server did not answer in time", "look whether it is overloaded, and whether something between you and it holds back upgrades of HTTP", err)
	}
	status := statusOf(err)
	if status == nil {
		return t.failed("the API server cannot be reached for it ("+err.Error()+")", "look at the kubeconfig, and whether something between you and it holds back upgrades of HTTP", err)
	}
	said := " (" + status.ErrStatus.Message + ")"
	switch status.ErrStatus.Code {
	case http.StatusUnauthorized:
		return t.failed("the API server does not accept your credentials"+said, "log in again", status)
	case http.StatusForbidden:
		return t.failed("it is not permitted"+said, "have yourself given the right create on pods/portforward in namespace "+t.pod.Namespace+", or observe from inside the cluster", status)
	case http.StatusNotFound:
		return t.failed("the pod is not there any more"+said, "look again, and another will be asked", status)
	}
	return t.failed("the API server refuses"+said, "look at the pod and at the kubelet of its node", status)
}

// brief makes one short line of somebody else's words.
func brief(s string) string {
	const most = 300
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
