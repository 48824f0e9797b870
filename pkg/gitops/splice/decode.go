package splice

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// offsets maps each byte of a scalar's value, and the place behind it, to its offset in the text. All bytes of a character map to the
// character's start. ok is false where this reading of the text is not the parser's.
func (t *text) offsets(n *yaml.Node, outer int) (m []int, ok bool) {
	s, ok := t.scalar(n, outer)
	if !ok {
		return nil, false
	}
	switch styleOf(n) {
	case Literal:
		b, _ := t.block(n, outer)
		_, m = t.literal(b, len(n.Value))
		return m, len(m) == len(n.Value)+1
	case Folded:
		b, ok := t.block(n, outer)
		if !ok || len(b.lines) == 0 {
			return nil, false
		}
		return t.foldedMap(b, n.Value)
	case DoubleQuoted, SingleQuoted:
		return t.quotedMap(s, n.Value)
	}
	return t.plainMap(s.start, n.Value)
}

// plainMap walks text and value together: a break that the parser folded is a space in the value, n+1 breaks are n line feeds.
func (t *text) plainMap(at int, value string) ([]int, bool) {
	m := make([]int, 0, len(value)+1)
	for i := 0; i < len(value); {
		next, breaks := t.fold(at)
		want := string(t.src[at:next])
		switch {
		case next == at && at < len(t.src):
			want, next = string(t.src[at:at+1]), at+1
		case breaks > 0:
			want = folded(breaks)
		}
		if want == "" || !strings.HasPrefix(value[i:], want) {
			return nil, false
		}
		for k := range len(want) {
			if breaks > 0 {
				k = 0
			}
			m = append(m, at+k)
		}
		i += len(want)
		at = next
	}
	return append(m, at), true
}

// folded is what the parser makes of breaks in plain and quoted scalars.
func folded(breaks int) string {
	if breaks == 1 {
		return " "
	}
	return strings.Repeat("\n", breaks-1)
}

// fold skips white space and breaks, and counts the breaks.
func (t *text) fold(at int) (next, breaks int) {
	for at = t.spaces(at); at < len(t.src); at = t.spaces(at) {
		n := breakAt(t.src, at)
		if n == 0 {
			break
		}
		at += n
		breaks++
	}
	return at, breaks
}

// quotedMap reads a quoted scalar. Escapes map to their backslash, folded breaks to where the folding begins.
func (t *text) quotedMap(s span, value string) ([]int, bool) {
	var got strings.Builder
	m := make([]int, 0, len(value)+1)
	put := func(text string, at int) {
		for range len(text) {
			m = append(m, at)
		}
		got.WriteString(text)
	}
	double := t.src[s.start] == '"'
	for at := s.start + 1; at < s.end-1; {
		c := t.src[at]
		switch {
		case c == ' ' || c == '\t' || breakAt(t.src, at) > 0:
			next, breaks := t.fold(at)
			if breaks > 0 {
				put(folded(breaks), at)
				at = next
				continue
			}
			for ; at < next; at++ {
				put(string(t.src[at:at+1]), at)
			}
		case c == '\'' && !double:
			put("'", at)
			at += 2
		case c == '\\' && double:
			if n := breakAt(t.src, at+1); n > 0 {
				next, breaks := t.fold(at + 1)
				put(strings.Repeat("\n", breaks-1), at)
				at = next
				continue
			}
			text, size, ok := unescape(t.src[at+1 : s.end-1])
			if !ok {
				return nil, false
			}
			put(text, at)
			at += 1 + size
		default:
			_, size := utf8.DecodeRune(t.src[at:])
			put(string(t.src[at:at+size]), at)
			at += size
		}
	}
	return append(m, s.end-1), got.String() == value
}

var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ",
	'"': `"`, '/': "/", '\\': `\`, '\'': "'", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var hexDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// unescape reads what follows a backslash in a double-quoted scalar.
func unescape(src []byte) (text string, size int, ok bool) {
	if len(src) == 0 {
		return "", 0, false
	}
	if digits := hexDigits[src[0]]; digits > 0 {
		if len(src) <= digits {
			return "", 0, false
		}
		r, err := strconv.ParseUint(string(src[1:1+digits]), 16, 32)
		return string(rune(r)), 1 + digits, err == nil
	}
	text, ok = escapes[src[0]]
	return text, 1, ok
}

// foldedMap walks a folded block and its value together. Only lines that the folding joins are understood; anything else is not ok.
func (t *text) foldedMap(b block, value string) ([]int, bool) {
	m := make([]int, 0, len(value)+1)
	i, next := 0, b.lines[0].start
	for k, l := range b.lines {
		for at := l.start; at < l.end; at++ {
			if i >= len(value) || value[i] != t.src[at] {
				return nil, false
			}
			m = append(m, at)
			i++
		}
		next = l.end
		// Between two lines the break is a space, kept as it is beside an indented or blank line, or dropped before a blank one.
		if i < len(value) && (value[i] == ' ' && k+1 < len(b.lines) || value[i] == '\n') {
			if blank := k+1 < len(b.lines) && b.lines[k+1].start == b.lines[k+1].end; blank && value[i] == '\n' && l.start < l.end &&
				t.src[l.start] != ' ' && t.src[l.start] != '\t' {
				continue
			}
			m = append(m, l.end)
			i++
			next = t.nextLine(l.end)
		}
	}
	return append(m, next), i == len(value)
}
