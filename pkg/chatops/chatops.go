// Package chatops reads the commands that people write below a merge request, and says who may give them.
//
// A command is the first line of a comment that is not blank: exactly
//
//	/canary VERB [ARGUMENTS]
//	@<bot> VERB [ARGUMENTS]
//	/VERB [ARGUMENTS]
//
// beginning in the first column. So a quoted line, a line in a code block, an indented one and one that follows other text are none, and neither is
// anything in a comment that was edited. One comment holds one command. Verbs is the one table of what there is: Read, Help, the rights and the
// page in docs/ come from it. A verb of its own is for forges that let it through: GitLab keeps some for itself, and the comment never comes. Where it
// does come, it is one of ours to the letter, or nothing: other bots have verbs, too.
//
// To read is not to allow. Authorize is the one place that says whether somebody may, for comments and for every other way in; it is closed unless
// something opens it. What becomes of a command is the conductor's.
package chatops

import (
	"fmt"
	"strings"
)

// Prefix is the word that begins a command; a forge must not know it as a command of its own.
const Prefix = "/canary"

// Misunderstood is a comment that is addressed to the bot but is no command.
type Misunderstood struct {
	Said    string   // what was written instead, cut and without anything that a forge would act on
	Nearest string   // the verb that was probably meant; "" where none is near
	Reason  string   // "is not a command"
	Known   []string // all verbs, where none is near
	Usage   string   // what to write instead, where the verb was understood and its arguments were not: "accept WORKLOAD REASON… [until DATE]"
}

func (m *Misunderstood) Error() string {
	text := fmt.Sprintf("%q %s", m.Said, m.Reason)
	if m.Said == "" {
		text = "it " + m.Reason
	}
	switch {
	case m.Usage != "":
		return text + fmt.Sprintf("; write %q", m.Usage)
	case m.Nearest != "":
		return text + fmt.Sprintf("; did you mean %q?", m.Nearest)
	}
	return text + "; known are " + strings.Join(m.Known, ", ")
}

// firstLine is the first line that is not blank, with the blanks at its end.
func firstLine(body string) string {
	for body != "" {
		line, rest, _ := strings.Cut(body, "\n")
		if strings.TrimSpace(line) != "" {
			return line
		}
		body = rest
	}
	return ""
}

// addressed gives the words after the prefix.
func addressed(line, bot string) ([]string, bool) {
	rest, ok := strings.CutPrefix(line, Prefix)
	if !ok && bot != "" {
		if rest, ok = strings.CutPrefix(line, "@"); ok {
			rest, ok = strings.CutPrefix(rest, bot)
		}
	}
	if !ok {
		return bare(line)
	}
	if rest = strings.TrimRight(rest, " \t\r"); rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return nil, false
	}
	return strings.Fields(rest), true
}

// bare gives the words of a line that begins with a slash and one of the verbs.
func bare(line string) ([]string, bool) {
	rest, ok := strings.CutPrefix(line, "/")
	if !ok {
		return nil, false // as nearly all comments are
	}
	word := rest
	if i := strings.IndexAny(rest, " \t\r"); i >= 0 {
		word = rest[:i]
	}
	_, known := verb(word)
	return strings.Fields(rest), known
}

// harmless cuts what a person wrote to a few letters, so that it can be repeated in a note. A slash stays within a word, as in the name of a workload: only at
// the beginning of one would a forge act on it.
func harmless(said string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if r := []rune(said); len(r) > 30 {
		said = string(r[:30]) + "…"
	}
	before := ' '
	return strings.Map(func(r rune) rune {
		within := r == '/' && plain(before)
		before = r
		if within || r == ' ' || r == '…' || plain(r) {
			return r
		}
		return '?'
	}, said)
}
