package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/redacted"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// botName is who the bot is on a local forge.
const botName = "linnet"

// conductors makes one Conductor for each configured environment, or for the one that is named. The caller ends with the function that comes back.
func (a *app) conductors(ctx context.Context, only string) ([]*conductor.Conductor, func() error, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, nil, err
	}
	if cfg.Forge == nil {
		return nil, nil, errNoForge
	}
	environments, err := watched(cfg, only)
	if err != nil {
		return nil, nil, err
	}
	marker, err := stateMarker(cfg, a.getenv)
	if err != nil {
		return nil, nil, err
	}
	eyes, closed, err := a.observers(environments)
	if err != nil {
		return nil, nil, err
	}
	f, ended, err := a.openForge(cfg)
	if err != nil {
		return nil, nil, errors.Join(err, closed())
	}
	shutdown := func() error { return errors.Join(ended(), closed()) }
	if told, ok := f.(interface{ Weaknesses() []string }); ok {
		a.weaknesses = told.Weaknesses()
	}
	if a.secrets != nil {
		f = redacted.New(f, a.secrets)
	}
	source, material, err := sources{}.open(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(err, shutdown())
	}
	var all []*conductor.Conductor
	pulse := &conductor.Pulse{}
	for i, e := range environments {
		chooser := &chooser{source: source, environment: e, now: a.now}
		open, err := e.Policy.Calendar()
		if err != nil {
			return nil, nil, errors.Join(err, shutdown())
		}
		c, err := conductor.New(conductor.Settings{
			Environment: e.Path, Branch: cfg.Forge.Branch, Forge: f, Pulse: pulse, Observer: eyes[i], Material: material,
			Policy: policyOf(e), Choose: chooser.choose, Requests: requestPolicy(cfg.MergeRequests),
			Merge: conductor.When(e.Policy.Merge), MergeByKind: mergeByKind(e.Policy), Calendar: open,
			Words: words(cfg.Forge.Kind), MaxDwell: time.Duration(e.Policy.MaxDwell), Escalate: cfg.MergeRequests.Escalate,
			Now: a.now, MaxGap: maxGap(time.Duration(cfg.Interval)), Marker: marker,
			Log: slog.New(slog.NewTextHandler(a.stderr, nil)), Rights: cfg.Rights(), Role: roles(f), InGroup: groups(f), First: chooser.first(),
		})
		if err != nil {
			return nil, nil, errors.Join(err, shutdown())
		}
		all = append(all, c)
	}
	return all, shutdown, nil
}

// words are those that people use on a forge.
func words(kind config.ForgeKind) forge.Words {
	if kind == config.GitHub {
		return forge.PullRequests
	}
	return forge.Words{}
}

// watched are the environments to look after.
func watched(cfg config.Config, only string) ([]config.Environment, error) {
	if len(cfg.Environments) == 0 {
		return nil, usagef("no environments: list at least one under environments in the configuration")
	}
	if only == "" {
		return cfg.Environments, nil
	}
	if e, ok := cfg.Environment(only); ok {
		return []config.Environment{e}, nil
	}
	var known []string
	for _, e := range cfg.Environments {
		known = append(known, e.Path)
	}
	return nil, usagef("environment %q is not configured; known are %s", only, strings.Join(known, ", "))
}

// stateMarker seals with the configured key; nil without one. The key is stretched to the length that the seal needs.
func stateMarker(cfg config.Config, getenv func(string) string) (*forge.Marker, error) {
	key, err := cfg.StateKey(getenv)
	if err != nil || key == nil {
		return nil, err
	}
	sum := sha256.Sum256(key)
	m, err := forge.NewMarker(sum[:])
	return &m, err
}

func requestPolicy(m config.MergeRequests) forge.Policy {
	return forge.Policy{Labels: m.Labels, Reviewers: m.Reviewers, Title: m.Title, Trailers: m.Trailers, Method: forge.Method(m.Method)}
}

// mergeByKind is who merges phases of the kinds for which the policy says it.
func mergeByKind(p config.Policy) map[planner.Kind]conductor.When {
	kinds := map[planner.Kind]conductor.When{}
	for _, kind := range planner.Kinds {
		if when := p.MergeOf(string(kind)); when != p.Merge {
			kinds[kind] = conductor.When(when)
		}
	}
	return kinds
}

// observationFile reads what was seen of a cluster from a file, anew at each look.
type observationFile string

func (file observationFile) Observe(context.Context) (*checks.Observation, error) {
	if file == "" {
		return nil, errors.New("nothing observes it; set cluster.observer of the environment, or cluster.observationFile")
	}
	text, err := os.ReadFile(string(file))
	if err != nil {
		return nil, err
	}
	var o checks.Observation
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("read the observation %s: %w", string(file), err)
	}
	return &o, nil
}

// maxGap is how far apart two samples may be. A look that is no sample, since Flux was just looking at its source again, leaves two intervals between its
// neighbours, and a little more: that must not break a soak, else a long one would hardly ever end.
func maxGap(interval time.Duration) time.Duration {
	return max(conductor.DefaultMaxGap, interval*5/2)
}
