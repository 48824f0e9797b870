package forge

import "time"

// CheckState is what a check says. Only Success lets a merge through where the check is required.
type CheckState string

const (
	// Pending has not begun.
	Pending CheckState = "pending"
	// InProgress waits for something that moves by itself.
	InProgress CheckState = "in-progress"
	// ActionRequired waits for a person.
	ActionRequired CheckState = "action-required"
	// Failure will not pass as things are.
	Failure CheckState = "failure"
	// Success is green.
	Success CheckState = "success"
)

// Check is one statement about one commit.
type Check struct {
	Name    string     `json:"name"`
	State   CheckState `json:"state"`
	Title   string     `json:"title"`             // one line, at most 255 bytes
	Summary string     `json:"summary,omitempty"` // Markdown; a vendor without room for it leaves it out
	URL     string     `json:"url,omitempty"`
	By      User       `json:"by"`      // set by the forge, ignored in SetCheck
	Updated time.Time  `json:"updated"` // set by the forge

	// Promote offers, on a forge that has buttons, one by which a person says that it may be merged. It is not read back.
	Promote bool `json:"-"`
	// Anew states it also where an equal one stands, as a new one where the forge has such: a person asked for it to be made again. It is not read back.
	Anew bool `json:"-"`
}
