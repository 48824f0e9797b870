package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/server"
	"github.com/linnet-bot/linnet/pkg/server/hook"
	"github.com/linnet-bot/linnet/pkg/store"
)

func newServeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Look after the configured environments, and sooner when the forge's webhooks tell of something",
		Long: `Serve does what run does, and listens for webhooks beside it. A webhook tells nothing that is believed: it makes the bot look at the forge at once. One that
is lost, doubled or late changes nothing, since the bot also looks by the clock.

It listens at webhooks.listen of the configuration, for GitHub at /hooks/github and for GitLab at /hooks/gitlab, and says at /healthz that it lives.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context()) },
	}
}

func (a *app) serve(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if cfg.Webhooks == nil {
		return usagef("no webhooks to listen for: write webhooks: {listen: ADDRESS, secretFile: FILE} into the configuration, or use linnet run, which looks by the clock")
	}
	return a.conduct(ctx, "", func(ctx context.Context, cfg config.Config, all []*conductor.Conductor) error {
		log := slog.New(slog.NewTextHandler(a.stderr, nil))
		wake := make(chan struct{}, 1)
		deliveries, forget := deliveries(ctx, cfg, log)
		defer forget()
		pressed := &presses{project: cfg.Forge.Project}
		hooks, err := a.hooks(cfg, deliveries, log, wake, pressed)
		if err != nil {
			return err
		}
		ctx, end := context.WithCancel(ctx)
		defer end()
		served := make(chan error, 1)
		go func() {
			defer end() // without ears, somebody should hear of it, and not only the clock
			served <- server.Serve(ctx, server.Options{Listen: cfg.Webhooks.Listen, Hooks: hooks, Log: log}, func(at net.Addr) {
				log.InfoContext(ctx, "listening", "address", at.String())
			})
		}()
		err = a.watchAll(ctx, cfg, all, wake, func(ctx context.Context) { pressed.give(ctx, all) })
		if failed := <-served; failed != nil {
			return failed
		}
		return err
	})
}

// hooks are the receivers for the configured forge, by path.
func (a *app) hooks(cfg config.Config, deliveries hook.Deliveries, log *slog.Logger, wake chan<- struct{}, pressed *presses) (map[string]http.Handler, error) {
	o := hook.Options{
		Wake: func(h hook.Hint) {
			if h.Project == "" || strings.EqualFold(h.Project, cfg.Forge.Project) {
				nudge(wake)
			}
		},
		Press: pressed.add, Deliveries: deliveries, Now: a.now, Log: log,
	}
	secret := func(file string) hook.Secret {
		if file == "" {
			return nil
		}
		return hook.SecretFile(file, a.secrets.Add)
	}
	var receiver http.Handler
	var err error
	switch cfg.Forge.Kind {
	case config.GitLab:
		receiver, err = hook.NewGitLab(secret(cfg.Webhooks.SecretFile), secret(cfg.Webhooks.SigningTokenFile), o)
	case config.GitHub:
		receiver, err = hook.NewGitHub(secret(cfg.Webhooks.SecretFile), o)
	default:
		err = errors.New("a local forge sends no webhooks")
	}
	return map[string]http.Handler{"/hooks/" + string(cfg.Forge.Kind): receiver}, err
}

// deliveries remembers in the configured history which webhooks came in, so that none is replayed after a restart; without one, in memory. A history that cannot
// be opened keeps nobody from listening. The caller ends with the function that comes back.
func deliveries(ctx context.Context, cfg config.Config, log *slog.Logger) (hook.Deliveries, func()) {
	if cfg.Store == nil {
		return hook.NewMemory(), func() {}
	}
	kept, err := store.OpenDeliveries(ctx, cfg.Store.Path, hook.RememberedFor)
	if err != nil {
		log.ErrorContext(ctx, "webhooks are remembered until the program ends only", "error", err)
		return hook.NewMemory(), func() {}
	}
	return kept, func() {
		if err := kept.Close(); err != nil {
			log.ErrorContext(ctx, err.Error())
		}
	}
}

// nudge wakes who waits, or who looks and will wait; more than once is once.
func nudge(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
