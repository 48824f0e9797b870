package checks

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how a result is written as text.
type Style struct {
	Width int  // columns, kept between 40 and 120; 0 = 80
	ASCII bool // no character outside ASCII, for terminals and logs that cannot show them
	Full  bool // open passing checks, too
}

// Text renders a result for a terminal or the fenced block of a note, at most width columns wide: what passed in one line each, the rest opened,
// then who is still missing. No line begins with "/" or "@", which a forge would take for a command or a person.
func Text(r Result, width int) string { return Style{Width: width}.Text(r) }

// Text renders a result in this style.
func (s Style) Text(r Result) string {
	p := printer{style: s, width: 80}
	p.out.Grow(2048) // as long as most are
	if s.Width != 0 {
		p.width = min(max(s.Width, 40), 120)
	}
	p.head(r)
	for i := range r.Children {
		p.node(&r.Children[i], 1)
	}
	if len(r.Children) == 0 {
		p.details(r, 1)
	}
	p.stragglers(Stragglers(r))
	p.accepted(AcceptedIn(r))
	return p.out.String()
}

// Summary is a result in one line, without a line break and safe at the beginning of a note: `wave-1: wait, 6 of 8 checks pass; 2 proxies … (and 2
// stragglers)`.
func Summary(r Result) string {
	passed := 0
	for _, c := range r.Children {
		if c.Verdict == Pass {
			passed++
		}
	}
	name := r.Name
	if name == "" {
		name = "gate"
	}
	line := name + ": " + r.Verdict.String()
	if r.NoSample {
		line += " (routine)"
	}
	if n := len(r.Children); n > 0 {
		line += fmt.Sprintf(", %d of %s pass", passed, count(n, "check"))
	}
	if r.Reason != "" {
		line += "; " + r.Reason
	}
	if n := len(Stragglers(r)); n > 0 {
		line += fmt.Sprintf(" (%s)", count(n, "straggler"))
	}
	if n := len(AcceptedIn(r)); n > 0 {
		line += fmt.Sprintf(" (%s signed off)", count(n, "workload"))
	}
	line = strings.ReplaceAll(plain(line), " @", " at ")
	return strings.Trim(strings.TrimLeft(line, "/@ "), "; ")
}

type printer struct {
	style Style
	width int
	out   strings.Builder
}

var (
	marks      = map[Verdict]string{Pass: "✓", Fail: "✗", Wait: "…", Unknown: "?"}
	asciiMarks = map[Verdict]string{Pass: "[ok]", Fail: "[FAIL]", Wait: "[wait]", Unknown: "[????]"}
)

func (p *printer) mark(v Verdict) string {
	if p.style.ASCII {
		return asciiMarks[v]
	}
	return marks[v]
}

func (p *printer) head(r Result) {
	p.wrap(p.mark(r.Verdict)+" ", "  ", r.title())
	if r.Verdict != Pass && r.Reason != "" {
		p.wrap("  ", "  ", r.Verdict.String()+": "+r.Reason)
	}
}

func (r Result) title() string {
	if r.Question == "" || r.Name == "" || strings.HasPrefix(r.Question, r.Name+" ") {
		return r.Name + strings.TrimPrefix(r.Question, r.Name)
	}
	return r.Name + ": " + r.Question
}

const blanks = "                    " // for eight levels and a mark

// node prints one check. A passing one is closed: its children have nothing to add.
func (p *printer) node(r *Result, depth int) {
	depth = min(depth, 8) // deeper trees than this exist only by mistake, and must still fit
	indent, next := blanks[:2*depth], blanks[:2*depth+4]
	if r.Verdict == Pass && !p.style.Full {
		line := r.Name
		found := r.Found
		if len(r.Children) > 0 {
			found = joinWords(count(len(r.Children), "check")+" pass"+plural(len(r.Children), "es", ""), found)
		}
		if found != "" {
			line += ": " + found
		}
		p.wrap(indent+p.mark(Pass)+" ", next, line)
		return
	}
	p.wrap(indent+p.mark(r.Verdict)+" ", next, r.title())
	if len(r.Children) == 0 {
		p.details(*r, depth+1)
	}
	for i := range r.Children {
		p.node(&r.Children[i], depth+1)
	}
}

func (p *printer) details(r Result, depth int) {
	indent := strings.Repeat("  ", depth)
	if r.Verdict != Pass && r.Reason != "" && depth > 1 {
		p.wrap(indent, indent, r.Reason)
	}
	for _, d := range []struct{ label, text string }{{"required: ", r.Required}, {"found:    ", r.Found}} {
		if d.text != "" {
			p.wrap(indent+d.label, indent+strings.Repeat(" ", len(d.label)), d.text)
		}
	}
}

// wrap prints text behind first, its further lines behind next. It breaks at spaces, and inside words that are longer than a line.
func (p *printer) wrap(first, next, text string) {
	text = p.text(text)
	begin, used, empty := first, utf8.RuneCountInString(first), true
	if oneSpaced(text) && used+utf8.RuneCountInString(text) <= p.width {
		p.out.WriteString(first)
		p.out.WriteString(text)
		p.out.WriteByte('\n')
		return
	}
	put := func(word string, runes int) {
		p.out.WriteString(begin)
		p.out.WriteString(word)
		begin, used, empty = "", used+runes, false
	}
	flush := func() {
		p.out.WriteString(strings.TrimRight(begin, " "))
		p.out.WriteByte('\n')
		begin, used, empty = next, utf8.RuneCountInString(next), true
	}
	for word := range strings.FieldsSeq(text) {
		runes := utf8.RuneCountInString(word)
		if !empty && used+1+runes > p.width {
			flush()
		}
		if !empty {
			begin, used = " ", used+1
		}
		for used+runes > p.width {
			fits := p.width - used
			head := string([]rune(word)[:fits])
			word, runes = word[len(head):], runes-fits
			put(head, fits)
			flush()
		}
		put(word, runes)
	}
	flush()
}

// oneSpaced tells whether a plain text is words with one space between them.
func oneSpaced(text string) bool {
	return text != "" && text[0] != ' ' && text[len(text)-1] != ' ' && !strings.Contains(text, "  ")
}

// text makes foreign text printable, and plain ASCII where the style wants that.
func (p *printer) text(s string) string {
	s = plain(s)
	if !p.style.ASCII {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '…':
			return '~'
		case r > unicode.MaxASCII:
			return '?'
		}
		return r
	}, s)
}

// plainASCII tells of nearly all texts, and quickly, that there is nothing in them to remove.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '`' {
			return false
		}
	}
	return true
}

// plain removes what could break out of a line or a fenced block: control characters and backticks.
func plain(s string) string {
	if plainASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}
