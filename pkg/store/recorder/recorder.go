// Package recorder tells a history what a conductor sees and does.
//
// Nearly everything is read from the states that the conductor gathers, not from its actions: merge requests, reactions and branches stay on the forge, so
// the next process tells of what the one before it did and did not live to record, and of what people did by hand. The store takes each state of
// each subject once.
package recorder

import (
	"context"
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

// Did records what no later state tells: that the bot closed a request that is not of the upgrade under way. It is lost where the process dies between the
// two; the request itself still says who closed it and why.
func (r Recorder) Did(ctx context.Context, t conductor.Status, s conductor.State, a conductor.Action) error {
	closed, ok := a.(conductor.CloseRequest)
	if !ok {
		return nil
	}
	b := book{t: t, s: s}
	for _, one := range s.Others {
		p, _ := conductor.ParseBranch(s.Environment, one.Source)
		if one.Number != closed.Number || s.Plan != nil && p.Release == s.Plan.To.Release {
			continue
		}
		one.State, one.Done = forge.Closed, time.Time{}
		e := b.request(one.MergeRequest)
		e.By, e.Cause = s.Me.Name, closed.Why
		b.add(e)
	}
	return r.store.Append(ctx, b.entries...)
}
