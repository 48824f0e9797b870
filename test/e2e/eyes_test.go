package e2e_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
	"github.com/linnet-bot/linnet/test/e2e/cluster"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/proxies"
)

// eyes are Linnet's observer, with the rights of an account of its own.
type eyes struct {
	config   *rest.Config
	cluster  *mesh.Cluster
	observer *observer.Observer
	ahead    atomic.Int64 // of the real clock
	patient  bool         // istiods are asked as often as in life, not at each look
	stop     func()
}

// now is some minutes ahead, so that pods are not young, and a minute later at each look, so that istiods are asked each time.
func (e *eyes) now() time.Time { return time.Now().Add(time.Duration(e.ahead.Load())) }

// eyesOf opens eyes with an account in a namespace. They have the rights that the chart gives.
func (w *world) eyesOf(t *testing.T, namespace, account string) *eyes {
	t.Helper()
	w.account(t, namespace, account)
	token, err := w.apiToken(t.Context(), namespace, account)
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.open(w.As(token), namespace, account, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.stop)
	return e
}

// open opens eyes with a client's configuration.
func (w *world) open(config *rest.Config, namespace, account string, ahead time.Duration) (*eyes, error) {
	e := &eyes{config: config}
	e.ahead.Store(int64(ahead))
	var err error
	if e.cluster, err = mesh.New(config, e.now); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { e.cluster.Run(ctx) })
	e.stop = func() { cancel(); running.Wait() }
	e.observer = observer.New(observer.Options{
		Cluster: e.cluster, Namespace: namespace, ServiceAccount: account, Now: e.now,
		Token: func() (string, error) { return proxies.Token(ctx, w.Client, namespace, account) },
		Address: func(_ checks.NamespacedName, ip string) string {
			address, err := cluster.Local(ip)
			if err != nil {
				return ip
			}
			return net.JoinHostPort(address, "15012")
		},
	})
	return e, nil
}

// look asks all istiods. Those that have not answered in time have not.
func (e *eyes) look(t *testing.T) *checks.Observation {
	t.Helper()
	seen, err := e.try(t.Context(), 4*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func (e *eyes) try(ctx context.Context, within time.Duration) (*checks.Observation, error) {
	if !e.patient {
		e.ahead.Add(int64(time.Minute))
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return e.observer.Observe(ctx)
}

// until looks until a gate has a verdict, or a minute has passed. An API server that has just come back is not seen at once.
func (e *eyes) until(t *testing.T, gate checks.Gate, want checks.Verdict) (*checks.Observation, checks.Result) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		seen, err := e.try(t.Context(), 4*time.Second)
		result := gate.Evaluate(seen, checks.Merge{})
		if err == nil && result.Verdict == want {
			return seen, result
		}
		if time.Now().After(end) {
			t.Fatalf("%s is %s, wanted %s (%v):\n%s", gate.Name, result.Verdict, want, err, checks.Text(result, 160))
		}
	}
}

// apiToken is an account's token for the API server.
func (w *world) apiToken(ctx context.Context, namespace, account string) (string, error) {
	given, err := w.Client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return given.Status.Token, nil
}

// asREST speaks to the API server with somebody's token.
func (w *world) asREST(t *testing.T, token string) rest.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(w.As(token))
	if err != nil {
		t.Fatal(err)
	}
	return client.RESTClient()
}

// truth is what the test knows by itself: which pods there are, and to which control plane each proxy has a stream open.
type truth struct {
	pods map[string]corev1.Pod // those that have not ended, by "<pod>.<namespace>"
	on   map[string]string     // revision, by the same
}

func (w *world) truth(ctx context.Context) (truth, error) {
	out := truth{map[string]corev1.Pod{}, map[string]string{}}
	pods, err := w.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return out, err
	}
	for _, p := range pods.Items {
		if p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
			out.pods[p.Name+"."+p.Namespace] = p
		}
	}
	for proxy, to := range w.fleet.Connected() {
		out.on[proxy] = revisionOf(to)
	}
	return out, nil
}

func revisionOf(istiodPod string) string {
	if strings.HasPrefix(strings.Replace(istiodPod, ".", "-", 1), "istiod-"+canary.Revision+"-") {
		return canary.Revision
	}
	return old.Revision
}

// moved tells whether all pods of namespaces are really connected to a control plane, and how many there are.
func (tr truth) moved(to checks.ControlPlane, namespaces ...string) (all bool, count int) {
	all = true
	for key, p := range tr.pods {
		for _, ns := range namespaces {
			if p.Namespace == ns && p.Namespace != istiod.Namespace {
				count++
				all = all && tr.on[key] == to.Revision
			}
		}
	}
	return all, count
}
