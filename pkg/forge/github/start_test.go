package github_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// git runs git in a folder as a person who may push.
func (h *hub) git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Pat", "GIT_AUTHOR_EMAIL=pat@example.org", "GIT_COMMITTER_NAME=Pat", "GIT_COMMITTER_EMAIL=pat@example.org")
	cmd.Env = append(cmd.Env, gitEnv(h.pat)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// start pushes the first commit, with a tool that can be run.
func (h *hub) start(t *testing.T) {
	t.Helper()
	h.pat = h.AddUser("pat", "write")
	h.clone = t.TempDir()
	h.git(t, h.clone, "init", "-q", "-b", "main")
	if err := os.WriteFile(filepath.Join(h.clone, "tool.sh"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.git(t, h.clone, "add", "-A")
	h.git(t, h.clone, "commit", "-q", "-m", "Start")
	h.git(t, h.clone, "remote", "add", "origin", h.remote())
	h.git(t, h.clone, "push", "-q", "origin", "main")
}

// push adds a file to a branch as a person does and gives the new head.
func (h *hub) push(t *testing.T, branch, file string) string {
	t.Helper()
	h.git(t, h.clone, "fetch", "-q", "origin", branch)
	h.git(t, h.clone, "checkout", "-q", "-f", "-B", branch, "FETCH_HEAD")
	if err := os.WriteFile(filepath.Join(h.clone, file), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	h.git(t, h.clone, "add", "-A")
	h.git(t, h.clone, "commit", "-q", "-m", "By hand: "+file)
	h.git(t, h.clone, "push", "-q", "origin", branch)
	return h.git(t, h.clone, "rev-parse", "HEAD")
}
