// Package observer lays the two witnesses of one cluster beside each other: what its API server says of pods, and what each istiod says of who is connected to it.
//
// The API server is watched, so that looking costs nothing. The istiods have to be asked, so they are asked no more than once in a while, and at once when
// there are others than before: an answer says when it was given, and package checks believes it only for so long. An istiod that was not asked, or could not
// be, has not answered, and the observation says why.
package observer

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh"
	"github.com/linnet-bot/linnet/pkg/mesh/syncz"
)

// askEvery is how often istiods are asked unless they change.
const askEvery = time.Minute

// port is where istiods speak gRPC over TLS.
const port = 15012

// Options say whom to look at, and as whom to ask.
type Options struct {
	Cluster *mesh.Cluster
	// Namespace and ServiceAccount are those of the token.
	Namespace, ServiceAccount string
	// Token gives a service account's token of audience istio-ca; nil = no istiod can be asked.
	Token func() (string, error)
	// Address is where the istiod pod with this IP is asked; nil = at its IP and port 15012.
	Address func(pod checks.NamespacedName, ip string) string
	// Dial is another way to a port of an istiod pod, see syncz.Target; nil = by Address.
	Dial func(ctx context.Context, pod checks.NamespacedName, port int) (net.Conn, error)
	// Way names Dial in the evidence: "by a port-forward".
	Way string
	// SignedOff are connections that a person has explained.
	SignedOff []checks.SignedOff
	Now       func() time.Time
}

// Observer observes one cluster. It is safe for concurrent use; one observation is made at a time.
type Observer struct {
	o Options

	mu      sync.Mutex
	asked   time.Time // when the istiods were asked last
	istiods []checks.Istiod
	roots   []checks.RootCertificate
}

// New makes an Observer that has asked nobody yet.
func New(o Options) *Observer {
	if o.Address == nil {
		o.Address = func(_ checks.NamespacedName, ip string) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }
	}
	return &Observer{o: o}
}

// Observe looks at the cluster now. ctx should have a deadline, see mesh.Cluster; istiods that do not answer in time are not waited for.
func (o *Observer) Observe(ctx context.Context) (*checks.Observation, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen, err := o.o.Cluster.Observe(ctx)
	if err != nil {
		return nil, err
	}
	if o.o.Now().Sub(o.asked) >= askEvery || !slices.Equal(pods(seen.Istiods), pods(o.istiods)) {
		o.ask(ctx, seen)
	}
	out := mesh.WithAnswers(seen, syncz.ByPod(o.istiods))
	out.RootCertificates = append(slices.Clip(out.RootCertificates), o.roots...)
	out.SignedOff = o.o.SignedOff
	return out, nil
}

func pods(istiods []checks.Istiod) []string {
	var all []string
	for _, it := range istiods {
		all = append(all, it.Namespace+"/"+it.Pod)
	}
	slices.Sort(all)
	return all
}

// ask asks all istiods of the observation, those of one namespace with that namespace's roots.
func (o *Observer) ask(ctx context.Context, seen *checks.Observation) {
	addresses := o.o.Cluster.IstiodAddresses()
	var namespaces []string
	for _, it := range seen.Istiods {
		namespaces = append(namespaces, it.Namespace)
	}
	slices.Sort(namespaces)
	var answers []checks.Istiod
	o.roots = nil
	for _, namespace := range slices.Compact(namespaces) {
		var targets []syncz.Target
		for _, it := range seen.Istiods {
			if it.Namespace != namespace {
				continue
			}
			it.Way = o.o.Way
			t := syncz.Target{Istiod: it, ServerName: syncz.ServerName(it.Revision, namespace)}
			pod := checks.NamespacedName{Namespace: it.Namespace, Name: it.Pod}
			if ip := addresses[pod]; ip != "" {
				t.Address = o.o.Address(pod, ip)
			}
			if o.o.Dial != nil {
				t.Dial = func(ctx context.Context) (net.Conn, error) { return o.o.Dial(ctx, pod, port) }
			}
			targets = append(targets, t)
		}
		client, err := o.client(namespace)
		if err != nil {
			answers = append(answers, silent(targets, strings.TrimPrefix(err.Error(), "ask istiods: "))...)
			continue
		}
		found := syncz.DefaultSweep(client).Run(ctx, targets, expected(seen))
		answers, o.roots = append(answers, syncz.Istiods(found)...), append(o.roots, syncz.Roots(found)...)
	}
	o.istiods, o.asked = syncz.Continue(o.istiods, answers), o.o.Now()
}

func (o *Observer) client(namespace string) (*syncz.Client, error) {
	return syncz.New(syncz.Config{Namespace: o.o.Namespace, ServiceAccount: o.o.ServiceAccount, Roots: o.o.Cluster.MeshRoots(namespace), Token: o.o.Token, Now: o.o.Now})
}

// silent are istiods that could not be asked.
func silent(targets []syncz.Target, why string) []checks.Istiod {
	all := make([]checks.Istiod, len(targets))
	for i, t := range targets {
		all[i] = t.Istiod
		all[i].Answered, all[i].Error = false, why
	}
	return all
}

// expected are the proxies that some istiod ought to know.
func expected(seen *checks.Observation) []syncz.Expected {
	var all []syncz.Expected
	for i := range seen.Pods {
		p := &seen.Pods[i]
		if checks.InMesh(p) && p.Phase == "Running" && p.Ready && !p.Deleting {
			all = append(all, syncz.Expected{Proxy: p.Name + "." + p.Namespace, Cluster: seen.Cluster, Revision: checks.RevisionOf(p).Revision})
		}
	}
	return all
}
