package calendar

import (
	"testing"
	"time"
)

func TestOpenAndNext(t *testing.T) {
	nights := Window{Start: "0 22 * * mon-thu", Duration: 4 * time.Hour, Zone: "Europe/Berlin"}
	turn := Freeze{From: "2026-12-18", Until: "2027-01-03", Zone: "Europe/Berlin", Reason: "end of the year"}
	for _, tc := range []struct {
		name    string
		windows []Window
		freezes []Freeze
		at      string // UTC
		opens   string // UTC; "" = open now; "never"
		why     string
	}{
		{"no windows, no freezes", nil, nil, "2026-11-02 12:00:00", "", ""},
		{"before a window", []Window{nights}, nil, "2026-11-03 12:00:00", "2026-11-03 21:00:00", "opens Tue 2026-11-03 22:00 Europe/Berlin"},
		{"a second before", []Window{nights}, nil, "2026-11-03 20:59:59", "2026-11-03 21:00:00", "opens Tue 2026-11-03 22:00 Europe/Berlin"},
		{"the first moment", []Window{nights}, nil, "2026-11-03 21:00:00", "", ""},
		{"after midnight", []Window{nights}, nil, "2026-11-04 00:30:00", "", ""},
		{"the last second", []Window{nights}, nil, "2026-11-04 00:59:59", "", ""},
		{"the end", []Window{nights}, nil, "2026-11-04 01:00:00", "2026-11-04 21:00:00", "opens Wed 2026-11-04 22:00 Europe/Berlin"},
		{"over the weekend", []Window{nights}, nil, "2026-11-06 12:00:00", "2026-11-09 21:00:00", "opens Mon 2026-11-09 22:00 Europe/Berlin"},
		{"the nearer of two, on its own clock", []Window{nights, {Start: "0 9 * * sat", Duration: time.Hour, Zone: "America/New_York"}}, nil,
			"2026-11-06 12:00:00", "2026-11-07 14:00:00", "opens Sat 2026-11-07 09:00 America/New_York"},
		{"in one of two that overlap", []Window{nights, {Start: "30 0 * * *", Duration: time.Hour}}, nil, "2026-11-04 01:15:00", "", ""},
		{"no zone is UTC", []Window{{Start: "0 6 * * *", Duration: time.Hour}}, nil, "2026-07-01 05:00:00", "2026-07-01 06:00:00", "opens Wed 2026-07-01 06:00 UTC"},
		{"days of both kinds mean either", []Window{{Start: "0 6 13 * fri", Duration: time.Hour}}, nil, "2026-10-05 00:00:00", "2026-10-09 06:00:00", "opens Fri 2026-10-09 06:00 UTC"},
		{"a day in four years", []Window{{Start: "0 6 29 2 *", Duration: time.Hour}}, nil, "2026-10-05 00:00:00", "2028-02-29 06:00:00", "opens Tue 2028-02-29 06:00 UTC"},
		{"further than cron looks", []Window{{Start: "0 6 29 2 *", Duration: time.Hour}}, nil, "2096-03-01 00:00:00", "never", "no window opens again"},
		{"in a freeze", []Window{nights}, []Freeze{turn}, "2026-12-20 12:00:00", "2027-01-04 21:00:00",
			"opens Mon 2027-01-04 22:00 Europe/Berlin; frozen until Mon 2027-01-04 00:00 Europe/Berlin (end of the year)"},
		{"a window that a freeze takes", []Window{nights}, []Freeze{turn}, "2026-12-18 00:00:00", "2027-01-04 21:00:00",
			"opens Mon 2027-01-04 22:00 Europe/Berlin; frozen until Mon 2027-01-04 00:00 Europe/Berlin (end of the year)"},
		{"a freeze that begins within a window", []Window{nights}, []Freeze{turn}, "2026-12-17 22:59:59", "", ""},
		{"a freeze that ends within a window", []Window{{Start: "0 22 * * *", Duration: 4 * time.Hour}}, []Freeze{{From: "2026-03-01", Until: "2026-03-03"}},
			"2026-03-03 23:00:00", "2026-03-04 00:00:00", "frozen until Wed 2026-03-04 00:00 UTC"},
		{"freezes that follow each other", nil, []Freeze{{From: "2026-03-01", Until: "2026-03-03", Reason: "audit"}, {From: "2026-03-03", Until: "2026-03-05"}, {From: "2026-03-06", Until: "2026-03-06", Reason: "release"}},
			"2026-03-02 00:00:00", "2026-03-07 00:00:00", "frozen until Wed 2026-03-04 00:00 UTC (audit); frozen until Fri 2026-03-06 00:00 UTC; frozen until Sat 2026-03-07 00:00 UTC (release)"},
		{"of two freezes the longer one is named", nil, []Freeze{{From: "2026-03-01", Until: "2026-03-03"}, {From: "2026-03-01", Until: "2026-03-09", Reason: "longer"}},
			"2026-03-02 00:00:00", "2026-03-10 00:00:00", "frozen until Tue 2026-03-10 00:00 UTC (longer)"},
		{"a freeze is over", nil, []Freeze{turn}, "2027-01-03 23:00:00", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New(tc.windows, tc.freezes)
			if err != nil {
				t.Fatal(err)
			}
			at := utc(t, tc.at)
			opens, why := c.Next(at)
			got := opens.UTC().Format(time.DateTime)
			switch {
			case opens.IsZero():
				got = "never"
			case opens.Equal(at):
				got = ""
			}
			if got != tc.opens || why != tc.why {
				t.Errorf("Next(%s)\n got %q, %s\nwant %q, %s", tc.at, got, why, tc.opens, tc.why)
			}
			if c.Open(at) != (tc.opens == "") {
				t.Errorf("Open(%s) = %v, but Next says %q", tc.at, c.Open(at), got)
			}
		})
	}
}

