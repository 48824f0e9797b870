package main

// How to add a subcommand
//
// 1. Write cmd/bot/<name>.go with one constructor:
//
//	func newPlanCommand(a *app) *cobra.Command {
//		var environment string
//		cmd := &cobra.Command{
//			Use:   "plan --repo PATH --environment NAME",
//			Short: "Show the merge requests that would move an environment",
//			Args:  cobra.NoArgs,
//			RunE: func(cmd *cobra.Command, _ []string) error {
//				cfg, err := a.config() // what --config names; the defaults without it
//				…
//				fmt.Fprintln(a.stdout, …)
//				return nil
//			},
//		}
//		cmd.Flags().StringVar(&environment, "environment", "", "…")
//		return cmd
//	}
//
// 2. Add one line to commands below.
// 3. Write cmd/bot/testdata/script/<name>*.txtar; the scripts run the real program.
//
// What a command may rely on, and what it owes:
//   - It reads and writes through a (stdin, stdout, stderr, getenv, now), never
//     through the os package, and stops when cmd.Context() is done. Interrupted,
//     it returns an error (ctx.Err() will do): main prints one line, exits 130.
//   - It returns errors and prints none. An error is one sentence: what was
//     tried, on what, why not, what to do. Several come as errors.Join.
//   - Flags and arguments that cannot be right are usagef(…): exit code 2. What
//     cobra itself refuses (unknown flag, wrong number of arguments, a missing
//     required flag) becomes one too. Everything else is exit code 1. A command
//     that answers with its exit code prints first, then returns exitCode(n).
//   - A command that only holds others is made by newGroup.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/linnet-bot/linnet/internal/nearest"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
)

// commands lists the subcommands, one a line.
func commands(a *app) []*cobra.Command {
	return []*cobra.Command{
		newAuditCommand(a),
		newCheckCommand(a),
		newCompletionCommand(a),
		newConfigCommand(a),
		newDemoCommand(a),
		newDoctorCommand(a),
		newHistoryCommand(a),
		newInspectCommand(a),
		newMRCommand(a),
		newObserveCommand(a),
		newProxiesCommand(a),
		newReleasesCommand(a),
		newPlanCommand(a),
		newReportCommand(a),
		newRunCommand(a),
		newServeCommand(a),
		newStatusCommand(a),
		newVersionCommand(a),
	}
}

// app is what the outside world gives to a subcommand.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
	now    func() time.Time
	isTTY  bool // stdout is a terminal: colour and redrawing are welcome
	width  int  // columns to fill; 80 where stdout is not a terminal
	height int  // rows of the terminal; 0 where stdout is none

	configFile string              // value of --config
	secrets    *transport.Redactor // what is not printed; nil = there are none
	weaknesses []string            // what is weaker on the forge than it could be
	started    bool                // a command's own code began to run
}

// newApp is the app of the running process.
func newApp() *app {
	a := &app{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		getenv: os.Getenv,
		now:    time.Now,
		width:  80,
	}
	if isatty.IsTerminal(os.Stdout.Fd()) {
		a.isTTY = os.Getenv("TERM") != "dumb"
		if columns, rows, err := term.GetSize(int(os.Stdout.Fd())); err == nil && columns > 0 {
			a.width, a.height = columns, rows
		}
	}
	// Whoever sets COLUMNS means it, as for other programs that wrap text.
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		a.width = columns
	}
	return a
}

// execute runs the command line args.
func (a *app) execute(ctx context.Context, args []string) error {
	return a.executeRoot(ctx, newRootCommand(a), args)
}

func (a *app) executeRoot(ctx context.Context, root *cobra.Command, args []string) error {
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil || a.started {
		return err
	}
	// Cobra refused the command line before any of our code ran.
	var usage *usageError
	if errors.As(err, &usage) {
		return err
	}
	return usagef("%v; run '%s --help' for usage", err, cmd.CommandPath())
}

func newRootCommand(a *app) *cobra.Command {
	root := newGroup("linnet", "Move a Big Bang environment to a new Istio, one reviewed merge request at a time", commands(a)...)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.configFile, "config", "", "configuration `FILE` (default: $LINNET_CONFIG; without either, the defaults)")
	root.SetHelpCommand(newHelpCommand(root))
	root.InitDefaultHelpCmd()
	a.noteStart(root)
	return root
}

// newGroup returns a command that only holds others. Alone it prints its help;
// with a name that it does not hold it is a usage error that names the nearest.
func newGroup(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
	}
	group.AddCommand(subcommands...)
	return group
}

// noteStart makes every command below cmd record that its own code began.
func (a *app) noteStart(cmd *cobra.Command) {
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return inner(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.noteStart(sub)
	}
}

func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return usagef("%v", err)
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			return cmd.Help()
		},
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if near := nearest.Word(name, names); near != "" {
		return usagef("unknown command %q of %s; did you mean %q?", name, cmd.CommandPath(), near)
	}
	return usagef("unknown command %q of %s; run '%s --help' for the list", name, cmd.CommandPath(), cmd.CommandPath())
}

func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		collect := func(f *pflag.Flag) { names = append(names, f.Name) }
		cmd.Flags().VisitAll(collect)
		cmd.InheritedFlags().VisitAll(collect)
		if near := nearest.Word(unknown.GetSpecifiedName(), names); near != "" {
			return usagef("unknown flag --%s of %s; did you mean --%s?", unknown.GetSpecifiedName(), cmd.CommandPath(), near)
		}
	}
	return usagef("%v; run '%s --help' for usage", err, cmd.CommandPath())
}

// oneOf refuses a flag value that is not among the known ones.
func oneOf(flag, value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	hint := ""
	if near := nearest.Word(value, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return usagef("--%s is %q, but must be one of %s%s", flag, value, strings.Join(known, ", "), hint)
}
