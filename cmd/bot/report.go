package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/store"
	"github.com/linnet-bot/linnet/pkg/store/changerecord"
)

type reportFlags struct{ output, environment, upgrade string }

func newReportCommand(a *app) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report --environment FOLDER",
		Short: "Write an upgrade as a change record: phases, times, who promoted, evidence",
		Long: `Report writes a finished upgrade, or one that is under way, as a change record: each phase with its merge request, when it was merged, by whom
and on whose word, what its gate said at that moment, which stragglers somebody accepted, and what all this is known from. The forge tells most
of it; the history (store.path) adds the whole evidence of each gate and where the proxies were. Without a history the record is shorter and says so.`,
		Example: `  linnet report --environment dev > change.md
  linnet report --environment dev --upgrade dev/3.19.0 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "markdown", "markdown or json")
	flags.StringVar(&f.environment, "environment", "", "the environment, by its `FOLDER`")
	flags.StringVar(&f.upgrade, "upgrade", "", "`ID` of the upgrade, such as dev/3.19.0 (default: the last)")
	_ = cmd.MarkFlagRequired("environment") // the flag is there
	return cmd
}

func (a *app) report(ctx context.Context, f reportFlags) (err error) {
	if err := oneOf("output", f.output, "markdown", "json"); err != nil {
		return err
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	forge, shutdown, err := a.openForge(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shutdown()) }()
	known, err := a.known(ctx, f.environment)
	if err != nil {
		return err
	}
	made, err := changerecord.Make(ctx, forge, f.environment, f.upgrade, known)
	if err != nil {
		return err
	}
	return a.print(f.output, made, made.Markdown)
}

// known is what the history tells of an environment. One that is not there, cannot be read or is broken is a fact for the report, not a failure of it.
func (a *app) known(ctx context.Context, environment string) (known changerecord.History, err error) {
	cfg, err := a.config()
	if err != nil {
		return known, err
	}
	if cfg.Store == nil {
		known.Problem = "the configuration names none (store.path)"
		return known, nil
	}
	key, err := cfg.StateKey(a.getenv)
	if err != nil {
		return known, err
	}
	history, err := store.Read(ctx, cfg.Store.Path)
	if err != nil {
		known.Problem = err.Error()
		return known, nil
	}
	defer func() { err = errors.Join(err, history.Close()) }()
	filter := store.Filter{Environment: environment}
	chain, err := history.Verify(ctx, key, "")
	if err == nil {
		known.Entries, err = history.Entries(ctx, filter)
	}
	if err == nil {
		known.Looks, err = history.Looks(ctx, filter)
	}
	if err != nil {
		return changerecord.History{Problem: "it is not to be trusted, since " + err.Error()}, nil
	}
	known.Chain = &chain
	return known, nil
}
