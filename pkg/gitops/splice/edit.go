package splice

import (
	"bytes"
	"slices"
	"strings"
)

// edit replaces a span of one text. Its lines are separated as that text separates them.
type edit struct {
	span
	with string
}

func (e edit) apply(src []byte) []byte {
	out := make([]byte, 0, len(src)-(e.end-e.start)+len(e.with))
	out = append(out, src[:e.start]...)
	out = append(out, e.with...)
	return append(out, src[e.end:]...)
}

// commit checks the edit on its own level, carries it outwards level by level, each checked again, and returns the whole file.
func (a target) commit(src []byte, e edit, want expectation) ([]byte, error) {
	for l := a.level; ; l = l.outer {
		after := e.apply(l.t.src)
		if f := l.verify(e, after, want); f != nil {
			return nil, l.refuse(a.path, f)
		}
		if l.outer == nil {
			return append(bytes.Clone(src[:len(src)-len(l.t.src)]), after...), nil
		}
		lifted, f := l.lift(e)
		if f != nil {
			return nil, l.refuse(a.path, f)
		}
		e, want = lifted, l.outer.setTo(string(after))
	}
}

// commitInsertion commits, and refuses what could not be taken out again: whoever inserts promises that removing is the exact inverse, and text
// can be so odd (a lone carriage return, an item that the parser reads from the dash alone) that where the new entry ends cannot be told.
func (a target) commitInsertion(src []byte, e edit, want expectation, entry Step, remove func([]byte, Path) ([]byte, error)) ([]byte, error) {
	after, err := a.commit(src, e, want)
	if err != nil {
		return nil, err
	}
	if back, err := remove(after, append(slices.Clone(a.path), entry)); err != nil || !bytes.Equal(back, src) {
		return nil, a.refuse(a.path, faultf(e.start, "what would be inserted here could not be taken out again exactly; write what is around it in a simpler form"))
	}
	return after, nil
}

// lift translates an edit of a scalar's inner text into one of the text around it.
func (l *level) lift(e edit) (edit, *fault) {
	out := l.outer
	n := out.node()
	style := styleOf(n)
	up := edit{span{l.m[e.start], l.m[e.end]}, encode(style, e.with)}
	// Folding writes one inner line over several; taking part of it out would join the lines of the file.
	if up.end < up.start || out.t.lineOf(up.end)-out.t.lineOf(up.start) > l.t.lineOf(e.end)-l.t.lineOf(e.start) {
		return up, faultf(e.start, "the text here is folded in a way that cannot be mapped line by line; write it as a literal block (|)")
	}
	lines := strings.Split(strings.ReplaceAll(e.with, "\r\n", "\n"), "\n")
	if len(lines) == 1 || style == DoubleQuoted {
		return up, nil
	}
	if style != Literal {
		return up, faultf(e.start, "lines cannot be added inside a %s scalar; write it as a literal block (|)", style)
	}
	b, ok := out.t.block(n, out.columnAround(len(out.chain)-1))
	if !ok || b.indent == 0 {
		return up, faultf(e.start, "this block is empty, so its indentation is unknown; write a first line into it")
	}
	indent := strings.Repeat(" ", b.indent)
	for i, line := range lines {
		rest := i == len(lines)-1 && e.end < len(l.t.src) && l.t.src[e.end] != '\n'
		if line != "" || rest {
			lines[i] = indent + line
		}
		if i == 0 && (line == "" || up.start != out.t.lineStart(up.start)) {
			lines[i] = line
		}
	}
	up.with = strings.Join(lines, out.t.newline(b.header))
	return up, nil
}
