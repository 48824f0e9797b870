package main

import (
	"context"
	"time"
)

// watch looks at once and then at each end of the interval, and sooner when it is woken, until ctx is done. A look that takes longer than the interval is
// followed by the next one at once; those that it left out are not made up for. A nil wake never wakes. look is told whether it was woken.
func watch(ctx context.Context, interval time.Duration, wake <-chan struct{}, look func(woken bool)) error {
	next := time.NewTicker(interval)
	defer next.Stop()
	woken := false
	for {
		look(woken)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
			woken = false
		case <-wake:
			woken = true
		}
	}
}
