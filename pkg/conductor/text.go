package conductor

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// Text writes the status for a terminal, at most width columns wide (0 = 80), in the order of the questions: what is happening, is it healthy, what is in
// the way, who must do what, when does it go on by itself, what comes next. It ends with a line break.
func (s Status) Text(width int) string {
	if width <= 0 {
		width = 80
	}
	p := lines{width: max(width, 40)}
	head := s.Environment
	if s.Situation != "" { // it could not be found out
		head += ": " + string(s.Situation)
	}
	if s.Upgrade != "" {
		head += fmt.Sprintf(", Big Bang %s to %s, Istio %s to %s", s.From.Release, s.To.Release, s.From.Istio, s.To.Istio)
	}
	p.put("", "", head)
	if len(s.Phases) > 0 {
		p.put("", "", fmt.Sprintf("[%s] %d of %d phases are in", s.bar(min(len(s.Phases), p.width-30)), s.Done, len(s.Phases)))
	}
	p.answer("Happening", s.Happening)
	p.answer("Healthy", s.Healthy)
	p.answers("In the way", s.Blocks)
	p.answers("Signed off", s.Accepted)
	p.answers("Wanted", s.Wanted)
	p.answer("Goes on", s.GoesOn)
	p.answer("Next", s.Next)
	p.answer("Proved", s.Proved)
	p.answers("Comments", s.Commands)
	if s.Gate != nil && !s.Gate.Green() {
		p.out.WriteString("\n" + checks.Text(*s.Gate, p.width))
	}
	return p.out.String()
}

// bar shows the phases that are in, one character a phase.
func (s Status) bar(width int) string {
	done := width
	if s.Done < len(s.Phases) {
		done = width * s.Done / len(s.Phases)
	}
	return strings.Repeat("=", done) + strings.Repeat(".", width-done)
}

type lines struct {
	width int
	out   strings.Builder
}

const answerWidth = len("Happening") + 2

func (p *lines) answer(label, text string) {
	if text != "" {
		p.put(fmt.Sprintf("%-*s", answerWidth, label), strings.Repeat(" ", answerWidth), text)
	}
}

func (p *lines) answers(label string, texts []string) {
	for i, text := range texts {
		first := strings.Repeat(" ", answerWidth)
		if i == 0 {
			first = fmt.Sprintf("%-*s", answerWidth, label)
		}
		if len(texts) == 1 {
			p.put(first, strings.Repeat(" ", answerWidth), text)
			continue
		}
		p.put(first+"- ", strings.Repeat(" ", answerWidth+2), text)
	}
}

// put writes text behind first, continued behind rest, breaking at spaces, and inside words that are longer than a line.
func (p *lines) put(first, rest, text string) {
	line := first
	used, empty := utf8.RuneCountInString(first), true
	flush := func() {
		p.out.WriteString(strings.TrimRight(line, " ") + "\n")
		line, used, empty = rest, utf8.RuneCountInString(rest), true
	}
	for _, word := range strings.Fields(text) {
		r := []rune(word)
		if !empty && used+1+len(r) > p.width {
			flush()
		}
		if !empty {
			line, used = line+" ", used+1
		}
		for len(r) > p.width-used {
			n := p.width - used
			line += string(r[:n])
			r = r[n:]
			flush()
		}
		line, used, empty = line+string(r), used+len(r), false
	}
	if !empty || text == "" {
		flush()
	}
}
