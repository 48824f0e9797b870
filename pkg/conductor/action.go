package conductor

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Action is one write to the forge. Each is bound to what was seen, or idempotent, so that doing it twice, or after a crash, does no harm.
type Action interface {
	// String says what is done, for the log.
	String() string
	do(ctx context.Context, f forge.Forge) error
}

// Commit creates the branch of a phase, which is the lock, or puts one commit on it.
type Commit struct{ forge.NewCommit }

// DeleteBranch removes the branch of a request that the bot closed.
type DeleteBranch struct{ Branch, Head string }

// OpenRequest opens the merge request of a phase.
type OpenRequest struct{ forge.OpenRequest }

// Describe rewrites the bot's section of the description.
type Describe struct {
	Number      int
	Description string
}

// CloseRequest closes a merge request and says why.
type CloseRequest struct {
	Number int
	Why    string
}

// SetCheck states the gate's verdict on a commit.
type SetCheck struct {
	SHA   string
	Check forge.Check
}

// WriteNote makes the note of this name say something.
type WriteNote struct {
	Number     int
	Name, Body string
}

// React acknowledges a comment.
type React struct {
	Number  int
	Comment int64
	Kind    forge.ReactionKind
}

// Merge merges what was judged: this head into this tip, with this result.
type Merge struct {
	Number  int
	Target  string
	After   tree.Tree
	Options forge.MergeOptions
}

func (a Commit) String() string {
	if a.Create {
		return "create branch " + a.Branch
	}
	return "commit to branch " + a.Branch
}
func (a DeleteBranch) String() string { return "delete branch " + a.Branch }
func (a OpenRequest) String() string  { return "open a merge request from " + a.Source }
func (a Describe) String() string     { return fmt.Sprintf("describe !%d", a.Number) }
func (a CloseRequest) String() string { return fmt.Sprintf("close !%d", a.Number) }
func (a SetCheck) String() string {
	return fmt.Sprintf("set check %s to %s on %.8s", a.Check.Name, a.Check.State, a.SHA)
}
func (a WriteNote) String() string { return fmt.Sprintf("write the note %s of !%d", a.Name, a.Number) }
func (a React) String() string {
	return fmt.Sprintf("answer comment %d of !%d with %s", a.Comment, a.Number, a.Kind)
}
func (a Merge) String() string { return fmt.Sprintf("merge !%d at %.8s", a.Number, a.Options.Head) }

func (a Commit) do(ctx context.Context, f forge.Forge) error {
	_, err := f.Commit(ctx, a.NewCommit)
	return err
}

func (a DeleteBranch) do(ctx context.Context, f forge.Forge) error {
	return f.DeleteBranch(ctx, a.Branch, a.Head)
}

func (a OpenRequest) do(ctx context.Context, f forge.Forge) error {
	_, err := f.Open(ctx, a.OpenRequest)
	return err
}

func (a Describe) do(ctx context.Context, f forge.Forge) error {
	_, err := f.Update(ctx, a.Number, forge.Update{Description: &a.Description})
	return err
}

// do says why before it closes: a request that is closed and says nothing would look as if a person had done it.
func (a CloseRequest) do(ctx context.Context, f forge.Forge) error {
	if _, err := forge.SetNote(ctx, f, a.Number, closedNote, quiet(a.Why)+"\n\n"+closedMark+"\n"); err != nil {
		return err
	}
	return f.Close(ctx, a.Number)
}

func (a SetCheck) do(ctx context.Context, f forge.Forge) error {
	return f.SetCheck(ctx, a.SHA, a.Check)
}

func (a WriteNote) do(ctx context.Context, f forge.Forge) error {
	_, err := forge.SetNote(ctx, f, a.Number, a.Name, a.Body)
	return err
}

func (a React) do(ctx context.Context, f forge.Forge) error {
	return f.React(ctx, a.Number, a.Comment, a.Kind)
}

// do asks once more what would come of it. The forge binds the merge to the head; that the target has not moved either is seen here.
func (a Merge) do(ctx context.Context, f forge.Forge) error {
	if branchesAreMerged {
		return mergeBranch(ctx, f, a)
	}
	p, err := f.Preview(ctx, a.Number)
	if errors.Is(err, forge.ErrNotMergeable) {
		return errLookAgain // merged or closed by somebody else, or the target moved
	}
	if err != nil {
		return err
	}
	if p.Head != a.Options.Head || p.Target != a.Target || !p.Tree.Equal(a.After) {
		return errLookAgain
	}
	done, err := f.Merge(ctx, a.Number, a.Options)
	if err == nil && done.Queued {
		return errHanded
	}
	return err
}

// errHanded tells that the forge took a merge to make it later, or not at all.
var errHanded = errors.New("the forge merges it later")

// mergeBranch merges whatever the branch holds by now.
func mergeBranch(ctx context.Context, f forge.Forge, a Merge) error {
	r, err := f.Get(ctx, a.Number)
	if err != nil {
		return err
	}
	a.Options.Head = r.Head
	_, err = f.Merge(ctx, a.Number, a.Options)
	return err
}
