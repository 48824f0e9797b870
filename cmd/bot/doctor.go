package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/doctor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/github"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func newDoctorCommand(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether the forge is set up so that the bot can work there and its gate holds",
		Long: `Doctor looks at what the configuration names, here and on the forge, and says what is wrong and what to do: whether the credentials work, for how long,
and whether they may do more than they need; whether the branch is the one that Flux follows; whether the gate's check is required, pinned to the bot, and
holds for the bot itself; whether merges and webhooks are set up as the configuration wants; whether the clocks agree and secrets are nobody else's to read.

It writes nothing, here or on the forge. What it may not see is unknown (?), with the right that would show it, and never fine.

Exit codes: 0, nothing must be fixed and all could be looked at (there may be warnings); 1, something must be fixed; 2, the command line is wrong, or no forge
is configured; 3, nothing must be fixed as far as is known, but something is unknown.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

func (a *app) doctor(ctx context.Context, output string) error {
	if err := oneOf("output", output, "text", "json"); err != nil {
		return err
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if cfg.Forge == nil {
		return errNoForge
	}
	report := doctor.NewReport(forgeName(*cfg.Forge), append(a.examineHere(cfg), a.examineForge(ctx, cfg)...))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	width := 0
	if a.isTTY || a.getenv("COLUMNS") != "" {
		width = a.width
	}
	if err := a.print(output, report, func() string { return report.Text(width) }); err != nil {
		return err
	}
	if code := report.ExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}

// forgeName is a folder, or host and project.
func forgeName(f config.Forge) string {
	if f.Kind == config.LocalForge {
		return f.Path
	}
	if u, err := url.Parse(f.Address()); err == nil {
		return u.Host + u.Path + "/" + f.Project
	}
	return f.Project
}

// examineHere looks at this machine.
func (a *app) examineHere(cfg config.Config) []doctor.Finding {
	var list []doctor.Finding
	look := func(key, file, what string) {
		if file != "" {
			list = append(list, lookAtFile(key, file, what).Findings()...)
		}
	}
	look("forge.tokenFile", cfg.Forge.TokenFile, "the token")
	if cfg.Forge.App != nil {
		look("forge.app.privateKeyFile", cfg.Forge.App.PrivateKeyFile, "the App's private key")
	}
	look("forge.clientKeyFile", cfg.Forge.ClientKeyFile, "the client's key")
	if cfg.Webhooks != nil {
		look("webhooks.secretFile", cfg.Webhooks.SecretFile, "the webhook's secret")
		look("webhooks.signingTokenFile", cfg.Webhooks.SigningTokenFile, "the signing token")
	}
	look("releases.credentialsFile", cfg.Releases.CredentialsFile, "the git server's credentials")
	problem := ""
	if _, err := cfg.StateKey(a.getenv); err != nil {
		problem = err.Error()
	} else {
		look("stateKeyFile", cfg.StateKeyFile, "the state key")
	}
	return append(list, doctor.StateKey(cfg.StateKeyFile != "" || cfg.StateKeyEnv != "", problem)...)
}

// largestSecret is how much of a file is looked at to see whether there is anything in it.
const largestSecret = 1 << 20

// lookAtFile follows links, which a mounted secret consists of, and opens the file to see whether it can be.
func lookAtFile(key, path, what string) doctor.File {
	f := doctor.File{Key: key, Path: path, What: what}
	opened, err := os.Open(path)
	if err == nil {
		defer func() { _ = opened.Close() }()
		var info os.FileInfo
		if info, err = opened.Stat(); err == nil && info.Mode().IsRegular() {
			var content []byte
			content, err = io.ReadAll(io.LimitReader(opened, largestSecret))
			f.Size = len(bytes.TrimSpace(content))
		}
		if info != nil {
			f.Mode = info.Mode()
		}
	}
	if err != nil {
		f.Problem = err.Error()
		if p := (*os.PathError)(nil); errors.As(err, &p) {
			f.Problem = p.Err.Error()
		}
	}
	return f
}

// What the vendors have for a doctor.
type (
	githubExaminer interface {
		Examine(ctx context.Context, branch string, app *github.Installation) doctor.GitHub
	}
	gitlabExaminer interface {
		Examine(ctx context.Context, branch string, method forge.Method) doctor.GitLab
	}
)

// examineForge looks at the forge and, where it can be read, at the repository on it.
func (a *app) examineForge(ctx context.Context, cfg config.Config) []doctor.Finding {
	f, shutdown, err := a.openForge(cfg)
	if err != nil {
		return doctor.Shut(err.Error())
	}
	defer func() { _ = shutdown() }() // what was only read from closes without loss
	s := settingsOf(cfg)
	s.Now = a.now()
	var list []doctor.Finding
	var seen bool
	switch vendor := f.(type) {
	case githubExaminer:
		app, done, err := a.installed(*cfg.Forge)
		if err != nil {
			return doctor.Shut(err.Error())
		}
		defer done()
		facts := vendor.Examine(ctx, s.Branch, app)
		list, seen = facts.Findings(s), facts.Branch.Value
	case gitlabExaminer:
		facts := vendor.Examine(ctx, s.Branch, forge.Method(s.Method))
		list, seen = facts.Findings(s), facts.Branch.Value.Exists
	default:
		facts := localFacts(ctx, f, *cfg.Forge)
		list, seen = facts.Findings(s), facts.Branch.Value
	}
	if seen {
		for _, w := range a.follow(ctx, f, cfg) {
			list = append(list, w.Findings(s)...)
		}
	}
	return list
}

// installed is the configured App where it is installed, nil where there is none, with a way of its own to the network.
func (a *app) installed(f config.Forge) (*github.Installation, func(), error) {
	if f.App == nil {
		return nil, func() {}, nil
	}
	base, err := networkOf(f)
	if err != nil {
		return nil, nil, err
	}
	key, err := os.ReadFile(f.App.PrivateKeyFile)
	if err != nil {
		return nil, nil, err
	}
	return &github.Installation{URL: f.Address(), AppID: int64(f.App.ID), ID: int64(f.App.Installation), Key: key, Project: f.Project, Base: base, Tell: a.secrets.Add},
		base.CloseIdleConnections, nil
}

// ownBranches is what the names of the bot's branches begin with, those of all environments.
const ownBranches = "linnet/"

func settingsOf(cfg config.Config) doctor.Settings {
	return doctor.Settings{Project: cfg.Forge.Project, Branch: cfg.Forge.Branch, Own: ownBranches, Check: conductor.CheckName, Method: string(cfg.MergeRequests.Method),
		Webhooks: cfg.Webhooks != nil, Merges: slices.ContainsFunc(cfg.Environments, func(e config.Environment) bool {
			return slices.ContainsFunc(planner.Kinds, func(k planner.Kind) bool { return e.Policy.MergeOf(string(k)) != config.MergeManual })
		})}
}

// localFacts looks at a forge that was opened, so that its folder and its database are sound.
func localFacts(ctx context.Context, f forge.Forge, at config.Forge) doctor.Local {
	l := doctor.Local{Folder: at.Path}
	switch _, err := f.Head(ctx, at.Branch); {
	case errors.Is(err, forge.ErrNotFound):
		l.Branch = doctor.Seen(false)
	case err != nil:
		l.Branch = doctor.Unseen[bool](err.Error(), "")
	default:
		l.Branch = doctor.Seen(true)
	}
	return l
}
