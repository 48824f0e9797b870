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

	"github.com/linnet-bot/linnet/pkg/checks"
)

type observeFlags struct {
	cluster clusterFlags
	write   string
	every   time.Duration
	serve   observeServeFlags
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

From where the addresses of pods cannot be reached, as from most laptops, --port-forward asks istiods through the API server, and --istiod-token-from has it
make the token. Both take rights that you need to have: to create pods/portforward and serviceaccounts/token.

With --write it goes on: it writes an observation into a file, whole or not at all, each time something has changed in the cluster, at least every --every.

With --serve it goes on, too, and gives the newest observation at /v1/observation to whom it knows: the service accounts that --allow names, by a token that
the cluster's issuer signed for --audience. It checks tokens by itself, with the keys that the API server publishes. At /healthz it says that it lives, at
/readyz whether it has seen the cluster lately. Give it a certificate, or anybody on the way can read tokens and answer in its place.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.observe(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.cluster.add(flags)
	flags.StringVar(&f.cluster.namespace, "namespace", f.cluster.namespace, "the `NAMESPACE` of that service account")
	flags.StringVar(&f.write, "write", "", "write into this `FILE`, again and again")
	flags.DurationVar(&f.every, "every", 15*time.Second, "with --write and --serve: the longest `DURATION` between two observations")
	f.serve.add(flags)
	return cmd
}

func (a *app) observe(ctx context.Context, f observeFlags) error {
	if f.every < time.Second {
		return usagef("--every must be at least 1s")
	}
	callers, err := f.serve.callers()
	if err != nil {
		return err
	}
	cluster, err := a.openCluster(ctx, f.cluster)
	if err != nil {
		return err
	}
	defer cluster.stop()
	switch {
	case f.serve.listen != "":
		return a.observeAndServe(ctx, cluster, f, callers)
	case f.write != "":
		return a.observeOn(ctx, cluster, f, func(*checks.Observation) {})
	}
	seen, err := cluster.Observe(ctx)
	if err != nil {
		return err
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(seen)
}

// observeOn gives and writes observations until it is interrupted. One that fails is said, and the last one stays, which nobody believes for long.
func (a *app) observeOn(ctx context.Context, cluster *liveCluster, f observeFlags, give func(*checks.Observation)) error {
	defer a.frugal()()
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	next := time.NewTicker(f.every)
	defer next.Stop()
	for {
		changed := cluster.Changed()
		seen, err := cluster.Observe(ctx)
		if err == nil {
			give(seen)
		}
		if err == nil && f.write != "" {
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
