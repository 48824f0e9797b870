package calendar

import (
	_ "embed" // the names of time zones
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/linnet-bot/linnet/internal/nearest"
)

// Problem is one thing that is wrong with a window or a freeze.
type Problem struct {
	Field string // "windows[0].start"
	Text  string // the rest of the sentence: what it is, what it must be, and the near miss
}

func (p *Problem) Error() string { return p.Field + " " + p.Text }

type problems []error

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, &Problem{Field: field, Text: fmt.Sprintf(format, args...)})
}

func (p *problems) window(i int, w Window) window {
	at := fmt.Sprintf("windows[%d]", i)
	read := window{duration: w.Duration, zone: p.zone(at+".zone", w.Zone)}
	starts, wrong := readStart(w.Start)
	switch {
	case wrong != "":
		p.add(at+".start", "%s", wrong)
	case starts.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero():
		p.add(at+".start", "is %q, which never comes: no such month has that day", w.Start)
	}
	read.starts = starts
	switch {
	case w.Duration == 0:
		p.add(at+".duration", "is missing; write how long the window stays open, such as 4h")
	case w.Duration < time.Minute:
		p.add(at+".duration", "is %s, but must be at least 1m", w.Duration)
	}
	return read
}

func (p *problems) freeze(i int, f Freeze) freeze {
	at := fmt.Sprintf("freezes[%d]", i)
	zone := p.zone(at+".zone", f.Zone)
	from, ok := p.day(at+".from", f.From, "first")
	until, also := p.day(at+".until", f.Until, "last")
	if ok && also && until.Before(from) {
		p.add(at+".until", "is %s, which is before from, %s; exchange the two", f.Until, f.From)
	}
	if strings.ContainsFunc(f.Reason, unicode.IsControl) {
		p.add(at+".reason", "has a line break or another control character; write one line")
	}
	return freeze{begin: moment(from, zone).In(zone), end: moment(until.AddDate(0, 0, 1), zone).In(zone), reason: f.Reason}
}

// day reads a date.
func (p *problems) day(field, text, which string) (time.Time, bool) {
	if text == "" {
		p.add(field, "is missing; write the %s day, such as 2026-12-18", which)
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, text)
	if err == nil {
		return day, true
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2.1.2006", "20060102", time.RFC3339, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04"} {
		if meant, err := time.Parse(layout, text); err == nil {
			p.add(field, "is %q, but must be a day; did you mean %q?", text, meant.Format(time.DateOnly))
			return time.Time{}, false
		}
	}
	p.add(field, "is %q, but must be a day that exists, as year-month-day, such as 2026-12-18", text)
	return time.Time{}, false
}

//go:embed zones.txt
var zoneNames string

func (p *problems) zone(field, name string) *time.Location {
	if name == "Local" {
		p.add(field, `is "Local", which differs from machine to machine; name a zone such as Europe/Berlin`)
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		return zone
	}
	known := strings.Fields(zoneNames)
	meant := nearest.Word(strings.ReplaceAll(name, " ", "_"), known)
	for _, k := range known { // "Berlin"
		if _, city, ok := strings.Cut(k, "/"); ok && meant == "" && strings.EqualFold(city, name) {
			meant = k
		}
	}
	if meant != "" {
		p.add(field, "is %q, which is no time zone; did you mean %q?", name, meant)
	} else {
		p.add(field, "is %q, but must be the name of a time zone such as Europe/Berlin, America/New_York or UTC", name)
	}
	return time.UTC
}
