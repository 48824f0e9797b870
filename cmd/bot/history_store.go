package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
	"github.com/linnet-bot/linnet/pkg/store"
	"github.com/linnet-bot/linnet/pkg/store/recorder"
)

// record lets conductors tell the configured history what happens. The caller ends with the function that comes back.
func (a *app) record(ctx context.Context, cfg config.Config, all []*conductor.Conductor) (done func() error, err error) {
	if cfg.Store == nil {
		return func() error { return nil }, nil
	}
	key, err := cfg.StateKey(a.getenv)
	if err != nil {
		return nil, err
	}
	history, err := store.Open(ctx, cfg.Store.Path, store.Options{Key: key, Retention: time.Duration(cfg.Store.Retention)})
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		c.Recorder = recorder.New(history)
	}
	return history.Close, nil
}

// history opens the history that the configuration names for reading.
func (a *app) history(ctx context.Context) (*store.Store, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	if cfg.Store == nil {
		return nil, usagef("no history: name a configuration with store: {path: FILE} by --config or $LINNET_CONFIG")
	}
	s, err := store.Read(ctx, cfg.Store.Path)
	if errors.Is(err, store.ErrAbsent) {
		return nil, fmt.Errorf("%w; `linnet run` begins it", err)
	}
	return s, err
}

// print prints a value as JSON or as its text.
func (a *app) print(output string, value any, text func() string) error {
	a.hide() // a history may hold what somebody should not have written
	if output == "json" {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(value)
	}
	return a.show(text())
}

// show prints a text that repeats what people wrote and what clusters say, without what a terminal would obey.
func (a *app) show(text string) error {
	_, err := io.WriteString(a.stdout, forgetext.Clean(text))
	return err
}
