// Package sim is a simulated cluster: a target branch goes in, and what an observer would see comes out.
//
// It renders what it is given exactly as Flux would (Kustomize overlay, Flux patches, the umbrella with the Helm engine, each package with its
// own chart and postRenderers) and then behaves as the controllers do: sources are polled, a Kustomization applies and prunes, a HelmRelease
// follows its chart and its spec but not its values Secret, waits for dependencies by asking again every 30 seconds, and calls a release in sync
// that failed to post-render. Below Flux there are workloads that roll their pods in order, webhooks that are evaluated against live labels when a
// pod is created, istiods that start, and proxies that connect, reconnect and are left behind.
//
// Nothing here knows of a plan. What the cluster does follows from rendered objects alone, so that a plan that is wrong shows.
//
// Time passes only in Advance; the same seed and the same pushes always give the same cluster.
package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

// Releases gives the umbrella at a version. *release.Source is one.
type Releases interface {
	Base(ctx context.Context, version string) (map[string][]byte, error)
	Chart(ctx context.Context, version string) (map[string][]byte, error)
}

// Kubernetes is the version that a simulated cluster runs where none is named.
const Kubernetes = "1.34.0"

// Options say what the cluster is made of.
type Options struct {
	Start       time.Time
	Environment string           // the folder that Flux applies: "dev"
	Releases    Releases         // the umbrella
	Packages    release.Packages // package charts; nil = none at hand, everything is a stand-in
	Kubernetes  string           // version of server and kubelets; "" = Kubernetes
	Seed        uint64           // of start-up times, names and the like
	Misbehave   []string         // names of Misbehaviours that begin once the cluster is at rest
}

// Cluster is one simulated cluster. It is not safe for concurrent use.
type Cluster struct {
	options Options
	now     time.Time
	queue   queue
	random  *rand.Rand

	commit string
	tree   tree.Tree

	live           map[render.ID]*object
	sources        map[sourceKey]*source
	charts         map[checks.NamespacedName]*helmChart
	releases       map[checks.NamespacedName]*helmRelease
	kustomizations map[checks.NamespacedName]*kustomization
	loaded         map[string]chartFiles

	workloads map[checks.WorkloadRef]*workload
	pods      map[podKey]*pod
	crons     map[checks.NamespacedName]*cronJob
	hooks     map[string]*webhookState
	stored    map[string][]string // by CRD: every version ever stored

	misbehaving []*running
	trouble     error    // why a misbehaviour could not begin
	passed      []passed // pods that are gone

	turns    map[string]time.Time // by kind of work: when the last that is queued ends
	standIns map[string]bool
}

// New makes an empty cluster. Nothing happens before the first Push.
func New(o Options) (*Cluster, error) {
	if o.Releases == nil {
		return nil, errors.New("simulate a cluster: no source of umbrella releases was given")
	}
	if o.Environment == "" {
		return nil, errors.New("simulate a cluster: no environment folder was given")
	}
	if o.Kubernetes == "" {
		o.Kubernetes = Kubernetes
	}
	for _, name := range o.Misbehave {
		if _, err := MisbehaviourNamed(name); err != nil {
			return nil, fmt.Errorf("simulate a cluster: %w", err)
		}
	}
	o.Environment = path.Clean(o.Environment)
	return &Cluster{
		options:        o,
		now:            o.Start,
		random:         rand.New(rand.NewPCG(o.Seed, 0x6c696e6e6574)),
		live:           map[render.ID]*object{},
		sources:        map[sourceKey]*source{},
		charts:         map[checks.NamespacedName]*helmChart{},
		releases:       map[checks.NamespacedName]*helmRelease{},
		kustomizations: map[checks.NamespacedName]*kustomization{},
		loaded:         map[string]chartFiles{},
		workloads:      map[checks.WorkloadRef]*workload{},
		pods:           map[podKey]*pod{},
		crons:          map[checks.NamespacedName]*cronJob{},
		hooks:          map[string]*webhookState{},
		stored:         map[string][]string{},
		turns:          map[string]time.Time{},
		standIns:       map[string]bool{},
	}, nil
}

// Push moves the target branch. The cluster notices when it next polls.
//
// The first push installs the cluster: the environment's own Flux objects, everything that follows from them, and five minutes later, as people do on
// such a day, a restart of the pods that had started before there was an injector. Ten minutes after it the cluster is at rest.
func (c *Cluster) Push(commit string, t tree.Tree) {
	c.commit, c.tree = commit, t
	if len(c.kustomizations) == 0 {
		c.bootstrap()
		c.after(installTime, c.restartUnmeshed)
		c.after(restTime, c.misbehaveAtRest)
	}
}

// Advance lets time pass. What is due happens in order; idle time costs nothing.
func (c *Cluster) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("advance the simulated cluster by %s: time does not run backwards", d)
	}
	until := c.now.Add(d)
	for {
		e, ok := c.queue.before(until)
		if !ok {
			break
		}
		c.now = e.at
		e.do()
	}
	c.now = until
	return c.trouble
}

// Now is the simulated time.
func (c *Cluster) Now() time.Time { return c.now }

// after does something in d from now.
func (c *Cluster) after(d time.Duration, do func()) { c.queue.add(c.now.Add(d), do) }

// between is a time from the closed interval, different every time.
func (c *Cluster) between(shortest, longest time.Duration) time.Duration {
	return shortest + time.Duration(c.random.Int64N(int64(longest-shortest)+1))
}
