package main

import (
	"context"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/config"
)

// passOthers passes the check on merge requests of others, where that is configured. While nothing happens on the forge, nobody opens one.
func passOthers(cfg config.Config, all []*conductor.Conductor) func(context.Context) error {
	if !cfg.MergeRequests.PassOthers {
		return func(context.Context) error { return nil }
	}
	others := &conductor.Others{Forge: all[0].Forge, Branch: cfg.Forge.Branch} // they are all on the one forge
	failed := false
	return func(ctx context.Context) error {
		if all[0].Recalled() && !failed {
			return nil
		}
		panicked := false
		err := contained(ctx, all[0].Log, "pass merge requests of others", &panicked, func() error { return others.Pass(ctx) })
		if panicked {
			others = &conductor.Others{Forge: all[0].Forge, Branch: cfg.Forge.Branch}
		}
		failed = err != nil
		return err
	}
}

// watchAll looks at all environments, and then at what others want to merge, again and again.
func (a *app) watchAll(ctx context.Context, cfg config.Config, all []*conductor.Conductor, wake <-chan struct{}, first func(context.Context)) error {
	for _, weak := range a.weaknesses {
		all[0].Log.WarnContext(ctx, weak)
	}
	pass := passOthers(cfg, all)
	return watch(ctx, time.Duration(cfg.Interval), wake, func(woken bool) {
		first(ctx)
		for _, c := range all {
			if woken {
				c.Wake()
			}
		}
		lookAll(ctx, all)
		if err := pass(ctx); err != nil && ctx.Err() == nil {
			all[0].Log.ErrorContext(ctx, err.Error())
		}
	})
}
