package share

import (
	"context"
	"sync"
	"time"
)

// breath lies between two waits, so that an observer which does not wait is not asked without end.
const breath = time.Second

// bell rings when the observer has something new. It asks for that only while somebody waits.
type bell struct {
	ringing sync.Mutex // guards what follows
	ring    chan struct{}
	stop    context.CancelFunc // ends who asks; nil = nobody does
	ended   sync.WaitGroup
}

// Changed gives a channel that is closed when the observer has another observation than the Client. Take the channel before observing, and nothing falls between
// the two. While the observer cannot be asked nothing is closed, so whoever waits should also look from time to time. Close ends the asking.
func (c *Client) Changed() <-chan struct{} {
	c.ringing.Lock()
	defer c.ringing.Unlock()
	if c.ring == nil {
		ctx, cancel := context.WithCancel(context.Background())
		c.ring, c.stop = make(chan struct{}), cancel
		ring := c.ring
		c.ended.Go(func() { c.await(ctx, ring) })
	}
	return c.ring
}

// await asks again and again until there is something that the Client does not have, and keeps it.
func (c *Client) await(ctx context.Context, ring chan struct{}) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		held := c.last()
		found, err := c.read(ctx, held, longestWait)
		switch {
		case err != nil:
			pause.Reset(tryAgain)
		case found.tag != "" && (found.tag == held.tag || found.tag == c.last().tag): // nothing came, or Observe was faster
			pause.Reset(breath)
		default:
			c.keep(found)
			c.ringing.Lock()
			defer c.ringing.Unlock()
			if c.ring == ring {
				c.stop()
				c.ring, c.stop = nil, nil
			}
			close(ring)
			return
		}
	}
}

// silence ends the asking, and waits until it has ended.
func (c *Client) silence() {
	c.ringing.Lock()
	if c.stop != nil {
		c.stop()
		c.ring, c.stop = nil, nil
	}
	c.ringing.Unlock()
	c.ended.Wait()
}
