package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
	"github.com/linnet-bot/linnet/pkg/store/recorder"
)

type demoFlags struct {
	repo, branch, environment, to, keep string
	misbehave, rollbackAt               string
	interactive                         bool
	pace                                time.Duration
	from                                sources
}

func newDemoCommand(a *app) *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a whole upgrade in a simulated cluster, in seconds",
		Long: `Demo walks one environment through a whole upgrade in one process: a local forge with real branches and merge commits, a simulated cluster
that renders the repository as Flux would, and a reviewer who approves each merge request and comments /canary promote. It ends by proving
that the upgrade left nothing in the repository but the bump.

With --misbehave NAME the cluster does what real ones do: it shows where the upgrade stops and what the bot says there; then somebody heals the
cluster, and the upgrade finishes. With --rollback-at PHASE the reviewer turns round when that phase has done its work, and the upgrade goes back, step
by step, to the very files that were there before. With --interactive you are the reviewer: it waits, and tells what to type in another terminal.

Without --repo it plays on a small Big Bang that was written for this. With --repo it plays on a copy of your own repository; that one is only
read. Where a package's chart is not at hand (--packages), a stand-in workload takes its place in the simulated cluster, and the end says so.`,
		Example: `  linnet demo
  linnet demo --misbehave list
  linnet demo --misbehave endless-job
  linnet demo --rollback-at bump
  linnet demo --interactive
  linnet demo --repo ~/gitops --environment dev --to 3.19.0 --releases ~/mirrors/bigbang.git --packages ~/charts`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repo, "repo", "", "clone of a GitOps repository, at `PATH`, to play on a copy of (default: the small one of the demo)")
	flags.StringVar(&f.branch, "branch", "", "with --repo: branch that Flux follows (default: the one that is checked out)")
	flags.StringVar(&f.environment, "environment", "", "with --repo: environment to upgrade")
	flags.StringVar(&f.to, "to", "", "with --repo: target release (default: the newest that policy allows)")
	flags.StringVar(&f.from.releases, "releases", "", "with --repo: Big Bang umbrella repository, `URL|PATH`")
	flags.StringVar(&f.from.packages, "packages", "", "with --repo: `FOLDER` of package chart archives")
	flags.StringVar(&f.keep, "keep", "", "keep the forge of the demo in this new `FOLDER`, for linnet mr and git")
	flags.StringVar(&f.misbehave, "misbehave", "", "let the simulated cluster misbehave as `NAME`; list prints the names")
	flags.StringVar(&f.rollbackAt, "rollback-at", "", "turn round after `PHASE`, a name or a number, and go back to the start")
	flags.BoolVar(&f.interactive, "interactive", false, "review yourself, by linnet mr in another terminal")
	flags.DurationVar(&f.pace, "pace", 400*time.Millisecond, "with --interactive: real time for each 45 s of simulated time")
	return cmd
}

// listed is the name under which --misbehave lists the names.
const listed = "list"

// check says what does not go together.
func (f demoFlags) check() error {
	if f.repo == "" && (f.branch != "" || f.environment != "" || f.to != "" || f.from != (sources{})) {
		return usagef("--branch, --environment, --to, --releases and --packages are about your own repository; name it with --repo")
	}
	if f.repo != "" && f.environment == "" {
		return usagef("--repo needs --environment; `linnet inspect %s` lists them", f.repo)
	}
	if f.misbehave != "" && f.misbehave != listed {
		if _, err := sim.MisbehaviourNamed(f.misbehave); err != nil {
			return usagef("--misbehave: %v", err)
		}
	}
	if f.rollbackAt != "" && f.misbehave != "" {
		return usagef("--rollback-at and --misbehave are two stories; tell one at a time")
	}
	if f.rollbackAt != "" && f.interactive {
		return usagef("--rollback-at plays the reviewer, and with --interactive that is you: comment /canary rollback instead")
	}
	if f.pace <= 0 {
		return usagef("--pace is %s, but must be longer than nothing", f.pace)
	}
	return nil
}

