//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// The first signal ends the context; a command that returns because of it ends
// with one line and the code that shells expect.
func TestSignalsInterrupt(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			var errs bytes.Buffer
			a := &app{stderr: &errs}
			code := a.untilSignal(func(ctx context.Context) error {
				root := newGroup("linnet", "", &cobra.Command{Use: "wait", RunE: func(cmd *cobra.Command, _ []string) error {
					if err := syscall.Kill(syscall.Getpid(), signal); err != nil {
						return err
					}
					<-cmd.Context().Done()
					return cmd.Context().Err()
				}})
				return a.executeRoot(ctx, root, []string{"wait"})
			})
			if want := "linnet: interrupted\n"; code != exitInterrupted || errs.String() != want {
				t.Errorf("code %d, stderr %q, want %d, %q", code, errs.String(), exitInterrupted, want)
			}
		})
	}
}

// stubborn goes on after the first signal. One of those that follow must end it:
// main gives the default action back.
func stubborn() {
	newApp().untilSignal(func(ctx context.Context) error {
		for range 1_000_000 {
			if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
				return err
			}
			runtime.Gosched()
		}
		<-ctx.Done()
		fmt.Println("still here")
		return nil
	})
}
