// Package recorder tells a history what a conductor sees and does.
//
// Nearly everything is read from the states that the conductor gathers, not from its actions: merge requests, reactions and branches stay on the forge, so
// the next process tells of what the one before it did and did not live to record, and of what people did by hand. The store takes each state of
// each subject once.
package recorder

import (
	"context"
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/store"
)

// Recorder is the conductor.Recorder that writes to a store.
type Recorder struct{ store *store.Store }

var _ conductor.Recorder = Recorder{}

// New makes a Recorder. Whoever opened the store closes it.
func New(s *store.Store) Recorder { return Recorder{s} }

// Looked records what a state tells, and how many proxies were seen.
func (r Recorder) Looked(ctx context.Context, t conductor.Status, s conductor.State, seen conductor.Seen) error {
	if err := r.store.Append(ctx, entries(t, s)...); err != nil {
		return err
	}
	if seen.At.IsZero() {
		return nil
	}
	look := store.Look{Environment: s.Environment, At: seen.At}
	for _, c := range seen.Proxies {
		look.Counts = append(look.Counts, store.Count(c))
	}
	return r.store.AddLook(ctx, look)
}

// Did records what no later state tells: what became of a branch or a request that is not of the upgrade under way.
func (r Recorder) Did(ctx context.Context, t conductor.Status, s conductor.State, a conductor.Action) error {
	b := book{t: t, s: s}
	switch a := a.(type) {
	case conductor.CloseRequest:
		for _, one := range s.Others {
			if one.Number == a.Number {
				one.State, one.Done = forge.Closed, time.Time{}
				e := b.request(one.MergeRequest)
				e.By, e.Cause = s.Me.Name, a.Why
				b.add(e)
			}
		}
	case conductor.DeleteBranch:
		e := b.of(store.Branch, a.Branch)
		e.Subject, e.State, e.By = "branch "+a.Branch, "deleted at "+a.Head, s.Me.Name
		e.What = fmt.Sprintf("branch %s is deleted at %.8s", a.Branch, a.Head)
		b.add(e)
	}
	return r.store.Append(ctx, b.entries...)
}