func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	if f.misbehave == listed {
		return a.listMisbehaviours()
	}
	dir, cleanup, err := demoFolder(f.keep)
	if err != nil {
		return err
	}
	defer cleanup()
	var o demo.Options
	if f.repo == "" {
		o, err = miniatureDemo(ctx, dir)
	} else {
		o, err = a.repositoryDemo(ctx, f)
	}
	if err != nil {
		return err
	}
	o.Dir = dir
	if f.keep != "" {
		kept, failed := keepHistory(ctx, dir, o.Environment, f.repo == "")
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, kept.Close()) }()
		o.Recorder = recorder.New(kept)
	}
	began := a.now()
	progress := newDemoProgress(a)
	o.Show = progress.show
	o.Misbehave, o.RollbackAt = f.misbehave, f.rollbackAt
	if f.interactive {
		o.Pace, o.Start = f.pace, began.Add(-storyBefore).Truncate(time.Minute)
		progress.prompt = demoPrompt{forge: filepath.Join(dir, "forge")}
		progress.live = false
		fmt.Fprint(a.stdout, progress.prompt.introduction(demo.Reviewer, f.pace))
	}
	outcome, err := demo.Run(ctx, o)
	progress.end()
	var phase *demo.PhaseError
	if errors.As(err, &phase) {
		return usagef("--rollback-at: %v", err)
	}
	if err != nil {
		return err
	}
	if outcome.Trouble != nil {
		fmt.Fprint(a.stdout, troubleText(*outcome.Trouble))
	}
	proof := outcome.Prove()
	fmt.Fprintf(a.stdout, "\n%s", proof.Text(outcome.Plan.To.Release))
	for i, s := range outcome.StandIns {
		if i == 0 {
			fmt.Fprintf(a.stdout, "\nStood in, in the simulated cluster:\n")
		}
		fmt.Fprintf(a.stdout, "  %s\n", s)
	}
	fmt.Fprintf(a.stdout, "\n%d merge requests, %s of simulated time, %.1f s of yours.\nSoaks were shortened: %s a wave instead of 30m, %s before cleanup instead of 24h.\n",
		outcome.Requests, short(outcome.Elapsed), a.now().Sub(began).Seconds(), short(demo.Soak.Wave), short(demo.Soak.Cleanup))
	if f.keep != "" {
		fmt.Fprintf(a.stdout, "The forge is kept: linnet mr list --forge %s\n", filepath.Join(f.keep, "forge"))
		fmt.Fprintf(a.stdout, "So is its history: linnet report --environment %s --config %s\n", o.Environment, filepath.Join(f.keep, keptConfiguration))
	}
	fmt.Fprintf(a.stdout, "%d open gates were held against what the simulated cluster knows of itself; it denied none.\n", outcome.Open)
	if !proof.Holds() {
		return exitCode(1)
	}
	return nil
}

// demoFolder is where the forge of the demo lies: a folder that goes afterwards, or one that the person keeps.
func demoFolder(keep string) (dir string, cleanup func(), err error) {
	if keep != "" {
		if err := os.Mkdir(keep, 0o755); err != nil {
			return "", nil, fmt.Errorf("keep the demo in %s: %w; name a folder that is not there yet", keep, err)
		}
		return keep, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "linnet-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the demo: %w; set TMPDIR to one that can be written", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// miniatureDemo plays on the small Big Bang of this project.
func miniatureDemo(ctx context.Context, dir string) (demo.Options, error) {
	releases, packages := filepath.Join(dir, "releases"), filepath.Join(dir, "packages")
	if err := miniature.Releases(releases); err != nil {
		return demo.Options{}, err
	}
	if err := miniature.PackagesDir(packages); err != nil {
		return demo.Options{}, err
	}
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		return demo.Options{}, err
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: packages})
	if err != nil {
		return demo.Options{}, err
	}
	return demo.Options{
		Repository: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Why: "the newest release of the demo",
		Policy: policyOf(config.Environment{}), Material: library.New(ctx, source, charts), Releases: source, Packages: charts,
	}, nil
}

// repositoryDemo plays on a copy of a real repository.
func (a *app) repositoryDemo(ctx context.Context, f demoFlags) (demo.Options, error) {
	cfg, err := a.config()
	if err != nil {
		return demo.Options{}, err
	}
	c, err := openClone(f.repo, f.branch)
	if err != nil {
		return demo.Options{}, err
	}
	plan, err := makePlan(ctx, cfg, c, f.environment, f.to, f.from)
	if err != nil {
		return demo.Options{}, err
	}
	source, material, err := f.from.open(ctx, cfg)
	if err != nil {
		return demo.Options{}, err
	}
	charts, err := f.from.charts(cfg)
	if err != nil {
		return demo.Options{}, err
	}
	settings, _ := cfg.Environment(plan.Environment)
	return demo.Options{
		Repository: plan.Start, Environment: plan.Environment, To: plan.To.Release, Why: plan.Why,
		Policy: policyOf(settings), Material: material, Releases: source, Packages: charts,
	}, nil
}

// short writes a length of time without seconds that say nothing.
func short(d time.Duration) string {
	return config.Duration(d.Round(time.Second)).String()
}
