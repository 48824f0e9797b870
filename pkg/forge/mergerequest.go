package forge

import (
	"fmt"
	"time"
)

// State tells where a merge request is in its life.
type State string

const (
	// Open is waiting to be merged or closed, drafts included.
	Open State = "open"
	// Merged is final.
	Merged State = "merged"
	// Closed was not merged; it can be reopened.
	Closed State = "closed"
)

// Method tells how a merge writes the target branch.
type Method string

const (
	// MergeCommit makes a commit with two parents. It is the default.
	MergeCommit Method = "merge"
	// Squash makes one commit on the target.
	Squash Method = "squash"
	// Rebase makes one commit on the target for each commit of the source.
	Rebase Method = "rebase"
)

// ParseMethod reads a method as configuration writes it; "" is MergeCommit.
func ParseMethod(s string) (Method, error) {
	switch m := Method(s); m {
	case "":
		return MergeCommit, nil
	case MergeCommit, Squash, Rebase:
		return m, nil
	}
	return "", fmt.Errorf("merge method %q is unknown: use merge, squash or rebase", s)
}

// MergeRequest is one merge request as it is now.
type MergeRequest struct {
	Number      int      `json:"number"`
	URL         string   `json:"url"` // where a person finds it; a local forge has none
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Source      string   `json:"source"`
	Target      string   `json:"target"`
	State       State    `json:"state"`
	Draft       bool     `json:"draft"`
	Labels      []string `json:"labels,omitempty"`    // sorted
	Reviewers   []string `json:"reviewers,omitempty"` // names of those asked, sorted
	Author      User     `json:"author"`

	// Fork tells that the source branch lies in another repository. The bot never acts on such a one.
	Fork bool `json:"fork,omitempty"`

	// Head is the SHA of the source branch while open; afterwards the last one, which for a merged one is what was merged.
	Head string `json:"head"`
	// MergeSHA is the commit on the target after which the merge is in: merge commit, squash commit or last rebased commit.
	// "" unless merged.
	MergeSHA string `json:"mergeSHA,omitempty"`
	MergedBy User   `json:"mergedBy,omitzero"`
	// Later is set while the forge is to merge it by itself, and nil when nobody told it to or it was told and has given up. It says
	// nothing about whether that will ever happen.
	Later *Later `json:"later,omitempty"`

	Mergeability Mergeability `json:"mergeability"`
	Approvals    Approvals    `json:"approvals"`

	Opened  time.Time `json:"opened"`
	Updated time.Time `json:"updated"`       // any change to the request itself, comments not counted
	Done    time.Time `json:"done,omitzero"` // when it was merged or closed
}

// Readiness is the answer to "could it be merged now".
type Readiness int

const (
	// ReadinessUnknown says that the forge has not worked it out or was not asked. Treat it as no.
	ReadinessUnknown Readiness = iota
	// Blocked has at least one reason.
	Blocked
	// Ready would be merged.
	Ready
)

var readinessWords = [...]string{"unknown", "blocked", "ready"}

func (r Readiness) String() string { return readinessWords[r] }

// MarshalText writes the word.
func (r Readiness) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Mergeability says whether a merge request could be merged at its head by the asking user, and if not, why.
type Mergeability struct {
	Readiness Readiness `json:"readiness"`
	Reasons   []Reason  `json:"reasons,omitempty"` // all that are known, in the order of the Reason kinds
}

// ReasonKind is why a merge is refused.
type ReasonKind string

const (
	// ReasonNotOpen is merged or closed.
	ReasonNotOpen ReasonKind = "not-open"
	// ReasonDraft is still a draft.
	ReasonDraft ReasonKind = "draft"
	// ReasonConflict needs a person or a new plan.
	ReasonConflict ReasonKind = "conflict"
	// ReasonNoChange says that the target holds everything already.
	ReasonNoChange ReasonKind = "no-change"
	// ReasonApprovals says that approvals are missing, or that changes were requested.
	ReasonApprovals ReasonKind = "approvals"
	// ReasonChecks says that a required check is missing or not green.
	ReasonChecks ReasonKind = "checks"
	// ReasonPolicy is any other rule of the forge, in its own words.
	ReasonPolicy ReasonKind = "policy"
)

// Reason is one thing in the way of a merge, as a phrase for people.
type Reason struct {
	Kind ReasonKind `json:"kind"`
	Text string     `json:"text"`
}

// Approvals of a merge request. Only those for the present head are given: a push voids the earlier ones.
type Approvals struct {
	Required int        `json:"required"`
	Given    []Approval `json:"given,omitempty"` // oldest first
}

// Missing is how many more are needed.
func (a Approvals) Missing() int { return max(0, a.Required-len(a.Given)) }

// Approval is one person's word for one commit.
type Approval struct {
	By   User      `json:"by"`
	Head string    `json:"head"`
	At   time.Time `json:"at"`
}

// OpenRequest is a merge request to open.
type OpenRequest struct {
	Source, Target     string
	Title, Description string
	Labels, Reviewers  []string
	Draft              bool
}

// Query selects merge requests; zero fields do not restrict.
type Query struct {
	// SourcePrefix is what the name of the source branch starts with.
	SourcePrefix string
	// Target is the exact name of the target branch.
	Target string
	// States are alternatives; none means all.
	States []State
}

// Update changes what is not nil.
type Update struct {
	Title, Description *string
	Draft              *bool
}

// MergeOptions says what to merge and how.
type MergeOptions struct {
	Head   string // the reviewed commit
	Method Method // "" is MergeCommit
	// Message is the whole commit message; "" leaves it to the forge. See Message for one with trailers.
	Message string
}

// MergeResult is what came of a merge.
type MergeResult struct {
	// Queued tells that the forge accepted and will merge later, or not at all; SHA is then "".
	Queued bool
	// SHA is MergeRequest.MergeSHA.
	SHA string
}
