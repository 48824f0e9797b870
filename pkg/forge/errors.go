package forge

import (
	"errors"
	"fmt"
	"strings"
)

// These name every refusal a caller can do something about. Each comes wrapped in a sentence that says on what; test with errors.Is. The
// typed errors below match the sentinel of the same name.
var (
	// ErrNotFound: there is no such branch, commit, merge request or comment.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: this user may not do that.
	ErrForbidden = errors.New("not allowed")
	// ErrBranchExists: somebody else created the branch first.
	ErrBranchExists = errors.New("the branch exists already")
	// ErrBranchInUse: the branch is the default branch, or an open merge request needs it.
	ErrBranchInUse = errors.New("the branch is in use")
	// ErrHeadMoved: the branch does not point where the caller saw it.
	ErrHeadMoved = errors.New("the head moved")
	// ErrNoChange: there would be nothing in the commit or the merge request.
	ErrNoChange = errors.New("nothing would change")
	// ErrChangeRefused: a change names something that is not a plain file.
	ErrChangeRefused = errors.New("the change is refused")
	// ErrAlreadyOpen: an open merge request for the same branches exists.
	ErrAlreadyOpen = errors.New("a merge request is open already")
	// ErrAlreadyMerged: it is merged.
	ErrAlreadyMerged = errors.New("already merged")
	// ErrNotMergeable: the forge refuses to merge.
	ErrNotMergeable = errors.New("not mergeable")
)

// HeadMovedError tells where the branch points instead.
type HeadMovedError struct{ Branch, Want, Got string }

func (e *HeadMovedError) Error() string {
	return fmt.Sprintf("branch %s is at %s, not at %s as expected: read it again", e.Branch, short(e.Got), short(e.Want))
}

// Is matches ErrHeadMoved.
func (e *HeadMovedError) Is(target error) bool { return target == ErrHeadMoved }

// AlreadyOpenError names the merge request to adopt.
type AlreadyOpenError struct {
	Source, Target string
	Number         int
}

func (e *AlreadyOpenError) Error() string {
	return fmt.Sprintf("merge request !%d from %s to %s is open already", e.Number, e.Source, e.Target)
}

// Is matches ErrAlreadyOpen.
func (e *AlreadyOpenError) Is(target error) bool { return target == ErrAlreadyOpen }

// AlreadyMergedError gives the commit that it was merged as.
type AlreadyMergedError struct {
	Number int
	SHA    string
}

func (e *AlreadyMergedError) Error() string {
	return fmt.Sprintf("merge request !%d is merged already as %s", e.Number, short(e.SHA))
}

// Is matches ErrAlreadyMerged.
func (e *AlreadyMergedError) Is(target error) bool { return target == ErrAlreadyMerged }

// NotMergeableError gives everything that is known to stand in the way.
type NotMergeableError struct {
	Number  int
	Reasons []Reason
}

func (e *NotMergeableError) Error() string {
	var texts []string
	for _, r := range e.Reasons {
		texts = append(texts, r.Text)
	}
	return fmt.Sprintf("merge request !%d cannot be merged: %s", e.Number, strings.Join(texts, "; "))
}

// Is matches ErrNotMergeable.
func (e *NotMergeableError) Is(target error) bool { return target == ErrNotMergeable }

// Has reports whether a reason of this kind is among them.
func (e *NotMergeableError) Has(kind ReasonKind) bool {
	for _, r := range e.Reasons {
		if r.Kind == kind {
			return true
		}
	}
	return false
}

// ChangeRefusedError names the path and why.
type ChangeRefusedError struct{ Path, Reason string }

func (e *ChangeRefusedError) Error() string {
	return fmt.Sprintf("cannot commit %q: %s", e.Path, e.Reason)
}

// Is matches ErrChangeRefused.
func (e *ChangeRefusedError) Is(target error) bool { return target == ErrChangeRefused }

func short(sha string) string {
	if len(sha) > 8 {
		return sha[:8]
	}
	return sha
}
