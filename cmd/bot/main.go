// Command linnet moves a Big Bang environment from one Istio to the next
// through reviewed merge requests.
//
// This package holds no decisions: each subcommand has a file of its own that
// reads flags, calls a package under pkg/ and prints what came back. How a
// subcommand is added is written at the top of root.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes. A command that needs another one returns an exitCode.
const (
	exitFailed      = 1   // the operation was tried and did not succeed
	exitUsage       = 2   // the command line asks for something that does not exist
	exitInterrupted = 130 // SIGINT or SIGTERM ended the work
)

func main() {
	// The Helm engine and Kustomize warn through the standard logger, and what they quote may be values of a Secret. Linnet itself never uses it.
	log.SetOutput(io.Discard)
	os.Exit(run(newApp(), os.Args[1:]))
}

// run executes one command line and returns the process's exit code.
func run(a *app, args []string) int {
	return a.untilSignal(func(ctx context.Context) error {
		return a.guarded(func() error { return a.execute(ctx, args) })
	})
}

// untilSignal calls f with a context that SIGINT and SIGTERM end, and returns
// the exit code for what f returned.
func (a *app) untilSignal(f func(context.Context) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the default action is back, so that a second one
	// ends a command that does not return.
	context.AfterFunc(ctx, stop)

	err := f(ctx)
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "linnet: interrupted")
		return exitInterrupted
	}
	return report(a.stderr, err)
}

// report prints err, one line for each error it joins, and returns the exit
// code that goes with it.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	lines := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		lines = joined.Unwrap()
	}
	var code exitCode
	for _, line := range lines {
		if !errors.As(line, &code) {
			fmt.Fprintf(w, "linnet: error: %v\n", line)
		}
	}
	if errors.As(err, &code) {
		return int(code)
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a command line that cannot be carried out as typed. It ends
// the program with exit code 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// usagef returns a usageError.
func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// exitCode ends the program with a code of the command's own. The command has
// already printed what there is to say.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }
