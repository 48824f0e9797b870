package config

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/calendar"
)

// Window is a span that opens again and again.
type Window struct {
	// When it opens: five fields of cron, minute, hour, day of the month, month, day of the week, such as "0 22 * * mon-thu".
	Start string `yaml:"start"`
	// How long it stays open.
	Duration Duration `yaml:"duration"`
	// Time zone of the start, such as Europe/Berlin.
	Zone string `yaml:"zone,omitempty" default:"UTC"`
}

// Freeze is a run of days.
type Freeze struct {
	// First day, such as 2026-12-18.
	From Date `yaml:"from"`
	// Last day, which is frozen as well.
	Until Date `yaml:"until"`
	// Time zone of the days.
	Zone string `yaml:"zone,omitempty" default:"UTC"`
	// Why, for people to read.
	Reason string `yaml:"reason,omitempty"`
}

// Calendar is when the bot may merge. Of a policy that Load gave there is no error.
func (p Policy) Calendar() (calendar.Calendar, error) {
	windows := make([]calendar.Window, 0, len(p.Windows))
	for _, w := range p.Windows {
		windows = append(windows, calendar.Window{Start: w.Start, Duration: time.Duration(w.Duration), Zone: w.Zone})
	}
	freezes := make([]calendar.Freeze, 0, len(p.Freezes))
	for _, f := range p.Freezes {
		freezes = append(freezes, calendar.Freeze{From: string(f.From), Until: string(f.Until), Zone: f.Zone, Reason: f.Reason})
	}
	return calendar.New(windows, freezes)
}

// calendar reports what is wrong with windows and freezes.
func (v *validator) calendar(at string, p Policy) {
	_, err := p.Calendar()
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			if problem, ok := one.(*calendar.Problem); ok {
				v.problem(at+"."+problem.Field, "%s", problem.Text)
			}
		}
	}
}
