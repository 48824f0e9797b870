package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

// observeForge writes what an observer would see now of a cluster that has long been following main of a local forge:
//
//	observe FORGE FILE
func observeForge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: observe FORGE FILE")
	}
	ctx := context.Background()
	f, err := local.Open(ts.MkAbs(args[0]), "observer")
	ts.Check(err)
	head, err := f.Head(ctx, "main")
	ts.Check(err)
	files, err := f.Tree(ctx, head)
	ts.Check(errors.Join(err, f.Shutdown()))
	releases, packages := sim.Miniature()
	const settled = 20 * time.Minute
	cluster, err := sim.New(sim.Options{Start: time.Now().Add(-settled), Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	ts.Check(err)
	cluster.Push(head, files)
	ts.Check(cluster.Advance(settled))
	text, err := json.Marshal(cluster.Observe())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}
