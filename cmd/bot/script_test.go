package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/internal/race"
)

// TestMain lets the test binary stand in for the program: a script that runs
// linnet runs main. stubborn is a program whose command does not return.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"linnet": main, "stubborn": stubborn})
}

// leakless fails a run of tests that leaves a goroutine behind. What stands in for the program is a process of its own, and not looked at.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// TestScript runs every testdata/script/*.txtar as a user would type it. With
// LINNET_UPDATE_SCRIPTS set, the expectations that cmp compares are rewritten.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: false,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("LINNET_UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"apiserver": apiServer,
			"commit":    commitAll,
			"exits":     exits,
			"job":       jobScript,
			"miniature": miniatureOnDisk,
			"observe":   observeForge,
			"replace":   replaceText,
		},
		Condition: func(cond string) (bool, error) {
			if cond != "race" {
				return false, fmt.Errorf("unknown condition %q; known is race", cond)
			}
			return race.Enabled, nil
		},
		Setup: func(env *testscript.Env) error {
			// Git in a script commits as a fixed person and reads no
			// configuration of the machine it runs on.
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_NAME", "Script")
			env.Setenv("GIT_AUTHOR_EMAIL", "script@example.com")
			env.Setenv("GIT_COMMITTER_NAME", "Script")
			env.Setenv("GIT_COMMITTER_EMAIL", "script@example.com")
			env.Setenv("GIT_TERMINAL_PROMPT", "0")
			return nil
		},
	})
}

// exits runs a command that must end with the given exit code:
//
//	exits 2 linnet plan --nonsense
//
// Its output is there for stdout, stderr and cmp afterwards.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command [argument]...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}
