package forgetext

import (
	"regexp"
	"strings"
	"unicode"
)

// machine is a comment that the bot wrote for itself, with the line end behind it.
var machine = regexp.MustCompile(`<!-- linnet:[^>]*-->\r?\n?`)

// Clean is text as it is fit for a terminal: the bot's machine blocks are left out, lines end in \n, and control characters, with which a
// comment could repaint the screen, become "�". So do the marks that turn the direction of writing.
func Clean(s string) string {
	s = strings.ReplaceAll(machine.ReplaceAllString(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// line is Clean in one line.
func line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }
