package stories

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// reasons are what stands in the way of a merge.
func (m *memory) reasons(r *request) []forge.Reason {
	if r.State != forge.Open {
		return []forge.Reason{{Kind: forge.ReasonNotOpen, Text: "it is " + string(r.State)}}
	}
	var all []forge.Reason
	if r.Draft {
		all = append(all, forge.Reason{Kind: forge.ReasonDraft, Text: "it is a draft"})
	}
	target, there := m.branches[r.Target]
	if !there {
		all = append(all, forge.Reason{Kind: forge.ReasonPolicy, Text: "its target " + r.Target + " is gone"})
	} else if merged, conflicts := m.merged(target, r.Head); len(conflicts) > 0 {
		all = append(all, conflict(r, conflicts))
	} else if merged.Equal(m.commits[target].files) {
		all = append(all, forge.Reason{Kind: forge.ReasonNoChange, Text: r.Target + " holds its changes already"})
	}
	given := 0
	for _, a := range r.Approvals.Given {
		if a.Head == r.Head {
			given++
		}
	}
	if given < m.approved {
		all = append(all, forge.Reason{Kind: forge.ReasonApprovals, Text: fmt.Sprintf("%d of %d approvals missing", m.approved-given, m.approved)})
	}
	if state := m.gate(r.Head); m.gated && state != forge.Success {
		all = append(all, forge.Reason{Kind: forge.ReasonChecks, Text: fmt.Sprintf("check %s is %s", conductor.CheckName, cmp.Or(state, "missing"))})
	}
	return all
}

// gate is what the bot said of a commit.
func (m *memory) gate(sha string) forge.CheckState {
	for _, c := range m.checks[sha] {
		if c.Name == conductor.CheckName && c.By.Name == bot {
			return c.State
		}
	}
	return ""
}

func conflict(r *request, paths []string) forge.Reason {
	return forge.Reason{Kind: forge.ReasonConflict, Text: fmt.Sprintf("conflict with %s in %s", r.Target, strings.Join(paths, ", "))}
}

// Approve is a person's word for a head: the last one counts.
func (u user) Approve(ctx context.Context, number int, head string) error {
	r, err := u.request(number)
	switch {
	case err != nil:
		return err
	case r.State != forge.Open:
		return &forge.NotMergeableError{Number: number, Reasons: u.reasons(r)}
	case r.Author.Name == u.who:
		return fmt.Errorf("approve merge request !%d: %w", number, forge.ErrForbidden)
	case r.Head != head:
		return &forge.HeadMovedError{Branch: r.Source, Want: head, Got: r.Head}
	case slices.ContainsFunc(r.Approvals.Given, func(a forge.Approval) bool { return a.By.Name == u.who && a.Head == head }):
		return nil
	}
	if err := u.Unapprove(ctx, number); err != nil {
		return err
	}
	r.Approvals.Given = append(r.Approvals.Given, forge.Approval{By: named(u.who), Head: head, At: u.now()})
	return nil
}

func (u user) Unapprove(_ context.Context, number int) error {
	r, err := u.request(number)
	if err != nil {
		return err
	}
	r.Approvals.Given = slices.DeleteFunc(slices.Clone(r.Approvals.Given), func(a forge.Approval) bool { return a.By.Name == u.who })
	return nil
}
