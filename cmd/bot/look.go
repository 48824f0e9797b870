package main

import (
	"context"
	"errors"
	"fmt"
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

// look is Look of the Conductor, of which a panic is an error too: what somebody wrote into one repository must not end the upgrades of the others, also
// not by a program that is started again and again. What the Conductor carries in memory may be half written by then, so it begins anew, as after a
// restart; a soak that is not sealed begins anew, too.
func look(ctx context.Context, c *conductor.Conductor) (s conductor.Status, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		c.Log.ErrorContext(ctx, "panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()), "environment", c.Environment)
		err = fmt.Errorf("look after %s: the program has a mistake: report what the log says of the panic; what was done stays, and the next look goes on from there", c.Environment)
		fresh, failed := conductor.New(c.Settings)
		if failed != nil {
			err = errors.Join(err, failed)
			return
		}
		*c = *fresh
	}()
	return c.Look(ctx)
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
