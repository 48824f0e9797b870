package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/spf13/cobra"
)

func TestReportMapsErrorsToExitCodes(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"none", nil, 0, ""},
		{"failed", errors.New("read x: no such file"), 1, "linnet: error: read x: no such file\n"},
		{"usage", usagef("--to is %q", "x"), 2, "linnet: error: --to is \"x\"\n"},
		{"usage, wrapped", fmt.Errorf("plan: %w", usagef("no")), 2, "linnet: error: plan: no\n"},
		{"several", errors.Join(errors.New("a"), errors.New("b")), 1, "linnet: error: a\nlinnet: error: b\n"},
		{"code of its own", exitCode(3), 3, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			if got := report(&out, tc.err); got != tc.code || out.String() != tc.text {
				t.Errorf("report(%v) = %d, %q, want %d, %q", tc.err, got, out.String(), tc.code, tc.text)
			}
		})
	}
}

// An error of a command's own is its own, even where it looks like one of cobra's.
func TestErrorsOfCommandsAreNotUsage(t *testing.T) {
	failed := errors.New("unknown flag: in the file")
	a := &app{}
	root := newGroup("linnet", "", &cobra.Command{Use: "x", RunE: func(*cobra.Command, []string) error { return failed }})
	a.noteStart(root)
	if err := a.executeRoot(context.Background(), root, []string{"x"}); err != failed {
		t.Errorf("execute = %v, want the command's own error", err)
	}
}
