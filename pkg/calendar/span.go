package calendar

import (
	"time"

	"github.com/robfig/cron/v3"
)

// window is a Window that has been read.
type window struct {
	starts   cron.Schedule // on the clock of zone, written as if it were UTC
	duration time.Duration
	zone     *time.Location
}

// freeze is a Freeze that has been read.
type freeze struct {
	begin, end time.Time
	reason     string
}

// open tells whether t lies in the window.
func (w window) open(t time.Time) bool {
	last := w.opensAfter(t.Add(-w.duration))
	return !last.IsZero() && !last.After(t)
}

// opensAfter is the first start after t, or zero where there is none in the years that cron looks ahead.
//
// The cron library would skip a start that the clocks jump over and give one that they show twice two times. So it is asked for what the clock on the
// wall shows, which has no such nights, and the answer is brought back to real time.
func (w window) opensAfter(t time.Time) time.Time {
	for shown := wall(t, w.zone); ; {
		shown = w.starts.Next(shown)
		if shown.IsZero() {
			return shown
		}
		if at := moment(shown, w.zone); at.After(t) {
			return at
		}
	}
}

// wall is what the clock shows at t, written as if it were UTC.
func wall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// widest is more than any clock is away from UTC.
const widest = 26 * time.Hour

// moment is the first one at which the clock shows so much or more. It looks at one stretch after the other in which the clock does not change.
func moment(shown time.Time, zone *time.Location) time.Time {
	for at := shown.Add(-widest).In(zone); ; {
		_, offset := at.Zone()
		_, change := at.ZoneBounds()
		reached := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if reached.Before(at) {
			return at
		}
		if change.IsZero() || reached.Before(change) {
			return reached
		}
		at = change
	}
}
