package faults

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

const (
	trouble  = 60 // looks, after which no fault comes any more
	patience = 60 // looks after that, within which the upgrade must be over: a limit may last for twenty
	side     = 2  // lives that are played side by side
)

// schedule follows from the seed: many small troubles, few great ones.
func schedule(seed uint64) Schedule {
	s := Schedule{Seed: seed}
	dice := s.dice()
	s.Most = 1 + dice.IntN(24)
	s.Rate = []float64{0.01, 0.02, 0.05, 0.1, 0.3}[dice.IntN(5)]
	return s
}

// TestLivesConverge plays as many lives as the flag -faults.seeds says, in each of which the real conductor brings the last phases of an upgrade in, or one of
// them in and back, over a real client, on a forge in trouble.
func TestLivesConverge(t *testing.T) {
	if *one >= 0 {
		w := live(t, uint64(*one))
		t.Log(w.tell())
		return
	}
	if race.Enabled {
		*seeds = min(*seeds, 4) // side by side they share what was planned, and that is all
	}
	var next atomic.Int64
	var sum tally
	t.Run("side by side", func(t *testing.T) {
		for range side {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1) - 1; seed < int64(*seeds) && !t.Failed(); seed = next.Add(1) - 1 {
					t.Run(fmt.Sprint(seed), func(t *testing.T) { sum.add(live(t, uint64(seed))) })
				}
			})
		}
	})
	t.Log(sum.String())
}

// live plays the life of a seed.
func live(t *testing.T, seed uint64) *world {
	t.Helper()
	vendor := []Vendor{GitHub, GitLab}[seed%2]
	w := newWorld(t, vendor, schedule(seed), func(w *world) {
		w.approvals, w.token, w.back = int(seed/2%2), seed%6 == 4, seed/4%3 == 2
		if seed%5 == 0 {
			marker, err := forge.NewMarker([]byte(strings.Repeat("k", 32)))
			if err != nil {
				t.Fatal(err)
			}
			w.marker = &marker
		}
	})
	if seed%8 >= 6 { // two at a time, who look in turn
		w.other = w.conductor
		w.restart()
	}
	defer func() {
		if t.Failed() {
			t.Logf("to have it again: go test ./internal/faults -run %s -args -faults.seed %d\n%s", "TestLivesConverge", seed, w.tell())
		}
	}()
	w.converge()
	w.judge()
	return w
}

// converge looks until the upgrade is over, the forge has no trouble any more, and the bot nothing to write.
func (w *world) converge() {
	w.Helper()
	var status conductor.Status
	for looks, calm := 1, 0; calm < patience; looks++ {
		if w.handler.Over() {
			calm++
			w.putRight()
		}
		if looks == trouble {
			w.handler.End()
		}
		quiet, written := w.handler.Over(), w.writes()
		var err error
		status, err = w.conductor.Look(w.Context())
		w.say("look %d: %s, %d in, !%d, %v", looks, status.Situation, status.Done, status.Request, err)
		if err == nil {
			if status.Situation == conductor.Finished || w.back && status.Situation == conductor.Around {
				if quiet && w.writes() == written {
					w.looks = looks
					return
				}
				w.handler.End()
			}
			w.goAlong(status)
		}
		w.now = w.now.Add(tick)
		switch e, mortal := w.wire.(*executioner); {
		case mortal && e.dead:
			e.dead = false
			w.deaths++
			w.say("another process after the death of one")
			w.restart()
		case !quiet && w.chance.IntN(12) == 0:
			w.say("another process")
			w.restart()
		case w.other != nil:
			w.conductor, w.other = w.other, w.conductor
			w.handler.Forget() // what one of them was told the other does not know
		}
	}
	w.Fatalf("%d looks after the last fault the upgrade is not over: it is %s: %s\n%s", patience, status.Situation, status.Happening, status.Text(100))
}

// tally sums up what happened in all lives.
type tally struct {
	mu                     sync.Mutex
	lives, requests, looks int
	faults                 map[Kind]int
	most                   map[Vendor][2]int // requests, writes
}

func (s *tally) add(w *world) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults == nil {
		s.faults, s.most = map[Kind]int{}, map[Vendor][2]int{}
	}
	events := w.handler.Events()
	s.lives++
	s.looks += w.looks
	s.requests += len(events)
	for _, e := range events {
		if e.Fault != "" {
			s.faults[e.Fault]++
		}
	}
	most := s.most[w.vendor]
	s.most[w.vendor] = [2]int{max(most[0], len(events)), max(most[1], w.writes())}
}

func (s *tally) String() string {
	var kinds []string
	for _, k := range Kinds {
		kinds = append(kinds, fmt.Sprintf("%d %s", s.faults[k], k))
	}
	return fmt.Sprintf("%d lives, %d looks, %d requests; faults: %s; most requests and writes of a life: %v", s.lives, s.looks, s.requests, strings.Join(kinds, ", "), s.most)
}
