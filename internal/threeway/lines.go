// Package threeway merges what two sides did to one text, as git does.
package threeway

import (
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/utils/diff"
)

// hunk replaces the lines [from, to) of the base.
type hunk struct {
	from, to int
	lines    []string
}

func (h hunk) equal(g hunk) bool {
	return h.from == g.from && h.to == g.to && slices.Equal(h.lines, g.lines)
}

// Lines applies to base the changes that ours and theirs made. Changes of both to the same or to neighbouring lines conflict unless they
// are the same change, as in git. Line ends belong to their lines, so CRLF and a missing last newline survive.
func Lines(base, ours, theirs []byte) (merged []byte, clean bool) {
	o, okOurs := hunks(string(base), string(ours))
	t, okTheirs := hunks(string(base), string(theirs))
	if !okOurs || !okTheirs {
		return nil, false
	}
	lines := splitLines(string(base))
	at := 0
	apply := func(h hunk) {
		for _, line := range lines[at:h.from] {
			merged = append(merged, line...)
		}
		for _, line := range h.lines {
			merged = append(merged, line...)
		}
		at = h.to
	}
	for len(o) > 0 || len(t) > 0 {
		switch {
		case len(t) == 0 || len(o) > 0 && o[0].to < t[0].from:
			apply(o[0])
			o = o[1:]
		case len(o) == 0 || t[0].to < o[0].from:
			apply(t[0])
			t = t[1:]
		case o[0].equal(t[0]):
			apply(o[0])
			o, t = o[1:], t[1:]
		default:
			return nil, false
		}
	}
	apply(hunk{from: len(lines), to: len(lines)})
	return merged, true
}

// hunks lists what turns base into text, in order and with at least one kept line between two.
func hunks(base, text string) (list []hunk, ok bool) {
	diffs := diff.Do(base, text)
	if diff.Src(diffs) != base || diff.Dst(diffs) != text {
		return nil, false // more distinct lines than the algorithm can number
	}
	line := 0
	var open *hunk
	for _, d := range diffs {
		lines := splitLines(d.Text)
		if d.Type == 0 {
			open = nil
			line += len(lines)
			continue
		}
		if open == nil {
			list = append(list, hunk{from: line, to: line})
			open = &list[len(list)-1]
		}
		if d.Type < 0 {
			line += len(lines)
			open.to = line
		} else {
			open.lines = append(open.lines, lines...)
		}
	}
	return list, true
}

// splitLines keeps the line ends.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
