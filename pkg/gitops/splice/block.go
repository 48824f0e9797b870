package splice

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// block is a literal or folded scalar as it stands in the text.
type block struct {
	header int // offset of the | or >
	indent int // columns taken off each line; 0 where there is no content
	lines  []span
	end    int // offset behind the last line of content, or of the header's line
}

// block reads the lines of a block scalar and checks a literal one against what the parser read. lines includes trailing blank ones only
// where the header keeps them (+).
func (t *text) block(n *yaml.Node, outer int) (block, bool) {
	at, _ := t.content(n)
	if at >= len(t.src) || (t.src[at] != '|' && t.src[at] != '>') {
		return block{}, false
	}
	b := block{header: at}
	header := t.src[at+1 : t.word(at)]
	keep := strings.ContainsRune(string(header), '+')
	for _, c := range header {
		if c >= '1' && c <= '9' {
			b.indent = max(outer, 0) + int(c-'0')
		}
	}
	explicit := b.indent > 0
	full := 0 // lines up to the last one with content
	for line := t.lineOf(at) + 1; line < len(t.lines); line++ {
		start := t.lines[line]
		if start == len(t.src) {
			break
		}
		text := start
		for text < len(t.src) && t.src[text] == ' ' {
			text++
		}
		end := t.eol(start)
		if text == end && (b.indent == 0 || text-start <= b.indent) {
			b.lines = append(b.lines, span{end, end})
			continue
		}
		if b.indent == 0 {
			if text-start <= outer || text == start {
				break
			}
			b.indent = text - start
		}
		if text-start < b.indent {
			break
		}
		b.lines = append(b.lines, span{start + b.indent, end})
		full = len(b.lines)
	}
	if !keep {
		b.lines = b.lines[:full]
	}
	if full == 0 && !explicit {
		b.indent = 0
	}
	b.end = t.eol(at)
	if len(b.lines) > 0 {
		b.end = b.lines[len(b.lines)-1].end
	}
	if t.src[at] == '|' {
		value, _ := t.literal(b, len(n.Value))
		return b, value == n.Value
	}
	return b, true
}

// literal decodes a block as the literal style does, up to size bytes, and maps each byte of the value to its offset in the text. The
// offset behind the last byte is where more text would go.
func (t *text) literal(b block, size int) (string, []int) {
	var value strings.Builder
	offsets := make([]int, 0, size+1)
	next := b.end
	for _, l := range b.lines {
		for i := l.start; i < l.end; i++ {
			offsets = append(offsets, i)
		}
		value.Write(t.src[l.start:l.end])
		next = l.end
		if value.Len() < size && l.end < len(t.src) {
			value.WriteByte('\n')
			offsets = append(offsets, l.end)
			next = t.nextLine(l.end)
		}
	}
	return value.String(), append(offsets, next)
}
