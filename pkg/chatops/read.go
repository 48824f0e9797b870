package chatops

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/internal/nearest"
)

// Comment is what is read.
type Comment struct {
	Body   string
	Edited bool // after it was written, by anybody, back to what it was included
}

// Command is what a comment asks for. Commands can be compared with ==.
type Command struct {
	Verb     string
	Commit   string   // promote: lower-case beginning of a hash, 7 to 40 digits; "" = the head at the comment's moment
	Check    string   // explain: its name; "" = the whole gate
	Topic    string   // help: a verb; "" = all of them
	Workload Workload // accept
	// Reason is one line of accept and skip-soak, with single spaces, without control characters. It is what a person wrote: make it harmless
	// where it is shown.
	Reason string
	// Until is when an accept ends, the midnight (UTC) after the day that was written; zero = with the upgrade. It may be in the past.
	Until time.Time
}

// Workload names one workload of the cluster.
type Workload struct {
	Kind            string // "StatefulSet", in any case; "" = any kind
	Namespace, Name string
}

// Is tells whether it names the workload.
func (w Workload) Is(kind, namespace, name string) bool {
	return w.Namespace == namespace && w.Name == name && (w.Kind == "" || strings.EqualFold(w.Kind, kind))
}

// String is the form that is read.
func (w Workload) String() string {
	text := w.Namespace + "/" + w.Name
	if w.Kind != "" {
		text = w.Kind + "/" + text
	}
	return text
}

// ErrEdited says that a comment was changed after it was written. Nobody can tell what those who saw it agreed to.
var ErrEdited = errors.New("the comment was edited after it was written, so it counts no more; write a new one")

// Read reads a comment below a merge request. bot is the bot's own name, as people mention it.
//
// ok tells whether the comment is addressed to the bot; where it is not, there is nothing to answer. Where it is, the error is ErrEdited, or a
// *Misunderstood, whose text can be shown on a forge as it is, or nil.
func Read(c Comment, bot string) (command Command, ok bool, err error) {
	words, ok := addressed(firstLine(c.Body), bot)
	switch {
	case !ok:
		return Command{}, false, nil
	case c.Edited:
		return Command{}, true, ErrEdited
	case len(words) == 0:
		return Command{}, true, &Misunderstood{Reason: "names no command", Known: Names()}
	}
	v, known := verb(words[0])
	if !known {
		return Command{}, true, unknown(words[0])
	}
	command, wrong := v.read(words[1:])
	if wrong != "" {
		return Command{}, true, &Misunderstood{Said: harmless(strings.Join(words, " ")), Reason: wrong, Usage: v.Usage()}
	}
	if _, known := verb(command.Topic); command.Topic != "" && !known {
		return Command{}, true, unknown(command.Topic)
	}
	return command, true, nil
}

// unknown is the answer to a word that is no verb.
func unknown(word string) *Misunderstood {
	bare := strings.ToLower(strings.TrimLeft(word, "/"))
	meant := nearest.Word(bare, Names())
	for _, v := range Verbs {
		for _, other := range v.Also {
			if other == bare {
				meant = v.Name
			}
		}
	}
	return &Misunderstood{Said: harmless(word), Nearest: meant, Reason: "is not a command", Known: Names()}
}

var (
	commitHash = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
	checkName  = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9._/]{0,99}$`)
	kubeKind   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,62}$`)
	kubeName   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)
)

// read reads what follows the verb, or says what is wrong with it.
func (v Verb) read(words []string) (c Command, wrong string) {
	c.Verb = v.Name
	switch v.takes {
	case nothing:
		if len(words) > 0 {
			wrong = "says more than " + v.Name + " takes"
		}
	case maybeCommit:
		c.Commit, wrong = v.one(words)
		c.Commit = strings.ToLower(c.Commit)
		if c.Commit != "" && !commitHash.MatchString(c.Commit) {
			wrong = "names no commit, which is 7 to 40 hexadecimal digits"
		}
	case maybeCheck:
		c.Check, wrong = v.one(words)
		if c.Check != "" && !checkName.MatchString(c.Check) {
			wrong = "names no check, which is letters, digits and dashes"
		}
	case maybeVerb:
		c.Topic, wrong = v.one(words)
	case workloadAndReason:
		c, wrong = readAccept(c, words)
	case reason:
		c.Reason, wrong = readReason(words)
	}
	if wrong != "" {
		return Command{}, wrong
	}
	return c, ""
}

// one is the only word, or "" where there is none.
func (v Verb) one(words []string) (word, wrong string) {
	switch len(words) {
	case 0:
		return "", ""
	case 1:
		return words[0], ""
	}
	return "", "says more than " + v.Name + " takes"
}

func readAccept(c Command, words []string) (_ Command, wrong string) {
	if len(words) == 0 {
		return c, "names no workload"
	}
	if c.Workload, wrong = readWorkload(words[0]); wrong != "" {
		return c, wrong
	}
	words = words[1:]
	for i, word := range words {
		if !strings.EqualFold(word, "until") {
			continue
		}
		// A word that nobody reads would make an exception that never ends, so "until" is always followed by a date and by nothing else.
		if i != len(words)-2 {
			return c, "says until, but not one date such as 2026-12-31 at the end"
		}
		day, err := time.Parse(time.DateOnly, words[i+1])
		if err != nil {
			return c, "says until, but not a date such as 2026-12-31"
		}
		c.Until, words = day.AddDate(0, 0, 1), words[:i]
		break
	}
	c.Reason, wrong = readReason(words)
	return c, wrong
}

func readWorkload(text string) (w Workload, wrong string) {
	parts := strings.Split(text, "/")
	if len(parts) == 3 {
		if w.Kind, parts = parts[0], parts[1:]; !kubeKind.MatchString(w.Kind) {
			return Workload{}, "names no kind of workload, such as StatefulSet"
		}
	}
	if len(parts) != 2 || !kubeName.MatchString(parts[0]) || !kubeName.MatchString(parts[1]) {
		return Workload{}, "names no workload, which is a namespace, a slash and a name"
	}
	w.Namespace, w.Name = parts[0], parts[1]
	return w, ""
}

// longestReason is in letters. It is shown in notes and kept for ever.
const longestReason = 500

func readReason(words []string) (text, wrong string) {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, strings.Join(words, " "))
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return "", "gives no reason"
	case utf8.RuneCountInString(text) > longestReason:
		return "", "gives a reason of more than 500 letters"
	}
	return text, ""
}
