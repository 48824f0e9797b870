package checks

import "time"

// Watched says what an observer has seen of pods between observations. The zero Watched is that of one who looks now and then, and does not know.
type Watched struct {
	// Since is the moment from which on no pod of the mesh came and went without being among Departed. Zero = nobody watched.
	Since time.Time `json:"since,omitzero"`
	// Why says what was the matter at last, where pods may have been missed; "" = nothing was, since the watch began.
	Why string `json:"why,omitempty"`
}

// DepartedPod is a pod of the mesh that was there and is gone, or has ended.
type DepartedPod struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Owners    []Owner   `json:"owners,omitempty"`   // as Pod.Owners, as far as they were still there when it left
	Revision  string    `json:"revision,omitempty"` // which control plane injected it, see RevisionOf; "" = it did not say, so that it may be any
	FirstSeen time.Time `json:"firstSeen"`
	Gone      time.Time `json:"gone"`             // from when on it was not there
	Unseen    bool      `json:"unseen,omitempty"` // nobody saw it leave: that was at any time before Gone
}

// lastDeparted is the pod of a scope that left last, of those whose revision counts; nil = there is none.
func (w *world) lastDeparted(s Scope, counts func(revision string) bool) *DepartedPod {
	var last *DepartedPod
	for i := len(w.Departed) - 1; i >= 0; i-- {
		d := &w.Departed[i]
		if last != nil && !d.Gone.After(last.Gone) || !counts(d.Revision) {
			continue
		}
		root, workload := w.owner(&Pod{Namespace: d.Namespace, Name: d.Name, Owners: d.Owners})
		if w.inScope(s, &family{root, workload}) {
			last = d
		}
	}
	return last
}

// since completes an answer by what has left lately, and says so where nothing else is in the way.
func (q question) since(r Result, w *world) Result {
	if q.departed == nil {
		return r
	}
	last := q.departed(w)
	if last == nil {
		return r
	}
	r.NotBefore = last.Gone
	if r.Verdict == Pass {
		r.Found = joinWords(r.Found, last.words())
	}
	return r
}

func (d *DepartedPod) words() string {
	who := d.Namespace + "/" + d.Name + " on " + (Evidence{Revision: d.Revision}).String()
	if d.Unseen {
		return who + " was there before " + second(d.Gone) + ", and nobody saw it leave"
	}
	return who + " was there until " + second(d.Gone)
}

func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
