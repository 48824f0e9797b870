package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/checks"
	gatereport "github.com/linnet-bot/linnet/pkg/checks/report"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// exitUnknown ends check when too little was seen to tell.
const exitUnknown = 3

type checkFlags struct {
	environment, phase, observation, output string
	wait, every                             time.Duration
}

func newCheckCommand(a *app) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [--environment FOLDER]",
		Short: "Judge the gate of an environment's present phase, as a job of a pipeline does",
		Long: `Check asks the gate that the merge request of the present phase waits for, says what is in the way, and changes nothing.

With --wait it looks again and again until the gate is open, its soak included, or the time is over. Only what this process saw counts for a soak, and
what the note of the merge request carries where a state key is configured.

As a required job of a pipeline it stands for the bot's own check where the bot cannot reach the cluster. Run it from job files of the default branch, on a
protected ref: a merge request must not decide how it is judged, nor come near the credentials of the cluster.

Exit codes: 0, the gate is open, or there is no upgrade and nothing is asked; 1, it is not; 3, too little was seen to tell; 2, the command line or the
configuration is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.environment, "environment", "", "the environment, by its `FOLDER`; needed where several are configured")
	flags.StringVar(&f.phase, "phase", "current", "the `PHASE` that is meant, as its merge request names it; another one than the present is not green")
	flags.StringVar(&f.observation, "observation", "", "judge this observation, a `FILE` or - for standard input, in place of the configured one")
	flags.DurationVar(&f.wait, "wait", 0, "look again until the gate is open, for at most this `DURATION`")
	flags.DurationVar(&f.every, "every", 15*time.Second, "how long to wait between two looks, a `DURATION`")
	flags.StringVarP(&f.output, "output", "o", "text", "text, markdown, junit or json")
	return cmd
}

func (a *app) check(ctx context.Context, f checkFlags) (err error) {
	if err := oneOf("output", f.output, "text", "markdown", "junit", "json"); err != nil {
		return err
	}
	switch {
	case f.every < time.Second || f.wait < 0:
		return usagef("--every must be at least 1s and --wait not negative")
	case f.observation == "-" && f.wait > 0:
		return usagef("--wait looks again and again, and standard input holds one observation: name a file")
	}
	all, done, err := a.conductors(ctx, f.environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if len(all) > 1 {
		return usagef("several environments are configured: name one by --environment")
	}
	c := all[0]
	switch f.observation {
	case "":
	case "-":
		c.Observer = &onceFrom{a.stdin}
	default:
		c.Observer = observationFile(f.observation)
	}
	if f.wait > 0 {
		c.MaxGap = max(c.MaxGap, maxGap(f.every))
	}
	s, err := a.checkUntil(ctx, c, f)
	if err != nil {
		return err
	}
	if err := a.printCheck(f.output, s); err != nil {
		return err
	}
	if code := checkCode(f.phase, s); code != 0 {
		return exitCode(code)
	}
	return nil
}

// checkUntil looks until the gate is open or the time is over, and gives the last look.
func (a *app) checkUntil(ctx context.Context, c *conductor.Conductor, f checkFlags) (conductor.Status, error) {
	deadline := a.now().Add(f.wait)
	progress := checkProgress{w: a.stderr, live: a.isTTY && f.wait > 0, width: a.width}
	defer progress.end()
	next := time.NewTicker(f.every)
	defer next.Stop()
	for {
		s, err := c.Status(ctx)
		if err != nil {
			return s, err
		}
		progress.show(s, deadline.Sub(a.now()))
		if checkCode(f.phase, s) == 0 || !a.now().Add(f.every).Before(deadline) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-next.C:
		}
	}
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

// printCheck writes what there is of a gate. Without one there is only what is happening.
func (a *app) printCheck(output string, s conductor.Status) error {
	gate := checks.Result{Name: "gate", Verdict: s.Health, Reason: s.Happening}
	if s.Gate != nil {
		gate = *s.Gate
	}
	switch output {
	case "json":
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(s)
	case "junit":
		return gatereport.JUnit(a.stdout, s.Environment, s.At, gate)
	case "markdown":
		_, err := io.WriteString(a.stdout, gatereport.Markdown(s.Environment, gate))
		return err
	}
	return a.show(s.Text(a.width))
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
