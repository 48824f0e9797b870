package conductor

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// Situation is where an environment stands, in one word.
type Situation string

// The situations.
const (
	Idle      Situation = "idle"      // no upgrade is under way and none is to be begun
	Queued    Situation = "queued"    // an upgrade is to be begun once another environment has finished it
	Waiting   Situation = "waiting"   // a gate is not green yet, or soaks, or the bot waits for the calendar
	Ready     Situation = "ready"     // the gate is green: a person may promote or merge
	Finishing Situation = "finishing" // the last phase is merged and its effect is awaited
	Finished  Situation = "finished"  // the upgrade is over
	Paused    Situation = "paused"    // until somebody resumes
	Around    Situation = "turned"    // a phase was taken back; a person says which way it goes on
	Abandoned Situation = "aborted"   // until somebody resumes it or takes it back
	Stopped   Situation = "stopped"   // a person has to do something on the forge or in the repository first
	Refused   Situation = "refused"   // no plan can be made
)

// Status answers what is happening, in the order in which people ask. Texts are whole sentences.
type Status struct {
	Environment string    `json:"environment"`
	At          time.Time `json:"at"`
	Situation   Situation `json:"situation"`

	Upgrade string          `json:"upgrade,omitempty"` // <environment>/<to-release>
	From    planner.Version `json:"from,omitzero"`
	To      planner.Version `json:"to,omitzero"`
	Done    int             `json:"done"`             // phases that are in
	Phases  []PhaseStatus   `json:"phases,omitempty"` // all, in order
	Phase   string          `json:"phase,omitempty"`  // name of the phase whose merge request is open, or is to be opened
	Request int             `json:"request,omitempty"`
	URL     string          `json:"url,omitempty"`

	Happening string         `json:"happening"`
	Health    checks.Verdict `json:"health"`           // of the gate; Unknown where none is asked
	Healthy   string         `json:"healthy"`          // the same as a sentence
	Blocks    []string       `json:"blocks,omitempty"` // what is in the way, stragglers with remedy
	Wanted    []string       `json:"wanted,omitempty"` // who must do what
	GoesOn    string         `json:"goesOn"`           // when it goes on by itself
	Next      string         `json:"next,omitempty"`   // what comes after
	Proved    string         `json:"proved,omitempty"` // what the environment that goes first did in the same upgrade
	// Shut is why the calendar does not let the bot merge at the moment at which the gate could be open, and Opens when it does: "opens Tue 2026-11-03
	// 22:00 Europe/Berlin". Shut is "" where the calendar is not in the way; Opens is zero with it where no window opens again.
	Shut  string    `json:"shut,omitempty"`
	Opens time.Time `json:"opens,omitzero"`

	// Accepted are the stragglers that somebody signed off, as long as that holds.
	Accepted []string `json:"accepted,omitempty"`

	Gate     *checks.Result `json:"gate,omitempty"`
	gateText string         // Gate as notes show it
	Soak     *SoakStatus    `json:"soak,omitempty"`
	// Commands are the answers to what people wrote below the merge request, in the order of their comments.
	Commands []string `json:"commands,omitempty"`
}

// PhaseStatus is one phase of the upgrade.
type PhaseStatus struct {
	Number   int       `json:"number"`
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	State    string    `json:"state"` // "merged", "going back", "open", "next", "later"
	Request  int       `json:"request,omitempty"`
	URL      string    `json:"url,omitempty"`
	Merged   time.Time `json:"merged,omitzero"`
	MergedBy string    `json:"mergedBy,omitempty"`
}

// SoakStatus is how long the gate has been green.
type SoakStatus struct {
	Need      time.Duration `json:"need"`      // nanoseconds
	Remaining time.Duration `json:"remaining"` // nanoseconds
	Since     time.Time     `json:"since,omitzero"`
	Resets    int           `json:"resets"`
	MaxGap    time.Duration `json:"maxGap"` // nanoseconds between two looks at most
	// Sampled tells that single processes looked and nobody in between, as a schedule of `linnet run --once` does; else a process stayed and watched.
	Sampled bool `json:"sampled"`
}

// Failed tells whether a person has to put something right before anything can go on.
func (s Status) Failed() bool { return s.Situation == Refused || s.Situation == Stopped }
