package gitops

import (
	"strings"
	"unicode/utf8"
)

// page collects lines no wider than width where words allow it.
type page struct {
	b     strings.Builder
	width int
}

func (p *page) blank() {
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
}

func (p *page) line(indent int, text string) {
	p.b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+text, " "))
	p.b.WriteByte('\n')
}

// field is a name in a column of its own and a text beside it.
func (p *page) field(name, text string) {
	const column = 14
	p.wrapped(2, 2+column, name+strings.Repeat(" ", max(1, column-utf8.RuneCountInString(name)))+text)
}

// list is a title and its entries; nothing at all where there are none.
func (p *page) list(title string, n int, entry func(int)) {
	if n == 0 {
		return
	}
	p.line(2, title)
	for i := range n {
		entry(i)
	}
}

func (p *page) item(text string) { p.wrapped(4, 6, text) }

// wrapped breaks text at spaces: the first line is indented by first, the others by rest. Runs of spaces inside a line are kept.
func (p *page) wrapped(first, rest int, text string) {
	indent := first
	for {
		room := max(p.width-indent, 20)
		if utf8.RuneCountInString(text) <= room {
			p.line(indent, text)
			return
		}
		head, tail := cutAt(text, room)
		p.line(indent, head)
		if tail == "" {
			return
		}
		text, indent = tail, rest
	}
}

// cutAt splits at the last space that leaves a head of at most room characters, or at the first space where no word fits.
func cutAt(text string, room int) (head, tail string) {
	cut, n := -1, 0
	begun := false
	for i, r := range text {
		if r == ' ' && begun && (n <= room || cut < 0) {
			cut = i
		}
		begun = begun || r != ' '
		if n++; n > room && cut >= 0 {
			break
		}
	}
	if cut < 0 {
		return text, ""
	}
	return strings.TrimRight(text[:cut], " "), strings.TrimLeft(text[cut:], " ")
}
