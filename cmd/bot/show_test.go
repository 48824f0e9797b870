package main

import (
	"strings"
	"testing"
)

// What somebody writes into a comment, or into a message in the cluster, does not repaint the terminal of whoever reads of it.
func TestWhatOthersWroteDoesNotActOnTheTerminal(t *testing.T) {
	var out strings.Builder
	a := &app{stdout: &out}
	if err := a.print("text", nil, func() string { return "comment 3, /canary pro\x1b[2Jmote: void\n\u202egreen\n" }); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "comment 3, /canary pro\ufffd[2Jmote: void\n\ufffdgreen\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
