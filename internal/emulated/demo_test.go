package emulated_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/emulated"
	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

// seen is a forge with what emulate leaves out: the bot's reactions, which are kept here, and which App has made a check run. Nobody else makes any.
type seen struct {
	forge.Forge
	mu        sync.Mutex
	reactions map[int64][]forge.Reaction // to comments
}

func (s *seen) React(ctx context.Context, _ int, id int64, kind forge.ReactionKind) error {
	me, err := s.Me(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reactions[id] = append(s.reactions[id], forge.Reaction{Kind: kind, By: me})
	return err
}

func (s *seen) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	list, err := s.Forge.Comments(ctx, number)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range list {
		list[i].Reactions = s.reactions[list[i].ID]
	}
	return list, err
}

func (s *seen) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	me, err := s.Me(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Forge.Checks(ctx, sha)
	for i := range list {
		list[i].By = me
	}
	return list, err
}

func TestAWholeUpgradeLeavesNothingButTheBump(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	releases, packages := t.TempDir(), t.TempDir()
	if err := errors.Join(miniature.Releases(releases), miniature.PackagesDir(packages)); err != nil {
		t.Fatal(err)
	}
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		t.Fatal(err)
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := demo.Run(t.Context(), demo.Options{
		Dir: t.TempDir(), Repository: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Why: "the newest",
		Material: library.New(t.Context(), source, charts), Releases: source, Packages: charts,
		Stage: func(files tree.Tree, now func() time.Time) (demo.Forge, error) {
			p := emulated.Start(t, now).Project(t)
			push(t, p.Remote(), files)
			p.Protect(t, 1, conductor.CheckName)
			return demo.Forge{Bot: &seen{Forge: p.Bot(t), reactions: map[int64][]forge.Reaction{}}, Reviewer: p.Person(t, demo.Reviewer), Close: func() error { return nil }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Status.Situation != conductor.Finished {
		t.Errorf("the upgrade ends %s: %s", outcome.Status.Situation, outcome.Status.Happening)
	}
	if proof := outcome.Prove(); !proof.Holds() {
		t.Errorf("promise 1 is broken:\n%s", proof.Trace)
	}
	if outcome.Requests != len(outcome.Plan.Phases) {
		t.Errorf("there were %d merge requests for %d phases", outcome.Requests, len(outcome.Plan.Phases))
	}
}

// push makes the files the first commit of main.
func push(t *testing.T, remote string, files tree.Tree) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files.Paths() {
		content, _ := files.Read(name)
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main", "."}, {"add", "-A"}, {"commit", "-q", "--allow-empty", "-m", "Start"}, {"push", "-q", remote, "main"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "core.autocrlf=false", "-c", "user.name=Pat", "-c", "user.email=pat@example.org"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), emulated.GitEnv("pat")...)
		cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, said.String())
		}
	}
}
