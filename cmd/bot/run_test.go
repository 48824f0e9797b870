package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// untilNote is a log that ends a context when it says that the note is written, the last thing of a first look.
type untilNote struct {
	bytes.Buffer
	end context.CancelFunc
}

func (u *untilNote) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("write the note")) {
		u.end()
	}
	return u.Buffer.Write(text)
}

func TestRunGoesOnUntilItIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	for _, make := range []func() error{
		func() error { return miniature.Releases(filepath.Join(dir, "releases")) },
		func() error { return os.Mkdir(filepath.Join(dir, "packages"), 0o755) },
		func() error { return miniature.PackagesDir(filepath.Join(dir, "packages")) },
		func() error {
			return local.Create(filepath.Join(dir, "forge"), local.CreateOptions{Initial: tree.New(miniature.Repository("git"))})
		},
		func() error {
			config := "releases: {url: releases}\npackages: {folder: packages}\nforge: {kind: local, path: forge}\nenvironments: [{path: dev}]\n"
			return os.WriteFile(filepath.Join(dir, "linnet.yaml"), []byte(config), 0o600)
		},
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	log := &untilNote{end: cancel}
	a := &app{stdout: io.Discard, stderr: log, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	if err := a.execute(ctx, []string{"run", "--config", filepath.Join(dir, "linnet.yaml")}); err == nil || ctx.Err() == nil {
		t.Errorf("run ended with %v:\n%s", err, log.String())
	}
	if bytes.Contains(log.Bytes(), []byte("level=ERROR")) {
		t.Errorf("an interruption is no error:\n%s", log.String())
	}
}
