// Package chatops reads the commands that people write below a merge request.
//
// A command is the first line of a comment that is not blank: exactly
//
//	/canary VERB
//	@<bot> VERB
//
// beginning in the first column. So a quoted line, a line in a code block, an indented one and one that follows other text are none. One comment holds
// one command. The verbs come from one table, which is also what help is written from.
package chatops

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/internal/nearest"
)

// Prefix is the word that begins a command; a forge must not know it as a command of its own.
const Prefix = "/canary"

// Verb is what a person can ask for.
type Verb struct {
	Name  string
	Usage string // what follows the prefix: "promote"
	Short string // one sentence
}

// Promote asks to merge once the gate is green.
const Promote = "promote"

// Verbs is the grammar.
var Verbs = []Verb{
	{Name: Promote, Usage: "promote", Short: "Merge this commit as soon as the gate is green; a later push voids it."},
}

// Command is what a comment asks for.
type Command struct {
	Verb string
}

// Misunderstood is a comment that is addressed to the bot but is no command.
type Misunderstood struct {
	Said    string // what was written instead, cut and without anything that a forge would act on
	Nearest string // the verb that was probably meant; "" where none is near
	Reason  string // "is not a command"
}

func (m *Misunderstood) Error() string {
	text := fmt.Sprintf("%q %s", m.Said, m.Reason)
	if m.Nearest != "" {
		return text + fmt.Sprintf("; did you mean %q?", m.Nearest)
	}
	return text + "; known are " + strings.Join(names(), ", ")
}

// Parse reads a comment. ok tells whether it is addressed to the bot at all; the error, a *Misunderstood, that it was not understood.
func Parse(body, bot string) (c Command, ok bool, err error) {
	words, ok := addressed(firstLine(body), bot)
	if !ok {
		return Command{}, false, nil
	}
	if len(words) == 0 {
		return Command{}, true, &Misunderstood{Said: "", Reason: "names no command"}
	}
	for _, v := range Verbs {
		if v.Name != words[0] {
			continue
		}
		if len(words) > 1 {
			return Command{}, true, &Misunderstood{Said: harmless(strings.Join(words, " ")), Nearest: v.Usage, Reason: "says more than " + v.Name + " takes"}
		}
		return Command{Verb: v.Name}, true, nil
	}
	return Command{}, true, &Misunderstood{Said: harmless(words[0]), Nearest: nearest.Word(words[0], names()), Reason: "is not a command"}
}

// firstLine is the first line that is not blank, without what ends it.
func firstLine(body string) string {
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) != "" {
			return strings.TrimRight(line, " \t\r\n")
		}
	}
	return ""
}

// addressed gives the words after the prefix.
func addressed(line, bot string) ([]string, bool) {
	for _, prefix := range []string{Prefix, "@" + bot} {
		rest, ok := strings.CutPrefix(line, prefix)
		if ok && prefix != "@" && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return strings.Fields(rest), true
		}
	}
	return nil, false
}

func names() []string {
	all := make([]string, 0, len(Verbs))
	for _, v := range Verbs {
		all = append(all, v.Name)
	}
	return all
}

// harmless cuts what a person wrote to a few letters, so that it can be repeated in a note.
func harmless(said string) string {
	keep := func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			return r
		}
		return '?'
	}
	if r := []rune(said); len(r) > 30 {
		said = string(r[:30]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r == '…' {
			return r
		}
		return keep(r)
	}, said)
}
