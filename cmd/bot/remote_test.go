package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
)

// trial is a folder with a configuration for a forge that holds the miniature repository.
type trial struct{ dir string }

// newTrial pushes the repository to where a forge keeps it.
func newTrial(t *testing.T, forge, remote string) trial {
	t.Helper()
	in := trial{t.TempDir()}
	in.write(t, "linnet.yaml", "releases: {url: releases}\npackages: {folder: packages}\nenvironments: [{path: dev}]\n"+forge+"\n")
	packages := filepath.Join(in.dir, "packages")
	if err := errors.Join(miniature.Releases(filepath.Join(in.dir, "releases")), os.Mkdir(packages, 0o755), miniature.PackagesDir(packages)); err != nil {
		t.Fatal(err)
	}
	for name, content := range miniature.Repository("git") {
		in.write(t, "clone/"+name, string(content))
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "core.autocrlf=false"}, args...)...)
		cmd.Dir = filepath.Join(in.dir, "clone")
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return in
}

// write makes a file of the trial.
func (in trial) write(t *testing.T, name, content string) {
	t.Helper()
	file := filepath.Join(in.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// linnet runs the program in the trial and gives what it printed and its exit code.
func (in trial) linnet(args ...string) (printed string, code int) {
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	code = run(a, append(args, "--config", filepath.Join(in.dir, "linnet.yaml")))
	return out.String(), code
}
