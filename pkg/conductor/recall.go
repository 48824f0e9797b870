package conductor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// recallFor is how long what was read may count while the forge says that nothing has happened: it does not see everything.
const recallFor = time.Hour

// recall is a forge as it was read, for as long as nothing has happened to it. The cluster is looked at often, and for most looks the forge is as it was;
// reading it each time would cost a dozen requests that are answered by "not modified".
//
// Nothing is done upon what is recalled: a look that finds something to do reads everything again first. It is the bot's wish alone that may be late, and
// no later than the pulse, or a webhook, lets it know. A forge without a pulse is read at each look.
type recall struct {
	forge.Forge
	pulse forge.Pulser // nil = the forge has none
	felt  *Pulse

	kept   map[string]any
	target string    // whose pulse it is
	mark   string    // of the pulse, taken before anything in kept was read; "" = none
	taken  time.Time // when it was taken last
	read   time.Time // when kept was begun
	old    bool      // kept was there before this look
}

func newRecall(f forge.Forge, shared *Pulse) *recall {
	pulse, _ := f.(forge.Pulser)
	if shared == nil {
		shared = &Pulse{}
	}
	return &recall{Forge: f, pulse: pulse, felt: shared}
}

// begin decides what of the last look may be recalled in this one.
func (r *recall) begin(ctx context.Context, now time.Time) {
	if r.pulse == nil {
		return
	}
	if r.target == "" { // the first look of a process, which may be its only one
		r.forget(now)
		return
	}
	if r.old = r.kept != nil && now.Sub(r.taken) < pulseEvery && !now.Before(r.taken); r.old {
		return
	}
	mark, err := r.felt.feel(ctx, r.pulse, r.target, now)
	if err != nil {
		mark = "" // reading will tell what is wrong
	}
	same := mark != "" && mark == r.mark
	r.mark, r.taken = mark, now
	if r.old = same && r.kept != nil && now.Sub(r.read) < recallFor; !r.old {
		r.forget(now)
	}
}

// forget makes everything be read again.
func (r *recall) forget(now time.Time) { r.kept, r.read, r.old = nil, now, false }

// of is what was read by this name, or is read now. What failed is not kept.
func of[T any](r *recall, name string, read func() (T, error)) (T, error) {
	if r.pulse == nil {
		return read()
	}
	if kept, ok := r.kept[name].(T); ok {
		return kept, nil
	}
	value, err := read()
	if err == nil {
		if r.kept == nil {
			r.kept = map[string]any{}
		}
		r.kept[name] = value
	}
	return value, err
}

// listOf is of, for what the caller may sort.
func listOf[T any](r *recall, name string, read func() ([]T, error)) ([]T, error) {
	all, err := of(r, name, read)
	return slices.Clone(all), err
}

func (r *recall) Me(ctx context.Context) (forge.User, error) {
	return of(r, "me", func() (forge.User, error) { return r.Forge.Me(ctx) })
}

func (r *recall) DefaultBranch(ctx context.Context) (string, error) {
	return of(r, "default branch", func() (string, error) { return r.Forge.DefaultBranch(ctx) })
}

func (r *recall) Head(ctx context.Context, branch string) (string, error) {
	return of(r, "head "+branch, func() (string, error) { return r.Forge.Head(ctx, branch) })
}

func (r *recall) Branches(ctx context.Context, prefix string) ([]forge.Branch, error) {
	return listOf(r, "branches "+prefix, func() ([]forge.Branch, error) { return r.Forge.Branches(ctx, prefix) })
}

func (r *recall) Find(ctx context.Context, q forge.Query) ([]forge.MergeRequest, error) {
	return listOf(r, fmt.Sprintf("find %+v", q), func() ([]forge.MergeRequest, error) { return r.Forge.Find(ctx, q) })
}

func (r *recall) Get(ctx context.Context, number int) (forge.MergeRequest, error) {
	return of(r, fmt.Sprintf("merge request %d", number), func() (forge.MergeRequest, error) { return r.Forge.Get(ctx, number) })
}

func (r *recall) Comments(ctx context.Context, number int) ([]forge.Comment, error) {
	return listOf(r, fmt.Sprintf("comments %d", number), func() ([]forge.Comment, error) { return r.Forge.Comments(ctx, number) })
}

func (r *recall) Checks(ctx context.Context, sha string) ([]forge.Check, error) {
	return listOf(r, "checks "+sha, func() ([]forge.Check, error) { return r.Forge.Checks(ctx, sha) })
}

func (r *recall) Preview(ctx context.Context, number int) (forge.Preview, error) {
	return of(r, fmt.Sprintf("preview %d", number), func() (forge.Preview, error) { return r.Forge.Preview(ctx, number) })
}

// groups are those of a merge queue.
func (r *recall) groups(ctx context.Context, queue forge.MergeQueue, branch string) ([]forge.MergeGroup, error) {
	return listOf(r, "merge queue "+branch, func() ([]forge.MergeGroup, error) { return queue.MergeGroups(ctx, branch) })
}

func (r *recall) role(who forge.User, ask func() (chatops.Role, error)) (chatops.Role, error) {
	return of(r, "role "+who.ID, ask)
}

func (r *recall) inGroup(group int64, who forge.User, ask func() (bool, error)) (bool, error) {
	return of(r, fmt.Sprintf("group %d %s", group, who.ID), ask)
}

// Wake makes the next look read everything: something has happened to the forge, or may have.
func (c *Conductor) Wake() { c.recall.forget(c.Now()) }

// Recalled tells that the last look read nothing of the forge, since nothing has happened to it.
func (c *Conductor) Recalled() bool { return c.recall.old }

// moves tells that something may be under way on the forge that its pulse does not show: the checks and pipelines of others that a merge by the bot waits for, and
// merge queues. Approvals, and what people do when it is theirs to merge, show in the pulse.
func (s State) moves() bool {
	switch {
	case len(s.Trials) > 0:
		return true
	case s.Current == nil:
		return false
	case s.Current.Later != nil || s.Handed != 0:
		return true
	case !s.Gate.open() || s.Current.Mergeability.Readiness == forge.Ready:
		return false
	}
	if when := s.whenNext(); when == Manual || when == OnPromote && !promotes(s.orders(*s.Current)) {
		return false
	}
	reasons := s.Current.Mergeability.Reasons
	return len(reasons) == 0 || slices.ContainsFunc(reasons, func(r forge.Reason) bool { return r.Kind != forge.ReasonApprovals })
}
