// Package calendar says when the bot may merge.
//
// A Calendar is made of windows and freezes. A window opens at the times of a cron expression, read on the clock of its time zone, and stays open for a
// length of real time. A freeze is a run of whole days in a time zone. The calendar is open where at least one window is, or where there are no windows
// at all, and no freeze holds. Every span has its beginning and not its end.
//
// The two nights on which clocks change:
//
//   - A start that the clocks jump over (02:30 in spring) is at the moment of the jump, so that no window is lost.
//   - A start that they show twice (02:30 in autumn) is the first of the two, so that no window opens twice.
//   - A duration is what a stop-watch shows: four hours from 22:00 are four hours, whatever the clock on the wall says afterwards.
//   - A day of a freeze begins at the first moment whose date is that day's, where there is a midnight and where there is none.
//
// Nothing here looks at a clock or at the network, and a Calendar never changes. Time zones come from the system, or from the program itself where
// the system has none.
package calendar

import (
	"errors"
	"time"
	_ "time/tzdata" // an image that holds nothing but the program knows no time zones
)

// Window is a span that opens again and again.
type Window struct {
	// Start is a cron expression of five fields, minute, hour, day of the month, month and day of the week: "0 22 * * mon-thu". As everywhere with
	// cron, days of both kinds mean either.
	Start string
	// Duration is how long it stays open, at least a minute.
	Duration time.Duration
	// Zone is the name of a time zone, "Europe/Berlin"; "" is UTC.
	Zone string
}

// Freeze is a run of days on which nothing is merged.
type Freeze struct {
	From  string // first day, "2026-12-18"
	Until string // last day, "2027-01-03", which is frozen as well
	Zone  string // whose days; "" is UTC
	// Reason is shown to people: "end of the year".
	Reason string
}

// Calendar is when the bot may merge. The zero Calendar is always open.
type Calendar struct {
	windows []window
	freezes []freeze
}

// New makes a calendar. The error joins one *Problem for each thing that is wrong.
func New(windows []Window, freezes []Freeze) (Calendar, error) {
	var c Calendar
	var problems problems
	for i, w := range windows {
		c.windows = append(c.windows, problems.window(i, w))
	}
	for i, f := range freezes {
		c.freezes = append(c.freezes, problems.freeze(i, f))
	}
	if len(problems) > 0 {
		return Calendar{}, errors.Join(problems...)
	}
	return c, nil
}

// Open tells whether the bot may merge at t.
func (c Calendar) Open(t time.Time) bool {
	return c.frozen(t) == nil && c.inWindow(t)
}

// Next is the first moment at or after t at which the calendar is open, and why it is not open before, in words for people without a full stop:
// "the next window opens Tue 2026-11-03 22:00 Europe/Berlin; frozen until Tue 2026-11-03 00:00 Europe/Berlin (audit)". Where it is open at t, Next
// gives t and "". Where it never opens again, it gives the zero time.
func (c Calendar) Next(t time.Time) (opens time.Time, why string) {
	opens, in, holds := c.next(t)
	if opens.Equal(t) {
		return t, ""
	}
	return opens, explain(opens, in, holds)
}

// next gives the moment, the window that opens then and the freezes that hold on the way.
func (c Calendar) next(t time.Time) (opens time.Time, in *window, holds []freeze) {
	for at := t; ; {
		if f := c.frozen(at); f != nil {
			holds, at = append(holds, *f), f.end
			continue
		}
		if c.inWindow(at) {
			return at, in, holds
		}
		if in = c.nextWindow(at); in == nil {
			return time.Time{}, nil, holds
		}
		at = in.opensAfter(at)
	}
}

// frozen is the freeze that holds at t and ends last.
func (c Calendar) frozen(t time.Time) *freeze {
	var last *freeze
	for i, f := range c.freezes {
		if !t.Before(f.begin) && t.Before(f.end) && (last == nil || f.end.After(last.end)) {
			last = &c.freezes[i]
		}
	}
	return last
}

func (c Calendar) inWindow(t time.Time) bool {
	for _, w := range c.windows {
		if w.open(t) {
			return true
		}
	}
	return len(c.windows) == 0
}

// nextWindow is the window that opens first after t.
func (c Calendar) nextWindow(t time.Time) *window {
	var first *window
	var opens time.Time
	for i, w := range c.windows {
		if at := w.opensAfter(t); !at.IsZero() && (first == nil || at.Before(opens)) {
			first, opens = &c.windows[i], at
		}
	}
	return first
}
