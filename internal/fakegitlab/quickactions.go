package fakegitlab

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Some are names that GitLab takes out of text, for where the whole list is not at hand. EE has those of CE and more.
func Some(enterprise bool) []string {
	names := []string{"approve", "assign", "close", "done", "draft", "label", "lock", "merge", "ready", "rebase", "reopen", "ship", "tag", "target_branch", "title", "unlock"}
	if enterprise {
		names = append(names, "blocks", "epic", "promote", "status", "weight")
	}
	return names
}

// Names reads a list of names: name, tab, CE or EE, tab, anything.
func Names(list io.Reader, enterprise bool) ([]string, error) {
	var names []string
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		if fields := strings.Split(lines.Text(), "\t"); len(fields) > 1 && !strings.HasPrefix(fields[0], "#") && (enterprise || fields[1] == "CE") {
			names = append(names, fields[0])
		}
	}
	return names, lines.Err()
}

// extract takes the commands out of a text as GitLab does before it saves one: every carriage return goes, then each line of a paragraph at the top
// level that is a command, then white space at the end. A name is enough; whether the command means something here is looked at later.
func (s *Server) extract(text string) (rest string, commands []string) {
	text = strings.ReplaceAll(text, "\r", "")
	var kept []string
	for _, b := range blocks(text) {
		for i, line := range b.lines {
			match := commandLine.FindStringSubmatch(line)
			if b.paragraph && match != nil && slices.Contains(s.o.QuickActions, strings.ToLower(match[1])) && !insideCode(b.lines, i) {
				commands = append(commands, strings.ToLower(match[1]))
				continue
			}
			kept = append(kept, line)
		}
	}
	return strings.TrimRight(strings.Join(kept, "\n"), " \t\n\f\v\x00"), commands
}

var commandLine = regexp.MustCompile(`^/([A-Za-z_0-9]+)(?: .*|\s*)$`)

// insideCode is whether the line begins within inline code that an earlier line of its paragraph opened.
func insideCode(lines []string, at int) bool {
	before := strings.Count(strings.Join(lines[:at], "\n"), "`")
	return before%2 == 1 && strings.Contains(strings.Join(lines[at:], "\n"), "`")
}

type block struct {
	lines     []string
	paragraph bool
}

var (
	fence     = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	otherKind = regexp.MustCompile(`^(?: {4}|\t| {0,3}(?:>|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|<[A-Za-z!/?]|\|))`)
)

// blocks splits Markdown as far as it matters here: paragraphs at the top level, and everything else.
func blocks(text string) []block {
	var all []block
	var now block
	flush := func() {
		if len(now.lines) > 0 {
			all = append(all, now)
		}
		now = block{}
	}
	closing := ""
	for line := range strings.SplitSeq(text, "\n") {
		mark := fence.FindStringSubmatch(line)
		switch {
		case closing != "":
			now.lines = append(now.lines, line)
			if mark != nil && strings.HasPrefix(mark[1], closing) {
				closing = ""
				flush()
			}
		case mark != nil:
			flush()
			closing = mark[1]
			now.lines = append(now.lines, line)
		case strings.TrimSpace(line) == "":
			flush()
			all = append(all, block{lines: []string{line}})
		default:
			if len(now.lines) == 0 {
				now.paragraph = !otherKind.MatchString(line)
			} else if now.paragraph && otherKind.MatchString(line) && !strings.HasPrefix(line, "    ") {
				flush()
			}
			now.lines = append(now.lines, line)
		}
	}
	flush()
	return all
}

// AdoptQuickAction makes GitLab take one more name, as its next release may.
func (s *Server) AdoptQuickAction(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.QuickActions = append(s.o.QuickActions, name)
}
