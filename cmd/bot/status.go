package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/conductor"
)

func newStatusCommand(a *app) *cobra.Command {
	var output, environment string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the upgrades of the configured environments stand",
		Long: `Status says for each configured environment what is happening, whether it is healthy, what is in the way, who must do what, when it goes
on by itself, and what comes next. It reads what run reads and changes nothing. A soak shows here only as far as the note carries it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context(), output, environment) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.Flags().StringVar(&environment, "environment", "", "only this environment, by its `FOLDER`")
	return cmd
}

func (a *app) status(ctx context.Context, output, environment string) (err error) {
	if err := oneOf("output", output, "text", "json"); err != nil {
		return err
	}
	conductors, done, err := a.conductors(ctx, environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	all := make([]conductor.Status, 0, len(conductors))
	for _, c := range conductors {
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if output == "json" {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(all)
	}
	for _, s := range all {
		if err := a.show(s.Text(a.width)); err != nil {
			return err
		}
	}
	return nil
}
