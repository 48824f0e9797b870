package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh"
	"github.com/linnet-bot/linnet/pkg/mesh/forward"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
	"github.com/linnet-bot/linnet/pkg/mesh/syncz"
)

// clusterFlags say which cluster is looked at, and as whom its istiods are asked.
type clusterFlags struct {
	kubeconfig, context string
	tokenFile           string
	tokenFrom           string // NAMESPACE/NAME
	portForward         bool
	namespace           string // of the service account, where its name does not say it
	serviceAccount      string // NAME or NAMESPACE/NAME
	timeout             time.Duration
}

// add makes the flags known to a command.
func (f *clusterFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default: $KUBECONFIG, ~/.kube/config, or the service account of the pod)")
	flags.StringVar(&f.context, "context", "", "the `NAME` of its context")
	flags.StringVar(&f.tokenFile, "istiod-token-file", "", "`FILE` with a token of audience istio-ca, read anew each time")
	flags.StringVar(&f.tokenFrom, "istiod-token-from", "", "in place of a file: have the API server make tokens of this service account, `NAMESPACE/NAME`, with your right to create serviceaccounts/token")
	flags.BoolVar(&f.portForward, "port-forward", false, "ask istiods through the API server, with your right to create pods/portforward, where the addresses of pods cannot be reached")
	flags.StringVar(&f.serviceAccount, "service-account", "linnet-observer", "the [NAMESPACE/]`NAME` of that token's service account, by default of istio-system")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long one observation may take, a `DURATION`")
	f.namespace = "istio-system"
}

// asked tells whether the command line names a cluster.
func (f *clusterFlags) asked() bool {
	return f.kubeconfig != "" || f.context != "" || f.tokenFile != "" || f.tokenFrom != "" || f.portForward
}

// liveCluster is a cluster that is watched from the start on, so that looking at it costs nothing.
type liveCluster struct {
	*mesh.Cluster
	config  *rest.Config
	eyes    *observer.Observer
	timeout time.Duration
	stop    func()
}

// openCluster begins to follow the cluster that the flags name. Whoever calls it ends it by stop, which waits until nothing is left running.
func (a *app) openCluster(ctx context.Context, f clusterFlags) (*liveCluster, error) {
	if f.timeout < time.Second {
		return nil, usagef("--timeout must be at least 1s")
	}
	if f.tokenFrom != "" {
		namespace, name, whole := strings.Cut(f.tokenFrom, "/")
		switch {
		case f.tokenFile != "":
			return nil, usagef("--istiod-token-file and --istiod-token-from are both given: istiods are shown one token")
		case !whole || namespace == "" || name == "" || strings.Contains(name, "/"):
			return nil, usagef("--istiod-token-from is %q: name a service account as NAMESPACE/NAME", f.tokenFrom)
		}
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context}).ClientConfig()
	if clientcmd.IsEmptyConfig(err) { // whose own words name a variable that is not read
		return nil, errors.New("find the cluster: there is no kubeconfig, or nothing in it, and this is no pod of a cluster; name one by --kubeconfig or $KUBECONFIG")
	}
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w; name a kubeconfig by --kubeconfig, or run it in the cluster", err)
	}
	config.UserAgent = "linnet"
	cluster, err := mesh.New(config, a.now)
	if err != nil {
		return nil, err
	}
	o := observer.Options{Cluster: cluster, Namespace: f.namespace, ServiceAccount: f.serviceAccount, Now: a.now}
	if namespace, name, ok := strings.Cut(f.serviceAccount, "/"); ok {
		o.Namespace, o.ServiceAccount = namespace, name
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := f.ways(ctx, config, &o); err != nil {
		cancel()
		return nil, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); cluster.Run(ctx) }()
	return &liveCluster{cluster, config, observer.New(o), f.timeout, func() { cancel(); <-ended }}, nil
}

// ways sets how istiods are asked, and with what token.
func (f *clusterFlags) ways(ctx context.Context, config *rest.Config, o *observer.Options) error {
	switch {
	case f.tokenFile != "":
		o.Token = syncz.TokenFile(f.tokenFile)
	case f.tokenFrom != "":
		o.Namespace, o.ServiceAccount, _ = strings.Cut(f.tokenFrom, "/")
		token, err := forward.TokenOf(ctx, config, o.Namespace, o.ServiceAccount, o.Now)
		if err != nil {
			return err
		}
		o.Token = token
	}
	if f.portForward {
		way, err := forward.New(config)
		if err != nil {
			return err
		}
		o.Dial, o.Way = way.Dial, "by a port-forward"
	}
	return nil
}

// Observe looks at the cluster now, both its API server and its istiods.
func (f *liveCluster) Observe(ctx context.Context) (*checks.Observation, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	return f.eyes.Observe(ctx)
}
