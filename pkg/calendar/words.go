package calendar

import (
	"strings"
	"time"
)

// explain says why the calendar is not open before.
func explain(opens time.Time, in *window, holds []freeze) string {
	var parts []string
	switch {
	case opens.IsZero():
		parts = append(parts, "no window opens again")
	case in != nil:
		parts = append(parts, "opens "+Words(opens.In(in.zone)))
	}
	for _, f := range holds {
		text := "frozen until " + Words(f.end)
		if f.reason != "" {
			text += " (" + f.reason + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// Words writes a moment for people, on the clock of its own location: "Tue 2026-11-03 22:00 Europe/Berlin". Seconds appear where there are some.
func Words(t time.Time) string {
	layout := "Mon 2006-01-02 15:04"
	if t.Second() != 0 {
		layout += ":05"
	}
	return t.Format(layout) + " " + t.Location().String()
}
