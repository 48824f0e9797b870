package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
)

func newMRCommentCommand(m *mr) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use:     "comment NUMBER [-m TEXT]",
		Short:   "Comment; without -m the text is read from standard input",
		Example: "  linnet mr comment 3 --forge DIR -m '/canary promote'",
		Args:    cobra.ExactArgs(1),
		RunE: m.onOne(func(ctx context.Context, f *local.Forge, number int) error {
			if message == "" {
				text, err := io.ReadAll(m.stdin)
				if err != nil {
					return err
				}
				message = string(text)
			}
			c, err := f.AddComment(ctx, number, strings.TrimRight(message, "\n"))
			if err != nil {
				return err
			}
			if m.output == "json" {
				return m.json(c)
			}
			return m.answer(ctx, f, number, "comment %d on !%d by %s", c.ID, number, c.By.Name)
		}),
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "the `TEXT`")
	return cmd
}

func newMRApproveCommand(m *mr) *cobra.Command {
	var head string
	var undo bool
	cmd := &cobra.Command{
		Use:   "approve NUMBER",
		Short: "Approve the commit that you reviewed",
		Args:  cobra.ExactArgs(1),
		RunE: m.onOne(func(ctx context.Context, f *local.Forge, number int) error {
			if undo {
				if err := f.Unapprove(ctx, number); err != nil {
					return err
				}
				return m.answer(ctx, f, number, "took back the approval of !%d", number)
			}
			sha, err := headOr(ctx, f, number, head)
			if err != nil {
				return err
			}
			if err := f.Approve(ctx, number, sha); err != nil {
				return err
			}
			return m.answer(ctx, f, number, "approved !%d at %.8s", number, sha)
		}),
	}
	cmd.Flags().StringVar(&head, "head", "", "refuse unless the head is this `SHA`")
	cmd.Flags().BoolVar(&undo, "undo", false, "take your approval back")
	return cmd
}

func newMRMergeCommand(m *mr) *cobra.Command {
	var head, method, message string
	cmd := &cobra.Command{
		Use:   "merge NUMBER",
		Short: "Merge the commit that you reviewed",
		Args:  cobra.ExactArgs(1),
		RunE: m.onOne(func(ctx context.Context, f *local.Forge, number int) error {
			if err := oneOf("method", method, "merge", "squash", "rebase"); err != nil {
				return err
			}
			sha, err := headOr(ctx, f, number, head)
			if err != nil {
				return err
			}
			result, err := f.Merge(ctx, number, forge.MergeOptions{Head: sha, Method: forge.Method(method), Message: message})
			if err != nil {
				return err
			}
			return m.answer(ctx, f, number, "merged !%d as %.8s", number, result.SHA)
		}),
	}
	cmd.Flags().StringVar(&head, "head", "", "refuse unless the head is this `SHA`")
	cmd.Flags().StringVar(&method, "method", "merge", "merge, squash or rebase")
	cmd.Flags().StringVarP(&message, "message", "m", "", "commit message `TEXT`")
	return cmd
}

// newMRStateCommand makes close and reopen, which differ in what they call.
func newMRStateCommand(m *mr, name, short string, do func(*local.Forge, context.Context, int) error) *cobra.Command {
	past := map[string]string{"close": "closed", "reopen": "reopened"}[name]
	return &cobra.Command{
		Use:   name + " NUMBER",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: m.onOne(func(ctx context.Context, f *local.Forge, number int) error {
			if err := do(f, ctx, number); err != nil {
				return err
			}
			return m.answer(ctx, f, number, "%s !%d", past, number)
		}),
	}
}
