package conductor

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// soakKey is what a soak belongs to: the branch of the phase that waits for it, and the merge whose effect it watches.
type soakKey struct{ Branch, Merge string }

// carried is what the note carries for the next look, sealed.
type carried struct {
	Merge string           `json:"merge"`
	Soak  checks.SoakClock `json:"soak"`
}

func (k soakKey) scope() string { return k.Branch + " " + noteName }

// seal puts the clock into the note; without a key the note stays as it is.
func (k soakKey) seal(m *forge.Marker, note string, clock checks.SoakClock) string {
	if m == nil || clock == (checks.SoakClock{}) {
		return note
	}
	payload, err := json.Marshal(carried{Merge: k.Merge, Soak: clock})
	if err != nil {
		return note // a clock of two times and a number always encodes
	}
	return m.Put(note, k.scope(), payload)
}

// unseal reads the clock from a note; the zero clock when there is none for this merge.
func (k soakKey) unseal(m *forge.Marker, note string) checks.SoakClock {
	if m == nil {
		return checks.SoakClock{}
	}
	payload, err := m.Get(note, k.scope())
	var c carried
	if err != nil || json.Unmarshal(payload, &c) != nil || c.Merge != k.Merge {
		return checks.SoakClock{}
	}
	return c.Soak
}

// sample takes one look at the gate into a clock: at is when the cluster was observed, now the time of this process.
//
// Somebody may have looked at a later observation than this one. Then a green says nothing new, unless it knows of something that has left, and anything else still breaks
// the row. A clock that is ahead
// of now comes from a process whose time was wrong, and begins anew.
func (c *Conductor) sample(clock checks.SoakClock, at, now time.Time, r checks.Result) checks.SoakClock {
	if at.Before(clock.LastSample) && clock.LastSample.Sub(now) <= clockSkew {
		if r.Green() && (clock.GreenSince.IsZero() || !r.NotBefore.After(clock.GreenSince)) {
			return clock
		}
		at = clock.LastSample
	}
	next := clock.Sample(at, r, c.MaxGap)
	next.Sampled = next.Sampled || c.Sampled && !next.GreenSince.IsZero()
	return next
}

// outdated tells whether the clock that a note carries is to be replaced. A process that stays remembers the looks since; after one that samples nobody does. That a row
// has been broken is written down at once: nobody else might find that out.
func (s State) outdated(carried checks.SoakClock) bool {
	clock := s.Gate.Clock
	if clock.GreenSince.IsZero() && carried.GreenSince.IsZero() {
		return false
	}
	if !carried.GreenSince.IsZero() && (clock.GreenSince.IsZero() || clock.GreenSince.After(carried.GreenSince)) {
		return true
	}
	since := clock.LastSample.Sub(carried.LastSample)
	return since < 0 || since >= s.MaxGap/2 || s.Sampled && since > 0
}

// later is the one of two clocks that has seen more recent looks. Another process may have looked since.
func later(a, b checks.SoakClock) checks.SoakClock {
	if b.LastSample.After(a.LastSample) {
		return b
	}
	return a
}

// manner says how the gate is looked at while it soaks.
func (s SoakStatus) manner() string {
	how := "The soak is watched: a process stays and"
	if s.Sampled {
		how = "The soak is sampled: processes come and go, nobody looks in between, and the clock"
	}
	return fmt.Sprintf("%s counts green looks that are no more than %s apart; it has begun anew %d times.", how, length(s.MaxGap), s.Resets)
}

// green is how it has been while it soaked.
func (s SoakStatus) green() string {
	if s.Sampled {
		return "green in samples"
	}
	return "green"
}
