package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/linnet-bot/linnet/pkg/store"
)

// keptConfiguration is what lies beside the forge that a demo keeps, so that other commands can be tried on it.
const keptConfiguration = "linnet.yaml"

// keepHistory begins the history of a demo in its folder, and writes a configuration that names it and the forge, and the releases and packages of a demo
// that brought its own (own), so that linnet status works there.
func keepHistory(ctx context.Context, dir, environment string, own bool) (*store.Store, error) {
	key := []byte(rand.Text() + rand.Text())
	path, err := json.Marshal(environment) // JSON is YAML
	if err != nil {
		return nil, fmt.Errorf("keep the demo in %s: %w", dir, err)
	}
	text := "# Made by linnet demo.\nforge: {kind: local, path: forge}\nstore: {path: history.db}\nstateKeyFile: state.key\nenvironments:\n  - path: " + string(path) + "\n"
	if own {
		text += "releases: {url: releases}\npackages: {folder: packages}\n"
	}
	for name, content := range map[string]string{"state.key": string(key) + "\n", keptConfiguration: text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, fmt.Errorf("keep the demo in %s: %w", dir, err)
		}
	}
	return store.Open(ctx, filepath.Join(dir, "history.db"), store.Options{Key: key})
}
