package conductor

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// Others passes the check of the gates on merge requests that are no phase of an upgrade. Where a forge requires that check, it requires it of every merge
// request into the branch, and nobody but the bot can say it; without this, everybody else's wait for ever.
//
// The check stands on a commit and not on a merge request. So nothing is passed on a commit that is or was the head of a phase: neither one that a branch of the
// bot points at, nor one on which the bot has said the check before, whatever it said.
//
// It is not safe for concurrent use. A process that begins anew asks the forge again, and changes nothing.
type Others struct {
	Forge  forge.Forge
	Branch string // that merge requests aim at

	said map[string]bool // commits on which the check stands
}

// othersTitle is what people read there.
const othersTitle = "no phase of an upgrade: nothing to judge"

// Pass looks once. One merge request that fails does not hold up the others; the error is the first failure.
func (o *Others) Pass(ctx context.Context) error {
	failed := func(err error) error { return fmt.Errorf("pass %s on merge requests of others: %w", CheckName, err) }
	me, err := o.Forge.Me(ctx)
	if err != nil {
		return failed(err)
	}
	open, err := o.Forge.Find(ctx, forge.Query{Target: o.Branch, States: []forge.State{forge.Open}})
	if err != nil {
		return failed(err)
	}
	ours, err := o.Forge.Branches(ctx, allPrefix)
	if err != nil {
		return failed(err)
	}
	phases := map[string]bool{}
	for _, b := range ours {
		phases[b.Head] = true
	}
	said := map[string]bool{}
	var first error
	for _, r := range open {
		if strings.HasPrefix(r.Source, allPrefix) && !r.Fork || phases[r.Head] {
			continue
		}
		if !o.said[r.Head] {
			if err := o.pass(ctx, me, r); err != nil {
				if first == nil {
					first = failed(fmt.Errorf("!%d: %w", r.Number, err))
				}
				continue
			}
		}
		said[r.Head] = true
	}
	o.said = said
	return first
}

func (o *Others) pass(ctx context.Context, me forge.User, r forge.MergeRequest) error {
	there, err := o.Forge.Checks(ctx, r.Head)
	if err != nil {
		return err
	}
	for _, c := range there {
		if c.Name == CheckName && c.By.ID == me.ID {
			return nil
		}
	}
	return o.Forge.SetCheck(ctx, r.Head, forge.Check{Name: CheckName, State: forge.Success, Title: othersTitle})
}
