// Package forge is the contract between the bot and the place where its merge requests live.
//
// The nouns. A forge holds one project: a Git repository, merge requests ("pull requests" on GitHub) that ask to merge a source
// branch into a target branch, checks that say something about one commit, comments below a merge request, and approvals. A forge
// value acts as one user, which Me names; every write is made as that user.
//
// What must hold on every vendor (package forgetest is the suite that says so):
//
//   - The forge is the database. Nothing is remembered by the client between calls that a person could have changed meanwhile:
//     heads, states, comments and approvals are read when asked for.
//   - Every write is either bound to what was seen (Commit to a head, Merge and Approve to a head, DeleteBranch to a head), or
//     idempotent (SetCheck, React, Update, Close, Reopen), or refused when it would make a duplicate (Open, Commit with Create). The
//     one write that is neither is AddComment; SetNote is built on it for notes that must not be repeated.
//   - Creating a branch is the lock between two bots: exactly one Commit with Create succeeds for a branch name.
//   - A write that failed with an error of this package had no effect. After any other error (a broken connection, a server error,
//     a cancelled context) the effect is unknown: read again, and adopt what is there.
//   - Reading by SHA is exact and never stale, since commits do not change. Reading by branch name or by number gives the state
//     at some moment between call and return. Find may lag behind a write of another client by a few seconds where the vendor's list does;
//     Get, Head and Comments may not lag behind a write of the same client.
//   - Text is kept byte for byte: titles, descriptions, comments and file contents come back as they were given, CRLF, trailing
//     spaces and missing final newlines included. A vendor that cannot keep some text refuses it.
//
// All methods are safe for concurrent use, also by several processes. They return promptly when ctx is done. Names of branches are
// short ("main"), SHAs are full lower-case hexadecimal. Lists are empty, not an error, when there is nothing.
//
// A verdict of the gates becomes the state of a check like this: pass is Success; wait and unknown are InProgress (GitLab: pending
// or running); a person is wanted is ActionRequired (GitLab: pending, said in the title); fail is Failure.
package forge

