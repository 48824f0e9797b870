package local_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// workerOf makes the test binary a process that works on the forge in that folder.
const workerOf = "LOCAL_FORGE_WORKER_OF"

func TestMain(m *testing.M) {
	if dir := os.Getenv(workerOf); dir != "" {
		if err := work(dir, os.Args[1], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

const perWorker = 6

// work makes branches, opens a merge request for each and merges it, saying each step before it takes it.
func work(dir, name string, say io.Writer) error {
	f, err := local.Open(dir, name)
	if err != nil {
		return err
	}
	ctx, now := context.Background(), time.Now
	for i := range perWorker {
		branch := fmt.Sprintf("%s/%d-%d", name, i, now().UnixNano())
		fmt.Fprintln(say, "commit")
		head, err := f.Head(ctx, "main")
		if err != nil {
			return err
		}
		sha, err := f.Commit(ctx, forge.NewCommit{Branch: branch, Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: branch, Content: []byte(branch)}}})
		if err != nil {
			return err
		}
		fmt.Fprintln(say, "open")
		m, err := f.Open(ctx, forge.OpenRequest{Source: branch, Target: "main", Title: branch})
		if err != nil {
			return err
		}
		method := []forge.Method{forge.MergeCommit, forge.Squash, forge.Rebase}[i%3]
		fmt.Fprintln(say, "merge")
		if _, err := f.Merge(ctx, m.Number, forge.MergeOptions{Head: sha, Method: method}); err != nil {
			return err
		}
		fmt.Fprintln(say, "delete")
		if err := f.DeleteBranch(ctx, branch, sha); err != nil {
			return err
		}
	}
	return f.Shutdown()
}

func worker(t *testing.T, dir, name string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], name)
	cmd.Env = append(os.Environ(), workerOf+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func started(t *testing.T) string {
	return create(t, local.CreateOptions{Initial: tree.New(map[string][]byte{"a": []byte("1\n")})})
}

func TestProcessesWorkOnOneForgeAtOnce(t *testing.T) {
	dir := started(t)
	var all []*exec.Cmd
	for i := range 3 {
		cmd, out := worker(t, dir, fmt.Sprintf("w%d", i))
		go func() {
			for out.Scan() {
			}
		}()
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	f := open(t, dir, "pat", newClock())
	merged, err := f.Find(t.Context(), forge.Query{States: []forge.State{forge.Merged}})
	if err != nil || len(merged) != 3*perWorker {
		t.Fatalf("got %d merged, %v, want %d", len(merged), err, 3*perWorker)
	}
	head, err := f.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	files, err := f.Tree(t.Context(), head)
	if err != nil || files.Len() != 1+3*perWorker {
		t.Errorf("main has %d files, %v, want %d: a merge was lost", files.Len(), err, 1+3*perWorker)
	}
}

// TestKilledAtAnyInstant kills a process right after it said that it will take a step, so that it dies somewhere within. The next one finds
// a forge whose database and branches agree, and no lock in its way.
func TestKilledAtAnyInstant(t *testing.T) {
	dir := started(t)
	for kill := range 16 {
		cmd, out := worker(t, dir, fmt.Sprintf("k%d", kill))
		for step := 0; step <= kill && out.Scan(); step++ {
		}
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		checkForge(t, dir)
	}
}

func checkForge(t *testing.T, dir string) {
	t.Helper()
	f, err := local.Open(dir, "pat")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Shutdown() }()
	ctx := t.Context()
	all, err := f.Find(ctx, forge.Query{})
	if err != nil {
		t.Fatal(err)
	}
	main, err := f.Head(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	files, err := f.Tree(ctx, main)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		_, in := files.Read(m.Source)
		if in != (m.State == forge.Merged) {
			t.Fatalf("!%d is %s, and its file is on main: %v", m.Number, m.State, in)
		}
		if m.State == forge.Open {
			if _, err := f.Merge(ctx, m.Number, forge.MergeOptions{Head: m.Head}); err != nil {
				t.Fatal(err)
			}
			if err := f.DeleteBranch(ctx, m.Source, m.Head); err != nil {
				t.Fatal(err)
			}
		}
	}
	locks, err := filepath.Glob(filepath.Join(f.GitDir(), "refs", "heads", "*", "*.lock"))
	if err != nil || len(locks) > 0 {
		t.Fatalf("locks are left: %v, %v", locks, err)
	}
}
