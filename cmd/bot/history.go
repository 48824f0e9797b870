package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/store"
)

type historyFlags struct {
	output, environment, since string
	proxies                    bool
}

func newHistoryCommand(a *app) *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List what happened in the upgrades, when, by whom and why",
		Long: `History lists what was recorded while upgrades went on, in that order: merge requests opened, approved, merged and closed, what people asked
for and what became of it, gates that changed their verdict. With --proxies it lists instead how many proxies each revision had. It reads the file
that store.path of the configuration names. An upgrade does not need that file: where it was lost, linnet report still tells what the forge knows.`,
		Example: `  linnet history --environment dev --since 24h
  linnet history --proxies -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listHistory(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "text", "text or json")
	flags.StringVar(&f.environment, "environment", "", "only this environment, by its `FOLDER`")
	flags.StringVar(&f.since, "since", "", "only what was seen since then: a length of `TIME` such as 24h, a day such as 2026-03-09, or a moment")
	flags.BoolVar(&f.proxies, "proxies", false, "list counts of proxies instead")
	return cmd
}

func (a *app) listHistory(ctx context.Context, f historyFlags) (err error) {
	if err := oneOf("output", f.output, "text", "json"); err != nil {
		return err
	}
	since, err := parseSince(f.since, a.now())
	if err != nil {
		return err
	}
	history, err := a.history(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, history.Close()) }()
	if f.environment != "" && f.output == "text" {
		known, err := history.Environments(ctx)
		if err != nil {
			return err
		}
		if len(known) > 0 && !slices.Contains(known, f.environment) {
			return a.show(fmt.Sprintf("Nothing is recorded of %s. Recorded are: %s.\n", f.environment, strings.Join(known, ", ")))
		}
	}
	filter := store.Filter{Environment: f.environment, Since: since}
	if f.proxies {
		looks, err := history.Looks(ctx, filter)
		if err != nil {
			return err
		}
		return a.print(f.output, looks, func() string { return store.LooksText(looks) })
	}
	entries, err := history.Entries(ctx, filter)
	if err != nil {
		return err
	}
	return a.print(f.output, entries, func() string { return store.EntriesText(entries, a.width) })
}

// parseSince reads a length of time before now, a day, or a moment. "" is the beginning of time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if length, err := time.ParseDuration(strings.TrimPrefix(text, "-")); err == nil {
		return now.Add(-length), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usagef("--since is %q, but must be a length of time such as 24h, a day such as 2026-03-09, or a moment such as 2026-03-09T08:00:00Z", text)
}
