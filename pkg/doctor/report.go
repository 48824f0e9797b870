package doctor

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Report is all that was found.
type Report struct {
	// Forge is what was looked at: "github.com/acme/gitops", or a folder.
	Forge    string    `json:"forge"`
	Findings []Finding `json:"findings"`
	Counts   Counts    `json:"counts"`
}

// Counts are how many findings of each severity there are.
type Counts struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Unknown  int `json:"unknown"`
	OK       int `json:"ok"`
}

// NewReport counts.
func NewReport(forge string, list []Finding) Report {
	r := Report{Forge: forge, Findings: list}
	for _, f := range list {
		switch f.Severity {
		case OK:
			r.Counts.OK++
		case Warning:
			r.Counts.Warnings++
		case Error:
			r.Counts.Errors++
		default:
			r.Counts.Unknown++
		}
	}
	return r
}

// Exit codes of a report.
const (
	ExitOK      = 0 // nothing must be fixed and everything could be looked at; there may be warnings
	ExitError   = 1 // something must be fixed
	ExitUnknown = 3 // nothing must be fixed as far as is known, but something could not be looked at
)

// ExitCode is the report as the exit code of a program. 2 is not among them: it is a command line that is wrong.
func (r Report) ExitCode() int {
	switch {
	case r.Counts.Errors > 0:
		return ExitError
	case r.Counts.Unknown > 0 || len(r.Findings) == 0:
		return ExitUnknown
	}
	return ExitOK
}

var marks = map[Severity]string{OK: "✓", Warning: "!", Error: "✗", Unknown: "?"}

const (
	areaWidth = 13 // of the longest area and a gap
	widest    = 100
	narrowest = 50
)

// Text is one line for each finding, and below a problem what to do, in at most width columns (between 50 and 100; 0 is 100) where words allow it.
func (r Report) Text(width int) string {
	if width == 0 {
		width = widest
	}
	width = min(max(width, narrowest), widest)
	var b strings.Builder
	b.WriteString(r.Forge + "\n\n")
	indent := strings.Repeat(" ", 2+areaWidth)
	for _, f := range r.Findings {
		mark, known := marks[f.Severity]
		if !known {
			mark = marks[Unknown]
		}
		area, _, _ := strings.Cut(f.Check, "/")
		wrap(&b, fmt.Sprintf("%s %-*s", mark, areaWidth, area), indent, f.Text, width)
		if f.Advice != "" {
			wrap(&b, indent+"→ ", indent+"  ", f.Advice, width)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", r.Counts.text())
	return b.String()
}

func (c Counts) text() string {
	warnings := "warnings"
	if c.Warnings == 1 {
		warnings = "warning"
	}
	return fmt.Sprintf("%d to fix, %d %s, %d unknown, %d fine", c.Errors, c.Warnings, warnings, c.Unknown, c.OK)
}

// wrap writes the words of a text behind first, and behind rest where a new line begins.
func wrap(b *strings.Builder, first, rest, text string, width int) {
	b.WriteString(first)
	column, empty := utf8.RuneCountInString(first), true
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case empty:
		case column+1+n > width:
			b.WriteString("\n" + rest)
			column = utf8.RuneCountInString(rest)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column, empty = column+n, false
	}
	b.WriteByte('\n')
}
