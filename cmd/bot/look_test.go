package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/server/hook"
	"github.com/linnet-bot/linnet/pkg/store"
)

// poisoned is a forge on which somebody wrote what the program cannot bear. Once that is gone, it is only not there.
type poisoned struct {
	forge.Forge
	poison any // nil = none
	asked  int
}

var errAway = errors.New("the forge is away")

func (p *poisoned) Me(context.Context) (forge.User, error) {
	p.asked++
	if p.poison != nil {
		panic(p.poison)
	}
	return forge.User{}, errAway
}

func (p *poisoned) DefaultBranch(ctx context.Context) (string, error) {
	_, err := p.Me(ctx)
	return "", err
}

func conducting(t *testing.T, a *app, environment string, f forge.Forge) *conductor.Conductor {
	t.Helper()
	c, err := conductor.New(conductor.Settings{
		Environment: environment, Forge: f, Observer: observationFile(""), Material: struct{ planner.Material }{}, Now: time.Now,
		Choose: func(context.Context, string) (string, string, error) { return "", "", nil }, Log: slog.New(slog.NewTextHandler(a.stderr, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const mayNotBeSeen = "a-token-that-may-not-be-seen"

func hiding(log *bytes.Buffer) *app {
	a := &app{stdout: log, stderr: log, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	a.hide()
	a.secrets.Add(mayNotBeSeen)
	return a
}

func TestAPanicInOneEnvironmentDoesNotEndTheOthers(t *testing.T) {
	log := &bytes.Buffer{}
	a := hiding(log)
	bad, good := &poisoned{poison: errors.New("index out of range: " + mayNotBeSeen)}, &poisoned{}
	all := []*conductor.Conductor{conducting(t, a, "dev", bad), conducting(t, a, "prod", good)}
	memory := func() uintptr { return reflect.ValueOf(all[0]).Elem().FieldByName("plans").Pointer() }
	before := memory()
	lookAll(t.Context(), all)
	if memory() == before {
		t.Error("dev goes on with a memory that may be half written")
	}
	if bad.asked != 1 || good.asked != 1 {
		t.Errorf("dev was looked at %d times and prod %d times, want once each", bad.asked, good.asked)
	}
	for _, want := range []string{"level=ERROR", `msg=panic`, "index out of range: [redacted]", "look_test.go", "environment=dev", "environment=prod"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log.String(), mayNotBeSeen) {
		t.Errorf("the log holds a secret:\n%s", log)
	}

	bad.poison = nil
	lookAll(t.Context(), all)
	if bad.asked != 2 || good.asked != 2 {
		t.Errorf("after the poison is gone dev was looked at %d times and prod %d times, want twice each", bad.asked, good.asked)
	}
}

func TestAPanicInALookOnceIsAFailure(t *testing.T) {
	log := &bytes.Buffer{}
	a := hiding(log)
	bad, good := &poisoned{poison: mayNotBeSeen}, &poisoned{}
	err := a.lookOnce(t.Context(), []*conductor.Conductor{conducting(t, a, "dev", bad), conducting(t, a, "prod", good)})
	if !errors.Is(err, errAway) || !strings.Contains(err.Error(), "look after dev: the program has a mistake") {
		t.Errorf("gives %v, want what is wrong with both environments", err)
	}
	if strings.Contains(log.String()+err.Error(), mayNotBeSeen) {
		t.Errorf("a secret is said: %v\n%s", err, log)
	}
}

func TestAPanicAnywhereIsPrintedWithoutSecrets(t *testing.T) {
	log := &bytes.Buffer{}
	a := hiding(log)
	code := report(a.stderr, a.guarded(func() error { panic("at " + mayNotBeSeen) }))
	if said := log.String(); code != exitFailed || !strings.Contains(said, "linnet: panic: at [redacted]\n") || !strings.Contains(said, "look_test.go") {
		t.Errorf("code %d, want 1; printed:\n%s", code, said)
	}
}

func TestServeRemembersWebhooksInTheHistory(t *testing.T) {
	log := &bytes.Buffer{}
	told := slog.New(slog.NewTextHandler(log, nil))
	path := filepath.Join(t.TempDir(), "history.db")
	cfg := config.Config{Store: &config.Store{Path: path}}
	for _, want := range []bool{true, false} {
		kept, forget := deliveries(t.Context(), cfg, told)
		if got, err := kept.First("github/d-1", time.Unix(1_800_000_000, 0)); err != nil || got != want {
			t.Errorf("after a restart the delivery is the first: %v, %v, want %v", got, err, want)
		}
		forget()
	}
	if log.Len() > 0 {
		t.Errorf("the log says:\n%s", log)
	}

	cfg.Store.Path = filepath.Join(t.TempDir(), "not", "there")
	kept, forget := deliveries(t.Context(), cfg, told)
	defer forget()
	if _, memory := kept.(*hook.Memory); !memory || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("without a database it is %T, want it to remember in memory and to say so:\n%s", kept, log)
	}
	kept, forget = deliveries(t.Context(), config.Config{}, told)
	defer forget()
	if _, stored := kept.(*store.Deliveries); stored {
		t.Error("without a configured history it writes to one")
	}
}
