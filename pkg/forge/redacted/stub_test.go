package redacted

import (
	"context"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// written is a forge that only keeps what it is told to write. Reading from it panics.
type written struct {
	forge.Forge
	args []any // of the last write; nil = there was none
}

func (w *written) Commit(_ context.Context, c forge.NewCommit) (string, error) {
	w.args = []any{c}
	return "", nil
}

func (w *written) DeleteBranch(_ context.Context, branch, head string) error {
	w.args = []any{branch, head}
	return nil
}

func (w *written) Open(_ context.Context, r forge.OpenRequest) (forge.MergeRequest, error) {
	w.args = []any{r}
	return forge.MergeRequest{}, nil
}

func (w *written) Update(_ context.Context, number int, u forge.Update) (forge.MergeRequest, error) {
	w.args = []any{number, u}
	return forge.MergeRequest{}, nil
}

func (w *written) Merge(_ context.Context, number int, m forge.MergeOptions) (forge.MergeResult, error) {
	w.args = []any{number, m}
	return forge.MergeResult{}, nil
}

func (w *written) Close(_ context.Context, number int) error {
	w.args = []any{number}
	return nil
}

func (w *written) Reopen(_ context.Context, number int) error {
	w.args = []any{number}
	return nil
}

func (w *written) SetCheck(_ context.Context, sha string, c forge.Check) error {
	w.args = []any{sha, c}
	return nil
}

func (w *written) AddComment(_ context.Context, number int, body string) (forge.Comment, error) {
	w.args = []any{number, body}
	return forge.Comment{}, nil
}

func (w *written) EditComment(_ context.Context, number int, id int64, body string) (forge.Comment, error) {
	w.args = []any{number, id, body}
	return forge.Comment{}, nil
}

func (w *written) DeleteComment(_ context.Context, number int, id int64) error {
	w.args = []any{number, id}
	return nil
}

func (w *written) React(_ context.Context, number int, id int64, r forge.ReactionKind) error {
	w.args = []any{number, id, r}
	return nil
}

func (w *written) Unreact(_ context.Context, number int, id int64, r forge.ReactionKind) error {
	w.args = []any{number, id, r}
	return nil
}

// able has all that a forge may have beside the contract.
type able struct{}

func (able) Role(context.Context, forge.User) (string, error)         { return "maintainer", nil }
func (able) InGroup(context.Context, int64, forge.User) (bool, error) { return true, nil }
func (able) MergeGroups(context.Context, string) ([]forge.MergeGroup, error) {
	return []forge.MergeGroup{{Head: "trial"}}, nil
}
func (able) Pulse(_ context.Context, target string) (string, error) { return "beats on " + target, nil }
func (able) Approve(context.Context, int, string) error             { return nil }
func (able) Unapprove(context.Context, int) error                   { return nil }
