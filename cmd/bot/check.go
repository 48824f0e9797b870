package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// exitUnknown ends check when too little was seen to tell.
const exitUnknown = 3

type checkFlags struct {
	cluster                    clusterFlags
	observation                observationFlags
	environment, phase, output string
	write                      []string
	wait, every                time.Duration
}

func newCheckCommand(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [--environment FOLDER]",
		Short: "Judge the gate of an environment's present phase, as a job of a pipeline does",
		Long: `Check asks the gate that the merge request of the present phase waits for, says what is in the way, and changes nothing.

It judges what the environment is observed by; or what --observation names; or the cluster that --kubeconfig and --context name, which it then observes itself,
as observe does.

With --wait it looks again and again until the gate is open, its soak included, or the time is over. Of a cluster that it observes itself it judges every
change, so that an old pod which lives for seconds begins the soak anew; the forge is asked again after --every. Only what this process saw counts for a soak,
and what the note of the merge request carries where a state key is configured.

As a required job of a pipeline it stands for the bot's own check where the bot cannot reach the cluster. Run it from job files of the default branch, on a
protected ref: a merge request must not decide how it is judged, nor come near the credentials of the cluster. docs/pipelines.md has such job files.

Exit codes: 0, the gate is open, or there is no upgrade and nothing is asked; 1, it is not; 3, too little was seen to tell; 2, the command line or the
configuration is wrong.`,
		Example: `  linnet check --environment dev --wait 40m --context dev --istiod-token-file token
  linnet check --environment dev --observation seen.json --write junit=gate.xml --write markdown=gate.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	f.cluster.add(flags)
	flags.StringVar(&f.environment, "environment", "", "the environment, by its `FOLDER`; needed where several are configured")
	flags.StringVar(&f.phase, "phase", "current", "the `PHASE` that is meant, as its merge request names it; another one than the present is not green")
	f.observation.add(flags)
	flags.DurationVar(&f.wait, "wait", 0, "look again until the gate is open, for at most this `DURATION`")
	flags.DurationVar(&f.every, "every", 15*time.Second, "how long to wait between two looks, a `DURATION`")
	flags.StringVarP(&f.output, "output", "o", "text", "text, markdown, junit or json")
	flags.StringArrayVar(&f.write, "write", nil, "write the verdict into a file, too, green or not: `FORMAT=FILE`, such as junit=gate.xml; may be given several times")
	return cmd
}

func (a *app) check(ctx context.Context, f checkFlags) (err error) {
	if err := oneOf("output", f.output, checkFormats...); err != nil {
		return err
	}
	files, err := reportFiles(f.write)
	if err != nil {
		return err
	}
	switch {
	case f.every < time.Second || f.wait < 0:
		return usagef("--every must be at least 1s and --wait not negative")
	case f.observation.from == "-" && f.wait > 0:
		return usagef("--wait looks again and again, and standard input holds one observation: name a file")
	case f.observation.from != "" && f.cluster.asked():
		return usagef("--observation and a cluster are both named: the gate is judged by one of them")
	}
	if _, err := a.config(); err != nil {
		return usagef("%v", err)
	}
	s, err := a.judge(ctx, f)
	var usage *usageError
	switch {
	case err == nil:
	case errors.As(err, &usage):
		return err
	case ctx.Err() == nil:
		// Whoever reads the report of a job is not left without one.
		s = conductor.Status{Environment: cmp.Or(f.environment, "linnet"), At: a.now(), Happening: err.Error(), Healthy: "Not known."}
	}
	if s.Environment == "" {
		return err // it was interrupted before there was anything to say
	}
	failed := a.reportCheck(f, files, s)
	code := checkCode(f.phase, s)
	if s.Situation == "" {
		code = exitUnknown
	}
	if code == 0 {
		return errors.Join(err, failed)
	}
	return errors.Join(err, failed, exitCode(code))
}

// judge looks at the gate until it is open, the time is over or it is interrupted, and gives the last look.
func (a *app) judge(ctx context.Context, f checkFlags) (s conductor.Status, err error) {
	given, closed, err := a.observation(f.observation)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, closed()) }()
	all, done, err := a.conductors(ctx, f.environment)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if len(all) > 1 {
		return s, usagef("several environments are configured: name one by --environment")
	}
	c := all[0]
	w := checkWait{app: a, flags: f, gate: c}
	switch {
	case f.cluster.asked():
		live, err := a.openCluster(ctx, f.cluster)
		if err != nil {
			return s, err
		}
		defer live.stop()
		c.Observer, w.changed = live, live.Changed
	case given != nil:
		c.Observer = given
	}
	if f.wait > 0 {
		c.MaxGap = max(c.MaxGap, maxGap(f.every))
		if observer, ok := c.Observer.(*share.Client); ok {
			w.changed = observer.Changed
		}
	}
	return w.until(ctx)
}

// checkCode is the exit code for how things stand.
func checkCode(phase string, s conductor.Status) int {
	switch s.Situation {
	case conductor.Idle, conductor.Queued, conductor.Finished:
		return 0
	case conductor.Waiting, conductor.Ready, conductor.Finishing:
	default:
		return exitFailed
	}
	switch {
	case phase != "current" && phase != s.Phase:
		return exitFailed
	case s.Situation == conductor.Ready:
		return 0
	case s.Gate == nil || s.Health == checks.Unknown:
		return exitUnknown
	case s.Health != checks.Pass || s.Soak != nil && s.Soak.Remaining > 0:
		return exitFailed
	}
	return 0
}

// onceFrom is one observation from a stream, given at each look.
type onceFrom struct{ r io.Reader }

func (o *onceFrom) Observe(context.Context) (*checks.Observation, error) {
	var seen checks.Observation
	if err := json.NewDecoder(o.r).Decode(&seen); err != nil {
		return nil, fmt.Errorf("read the observation from standard input: %w", err)
	}
	return &seen, nil
}
