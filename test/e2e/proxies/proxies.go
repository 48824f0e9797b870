// Package proxies plays the proxies of a mesh: one client of xDS for each pod into which a real webhook has put one.
//
// A proxy goes where its pod's injected environment sends it (PROXY_CONFIG and CA_ADDR), to any ready istiod behind that Service, over TLS that it checks against the
// ConfigMap of its namespace, with the token of its pod's service account. It asks for clusters, endpoints, listeners and routes, and accepts them, as Envoy does. What is not
// played is traffic.
//
// The fleet knows which stream of which proxy is open to which istiod. That is the truth that verdicts are held against.
package proxies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/linnet-bot/linnet/test/e2e/cluster"
	"github.com/linnet-bot/linnet/test/e2e/kubelet"
)

// Annotation of a pod says how its proxy behaves; without it, well.
const Annotation = "e2e.linnet.example/proxy"

// How a proxy may behave.
const (
	Rejects = "rejects" // it refuses every listener
	Silent  = "silent"  // while the fleet is to be quiet it accepts nothing, see Quiet
	Away    = "away"    // it never connects
)

// Fleet are the proxies of one cluster.
type Fleet struct {
	client kubernetes.Interface
	slices cache.SharedIndexInformer
	quiet  atomic.Bool

	mu    sync.Mutex
	open  map[string]string // "<pod>.<namespace>" to the name of the istiod pod that it is connected to
	lives map[string]*Life  // by the same

	cached sync.Mutex        // guards what follows, also while it is fetched
	tokens map[string]token  // by namespace/account
	roots  map[string][]byte // by namespace
}

type token struct {
	text  string
	until time.Time
}

// NewFleet makes one without proxies.
func NewFleet(client kubernetes.Interface) *Fleet {
	return &Fleet{client: client, open: map[string]string{}, lives: map[string]*Life{}, tokens: map[string]token{}, roots: map[string][]byte{}}
}

// Run follows the Services until the context ends.
func (f *Fleet) Run(ctx context.Context) {
	factory := informers.NewSharedInformerFactoryWithOptions(f.client, 0, informers.WithNamespace("istio-system"))
	f.slices = factory.Discovery().V1().EndpointSlices().Informer()
	factory.StartWithContext(ctx)
	<-ctx.Done()
	factory.Shutdown()
}

// Connected tells to which istiod pod each proxy is connected now; whoever is connected to none is not in it.
func (f *Fleet) Connected() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]string, len(f.open))
	for proxy, to := range f.open {
		out[proxy] = to
	}
	return out
}

// Quiet has those proxies that are Silent accept nothing any more, or go on.
func (f *Fleet) Quiet(quiet bool) { f.quiet.Store(quiet) }

// For runs a proxy in each pod that has one.
func (f *Fleet) For(pod *corev1.Pod) func(context.Context, *corev1.Pod, func(kubelet.Report)) {
	c, _ := sidecar(pod)
	if c == nil || pod.Annotations[Annotation] == Away {
		return nil
	}
	return f.run
}

// sidecar finds istio-proxy.
func sidecar(pod *corev1.Pod) (c *corev1.Container, native bool) {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == "istio-proxy" {
			return &pod.Spec.Containers[i], false
		}
	}
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == "istio-proxy" {
			return &pod.Spec.InitContainers[i], true
		}
	}
	return nil, false
}

func (f *Fleet) run(ctx context.Context, pod *corev1.Pod, report func(kubelet.Report)) {
	p, err := f.proxyOf(pod)
	if err != nil {
		<-ctx.Done() // a pod that starts without ever being ready
		return
	}
	defer f.born(p)()
	for ctx.Err() == nil {
		// Whoever loses its istiod goes on with what it has, so it stays ready.
		err := p.connect(ctx, func() { report(kubelet.Report{Ready: true}) })
		if status.Code(err) == codes.Unauthenticated {
			f.forget(p.Namespace, p.Account) // somebody may have made the account anew
		}
		t := time.NewTimer(200*time.Millisecond + rand.N(400*time.Millisecond))
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// proxyOf reads what was injected.
func (f *Fleet) proxyOf(pod *corev1.Pod) (*Proxy, error) {
	c, _ := sidecar(pod)
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
	}
	var config struct{ DiscoveryAddress string }
	if err := json.Unmarshal([]byte(env["PROXY_CONFIG"]), &config); err != nil {
		return nil, err
	}
	address := config.DiscoveryAddress
	if address == "" {
		address = env["CA_ADDR"]
	}
	host, _, _ := strings.Cut(address, ":")
	if host == "" {
		return nil, errors.New("nothing says where its istiod is")
	}
	kind := "sidecar"
	if len(c.Args) > 1 && c.Args[1] == "router" {
		kind = "router"
	}
	account := pod.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	return &Proxy{
		fleet: f, Kind: kind, Name: pod.Name, Namespace: pod.Namespace, IP: pod.Status.PodIP, Account: account, Host: host,
		Version: c.Image[strings.LastIndex(c.Image, ":")+1:], Behaviour: pod.Annotations[Annotation],
	}, nil
}

// find gives the address of a ready istiod behind a Service, and its pod's name.
func (f *Fleet) find(host string) (address, pod string, err error) {
	service, _, _ := strings.Cut(host, ".")
	type place struct{ address, pod string }
	var places []place
	for _, o := range f.slices.GetStore().List() {
		s := o.(*discoveryv1.EndpointSlice)
		if s.Labels[discoveryv1.LabelServiceName] != service {
			continue
		}
		for _, e := range s.Endpoints {
			if (e.Conditions.Ready == nil || *e.Conditions.Ready) && e.TargetRef != nil {
				places = append(places, place{e.Addresses[0], e.TargetRef.Name})
			}
		}
	}
	if len(places) == 0 {
		return "", "", fmt.Errorf("service %s has no ready istiod", service)
	}
	any := places[rand.N(len(places))]
	address, err = cluster.Local(any.address)
	return address, any.pod, err
}

func (f *Fleet) token(ctx context.Context, namespace, account string) (string, error) {
	f.cached.Lock()
	defer f.cached.Unlock()
	name := namespace + "/" + account
	if t := f.tokens[name]; time.Now().Before(t.until) {
		return t.text, nil
	}
	text, err := Token(ctx, f.client, namespace, account)
	if err == nil {
		f.tokens[name] = token{text, time.Now().Add(30 * time.Minute)}
	}
	return text, err
}

func (f *Fleet) forget(namespace, account string) {
	f.cached.Lock()
	defer f.cached.Unlock()
	delete(f.tokens, namespace+"/"+account)
}

// Token is what a projected volume with audience istio-ca would have.
func Token(ctx context.Context, client kubernetes.Interface, namespace, account string) (string, error) {
	hour := int64(3600)
	given, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"istio-ca"}, ExpirationSeconds: &hour}}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return given.Status.Token, nil
}

func (f *Fleet) root(ctx context.Context, namespace string) ([]byte, error) {
	f.cached.Lock()
	defer f.cached.Unlock()
	if pem := f.roots[namespace]; pem != nil {
		return pem, nil
	}
	found, err := f.client.CoreV1().ConfigMaps(namespace).Get(ctx, "istio-ca-root-cert", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	f.roots[namespace] = []byte(found.Data["root-cert.pem"])
	return f.roots[namespace], nil
}
