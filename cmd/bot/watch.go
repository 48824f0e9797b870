package main

import (
	"context"
	"time"
)

// watch looks at once and then at each end of the interval, and sooner when it is woken, until ctx is done. A look that takes longer than the interval is
// followed by the next one at once; those that it left out are not made up for. A nil wake never wakes.
func watch(ctx context.Context, interval time.Duration, wake <-chan struct{}, look func()) error {
	next := time.NewTicker(interval)
	defer next.Stop()
	for {
		look()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		case <-wake:
		}
	}
}
