package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	gl "github.com/xanzy/go-gitlab"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Approve implements forge.Reviewer.
func (f *Forge) Approve(ctx context.Context, number int, head string) error {
	me, err := f.Me(ctx)
	if err != nil {
		return err
	}
	c, err := f.Get(ctx, number)
	if err != nil {
		return err
	}
	switch {
	case c.State != forge.Open:
		return &forge.NotMergeableError{Number: number, Reasons: c.Mergeability.Reasons}
	case c.Head != head:
		return &forge.HeadMovedError{Branch: c.Source, Want: head, Got: c.Head}
	case c.Author.ID == me.ID:
		return fmt.Errorf("approve merge request !%d: %w: %s is its author", number, forge.ErrForbidden, me.Name)
	case slices.ContainsFunc(c.Approvals.Given, func(a forge.Approval) bool { return a.By.ID == me.ID }):
		return nil
	}
	_, r, err := f.api.MergeRequestApprovals.ApproveMergeRequest(f.o.Project, number, &gl.ApproveMergeRequestOptions{SHA: &head}, gl.WithContext(ctx))
	if code(r) == http.StatusConflict {
		if now, headErr := f.mirror.Head(ctx, c.Source); headErr == nil && now != head {
			return &forge.HeadMovedError{Branch: c.Source, Want: head, Got: now}
		}
	}
	if err != nil {
		return f.failed(ctx, fmt.Sprintf("approve merge request !%d", number), r, err)
	}
	return nil
}

// Unapprove implements forge.Reviewer.
func (f *Forge) Unapprove(ctx context.Context, number int) error {
	r, err := f.api.MergeRequestApprovals.UnapproveMergeRequest(f.o.Project, number, gl.WithContext(ctx))
	if err == nil {
		return nil
	}
	err = f.failed(ctx, fmt.Sprintf("take back the approval of merge request !%d", number), r, err)
	if errors.Is(err, forge.ErrNotFound) { // not approved, or no such merge request
		_, err = f.get(ctx, number)
	}
	return err
}
