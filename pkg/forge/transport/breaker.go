package transport

import (
	"sync"
	"time"
)

const (
	// failuresToOpen is how many failures in a row mean that the forge is down.
	failuresToOpen = 5
	// restWhenDown is how long it is then left alone before one request may try.
	restWhenDown = 30 * time.Second
)

// breaker leaves a forge alone that is down: closed, open after failuresToOpen failures in a row, half open for one request at a time after
// restWhenDown.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	probing  bool
}

// outcome is how a request went; unknown is one whose caller went away.
type outcome int

const (
	unknown outcome = iota
	good
	bad
)

// enter refuses with *UnavailableError, or gives what to call once with the outcome.
func (b *breaker) enter(o Options) (settle func(outcome), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	probe := false
	if b.failures >= failuresToOpen {
		if b.probing || o.Now().Before(b.until) {
			return nil, &UnavailableError{Name: o.Name, Until: b.until}
		}
		b.probing, probe = true, true
	}
	return func(how outcome) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if probe {
			b.probing = false
		}
		switch how {
		case good:
			b.failures = 0
		case bad:
			if b.failures++; b.failures >= failuresToOpen {
				b.until = o.Now().Add(restWhenDown)
			}
		case unknown:
		}
	}, nil
}
