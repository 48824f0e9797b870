package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestProblems(t *testing.T) {
	start := func(s string) []Window { return []Window{{Start: s, Duration: time.Hour}} }
	zone := func(z string) []Window { return []Window{{Start: "0 22 * * *", Duration: time.Hour, Zone: z}} }
	for _, tc := range []struct {
		name    string
		windows []Window
		freezes []Freeze
		want    string
	}{
		{"no start", start(""), nil, `windows[0].start is missing; write a cron expression such as "0 22 * * mon-thu"`},
		{"a time", start("22:30"), nil, `windows[0].start is "22:30", but must be a cron expression; did you mean "30 22 * * *"?`},
		{"a word of cron", start("@daily"), nil, `windows[0].start is "@daily", but must be five fields; did you mean "0 0 * * *"?`},
		{"a zone in it", start("TZ=UTC 0 22 * * *"), nil, `windows[0].start is "TZ=UTC 0 22 * * *", but must begin with the minute; write the time zone into zone`},
		{"a zone that the library falls over", start("TZ=0"), nil, `windows[0].start is "TZ=0", but must begin with the minute; write the time zone into zone`},
		{"seconds", start("0 0 22 * * *"), nil, `windows[0].start is "0 0 22 * * *", which has six fields, but there are no seconds here; did you mean "0 22 * * *"?`},
		{"too few", start("0 22 *"), nil, `windows[0].start is "0 22 *", but must be five fields: minute, hour, day of the month, month, day of the week, such as "0 22 * * mon-thu"`},
		{"minute", start("60 22 * * *"), nil, `windows[0].start is "60 22 * * *", whose minute is "60", but must be 0-59`},
		{"hour", start("0 24 * * *"), nil, `windows[0].start is "0 24 * * *", whose hour is "24", but must be 0-23; did you mean "0"?`},
		{"day", start("0 22 L * *"), nil, `windows[0].start is "0 22 L * *", whose day of the month is "L", but must be 1-31`},
		{"month", start("0 22 * sept *"), nil, `windows[0].start is "0 22 * sept *", whose month is "sept", but must be 1-12 or jan-dec; did you mean "sep"?`},
		{"weekday written out", start("0 22 * * Monday,Friday"), nil, `windows[0].start is "0 22 * * Monday,Friday", whose day of the week is "Monday,Friday", but must be 0-6 or sun-sat, where 0 is Sunday; did you mean "mon,fri"?`},
		{"Sunday as 7", start("0 22 * * 7"), nil, `windows[0].start is "0 22 * * 7", whose day of the week is "7", but must be 0-6 or sun-sat, where 0 is Sunday; did you mean "0"?`},
		{"over the weekend", start("0 22 * * fri-mon"), nil, `windows[0].start is "0 22 * * fri-mon", whose day of the week is "fri-mon", but must be 0-6 or sun-sat, where 0 is Sunday; did you mean "fri-sat,sun-mon"?`},
		{"nothing near", start("0 22 * * zebra"), nil, `windows[0].start is "0 22 * * zebra", whose day of the week is "zebra", but must be 0-6 or sun-sat, where 0 is Sunday`},
		{"a day that never comes", start("0 22 30 2 *"), nil, `windows[0].start is "0 22 30 2 *", which never comes: no such month has that day`},
		{"no duration", []Window{{Start: "0 22 * * *"}}, nil, "windows[0].duration is missing; write how long the window stays open, such as 4h"},
		{"a short duration", []Window{{Start: "0 22 * * *", Duration: time.Second}}, nil, "windows[0].duration is 1s, but must be at least 1m"},
		{"a slip in a zone", zone("Europe/Berln"), nil, `windows[0].zone is "Europe/Berln", which is no time zone; did you mean "Europe/Berlin"?`},
		{"a space in a zone", zone("America/New York"), nil, `windows[0].zone is "America/New York", which is no time zone; did you mean "America/New_York"?`},
		{"a city", zone("Tokyo"), nil, `windows[0].zone is "Tokyo", which is no time zone; did you mean "Asia/Tokyo"?`},
		{"an offset", zone("+02:00"), nil, `windows[0].zone is "+02:00", but must be the name of a time zone such as Europe/Berlin, America/New_York or UTC`},
		{"the machine's zone", zone("Local"), nil, `windows[0].zone is "Local", which differs from machine to machine; name a zone such as Europe/Berlin`},
		{"a path", zone("../../etc/passwd"), nil, `windows[0].zone is "../../etc/passwd", but must be the name of a time zone such as Europe/Berlin, America/New_York or UTC`},

		{"no days", nil, []Freeze{{}}, "freezes[0].from is missing; write the first day, such as 2026-12-18\nfreezes[0].until is missing; write the last day, such as 2026-12-18"},
		{"another way to write a day", nil, []Freeze{{From: "18.12.2026", Until: "2027-1-3"}}, `freezes[0].from is "18.12.2026", but must be a day; did you mean "2026-12-18"?` + "\n" +
			`freezes[0].until is "2027-1-3", but must be a day; did you mean "2027-01-03"?`},
		{"a time in a day", nil, []Freeze{{From: "2026-12-18 18:00", Until: "2027-01-03"}}, `freezes[0].from is "2026-12-18 18:00", but must be a day; did you mean "2026-12-18"?`},
		{"a day that does not exist", nil, []Freeze{{From: "2026-02-01", Until: "2026-02-30"}}, `freezes[0].until is "2026-02-30", but must be a day that exists, as year-month-day, such as 2026-12-18`},
		{"exchanged", nil, []Freeze{{From: "2027-01-03", Until: "2026-12-18"}}, "freezes[0].until is 2026-12-18, which is before from, 2027-01-03; exchange the two"},
		{"the zone of a freeze", nil, []Freeze{{From: "2026-12-18", Until: "2027-01-03", Zone: "europe/berlinn"}}, `freezes[0].zone is "europe/berlinn", which is no time zone; did you mean "Europe/Berlin"?`},
		{"a reason of two lines", nil, []Freeze{{From: "2026-12-18", Until: "2027-01-03", Reason: "a\n/b"}}, "freezes[0].reason has a line break or another control character; write one line"},
		{"all of them", append(start("0 22 * * *"), Window{Start: "x"}), []Freeze{{From: "x", Until: "2026-12-18"}},
			`windows[1].start is "x", but must be five fields: minute, hour, day of the month, month, day of the week, such as "0 22 * * mon-thu"` + "\n" +
				"windows[1].duration is missing; write how long the window stays open, such as 4h\n" +
				`freezes[0].from is "x", but must be a day that exists, as year-month-day, such as 2026-12-18`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(tc.windows, tc.freezes)
			if err == nil {
				t.Fatalf("New accepts it, want %s", tc.want)
			}
			if err.Error() != tc.want {
				t.Errorf("New\n got %s\nwant %s", err, tc.want)
			}
			var p *Problem
			if !errors.As(err, &p) || p.Field == "" {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

func TestEveryZoneThatIsOfferedExists(t *testing.T) {
	names := strings.Fields(zoneNames)
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(names) < 400 {
		t.Errorf("only %d zones are known", len(names))
	}
}

func FuzzStart(f *testing.F) {
	for _, seed := range []string{"0 22 * * mon-thu", "*/5 0-6 1,15 jan 0", "TZ=0", "TZ=UTC 0 0 1 1 1", "@every 1h", "0 0 30 2 *", "? ? ? ? ?", "1-2/0 * * * *", "22:00"} {
		f.Add(seed)
	}
	at := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, start string) {
		c, err := New([]Window{{Start: start, Duration: time.Hour, Zone: "Europe/Berlin"}}, nil)
		if err != nil {
			return
		}
		if opens, why := c.Next(at); !opens.IsZero() && (!c.Open(opens) || (why == "") != opens.Equal(at)) {
			t.Errorf("%q: Next = %v, %q, but it is not open then", start, opens, why)
		}
	})
}
