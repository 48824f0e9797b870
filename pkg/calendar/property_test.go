package calendar

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Zones with all kinds of nights: whole hours, half an hour, none at all, midnights that do not exist or come twice, south of the equator.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Africa/Cairo", "Pacific/Auckland", "Atlantic/Azores"}

// start is a cron expression that the test understands by itself: each number is one value, or -1 for all.
type start struct{ minute, hour, weekday int }

func (s start) String() string {
	field := func(n int) string {
		if n < 0 {
			return "*"
		}
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s %s * * %s", field(s.minute), field(s.hour), field(s.weekday))
}

func (s start) matches(shown time.Time) bool {
	return (s.minute < 0 || s.minute == shown.Minute()) && (s.hour < 0 || s.hour == shown.Hour()) && (s.weekday < 0 || s.weekday == int(shown.Weekday()))
}

func drawStart(t *rapid.T) start {
	return start{
		minute: rapid.SampledFrom([]int{-1, 0, 15, 30, 59}).Draw(t, "minute"), hour: rapid.SampledFrom([]int{-1, 0, 1, 2, 3, 22, 23}).Draw(t, "hour"),
		weekday: rapid.SampledFrom([]int{-1, -1, 0, 6}).Draw(t, "weekday"),
	}
}

// A clock that is watched minute by minute over a year: a window starts whenever the hands reach a time that matches for the first time, jumps included.
func TestWindowsAreWhatAWatchedClockSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStart(t)
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		duration := rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, time.Hour, 4 * time.Hour, 25 * time.Hour}).Draw(t, "duration")
		c, err := New([]Window{{Start: s.String(), Duration: duration, Zone: zone}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := c.windows[0]

		year := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		at := year.Add(time.Duration(rapid.IntRange(0, 364*24*60).Draw(t, "minute of the year")) * time.Minute)
		if changes := changesIn(w.zone, year); len(changes) > 0 && rapid.Bool().Draw(t, "near a change") {
			at = rapid.SampledFrom(changes).Draw(t, "change").Add(time.Duration(rapid.IntRange(-180, 60).Draw(t, "minutes from it")) * time.Minute)
		}

		reached := wall(at, w.zone)
		// What the clock had shown before the watch began counts as well: an hour that comes again now.
		for back := range 180 {
			if shown := wall(at.Add(-time.Duration(back)*time.Minute), w.zone); shown.After(reached) {
				reached = shown
			}
		}
		var last time.Time
		for range 300 {
			at = at.Add(time.Minute)
			for shown := wall(at, w.zone); reached.Before(shown); {
				reached = reached.Add(time.Minute)
				if s.matches(reached) {
					last = at
				}
			}
			open := !last.IsZero() && at.Sub(last) < duration
			if open && !c.Open(at) {
				t.Fatalf("at %s it is shut, but a window began at %s", at.In(w.zone), last.In(w.zone))
			}
			if begins := last.Equal(at); begins != w.opensAfter(at.Add(-time.Second)).Equal(at) {
				t.Fatalf("at %s: a window begins %v, opensAfter disagrees", at.In(w.zone), begins)
			}
		}
	})
}

// Over a year: Next is open, nothing before it is, it is its own answer, and later questions have later answers.
func TestNextIsTheFirstOpenMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		year := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var windows []Window
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			windows = append(windows, Window{
				Start: drawStart(t).String(), Zone: rapid.SampledFrom(zones).Draw(t, "zone"),
				Duration: time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute,
			})
		}
		var freezes []Freeze
		for range rapid.IntRange(0, 3).Draw(t, "freezes") {
			from := year.AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "from"))
			freezes = append(freezes, Freeze{
				From: from.Format(time.DateOnly), Until: from.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days")).Format(time.DateOnly),
				Zone: rapid.SampledFrom(zones).Draw(t, "zone"),
			})
		}
		c, err := New(windows, freezes)
		if err != nil {
			t.Fatal(err)
		}
		at := year.Add(time.Duration(rapid.IntRange(0, 365*24*3600).Draw(t, "second of the year")) * time.Second)
		opens, why := c.Next(at)
		if opens.Before(at) || !c.Open(opens) || c.Open(at) != opens.Equal(at) || (why == "") != opens.Equal(at) {
			t.Fatalf("Next(%s) = %s, %q; open then %v, open now %v", at, opens, why, c.Open(opens), c.Open(at))
		}
		if again, _ := c.Next(opens); !again.Equal(opens) {
			t.Fatalf("Next of Next is %s, not %s", again, opens)
		}
		wait := opens.Sub(at)
		if wait == 0 {
			return
		}
		if c.Open(opens.Add(-time.Nanosecond)) {
			t.Fatalf("it is open before %s already", opens)
		}
		for range 20 {
			between := at.Add(time.Duration(rapid.Int64Range(0, int64(wait)-1).Draw(t, "between")))
			if c.Open(between) {
				t.Fatalf("it is open at %s, before %s", between, opens)
			}
			if then, _ := c.Next(between); !then.Equal(opens) {
				t.Fatalf("Next(%s) = %s, but Next(%s) = %s", between, then, at, opens)
			}
		}
	})
}

// changesIn are the moments of the year at which the zone's clocks change.
func changesIn(zone *time.Location, year time.Time) (all []time.Time) {
	for at := year.In(zone); ; {
		_, change := at.ZoneBounds()
		if change.IsZero() || change.Year() > year.Year() {
			return all
		}
		all, at = append(all, change), change
	}
}
