package splice

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// entry is the span of the entry of a flow collection whose first node is the i-th of its content; width is 1 in lists, 2 in mappings.
func (t *text) entry(n *yaml.Node, i, width int) (span, bool) {
	s := span{start: t.offset(n.Content[i])}
	ok := false
	if width == 2 {
		s.end, ok = t.valueEnd(n.Content[i], n.Content[i+1], -1)
	} else {
		s.end, ok = t.end(n.Content[i], -1)
	}
	return s, ok
}

// flowInsertion plans an entry between brackets. at counts nodes.
func (a target) flowInsertion(n *yaml.Node, at, width int, entry string) (e edit, f *fault) {
	open, _ := a.t.content(n)
	if pair(n) || open >= len(a.t.src) || (a.t.src[open] != '[' && a.t.src[open] != '{') {
		return e, unclear(open)
	}
	if len(n.Content) == 0 {
		return edit{span{open + 1, open + 1}, entry}, nil
	}
	if at == 0 {
		first, ok := a.t.entry(n, 0, width)
		if !ok {
			return e, unclear(open)
		}
		return edit{span{first.start, first.start}, entry + ", "}, nil
	}
	before, ok := a.t.entry(n, at-width, width)
	if !ok {
		return e, unclear(open)
	}
	return edit{span{before.end, before.end}, ", " + entry}, nil
}

// flowRemoval plans taking an entry out with the comma that the insertion would have written. at counts nodes.
func (a target) flowRemoval(n *yaml.Node, at, width int) (e edit, f *fault) {
	gone, ok := a.t.entry(n, at, width)
	if !ok || pair(n) {
		return e, unclear(gone.start)
	}
	cut := gone
	var between string
	switch {
	case at > 0:
		before, ok := a.t.entry(n, at-width, width)
		if !ok {
			return e, unclear(gone.start)
		}
		cut.start = before.end
		between = string(a.t.src[cut.start:gone.start])
	case len(n.Content) > width:
		cut.end = a.t.offset(n.Content[width])
		between = string(a.t.src[gone.end:cut.end])
	}
	if strings.ContainsRune(between, '#') {
		return e, faultf(gone.start, "a comment stands between this entry and its neighbour; move it first")
	}
	return edit{cut, ""}, nil
}

// flowFragment parses brackets around one entry, which must fill them: a comma or comment behind it would stay when the entry goes.
func flowFragment(src string, width, at int) (*yaml.Node, *fault) {
	oneLine := faultf(at, "an entry between brackets must be one line with one value")
	if strings.Contains(src, "\n") {
		return nil, oneLine
	}
	n, f := fragment(src, at)
	if f != nil {
		return nil, f
	}
	if len(n.Content) == width {
		t := &text{src: []byte(src), lines: lineStarts([]byte(src))}
		if s, ok := t.entry(n, 0, width); ok && s.end == len(src)-1 && !unwritten(n.Content[width-1]) {
			return n, nil
		}
	}
	return nil, oneLine
}
