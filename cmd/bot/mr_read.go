package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/forgetext"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func newMRListCommand(m *mr) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List merge requests, the oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("state", state, "open", "merged", "closed", "all"); err != nil {
				return err
			}
			var query forge.Query
			if state != "all" {
				query.States = []forge.State{forge.State(state)}
			}
			return m.reading(func(f *local.Forge) error { return m.list(cmd.Context(), f, query) })
		},
	}
	cmd.Flags().StringVar(&state, "state", "open", "open, merged, closed or all")
	return cmd
}

func (m *mr) list(ctx context.Context, f *local.Forge, query forge.Query) error {
	found, err := f.Find(ctx, query)
	if err != nil {
		return err
	}
	items := []forgetext.Item{}
	for _, one := range found {
		i, err := item(ctx, f, one.Number)
		if err != nil {
			return err
		}
		items = append(items, i)
	}
	if m.output == "json" {
		return m.json(items)
	}
	if len(items) == 0 && len(query.States) > 0 {
		others, err := f.Find(ctx, forge.Query{})
		if err != nil {
			return err
		}
		if len(others) > 0 {
			_, err = fmt.Fprintf(m.stdout, "no %s merge requests; %s (--state all)\n", query.States[0], tally(others))
			return err
		}
	}
	_, err = fmt.Fprint(m.stdout, forgetext.List(items, m.width))
	return err
}

// tally counts merge requests by state, "3 merged, 1 closed".
func tally(requests []forge.MergeRequest) string {
	n := map[forge.State]int{}
	for _, r := range requests {
		n[r.State]++
	}
	var parts []string
	for _, s := range []forge.State{forge.Open, forge.Merged, forge.Closed} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

func newMRShowCommand(m *mr) *cobra.Command {
	return &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show one with its checks, approvals, note and comments",
		Args:  cobra.ExactArgs(1),
		RunE: m.readOne(func(ctx context.Context, f *local.Forge, number int) error {
			i, err := item(ctx, f, number)
			if err != nil {
				return err
			}
			full := forgetext.Full{Item: i}
			if full.Comments, err = f.Comments(ctx, number); err != nil {
				return err
			}
			if m.output == "json" {
				return m.json(full)
			}
			_, err = fmt.Fprint(m.stdout, forgetext.Show(full, m.width))
			return err
		}),
	}
}

func newMRDiffCommand(m *mr) *cobra.Command {
	return &cobra.Command{
		Use:   "diff NUMBER",
		Short: "Print what one changes, as a patch",
		Args:  cobra.ExactArgs(1),
		RunE: m.readOne(func(ctx context.Context, f *local.Forge, number int) error {
			before, after, err := bothSides(ctx, f, number)
			if err != nil {
				return err
			}
			if m.output == "json" {
				return m.json(before.Changes(after))
			}
			_, err = fmt.Fprint(m.stdout, tree.Patch(before, after))
			return err
		}),
	}
}

// bothSides are the trees that the source branch started from and that it holds.
func bothSides(ctx context.Context, f *local.Forge, number int) (before, after tree.Tree, err error) {
	got, err := f.Get(ctx, number)
	if err != nil {
		return before, after, err
	}
	var against string
	if got.State == forge.Merged {
		against, err = f.FirstParent(ctx, got.MergeSHA)
	} else {
		against, err = f.Head(ctx, got.Target)
	}
	if err != nil {
		return before, after, err
	}
	base, err := f.MergeBase(ctx, against, got.Head)
	if err != nil {
		return before, after, err
	}
	if before, err = f.Tree(ctx, base); err != nil {
		return before, after, err
	}
	after, err = f.Tree(ctx, got.Head)
	return before, after, err
}
