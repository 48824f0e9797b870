package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

// mr is what the subcommands of linnet mr share.
type mr struct {
	*app
	dir    string
	as     string
	output string
}

func newMRCommand(a *app) *cobra.Command {
	m := &mr{app: a}
	group := newGroup("mr", "Review merge requests on a local forge",
		newMRInitCommand(m),
		newMROpenCommand(m),
		newMRListCommand(m),
		newMRShowCommand(m),
		newMRDiffCommand(m),
		newMRCommentCommand(m),
		newMRApproveCommand(m),
		newMRMergeCommand(m),
		newMRStateCommand(m, "close", "Close a merge request without merging it", (*local.Forge).Close),
		newMRStateCommand(m, "reopen", "Open a closed merge request again", (*local.Forge).Reopen),
	)
	group.Long = "Review merge requests on a local forge: a folder with a bare Git repository (repo.git, which\n" +
		"you can clone and push to) and a database. You act as whom --as names."
	flags := group.PersistentFlags()
	flags.StringVar(&m.dir, "forge", "", "`DIR` of the local forge (default: forge.path of the configuration)")
	flags.StringVar(&m.as, "as", "", "`NAME` to act as (default: $USER)")
	flags.StringVarP(&m.output, "output", "o", "text", "text or json")
	return group
}

// reader is who reads where nobody is named: reading leaves no name behind.
const reader = "reader"

// withForge runs do on the forge that the flags name, as whom they name.
func (m *mr) withForge(do func(f *local.Forge) error) error {
	return m.withForgeAs("", do)
}

// reading is withForge for what changes nothing, so that nobody needs to be named.
func (m *mr) reading(do func(f *local.Forge) error) error { return m.withForgeAs(reader, do) }

func (m *mr) withForgeAs(unnamed string, do func(f *local.Forge) error) error {
	if err := oneOf("output", m.output, "text", "json"); err != nil {
		return err
	}
	dir, err := m.forgeDir()
	if err != nil {
		return err
	}
	who := m.as
	if who == "" {
		who = m.getenv("USER")
	}
	if who == "" {
		who = unnamed
	}
	if who == "" {
		return usagef("nobody to act as: give --as NAME")
	}
	f, err := local.Open(dir, who, local.WithClock(m.now))
	if err != nil {
		return err
	}
	return errors.Join(do(f), f.Shutdown())
}

func (m *mr) forgeDir() (string, error) {
	if m.dir != "" {
		return m.dir, nil
	}
	cfg, err := m.config()
	if err != nil {
		return "", err
	}
	if cfg.Forge == nil || cfg.Forge.Kind != config.LocalForge {
		return "", usagef("no local forge: give --forge DIR, or a configuration with forge: {kind: local, path: DIR}")
	}
	return cfg.Forge.Path, nil
}

// onOne is RunE of a command whose argument is the number of a merge request.
func (m *mr) onOne(do func(ctx context.Context, f *local.Forge, number int) error) func(*cobra.Command, []string) error {
	return m.onNumber(m.withForge, do)
}

// readOne is onOne for a command that changes nothing.
func (m *mr) readOne(do func(ctx context.Context, f *local.Forge, number int) error) func(*cobra.Command, []string) error {
	return m.onNumber(m.reading, do)
}

func (m *mr) onNumber(with func(func(f *local.Forge) error) error, do func(ctx context.Context, f *local.Forge, number int) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		number, err := strconv.Atoi(strings.TrimPrefix(args[0], "!"))
		if err != nil || number < 1 {
			return usagef("%q is not the number of a merge request: give one such as 3 or '!3'", args[0])
		}
		return with(func(f *local.Forge) error { return do(cmd.Context(), f, number) })
	}
}

// answer prints one line, or with -o json the merge request as it is now.
func (m *mr) answer(ctx context.Context, f *local.Forge, number int, format string, args ...any) error {
	if m.output != "json" {
		_, err := fmt.Fprintf(m.stdout, format+"\n", args...)
		return err
	}
	got, err := f.Get(ctx, number)
	if err != nil {
		return err
	}
	return m.json(got)
}

func (m *mr) json(v any) error {
	enc := json.NewEncoder(m.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func item(ctx context.Context, f *local.Forge, number int) (forgetext.Item, error) {
	got, err := f.Get(ctx, number)
	if err != nil {
		return forgetext.Item{}, err
	}
	checks, err := f.Checks(ctx, got.Head)
	return forgetext.Item{MergeRequest: got, Checks: checks}, err
}

// headOr is the commit a person names, or else the head as it is now. A short SHA will do when it is the head's.
func headOr(ctx context.Context, f *local.Forge, number int, given string) (string, error) {
	got, err := f.Get(ctx, number)
	if err != nil {
		return "", err
	}
	if given == "" || len(given) >= 7 && strings.HasPrefix(got.Head, given) {
		return got.Head, nil
	}
	return given, nil
}
