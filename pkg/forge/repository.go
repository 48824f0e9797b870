package forge

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// User is somebody on the forge, a person or a bot.
type User struct {
	// ID is the forge's own, which survives renaming; it is what to compare.
	ID string `json:"id"`
	// Name is the login, without "@".
	Name string `json:"name"`
	// Bot tells that the forge knows this user as a bot or an application.
	Bot bool `json:"bot,omitempty"`
}

// Branch is a name and what it points at.
type Branch struct {
	Name string `json:"name"`
	Head string `json:"head"`
}

// Commit is one commit as Git has it.
type Commit struct {
	SHA     string    `json:"sha"`
	Parents []string  `json:"parents,omitempty"`
	Message string    `json:"message"`
	Author  string    `json:"author"` // "Name <email>"
	Time    time.Time `json:"time"`   // the committer's
}

// NewCommit is a commit to make.
type NewCommit struct {
	// Branch is created or moved.
	Branch string
	// Create tells that the branch must not exist yet.
	Create bool
	// Parent is the commit to build on and, without Create, the head that the branch must have.
	Parent string
	// Message is the whole message; see Message for one with trailers.
	Message string
	// Changes are the files to write and delete, whole. A file that exists keeps its mode, a new one is a regular file. Symbolic
	// links and submodules cannot be changed.
	Changes []tree.Change
}

// Preview is what a merge would give.
type Preview struct {
	Head   string // of the source branch
	Target string // tip of the target branch
	Tree   tree.Tree
}
