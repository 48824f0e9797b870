package main

import (
	"context"
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
)

// checkWait looks at a gate until it is open.
type checkWait struct {
	app     *app
	flags   checkFlags
	gate    judge
	changed func() <-chan struct{} // gives a channel that is closed when something next changes; nil = nobody tells
}

// judge is what check wants of a conductor.
type judge interface {
	// Status judges the cluster as it is now. What the forge said may be recalled.
	Status(ctx context.Context) (conductor.Status, error)
	// Wake makes the next Status read all of the forge again.
	Wake()
}

// leastPause lies between two looks at a cluster that does not come to rest.
const leastPause = time.Second

// until looks until the gate is open, the time is over or it is interrupted, and gives the last look; an empty one where it was interrupted before there was any.
// With each change of the cluster all is judged anew. What the forge said may be recalled; before the gate is found open, all of it is read again.
func (w *checkWait) until(ctx context.Context) (last conductor.Status, err error) {
	a := w.app
	begun := a.now()
	progress := checkProgress{w: a.stderr, live: a.isTTY && w.flags.wait > 0, width: a.width}
	defer progress.end()
	over := time.NewTimer(w.flags.wait)
	defer over.Stop()
	next := time.NewTicker(w.flags.every)
	defer next.Stop()
	second := make(<-chan time.Time)
	if progress.live {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		second = ticker.C
	}
	left := func() time.Duration { return w.flags.wait - a.now().Sub(begun) }
	said, ending := "", w.flags.wait == 0
	for anew := true; ; {
		var changed <-chan struct{}
		if w.changed != nil {
			changed = w.changed()
		}
		s, failed := w.gate.Status(ctx)
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case failed != nil && ending:
			return last, failed
		case failed != nil && failed.Error() != said:
			said = failed.Error()
			progress.end()
			fmt.Fprintf(a.stderr, "linnet: note: %v; it is tried again\n", failed)
		case failed == nil:
			last, said = s, ""
			progress.show(s, left())
			switch open := checkCode(w.flags.phase, s) == 0; {
			case open && anew || ending:
				return s, nil
			case open:
				w.gate.Wake()
				anew = true
				continue
			}
		}
		if ending, err = w.pause(ctx, pausing{next.C, over.C, second, changed}, func() { progress.tick(left()) }); err != nil {
			return last, err
		}
		if anew = ending; ending {
			w.gate.Wake()
		}
	}
}

// pausing is what ends a pause, but for second, which only moves what is shown.
type pausing struct {
	next, over, second <-chan time.Time
	changed            <-chan struct{}
}

// pause waits for a reason to look again: a change in the cluster, the time for it, or the last look of all.
func (w *checkWait) pause(ctx context.Context, p pausing, tick func()) (ending bool, err error) {
	least := time.NewTimer(leastPause)
	defer least.Stop()
	var rested <-chan time.Time // once something has changed
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-p.over:
			return true, nil
		case <-p.next:
			return false, nil
		case <-p.changed:
			p.changed, rested = nil, least.C
		case <-rested:
			return false, nil
		case <-p.second:
			tick()
		}
	}
}
