package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/Masterminds/semver/v3"
	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/planner"
)

type planFlags struct {
	repo, branch, environment, to, output, patches string
	from                                           sources
}

func newPlanCommand(a *app) *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan --environment NAME",
		Short: "Show the merge requests that would move an environment to a new Istio",
		Long: `Plan reads a clone of a GitOps repository at the commit of a branch and prints the phases of the upgrade: for each one the edits to the
byte, what they change in the cluster, when it may be merged, when it is done, and how it is taken back. It changes nothing.

With -o patch it writes one patch a phase into a new folder; applied in order with git apply they give the trees that the bot would make.`,
		Example: `  linnet plan --repo ~/gitops --environment dev
  linnet plan --repo ~/gitops --environment prod --to 3.19.0 --releases ~/mirrors/bigbang.git --packages ~/charts
  linnet plan --repo ~/gitops --environment dev -o patch --patches ./upgrade`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repo, "repo", ".", "clone of the GitOps repository, at `PATH`")
	flags.StringVar(&f.branch, "branch", "", "branch that Flux follows (default: the one that is checked out)")
	flags.StringVar(&f.environment, "environment", "", "environment to plan for: its folder, or the folder's name where only one has it")
	flags.StringVar(&f.to, "to", "", "target release (default: the newest that policy allows)")
	flags.StringVar(&f.from.releases, "releases", "", "Big Bang umbrella repository, `URL|PATH` (default: releases.url of the configuration)")
	flags.StringVar(&f.from.packages, "packages", "", "`FOLDER` of package chart archives, istiod among them")
	flags.StringVarP(&f.output, "output", "o", "text", "text, json, markdown or patch")
	flags.StringVar(&f.patches, "patches", "", "with -o patch: new `FOLDER` to write the patches to (default: linnet-<release>)")
	_ = cmd.MarkFlagRequired("environment")
	return cmd
}

func (a *app) plan(ctx context.Context, f planFlags) error {
	if err := oneOf("output", f.output, "text", "json", "markdown", "patch"); err != nil {
		return err
	}
	if f.patches != "" && f.output != "patch" {
		return usagef("--patches says where -o patch writes; add -o patch")
	}
	if _, err := semver.StrictNewVersion(f.to); f.to != "" && err != nil {
		return usagef("--to is %q, but must be a release such as 3.19.0", f.to)
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	c, err := openClone(f.repo, f.branch)
	if err != nil {
		return err
	}
	plan, err := makePlan(ctx, cfg, c, f.environment, f.to, f.from)
	if err != nil {
		return err
	}
	if c.dirty {
		fmt.Fprintf(a.stderr, "linnet: note: %s has changes that are not committed; the plan is for commit %.8s of branch %s\n", f.repo, c.commit, c.branch)
	}
	switch f.output {
	case "json":
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(plan)
	case "markdown":
		return plan.WriteMarkdown(a.stdout)
	case "patch":
		return a.writePatches(plan, f.patches)
	}
	return plan.WriteText(a.stdout, a.width)
}

// makePlan plans for a clone: an upgrade that is under way keeps its own target.
func makePlan(ctx context.Context, cfg config.Config, c clone, environment, to string, from sources) (planner.Plan, error) {
	source, material, err := from.open(ctx, cfg)
	if err != nil {
		return planner.Plan{}, err
	}
	repo, err := gitops.Discover(c.tree, gitops.Options{})
	if err != nil {
		return planner.Plan{}, err
	}
	env, err := repo.Environment(environment)
	if err != nil {
		return planner.Plan{}, err
	}
	settings, _ := cfg.Environment(env.ID)
	in := planner.Input{Tree: c.tree, Environment: env.ID, To: to, Policy: policyOf(settings), Material: material}
	_, underway, err := planner.ReadCourse(c.tree, env.ID)
	if err != nil {
		return planner.Plan{}, err
	}
	if !underway && env.Era == gitops.Operatorless && env.Release.Version != "" {
		if in.To, in.Why, err = chooseTarget(ctx, source, env.Release.Version, to, settings); err != nil {
			return planner.Plan{}, err
		}
	}
	return planner.Make(in)
}

// writePatches writes one patch a phase into a folder that was not there before.
func (a *app) writePatches(p planner.Plan, folder string) error {
	if folder == "" {
		folder = "linnet-" + p.To.Release
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return fmt.Errorf("write the patches to %s: %w; name a folder that is not there yet with --patches", folder, err)
	}
	for _, phase := range p.Phases {
		name := filepath.Join(folder, fmt.Sprintf("%02d-%s.patch", phase.Number, phase.Name))
		if err := os.WriteFile(name, []byte(phase.Diff), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		fmt.Fprintln(a.stdout, name)
	}
	return nil
}
