package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/linnet-bot/linnet/pkg/conductor"
)

// lookAll looks at one environment after the other. One that fails, or makes the program panic, does not hold up the others.
func lookAll(ctx context.Context, all []*conductor.Conductor) {
	for _, c := range all {
		if _, err := look(ctx, c); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, err.Error(), "environment", c.Environment)
		}
	}
}

// look is Look of the Conductor, of which a panic is an error too.
func look(ctx context.Context, c *conductor.Conductor) (s conductor.Status, err error) {
	err = conducted(ctx, c, "look after "+c.Environment, func() error {
		s, err = c.Look(ctx)
		return err
	})
	return s, err
}

// conducted is do with a Conductor, of which a panic is an error. What the Conductor carries in memory may be half written by then, so it begins anew, as after
// a restart; a soak that is not sealed begins anew, too.
func conducted(ctx context.Context, c *conductor.Conductor, tried string, do func() error) error {
	panicked := false
	err := contained(ctx, c.Log.With("environment", c.Environment), tried, &panicked, do)
	if !panicked {
		return err
	}
	fresh, failed := conductor.New(c.Settings)
	if failed != nil {
		return errors.Join(err, failed)
	}
	*c = *fresh
	return err
}

// contained is do, of which a panic is an error that is logged with its stack: what somebody wrote into one repository must not end the upgrades of the others, also
// not by a program that is started again and again.
func contained(ctx context.Context, log *slog.Logger, tried string, panicked *bool, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			*panicked = true
			log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()), "tried", tried)
			err = fmt.Errorf("%s: the program has a mistake: report what the log says of the panic; what was done stays, and the next look goes on from there", tried)
		}
	}()
	return do()
}

// guarded is do, of which a panic is an error. Go would print it past all that hides secrets.
func (a *app) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(a.stderr, "linnet: panic: %v\n%s", p, debug.Stack())
			err = errors.New("the program has a mistake: report what is printed above")
		}
	}()
	return do()
}
