package proxies

import (
	"cmp"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// State is how far a proxy has taken over what istiod sent.
type State string

// The states. The first four are istiod's own words.
const (
	Synced       State = State(checks.Synced)
	Stale        State = State(checks.Stale)   // something was sent, and it has not said that it has it
	NotSent      State = State(checks.NotSent) // it has asked, and was sent nothing
	Errored      State = State(checks.Errored) // it rejects what it was sent
	Starting     State = "STARTING"            // its pod has just started, and no istiod tells of it yet
	NotConnected State = "NOT_CONNECTED"       // every istiod has answered, and none tells of it
	Unknown      State = "UNKNOWN"             // an istiod has not answered, or said what is not understood
)

var severity = map[State]int{Synced: 0, Starting: 1, NotSent: 2, Stale: 3, Unknown: 4, NotConnected: 5, Errored: 6}

func (s State) worse(than State) bool { return severity[s] > severity[than] }

func stateOf(s checks.SyncState) State {
	if _, known := severity[State(s)]; known {
		return State(s)
	}
	return Unknown
}

// word is a state as the table shows it.
func (s State) word() string {
	switch s {
	case Errored:
		return "NACK"
	case NotSent:
		return "NOT SENT"
	case NotConnected:
		return "NOT CONNECTED"
	case Starting:
		return "starting"
	case Unknown:
		return "?"
	}
	return string(s)
}

// Type is one kind of configuration, and how far a proxy is with it.
type Type struct {
	Name  string `json:"name"` // "CDS"
	State State  `json:"state"`
}

// usual is the order in which people name the types.
var usual = []string{"CDS", "LDS", "EDS", "RDS", "ECDS"}

// typesOf reads checks.Connection.Types.
func typesOf(text string) []Type {
	var all []Type
	for word := range strings.FieldsSeq(text) {
		t := Type{Name: word, State: Synced}
		if i := strings.LastIndexByte(word, '='); i >= 0 {
			t = Type{word[:i], stateOf(checks.SyncState(word[i+1:]))}
		}
		all = append(all, t)
	}
	place := func(t Type) int {
		if i := slices.Index(usual, t.Name); i >= 0 {
			return i
		}
		return len(usual)
	}
	slices.SortStableFunc(all, func(a, b Type) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Name, b.Name)) })
	return all
}

// blamed names the types that are in the state of the whole.
func (p *Proxy) blamed() string {
	var names []string
	for _, t := range p.Types {
		if t.State == p.State {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ",")
}
