package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/store"
)

func newAuditCommand(a *app) *cobra.Command {
	return newGroup("audit", "Verify the audit log, or export it",
		newAuditVerifyCommand(a),
		newAuditExportCommand(a),
	)
}

func newAuditVerifyCommand(a *app) *cobra.Command {
	var output, head string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Follow the chain of the audit log and name the first row that is broken",
		Long: `Verify follows the chain of hashes through the configured history, or through FILE, an export of one, for which nothing else is needed.
A row that was changed, removed or put in breaks it: the first such row is named, and the exit code is 1. Where the configuration has a
state key, the seals are checked too; without it, somebody who can write the file could have written the whole chain anew.

Rows that were taken off the end leave a chain that holds. Note down the head that verify prints; --head asks whether it is still there.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			if head != "" && !wholeHash.MatchString(head) {
				return usagef("--head is %q, but must be a whole hash as linnet audit verify prints it behind the word head, 64 digits of 0-9 and a-f", head)
			}
			chain, err := a.verify(cmd.Context(), args, head)
			if err != nil {
				return err
			}
			return a.print(output, chain, chain.Text)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.Flags().StringVar(&head, "head", "", "`HASH` of a row that must be there")
	return cmd
}

var wholeHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (a *app) verify(ctx context.Context, args []string, head string) (chain store.Chain, err error) {
	cfg, err := a.config()
	if err != nil {
		return store.Chain{}, err
	}
	key, err := cfg.StateKey(a.getenv)
	if err != nil {
		return store.Chain{}, err
	}
	if len(args) == 1 {
		file, err := os.Open(args[0])
		if err != nil {
			return store.Chain{}, fmt.Errorf("verify the export %s: %w", args[0], errors.Unwrap(err))
		}
		defer func() { _ = file.Close() }()
		if chain, err = store.Verify(file, key, head); err != nil {
			return chain, fmt.Errorf("verify the export %s: %w", args[0], err)
		}
		return chain, nil
	}
	history, err := a.history(ctx)
	if err != nil {
		return store.Chain{}, err
	}
	defer func() { err = errors.Join(err, history.Close()) }()
	if chain, err = history.Verify(ctx, key, head); err != nil {
		return chain, fmt.Errorf("verify the audit log: %w", err)
	}
	return chain, nil
}

func newAuditExportCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Print the audit log as JSON lines, which linnet audit verify FILE checks without the database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			history, err := a.history(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, history.Close()) }()
			return history.Export(cmd.Context(), a.stdout)
		},
	}
}
