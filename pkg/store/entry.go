package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// Kind is what an entry is about.
type Kind string

// The kinds.
const (
	Upgrade Kind = "upgrade" // one began, stands still, goes on, or is over
	Branch  Kind = "branch"  // of a phase: where its head is
	Request Kind = "request" // a merge request was opened, merged, closed
	Review  Kind = "review"  // a person approved a commit
	Command Kind = "command" // a person asked for something, and what became of it
	Gate    Kind = "gate"    // a gate changed its verdict
)

// Entry is one thing that happened. Its JSON is canonical: fields in this order, empty ones left out, times in UTC.
type Entry struct {
	Seq  int64     `json:"seq"`  // 1 for the first; given by Append
	Prev string    `json:"prev"` // hash of the entry before; "" for the first; given by Append
	At   time.Time `json:"at"`   // when it was seen

	Kind        Kind   `json:"kind"`
	Environment string `json:"environment"`
	Upgrade     string `json:"upgrade,omitempty"` // <environment>/<to-release>
	Phase       string `json:"phase,omitempty"`
	Request     int    `json:"request,omitempty"` // number of the merge request

	// Subject and State make an entry: one is added when the subject's state is not what its last entry says.
	Subject string `json:"subject"`
	State   string `json:"state"`
	// Final says that no later state of this subject counts.
	Final bool `json:"final,omitempty"`
	// Ends says that it only ends what an earlier entry of the subject said; where there is none, it is not added.
	Ends bool `json:"-"`

	What     string            `json:"what"`              // a sentence
	Cause    string            `json:"cause,omitempty"`   // why, as a sentence
	By       string            `json:"by,omitempty"`      // who, by name on the forge
	Happened time.Time         `json:"happened,omitzero"` // by the forge's clock, where it says
	Facts    map[string]string `json:"facts,omitempty"`
}

// When is when it happened, as far as that is known.
func (e Entry) When() time.Time {
	if e.Happened.IsZero() {
		return e.At
	}
	return e.Happened
}

// canonical is the JSON that is hashed.
func (e Entry) canonical() (string, error) {
	e.At, e.Happened = e.At.UTC().Round(0), e.Happened.UTC().Round(0)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func decodeEntry(text string) (Entry, error) {
	var e Entry
	err := json.Unmarshal([]byte(text), &e)
	return e, err
}
