package forge

import "time"

// Comment is one remark below a merge request.
type Comment struct {
	ID        int64      `json:"id"` // grows with the order of creation
	By        User       `json:"by"`
	Body      string     `json:"body"`
	Created   time.Time  `json:"created"`
	Edited    time.Time  `json:"edited,omitzero"`     // last edit; zero when it was never edited
	Reactions []Reaction `json:"reactions,omitempty"` // oldest first
}

// ReactionKind is one of the reactions that every vendor has.
type ReactionKind string

// Reactions serve as acknowledgement of a command: Eyes when it is seen, then one that says how it went.
const (
	Eyes       ReactionKind = "eyes"
	Rocket     ReactionKind = "rocket"
	ThumbsUp   ReactionKind = "+1"
	ThumbsDown ReactionKind = "-1"
	Confused   ReactionKind = "confused"
)

// Reaction is one user's.
type Reaction struct {
	Kind ReactionKind `json:"kind"`
	By   User         `json:"by"`
}
