package checks

import "time"

// SoakClock measures for how long a gate has been green without a break. It is a value: Sample gives the next one. The zero clock has not begun.
//
// The clock can only be too slow. It counts nothing that was not seen: from the first green look to the last, and only where no two looks are
// further apart than allowed.
type SoakClock struct {
	GreenSince time.Time `json:"greenSince,omitzero"` // first green look of the unbroken row; zero = not green
	LastSample time.Time `json:"lastSample,omitzero"` // last look that counted
	Resets     int       `json:"resets,omitempty"`    // how often a row of greens was broken
	// Sampled tells that nobody stayed to watch between some looks of the row: each of those was taken by a process that began for it and ended after it.
	Sampled bool `json:"sampled,omitempty"`
	// Watched tells that somebody watched the pods from the look before the last one to the last one. Only the process that looked knows it.
	Watched bool `json:"-"`
}

// Across takes in how pods were watched up to a look at this time, before Sample takes in the look itself. Once they were watched from one look to the next, they have to be:
// where the watch was interrupted since the last look, or somebody else observes now, a pod may have lived unseen, so the row is broken. Where nobody ever watched,
// looks are all there is, and nothing changes. Nor does anything where the last look is looked at again.
func (c SoakClock) Across(now time.Time, w Watched) SoakClock {
	if !now.After(c.LastSample) {
		return c
	}
	watched := !w.Since.IsZero() && !w.Since.After(c.LastSample)
	if !c.GreenSince.IsZero() && c.Watched && !watched {
		return SoakClock{LastSample: c.LastSample, Resets: c.Resets + 1}
	}
	c.Watched = watched && !c.GreenSince.IsZero()
	return c
}

// Sample takes in one look at a gate. A routine blink (NoSample) leaves the clock as it is, and so widens the gap. A result that is not green ends the
// row. Two looks further apart than maxGap, or a time that runs backwards, begin a new one. What was seen to be there between two green looks shortens the row
// to the time since it left.
func (c SoakClock) Sample(now time.Time, r Result, maxGap time.Duration) SoakClock {
	if r.NoSample && !r.Green() {
		return c
	}
	next := SoakClock{LastSample: now, Resets: c.Resets}
	running := !c.GreenSince.IsZero()
	gap := now.Sub(c.LastSample)
	unbroken := running && gap >= 0 && gap <= maxGap
	switch {
	case r.Green() && unbroken:
		next.GreenSince, next.Sampled, next.Watched = c.GreenSince, c.Sampled, c.Watched
		if from := r.NotBefore; from.After(c.GreenSince) {
			next.GreenSince = from
			if from.After(now) {
				next.GreenSince = now
			}
			next.Resets++
		}
	case r.Green():
		next.GreenSince = now
	}
	if running && (!r.Green() || !unbroken) {
		next.Resets++
	}
	return next
}

// Remaining is how much of the soak has not been seen yet. It counts up to the last look, never up to now, since nobody knows what happened in between;
// a now before that look means that some clock is wrong, and nothing counts. Zero remaining is no verdict: the gate must be green too.
func (c SoakClock) Remaining(now time.Time, need time.Duration) time.Duration {
	need = max(need, 0)
	if soaksAreSkipped {
		return 0
	}
	if c.GreenSince.IsZero() || now.Before(c.LastSample) || c.LastSample.Before(c.GreenSince) {
		return need
	}
	return max(need-c.LastSample.Sub(c.GreenSince), 0)
}