// In Berlin the clocks go from 2:00 to 3:00 on 2026-03-29 (1:00 UTC), and from 3:00 to 2:00 on 2026-10-25 (1:00 UTC).
func TestTheTwoNights(t *testing.T) {
	for _, tc := range []struct {
		name, start, zone  string
		duration           time.Duration
		from, opens, until string // from: when to ask; all in UTC
		again              string // the next opening after that
	}{
		{"spring, a start that is jumped over", "30 2 * * *", "Europe/Berlin", time.Hour, "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-29 02:00", "2026-03-30 00:30"},
		{"spring, asked within the jump", "30 2 * * *", "Europe/Berlin", time.Hour, "2026-03-29 00:59", "2026-03-29 01:00", "2026-03-29 02:00", "2026-03-30 00:30"},
		{"spring, two starts that are jumped over are one", "0,30 2 * * *", "Europe/Berlin", time.Hour, "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-29 02:00", "2026-03-30 00:00"},
		{"spring, a window over the jump lasts as long", "0 22 * * sat", "Europe/Berlin", 6 * time.Hour, "2026-03-28 12:00", "2026-03-28 21:00", "2026-03-29 03:00", "2026-04-04 20:00"},
		{"autumn, a start that is shown twice", "30 2 * * *", "Europe/Berlin", 15 * time.Minute, "2026-10-24 12:00", "2026-10-25 00:30", "2026-10-25 00:45", "2026-10-26 01:30"},
		{"autumn, asked between the two", "30 2 * * *", "Europe/Berlin", 15 * time.Minute, "2026-10-25 00:50", "2026-10-26 01:30", "2026-10-26 01:45", "2026-10-27 01:30"},
		{"autumn, after the second three o'clock", "0 3 * * *", "Europe/Berlin", time.Hour, "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 03:00", "2026-10-26 02:00"},
		{"autumn, a window over the change lasts as long", "0 22 * * sat", "Europe/Berlin", 6 * time.Hour, "2026-10-24 12:00", "2026-10-24 20:00", "2026-10-25 02:00", "2026-10-31 21:00"},
		{"half an hour, spring", "15 2 * * *", "Australia/Lord_Howe", time.Hour, "2026-10-03 12:00", "2026-10-03 15:30", "2026-10-03 16:30", "2026-10-04 15:15"},
		{"half an hour, autumn", "45 1 * * *", "Australia/Lord_Howe", 10 * time.Minute, "2026-04-04 12:00", "2026-04-04 14:45", "2026-04-04 14:55", "2026-04-05 15:15"},
		{"no midnight", "0 0 * * *", "America/Santiago", time.Hour, "2026-09-05 12:00", "2026-09-06 04:00", "2026-09-06 05:00", "2026-09-07 03:00"},
		{"a day that was left out", "0 12 30 12 *", "Pacific/Apia", time.Hour, "2011-12-29 12:00", "2011-12-30 10:00", "2011-12-30 11:00", "2012-12-29 22:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New([]Window{{Start: tc.start, Duration: tc.duration, Zone: tc.zone}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			opens, _ := c.Next(minute(t, tc.from))
			if want := minute(t, tc.opens); !opens.Equal(want) {
				t.Errorf("from %s it opens %s, want %s", tc.from, opens.UTC(), want)
			}
			until := minute(t, tc.until)
			if c.Open(opens.Add(-time.Second)) || !c.Open(opens) || !c.Open(until.Add(-time.Second)) || c.Open(until) {
				t.Errorf("the window is not %s to %s", tc.opens, tc.until)
			}
			if again, _ := c.Next(until); !again.Equal(minute(t, tc.again)) {
				t.Errorf("after %s it opens %s, want %s", tc.until, again.UTC(), tc.again)
			}
		})
	}
}

