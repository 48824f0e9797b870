package fakegitlab

import (
	"sync"
	"time"
)

// What GitLab puts up with.
const (
	failuresToPause = 4
	failuresToEnd   = 40
	shortestPause   = time.Minute
	longestPause    = 24 * time.Hour
)

// trust is GitLab's in a receiver: one that fails several times in a row is not sent anything for a while, which doubles, and in the end nothing at all.
type trust struct {
	now func() time.Time

	mu     sync.Mutex
	failed int // in a row
	pause  time.Duration
	until  time.Time
}

func (t *trust) enabled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.failed < failuresToPause:
		return true
	case t.failed >= failuresToEnd:
		return false
	}
	return !t.now().Before(t.until)
}

func (t *trust) answered(ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok {
		t.failed, t.pause = 0, 0
		return
	}
	if t.failed++; t.failed >= failuresToPause {
		t.pause = min(max(2*t.pause, shortestPause), longestPause)
		t.until = t.now().Add(t.pause)
	}
}