import (
	"context"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Forge is everything the bot does with a project. Approving is not in it: a bot never approves; see Reviewer.
type Forge interface {
	// Me is the user this value acts as. It does not change during the life of the value.
	Me(ctx context.Context) (User, error)
	Repository
	MergeRequests
	Checks
	Comments
}

// Repository reads and writes the project's Git repository.
type Repository interface {
	// DefaultBranch is the branch that the project's merge requests target unless told otherwise.
	DefaultBranch(ctx context.Context) (string, error)

	// Head is the SHA a branch points at now. ErrNotFound when there is no such branch.
	Head(ctx context.Context, branch string) (string, error)

	// Branches lists the branches whose name starts with prefix, sorted by name; the empty prefix lists all.
	Branches(ctx context.Context, prefix string) ([]Branch, error)

	// ReadCommit gives the commit at sha. ErrNotFound when the repository has no such commit.
	ReadCommit(ctx context.Context, sha string) (Commit, error)

	// Tree gives every file of the commit, with the bytes and modes that Git holds. ErrNotFound when there is no such commit.
	Tree(ctx context.Context, sha string) (tree.Tree, error)

	// FirstParent is the commit that sha was made on: for a merge commit the tip of the target before the merge. It is "" for a
	// root commit. ErrNotFound when there is no such commit.
	FirstParent(ctx context.Context, sha string) (string, error)

	// MergeBase is the best common ancestor of two commits. ErrNotFound when they share none or one of them does not exist.
	MergeBase(ctx context.Context, a, b string) (string, error)

	// IsAncestor reports whether ancestor can be reached from descendant; a commit is its own ancestor. ErrNotFound when one of
	// them does not exist.
	IsAncestor(ctx context.Context, ancestor, descendant string) (bool, error)

	// Commit makes one commit and moves a branch to it, or creates the branch with it. It gives the SHA of the new commit.
	//
	// With Create the branch must not exist: ErrBranchExists otherwise, whatever it points at. Without, its head must be
	// Parent: ErrHeadMoved (a *HeadMovedError) otherwise. ErrNoChange when the changes leave the tree as it is, ErrNotFound when
	// Parent does not exist, *ChangeRefusedError for a path that is not a plain file below the root.
	//
	// A vendor that cannot create and commit in one step creates the branch at Parent first: a client that dies in between
	// leaves a branch whose head is Parent, and whoever finds that finishes it with Commit without Create.
	Commit(ctx context.Context, c NewCommit) (string, error)

	// DeleteBranch removes a branch whose head is head. It is idempotent: a branch that does not exist is no error.
	// ErrHeadMoved when it points elsewhere; ErrBranchInUse when it is the default branch, or source or target of an open
	// merge request: some forges close a merge request whose branch goes, so no branch is removed before its last one is done.
	DeleteBranch(ctx context.Context, branch, head string) error
}

// MergeRequests opens, reads, changes and merges. Numbers are those people see (GitHub's number, GitLab's iid).
type MergeRequests interface {
	// Open asks to merge Source into Target. At most one open merge request exists for the two: ErrAlreadyOpen (an *AlreadyOpenError
	// with its number) otherwise, so of two racing bots one wins and the other adopts. ErrNotFound when a branch does not exist,
	// ErrNoChange when Source holds no commit that Target lacks. Labels that the project does not have are made. A reviewer whom
	// the forge does not know or who is the author is left out; MergeRequest.Reviewers says who was asked. As with Find, Mergeability and Approvals may be left at their
	// zero value.
	Open(ctx context.Context, r OpenRequest) (MergeRequest, error)

	// Find lists the merge requests that match, the lowest number (the oldest) first. Mergeability and Approvals may be left at
	// their zero value, which says unknown; Get fills them. A merge request from a fork is listed with Fork set.
	Find(ctx context.Context, q Query) ([]MergeRequest, error)

	// Get gives everything about one merge request. ErrNotFound when there is none.
	//
	// State follows Git also where nobody used the forge's buttons: one whose head a person merged into the target and pushed is
	// Merged, with no MergedBy where the forge does not know it; one whose source branch was deleted is Closed, or Open and Blocked.
	Get(ctx context.Context, number int) (MergeRequest, error)

	// Update changes what the request names and leaves the rest. It is idempotent. It works on closed and merged ones too, but
	// for Draft, which is ignored there.
	Update(ctx context.Context, number int, u Update) (MergeRequest, error)

	// Preview is the tree that merging now would give, with the two heads that it was made from; nothing is written to the
	// target. *NotMergeableError with ReasonConflict when the branches conflict. It exists so that the result of the merge can be
	// judged, and not only the source branch; judge it only when both heads are the ones in question.
	Preview(ctx context.Context, number int) (Preview, error)

	// Merge merges the reviewed commit. The head of the source branch must be m.Head: *HeadMovedError otherwise, whatever else
	// would stand in the way. *NotMergeableError with the reasons when the forge or its rules refuse (draft, closed, conflict,
	// approvals, checks, …); *AlreadyMergedError when it is merged already, whoever did it. MergeResult tells whether it is merged or
	// only accepted for merging later (merge queue, merge train): then Get tells when it has happened. The source branch stays.
	//
	// Method MergeCommit makes a merge commit, first parent the target, second the source, also where a fast-forward would do; Squash
	// one commit; Rebase one for each commit of the source. The message, trailers included, is on the commit that MergeCommit
	// and Squash make; rebased commits keep theirs.
	Merge(ctx context.Context, number int, m MergeOptions) (MergeResult, error)

	// Close closes without merging. It is idempotent; *AlreadyMergedError when it is merged.
	Close(ctx context.Context, number int) error

	// Reopen opens a closed one again. It is idempotent; *AlreadyMergedError when it is merged, ErrNotFound when the source
	// branch is gone, *AlreadyOpenError when another one is open for the same branches.
	Reopen(ctx context.Context, number int) error
}

// Checks says things about commits.
type Checks interface {
	// SetCheck states a check on the commit. Name, SHA and user are its identity: setting it again replaces what this user said
	// before and leaves what others said under the same name. It is idempotent: an equal one changes nothing, Updated included.
	// Every state may follow every other. ErrNotFound when the repository has no such commit.
	//
	// Title is one line of at most 255 bytes (longer ones are cut at a rune); Summary is Markdown. A vendor whose description cannot
	// change within one state (GitLab) may show the old title until the state changes: progress belongs in the note.
	SetCheck(ctx context.Context, sha string, c Check) error

	// Checks lists what is said about a commit, sorted by name, then user. A check counts for the bot only when By is the bot itself.
	Checks(ctx context.Context, sha string) ([]Check, error)
}

// Comments are what people and the bot write below a merge request. Remarks on single lines and the forge's own messages are not
// among them.
type Comments interface {
	// Comments lists those that exist now in the order they were made, which is the order of their IDs. A deleted one is gone. An
	// edited one has Edited set for ever, also when it was edited back.
	Comments(ctx context.Context, number int) ([]Comment, error)

	// GetComment reads one comment as it is now. ErrNotFound when it was deleted or never was.
	GetComment(ctx context.Context, number int, id int64) (Comment, error)

	// AddComment adds one. It is not idempotent. The body must not be empty.
	AddComment(ctx context.Context, number int, body string) (Comment, error)

	// EditComment replaces the body of a comment of this user: ErrForbidden on another's, ErrNotFound when it is gone. Giving the
	// body that it has changes nothing and does not count as an edit.
	EditComment(ctx context.Context, number int, id int64, body string) (Comment, error)

	// DeleteComment removes a comment of this user. It is idempotent; ErrForbidden on another's.
	DeleteComment(ctx context.Context, number int, id int64) error

	// React adds a reaction of this user to a comment. It is idempotent. ErrNotFound when the comment is gone.
	React(ctx context.Context, number int, id int64, r ReactionKind) error

	// Unreact takes it back. It is idempotent.
	Unreact(ctx context.Context, number int, id int64, r ReactionKind) error
}

// Reviewer is what a person does and a bot must not. It is not part of Forge, so that no code of the bot can reach it by accident.
type Reviewer interface {
	// Approve approves the commit that was reviewed. *HeadMovedError when the source branch is no longer at head, ErrForbidden for
	// the author, *NotMergeableError with ReasonNotOpen when it is not open. It is idempotent. A later push voids it.
	Approve(ctx context.Context, number int, head string) error
	// Unapprove takes it back. It is idempotent.
	Unapprove(ctx context.Context, number int) error
}