func TestDaysOfAFreezeAreThoseOfItsZone(t *testing.T) {
	for _, tc := range []struct{ name, from, until, zone, begin, end string }{
		{"UTC", "2026-12-18", "2026-12-18", "", "2026-12-18 00:00", "2026-12-19 00:00"},
		{"a long day", "2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-24 22:00", "2026-10-25 23:00"},
		{"a short day", "2026-03-29", "2026-03-29", "Europe/Berlin", "2026-03-28 23:00", "2026-03-29 22:00"},
		{"a day that begins at one", "2026-09-06", "2026-09-06", "America/Santiago", "2026-09-06 04:00", "2026-09-07 03:00"},
		{"a day that shows eleven in the evening twice", "2026-04-04", "2026-04-04", "America/Santiago", "2026-04-04 03:00", "2026-04-05 04:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := New(nil, []Freeze{{From: tc.from, Until: tc.until, Zone: tc.zone}})
			if err != nil {
				t.Fatal(err)
			}
			begin, end := minute(t, tc.begin), minute(t, tc.end)
			if !c.Open(begin.Add(-time.Second)) || c.Open(begin) || c.Open(end.Add(-time.Second)) || !c.Open(end) {
				opens, why := c.Next(begin)
				t.Errorf("the freeze is not %s to %s: %s, %s", tc.begin, tc.end, opens.UTC(), why)
			}
		})
	}
}

func TestTheZeroCalendarIsOpen(t *testing.T) {
	at := utc(t, "2026-11-03 12:00:00")
	if opens, why := (Calendar{}).Next(at); !(Calendar{}).Open(at) || !opens.Equal(at) || why != "" {
		t.Errorf("Next = %v, %q", opens, why)
	}
}

func TestWords(t *testing.T) {
	at := time.Date(2026, 11, 3, 22, 0, 7, 0, time.UTC)
	if got, want := Words(at), "Tue 2026-11-03 22:00:07 UTC"; got != want {
		t.Errorf("Words = %q, want %q", got, want)
	}
}

func utc(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func minute(t *testing.T, text string) time.Time {
	t.Helper()
	return utc(t, text+":00")
}
