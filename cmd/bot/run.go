package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
)

func newRunCommand(a *app) *cobra.Command {
	var once bool
	var environment string
	cmd := &cobra.Command{
		Use:   "run [--once]",
		Short: "Look after the configured environments: open, watch and merge their merge requests",
		Long: `Run looks at the forge, the repository and the cluster of each configured environment, does what is to be done, and looks again after
the configured interval, until it is interrupted. It may be killed at any instant and run twice at a time.

With --once it looks once, prints how things stand, and ends: exit code 1 when something could not be done or a person is wanted first.
Run so by a schedule, set interval to the schedule's, and give a state key, or else no soak ever ends.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context(), once, environment) },
	}
	cmd.Flags().BoolVar(&once, "once", false, "look once and end")
	cmd.Flags().StringVar(&environment, "environment", "", "only this environment, by its `FOLDER`")
	return cmd
}

func (a *app) run(ctx context.Context, once bool, environment string) error {
	return a.conduct(ctx, environment, func(ctx context.Context, cfg config.Config, all []*conductor.Conductor) error {
		if once {
			if err := passOthers(cfg, all)(ctx); err != nil {
				return errors.Join(err, a.lookOnce(ctx, all))
			}
			return a.lookOnce(ctx, all)
		}
		return a.watchAll(ctx, cfg, all, nil, func(context.Context) {})
	})
}

// conduct opens all that the configured environments need, and closes it after do.
func (a *app) conduct(ctx context.Context, environment string, do func(context.Context, config.Config, []*conductor.Conductor) error) (err error) {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	all, done, err := a.conductors(ctx, environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	recorded, err := a.record(ctx, cfg, all)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, recorded()) }()
	return do(ctx, cfg, all)
}

func (a *app) lookOnce(ctx context.Context, all []*conductor.Conductor) error {
	var errs []error
	failed := false
	for _, c := range all {
		c.Sampled = true
		s, err := look(ctx, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		failed = failed || s.Failed()
		if s.Soak != nil && c.Marker == nil {
			fmt.Fprintf(a.stderr, "linnet: note: without a state key (stateKeyFile) the soak of %s cannot be carried from one run --once to the next\n", c.Environment)
		}
		if err := a.show(s.Text(a.width)); err != nil {
			return err
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if failed {
		return exitCode(exitFailed)
	}
	return nil
}
