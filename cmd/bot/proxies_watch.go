package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks/proxies"
)

// watchProxies writes the list whenever it is another one, over the one before on a terminal and below it elsewhere, until it is interrupted.
func (a *app) watchProxies(ctx context.Context, v *proxiesView, f proxiesFlags) error {
	next := time.NewTicker(f.every)
	defer next.Stop()
	last := ""
	for {
		var changed <-chan struct{}
		if v.changed != nil {
			changed = v.changed()
		}
		list, err := v.list(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := a.drawProxies(f, list, err, &last); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		case <-changed:
			if err := breathe(ctx); err != nil {
				return err
			}
		}
	}
}

// drawProxies writes a list that is another than the last one. One that could not be made is said, and looked for again.
func (a *app) drawProxies(f proxiesFlags, list proxies.List, failed error, last *string) error {
	redraw := a.isTTY && (f.output == "table" || f.output == "wide")
	now := ""
	if failed != nil {
		now = failed.Error()
	} else {
		now = contents(list)
	}
	if now == *last && !redraw {
		return nil // on a terminal the ages go on
	}
	if redraw {
		if _, err := a.stdout.Write([]byte("\x1b[H\x1b[2J")); err != nil {
			return err
		}
	} else if *last != "" && (f.output == "table" || f.output == "wide") {
		if _, err := a.stdout.Write([]byte("\n")); err != nil {
			return err
		}
	}
	*last = now
	if failed != nil {
		_, err := a.stderr.Write([]byte("linnet: " + failed.Error() + "\n"))
		return err
	}
	if redraw {
		s := a.proxiesStyle(f)
		s.Height = max(a.height-1, 1) // and one for the prompt
		return a.show(list.Text(s))
	}
	return a.printProxies(f, list)
}

// contents are what makes a list another one: not when it was made.
func contents(list proxies.List) string {
	list.At, list.Age = time.Time{}, ""
	text, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
