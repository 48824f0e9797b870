// Package hook receives the webhooks of GitHub and GitLab.
//
// An event is a hint: it says that something changed in a project, and perhaps where, and wakes the loop that goes and reads the forge. Nothing is
// decided by what an event says, so one that is lost, doubled, late, reordered or replayed costs a delay or a look, and never an upgrade. Both forges
// lose events; what wakes the loop by the clock gives the same result later.
//
// A request is looked at in this order, and the first thing that is wrong ends it: method (405), size (413), signature (401), type of event, content.
// What the headers alone can refuse is refused before a byte of the body is read; the body is cut at 25 MB, which neither forge exceeds, and only so
// many are read at once (503). Everything authentic is answered 202 before it is decoded, also what is then ignored, known already, not understood or a
// cause of panic: forges switch off hooks whose receivers complain.
//
// One thing cannot be read up on the forge: that somebody pressed a button of a check run (Press). It is told as it came, and is no more than a wish: whoever acts
// on it asks whether the sender may, and holds it to the commit that it names. One that is lost is pressed again.
//
// What is proved. GitHub signs the body and nothing else: neither the time, nor the type of event, nor the delivery's id, so that who holds one signed body
// can send it again under other ids. Each time wakes the loop once. GitLab's signature covers id, time and body; GitLab's token proves only that
// the sender knows it.
//
// A delivery's id is remembered for three days (Deliveries), so a redelivery wakes nobody; older GitLabs (before 17.4) send none, and then each
// delivery wakes. An event that made the program panic is quarantined by its id for good.
package hook

import (
	"errors"
	"regexp"
	"strings"
)

// Hint says where something changed. It is a claim of whoever can write to the project: read the forge before believing it.
type Hint struct {
	// Project is "owner/name" or "group/sub-group/name" as the forge spells it (GitHub ignores case); "" when the event names none or may
	// concern several.
	Project string
	Kind    Kind
	// Number is the merge request's, as people see it; 0 when it is not known.
	Number int
	// SHA is the full commit, lower-case hexadecimal; "" when it is not known or a branch was deleted.
	SHA string
	// CommentID is set for Comment only.
	CommentID int64
}

// Kind is what changed.
type Kind string

// The kinds; in brackets the forges' events.
const (
	Comment      Kind = "comment"       // a new one below a merge request (issue_comment; Note Hook)
	MergeRequest Kind = "merge request" // approvals of GitLab included (pull_request; Merge Request Hook)
	Review       Kind = "review"        // (pull_request_review)
	Check        Kind = "check"         // (check_run, check_suite, status; Pipeline Hook)
	MergeGroup   Kind = "merge group"   // SHA wants checks or is gone; Number is its last merge request (merge_group)
	Push         Kind = "push"          // to a branch (push; Push Hook)
	Ping         Kind = "ping"          // the hook was made or tested (ping)
	Installation Kind = "installation"  // of the App: what it may reach has changed (installation, installation_repositories)
	AccessToken  Kind = "access token"  // one expires soon (Resource Access Token Hook)
)

// errIgnored is for events that are understood and mean nothing to the bot.
var errIgnored = errors.New("nothing that concerns the bot")

var (
	// Each part has something that is no dot.
	projectPath = regexp.MustCompile(`^\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*(/\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$`)
	fullSHA     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// longestProject is more than any forge allows.
const longestProject = 1024

// checked refuses what cannot be true, so that nothing strange travels on in a hint.
func (h Hint) checked() (Hint, error) {
	switch h.Kind {
	case Ping, Installation, AccessToken:
	default:
		if h.Project == "" {
			return Hint{}, errors.New("it names no project")
		}
	}
	if h.Project != "" && (len(h.Project) > longestProject || !projectPath.MatchString(h.Project)) {
		return Hint{}, errors.New("its project is not the path of one")
	}
	if strings.Trim(h.SHA, "0") == "" {
		h.SHA = "" // how both forges say that a branch is no more
	} else if !fullSHA.MatchString(h.SHA) {
		return Hint{}, errors.New("its commit is not a full SHA")
	}
	if h.Number < 0 || h.CommentID < 0 {
		return Hint{}, errors.New("it holds a negative number")
	}
	switch {
	case (h.Kind == Comment || h.Kind == MergeRequest || h.Kind == Review) && h.Number == 0:
		return Hint{}, errors.New("it names no merge request")
	case h.Kind == Comment && h.CommentID == 0:
		return Hint{}, errors.New("it names no comment")
	case (h.Kind == Check || h.Kind == MergeGroup) && h.SHA == "":
		return Hint{}, errors.New("it names no commit")
	}
	return h, nil
}
