package main

import (
	"context"
	"time"
)

// watch looks at once and then at each end of the interval, until ctx is done. A look that takes longer than the interval is followed by the next one at
// once; those that it left out are not made up for.
func watch(ctx context.Context, interval time.Duration, look func()) error {
	next := time.NewTicker(interval)
	defer next.Stop()
	for {
		look()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		}
	}
}
