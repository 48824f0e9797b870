package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
	"github.com/linnet-bot/linnet/pkg/server"
	"github.com/linnet-bot/linnet/pkg/server/hook"
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
		hooks, err := a.hooks(cfg, log, wake)
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
		err = watch(ctx, time.Duration(cfg.Interval), wake, func() { lookAll(ctx, all) })
		if failed := <-served; failed != nil {
			return failed
		}
		return err
	})
}

// hooks are the receivers for the configured forge, by path.
func (a *app) hooks(cfg config.Config, log *slog.Logger, wake chan<- struct{}) (map[string]http.Handler, error) {
	o := hook.Options{
		Wake: func(h hook.Hint) {
			if h.Project == "" || strings.EqualFold(h.Project, cfg.Forge.Project) {
				nudge(wake)
			}
		},
		Deliveries: hook.NewMemory(), Now: a.now, Log: log,
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

// nudge wakes who waits, or who looks and will wait; more than once is once.
func nudge(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
