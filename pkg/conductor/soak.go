package conductor

import (
	"encoding/json"

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

// later is the one of two clocks that has seen more recent looks. Another process may have looked since.
func later(a, b checks.SoakClock) checks.SoakClock {
	if b.LastSample.After(a.LastSample) {
		return b
	}
	return a
}
