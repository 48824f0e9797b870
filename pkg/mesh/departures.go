package mesh

import (
	"fmt"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const (
	// departedAge is for how long a pod that has left is told of. Whoever looks less often than that misses some, and can tell by Watched.Since.
	departedAge = time.Hour
	// mostDeparted is how many are told of at most. The rollout of a whole cluster of that many pods leaves as many.
	mostDeparted = 10000
)

// departures remembers the pods of the mesh that have left, so that one that lives for three seconds between two observations is in the second. It is the diary
// of the store of pods.
//
// A pod leaves when its proxy ends: when it is deleted, or before that when it has succeeded or failed. Where a watch broke there are only two lists to compare.
// Pods of the first that are not in the second have left at some time between, and others may have come and gone of which nobody will ever know. That, and whatever
// else may be missing, is what Watched says.
type departures struct {
	now    func() time.Time
	owners func(namespace string, direct checks.Owner) []checks.Owner

	all     []checks.DepartedPod // in the order in which they were missed; observations share it, so nothing in it is ever changed
	begun   bool                 // whether there was a list
	watched checks.Watched
}

func (d *departures) listed() {
	now := d.now().UTC()
	if d.begun {
		d.watched = checks.Watched{Since: now, Why: "the watch on pods was interrupted until " + second(now)}
		return
	}
	d.begun, d.watched.Since = true, now
}

func (d *departures) changed(k key, before, after *pod, listed bool) {
	now := d.now().UTC()
	another := before == nil || after == nil || before.created != after.created
	if after != nil {
		after.seen = now.UnixNano()
		if !another {
			after.seen = before.seen
		}
	}
	if before != nil && !before.over() && (another || after.over()) {
		d.left(k, before, now, listed)
	}
}

// left takes down that a pod is not there any more.
func (d *departures) left(k key, p *pod, now time.Time, listed bool) {
	seen := p.observed(k, nil)
	if !checks.InMesh(&seen) {
		return
	}
	if len(d.all) == mostDeparted {
		d.forget(1)
		d.watched.Why = fmt.Sprintf("more than %d pods have left within an hour, too many to remember", mostDeparted)
	}
	d.all = append(d.all, checks.DepartedPod{
		Namespace: k.namespace, Name: k.name, Owners: d.owners(k.namespace, p.controller), Revision: checks.RevisionOf(&seen).Revision,
		FirstSeen: time.Unix(0, p.seen).UTC(), Gone: now, Unseen: listed,
	})
}

// forget leaves out the first. What is left is complete from the last of those on.
func (d *departures) forget(n int) {
	if last := d.all[n-1].Gone; last.After(d.watched.Since) {
		d.watched.Since = last
	}
	d.all = d.all[n:]
}

// until tells of those that left in the hour before a moment, and how complete that is.
func (d *departures) until(at time.Time) ([]checks.DepartedPod, checks.Watched) {
	old := 0
	for old < len(d.all) && at.Sub(d.all[old].Gone) > departedAge {
		old++
	}
	if old > 0 {
		d.forget(old)
	}
	if len(d.all) == 0 {
		d.all = nil
	}
	return d.all[:len(d.all):len(d.all)], d.watched
}

// over tells whether a pod has no proxy any more.
func (p *pod) over() bool { return p.phase == "Succeeded" || p.phase == "Failed" }

func second(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") }
