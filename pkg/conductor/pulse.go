package conductor

import (
	"context"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
)

const (
	// pulseEvery is how often a forge is asked whether anything has happened.
	pulseEvery = 75 * time.Second
	// feltTogether is how long a pulse counts for all: Conductors of one process look one after the other.
	feltTogether = 10 * time.Second
)

// Pulse is that of a forge, felt once for all Conductors of a process. It is not safe for concurrent use. The zero Pulse is shared by nobody yet.
type Pulse struct {
	target, mark string
	err          error
	at           time.Time
}

// feel asks for the mark, or gives the one that another Conductor was just given. An older mark than it could be hides nothing: the next one differs from it.
func (p *Pulse) feel(ctx context.Context, f forge.Pulser, target string, now time.Time) (string, error) {
	if age := now.Sub(p.at); p.target != target || age < 0 || age >= feltTogether {
		p.mark, p.err = f.Pulse(ctx, target)
		p.target, p.at = target, now
	}
	return p.mark, p.err
}
