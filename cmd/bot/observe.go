package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh"
	"github.com/linnet-bot/linnet/pkg/mesh/observer"
	"github.com/linnet-bot/linnet/pkg/mesh/syncz"
)

type observeFlags struct {
	kubeconfig, context       string
	tokenFile                 string
	namespace, serviceAccount string
	write                     string
	every, timeout            time.Duration
}

func newObserveCommand(a *app) *cobra.Command {
	var f observeFlags
	cmd := &cobra.Command{
		Use:   "observe",
		Short: "Observe one cluster: its pods, webhooks and Flux objects, and who is connected to which istiod",
		Long: `Observe looks at one cluster and prints what it saw as JSON, which check and cluster.observationFile of the configuration take. It only gets, lists and
watches, and reads no Secret.

It asks every istiod pod who is connected to it, over gRPC at port 15012 of the pod's address, with the token of a service account for audience istio-ca:
a projected volume gives one. Run it in istiod's own namespace: elsewhere newer istiods hide the proxies of other namespaces, which is seen and said.
Without a token no istiod is asked, and what only they know stays unknown.

With --write it goes on: it writes an observation into a file, whole or not at all, each time something has changed in the cluster, at least every --every.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.observe(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default: $KUBECONFIG, ~/.kube/config, or the service account of the pod)")
	flags.StringVar(&f.context, "context", "", "the `NAME` of its context")
	flags.StringVar(&f.tokenFile, "istiod-token-file", "", "`FILE` with a token of audience istio-ca, read anew each time")
	flags.StringVar(&f.namespace, "namespace", "istio-system", "the `NAMESPACE` of that token's service account")
	flags.StringVar(&f.serviceAccount, "service-account", "linnet-observer", "the `NAME` of that service account")
	flags.StringVar(&f.write, "write", "", "write into this `FILE`, again and again")
	flags.DurationVar(&f.every, "every", 15*time.Second, "with --write: the longest `DURATION` between two observations")
	flags.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long one observation may take, a `DURATION`")
	return cmd
}

func (a *app) observe(ctx context.Context, f observeFlags) error {
	if f.every < time.Second || f.timeout < time.Second {
		return usagef("--every and --timeout must be at least 1s")
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context}).ClientConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w; name a kubeconfig by --kubeconfig, or run it in the cluster", err)
	}
	config.UserAgent = "linnet"
	cluster, err := mesh.New(config, a.now)
	if err != nil {
		return err
	}
	o := observer.Options{Cluster: cluster, Namespace: f.namespace, ServiceAccount: f.serviceAccount, Now: a.now}
	if f.tokenFile != "" {
		o.Token = syncz.TokenFile(f.tokenFile)
	}
	following, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); cluster.Run(following) }()
	defer func() { stop(); <-ended }()
	eyes := observer.New(o)
	look := func() (*checks.Observation, error) {
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		return eyes.Observe(ctx)
	}
	if f.write != "" {
		return a.observeOn(ctx, cluster, f, look)
	}
	seen, err := look()
	if err != nil {
		return err
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(seen)
}

// observeOn writes observations until it is interrupted. One that fails is said, and the file keeps the last, which nobody believes for long.
func (a *app) observeOn(ctx context.Context, cluster *mesh.Cluster, f observeFlags, look func() (*checks.Observation, error)) error {
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	next := time.NewTicker(f.every)
	defer next.Stop()
	for {
		changed := cluster.Changed()
		seen, err := look()
		if err == nil {
			err = writeObservation(f.write, seen)
		}
		if err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, err.Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		case <-changed:
			if err := breathe(ctx); err != nil {
				return err
			}
		}
	}
}

// breathe lets a busy cluster change some more before it is written down again.
func breathe(ctx context.Context) error {
	pause := time.NewTimer(time.Second)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

// writeObservation puts a file in place of another in one step, so that nobody reads half of one.
func writeObservation(name string, seen *checks.Observation) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write the observation: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	if err := errors.Join(json.NewEncoder(temporary).Encode(seen), temporary.Close()); err != nil {
		return fmt.Errorf("write the observation: %w", err)
	}
	if err := os.Rename(temporary.Name(), name); err != nil {
		return fmt.Errorf("write the observation: %w", err)
	}
	return nil
}
