package store

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// stamp is how a moment is written in front of a line.
const stamp = "2006-01-02 15:04:05"

// EntriesText writes entries for a terminal, at most width columns wide (0 = 80): when, where, what, who and why. Times are UTC.
func EntriesText(all []Entry, width int) string {
	if len(all) == 0 {
		return "Nothing is recorded there.\n"
	}
	if width <= 0 {
		width = 80
	}
	var out strings.Builder
	for _, e := range all {
		text := e.What
		if e.By != "" {
			text += ", by " + e.By
		}
		if e.Cause != "" {
			text += ": " + e.Cause
		}
		out.WriteString(wrap(e.When().UTC().Format(stamp)+"  "+e.Environment+"  ", text, max(width, 50)))
	}
	return out.String()
}

// LooksText writes one line for each look: when, where, and how many proxies each revision had.
func LooksText(all []Look) string {
	if len(all) == 0 {
		return "Nothing is recorded there.\n"
	}
	var out strings.Builder
	for _, l := range all {
		fmt.Fprintf(&out, "%s  %s  %s\n", l.At.UTC().Format(stamp), l.Environment, l.Text())
	}
	return out.String()
}

// Text is "1-29-0: 3, default: 9".
func (l Look) Text() string {
	var parts []string
	for _, c := range l.Revisions() {
		revision := c.Revision
		if revision == "" {
			revision = "unknown"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", revision, c.Proxies))
	}
	if len(parts) == 0 {
		return "no proxies"
	}
	return strings.Join(parts, ", ")
}

// Text says what verifying found, and ends with the head to note down.
func (c Chain) Text() string {
	if c.Rows == 0 {
		return "The audit log is empty.\n"
	}
	seals := "none is sealed, so it shows slips but no forgery: give linnet run a state key"
	switch {
	case c.Proved:
		seals = fmt.Sprintf("%d of them sealed, all with this key", c.Sealed)
	case c.Sealed > 0:
		seals = fmt.Sprintf("%d of them sealed, which only the state key can check", c.Sealed)
	}
	return fmt.Sprintf("The chain holds: %d rows from %s to %s, %s.\nhead %s\n", c.Rows, c.First.Format(time.RFC3339), c.Last.Format(time.RFC3339), seals, c.Head)
}

// wrap breaks text at spaces behind first, and goes on behind as many spaces.
func wrap(first, text string, width int) string {
	rest := strings.Repeat(" ", utf8.RuneCountInString(first))
	var out strings.Builder
	line, used := first, len(rest)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if i > 0 && used+1+n > width && used > len(rest) {
			out.WriteString(line + "\n")
			line, used = rest, len(rest)
		} else if i > 0 && used > len(rest) {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return out.String() + line + "\n"
}
