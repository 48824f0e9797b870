package crash

import (
	"context"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// tapped is a forge whose every write is an effect.
type tapped struct {
	forge.Forge
	*tap
}

func (f tapped) Commit(ctx context.Context, c forge.NewCommit) (sha string, err error) {
	err = f.around("commit to "+c.Branch, func() error { sha, err = f.Forge.Commit(ctx, c); return err })
	return sha, err
}

func (f tapped) DeleteBranch(ctx context.Context, branch, head string) error {
	return f.around("delete branch "+branch, func() error { return f.Forge.DeleteBranch(ctx, branch, head) })
}

func (f tapped) Open(ctx context.Context, r forge.OpenRequest) (opened forge.MergeRequest, err error) {
	err = f.around("open "+r.Source, func() error { opened, err = f.Forge.Open(ctx, r); return err })
	return opened, err
}

func (f tapped) Update(ctx context.Context, number int, u forge.Update) (updated forge.MergeRequest, err error) {
	err = f.around(fmt.Sprintf("update !%d", number), func() error { updated, err = f.Forge.Update(ctx, number, u); return err })
	return updated, err
}

func (f tapped) Merge(ctx context.Context, number int, m forge.MergeOptions) (merged forge.MergeResult, err error) {
	err = f.around(fmt.Sprintf("merge !%d", number), func() error { merged, err = f.Forge.Merge(ctx, number, m); return err })
	return merged, err
}

func (f tapped) Close(ctx context.Context, number int) error {
	return f.around(fmt.Sprintf("close !%d", number), func() error { return f.Forge.Close(ctx, number) })
}

func (f tapped) Reopen(ctx context.Context, number int) error {
	return f.around(fmt.Sprintf("reopen !%d", number), func() error { return f.Forge.Reopen(ctx, number) })
}

func (f tapped) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	return f.around(fmt.Sprintf("set check %s to %s", c.Name, c.State), func() error { return f.Forge.SetCheck(ctx, sha, c) })
}

func (f tapped) AddComment(ctx context.Context, number int, body string) (added forge.Comment, err error) {
	err = f.around(fmt.Sprintf("comment on !%d", number), func() error { added, err = f.Forge.AddComment(ctx, number, body); return err })
	return added, err
}

func (f tapped) EditComment(ctx context.Context, number int, id int64, body string) (edited forge.Comment, err error) {
	err = f.around(fmt.Sprintf("edit comment %d of !%d", id, number), func() error { edited, err = f.Forge.EditComment(ctx, number, id, body); return err })
	return edited, err
}

func (f tapped) DeleteComment(ctx context.Context, number int, id int64) error {
	return f.around(fmt.Sprintf("delete comment %d of !%d", id, number), func() error { return f.Forge.DeleteComment(ctx, number, id) })
}

func (f tapped) React(ctx context.Context, number int, id int64, r forge.ReactionKind) error {
	return f.around(fmt.Sprintf("react to comment %d of !%d with %s", id, number, r), func() error { return f.Forge.React(ctx, number, id, r) })
}

func (f tapped) Unreact(ctx context.Context, number int, id int64, r forge.ReactionKind) error {
	return f.around(fmt.Sprintf("take back %s from comment %d of !%d", r, id, number), func() error { return f.Forge.Unreact(ctx, number, id, r) })
}
