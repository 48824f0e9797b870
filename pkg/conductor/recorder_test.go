package conductor

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// recorder writes down every write to a forge, and can fail before or after it.
type recorder struct {
	forge.Forge
	writes []string
	// before is called with the number of writes so far, after with that of this one; an error ends the call.
	before, after func(n int) error
}

var errKilled = errors.New("killed")

func (r *recorder) write(what string, do func() error) error {
	if r.before != nil {
		if err := r.before(len(r.writes)); err != nil {
			return err
		}
	}
	r.writes = append(r.writes, what)
	if err := do(); err != nil {
		return err
	}
	if r.after != nil {
		return r.after(len(r.writes))
	}
	return nil
}

func (r *recorder) Commit(ctx context.Context, c forge.NewCommit) (sha string, err error) {
	err = r.write("commit "+c.Branch, func() error { sha, err = r.Forge.Commit(ctx, c); return err })
	return sha, err
}

func (r *recorder) DeleteBranch(ctx context.Context, branch, head string) error {
	return r.write("delete "+branch, func() error { return r.Forge.DeleteBranch(ctx, branch, head) })
}

func (r *recorder) Open(ctx context.Context, o forge.OpenRequest) (m forge.MergeRequest, err error) {
	err = r.write("open "+o.Source, func() error { m, err = r.Forge.Open(ctx, o); return err })
	return m, err
}

func (r *recorder) Update(ctx context.Context, number int, u forge.Update) (m forge.MergeRequest, err error) {
	err = r.write(fmt.Sprintf("update !%d", number), func() error { m, err = r.Forge.Update(ctx, number, u); return err })
	return m, err
}

func (r *recorder) Merge(ctx context.Context, number int, o forge.MergeOptions) (m forge.MergeResult, err error) {
	err = r.write(fmt.Sprintf("merge !%d", number), func() error { m, err = r.Forge.Merge(ctx, number, o); return err })
	return m, err
}

func (r *recorder) Close(ctx context.Context, number int) error {
	return r.write(fmt.Sprintf("close !%d", number), func() error { return r.Forge.Close(ctx, number) })
}

func (r *recorder) SetCheck(ctx context.Context, sha string, c forge.Check) error {
	return r.write("check "+string(c.State), func() error { return r.Forge.SetCheck(ctx, sha, c) })
}

func (r *recorder) AddComment(ctx context.Context, number int, body string) (c forge.Comment, err error) {
	err = r.write(fmt.Sprintf("comment !%d", number), func() error { c, err = r.Forge.AddComment(ctx, number, body); return err })
	return c, err
}

func (r *recorder) EditComment(ctx context.Context, number int, id int64, body string) (c forge.Comment, err error) {
	err = r.write(fmt.Sprintf("edit %d", id), func() error { c, err = r.Forge.EditComment(ctx, number, id, body); return err })
	return c, err
}

func (r *recorder) DeleteComment(ctx context.Context, number int, id int64) error {
	return r.write(fmt.Sprintf("uncomment %d", id), func() error { return r.Forge.DeleteComment(ctx, number, id) })
}

func (r *recorder) React(ctx context.Context, number int, id int64, k forge.ReactionKind) error {
	return r.write(fmt.Sprintf("react %d %s", id, k), func() error { return r.Forge.React(ctx, number, id, k) })
}
