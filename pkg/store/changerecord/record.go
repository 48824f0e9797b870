// Package changerecord writes an upgrade as a change record: its phases, when each was merged, by whom and on whose word, what the gate said at that moment,
// what was accepted, and what this is known from.
//
// The forge is the source of everything that it holds: merge requests, comments, reactions, checks. A history adds what it alone has, the whole evidence
// of each gate and where the proxies were. Without one the record is shorter, says so, and says nothing else than it would have said.
package changerecord

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/store"
)

// Record is a change record. Times are UTC.
type Record struct {
	Environment string    `json:"environment"`
	Upgrade     string    `json:"upgrade"` // <environment>/<to-release>
	From        Version   `json:"from,omitzero"`
	To          Version   `json:"to,omitzero"`
	State       State     `json:"state"`
	Began       time.Time `json:"began,omitzero"` // the first merge request was opened
	Ended       time.Time `json:"ended,omitzero"` // the bot saw the last gate green, or the last step back was merged
	Total       int       `json:"total,omitempty"`

	Phases   []Phase   `json:"phases"`            // merged ones, in the order of their merges
	Open     []Phase   `json:"open,omitempty"`    // at most one, where nobody meddled
	Closed   []Phase   `json:"closed,omitempty"`  // closed without a merge
	Last     *Evidence `json:"last,omitempty"`    // the gate after the last phase
	Accepted []Word    `json:"accepted"`          // stragglers that somebody signed off
	Words    []Word    `json:"words"`             // all that people asked for, the accepted ones included
	Stops    []Stop    `json:"stops,omitempty"`   // when nothing went on without a person
	Sources  Sources   `json:"sources"`           // what this is known from
	Unknown  []string  `json:"unknown,omitempty"` // what it does not say, and why
}

// Version names one side of the upgrade.
type Version struct {
	Release string `json:"release"`
	Istio   string `json:"istio,omitempty"`
}

// State is how far an upgrade is.
type State string

// The states.
const (
	Running   State = "under way"
	Finished  State = "finished"
	TakenBack State = "taken back" // every phase, so that the files are those from before
)

// Phase is a merge request of the upgrade.
type Phase struct {
	Number  int       `json:"number"`
	Attempt int       `json:"attempt"`
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Request int       `json:"request"`
	URL     string    `json:"url,omitempty"`
	Branch  string    `json:"branch"`
	Head    string    `json:"head"` // what was reviewed
	Opened  time.Time `json:"opened"`

	Done      time.Time     `json:"done,omitzero"` // merged or closed
	Merge     string        `json:"merge,omitempty"`
	By        string        `json:"by,omitempty"`      // who merged
	ByHand    bool          `json:"byHand,omitempty"`  // it was not the bot
	OnWordOf  []string      `json:"onWordOf"`          // whose promotion the bot merged on
	Approved  []string      `json:"approved"`          // that head
	Evidence  *Evidence     `json:"evidence"`          // of the gate, at the merge; null where nothing tells
	Proxies   []store.Count `json:"proxies,omitempty"` // by revision, at the last look before the merge
	ProxiesAt time.Time     `json:"proxiesAt,omitzero"`
	Why       string        `json:"why,omitempty"` // why it was closed
}

// Evidence is what a gate said.
type Evidence struct {
	Source  string    `json:"source"` // "history" or "check"
	Verdict string    `json:"verdict"`
	Summary string    `json:"summary"`
	Cause   string    `json:"cause,omitempty"`
	At      time.Time `json:"at"`
	Text    string    `json:"text,omitempty"` // the whole gate; only a history has it
}

// Word is what a person asked for in a comment.
type Word struct {
	Request int       `json:"request"`
	Comment int64     `json:"comment"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Said    string    `json:"said"`
	Answer  string    `json:"answer"` // claimed, done, void, not understood
}

// Stop is a time when nothing went on without a person.
type Stop struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why"`
}

// Sources is what a report is made from.
type Sources struct {
	Requests int          `json:"requests"` // merge requests read
	Entries  int          `json:"entries"`  // of the history, about this upgrade
	Chain    *store.Chain `json:"chain,omitempty"`
}
