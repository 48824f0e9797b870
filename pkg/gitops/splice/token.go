package splice

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// span is a range of bytes.
type span struct{ start, end int }

func styleOf(n *yaml.Node) Style {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case n.Style&yaml.SingleQuotedStyle != 0:
		return SingleQuoted
	case n.Style&yaml.LiteralStyle != 0:
		return Literal
	case n.Style&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}

// unwritten reports a null that has no text of its own: `key:` or `-`.
func unwritten(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && styleOf(n) == Plain
}

// content is where a node's text begins behind its anchor and tag, and whether it has any of these.
func (t *text) content(n *yaml.Node) (at int, properties bool) {
	at = t.offset(n)
	if n.Kind == yaml.AliasNode || (unwritten(n) && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0) {
		return at, false
	}
	for at < len(t.src) && (t.src[at] == '&' || t.src[at] == '!') {
		properties = true
		at = t.word(at)
		if unwritten(n) {
			if next := t.spaces(at); next < len(t.src) && (t.src[next] == '&' || t.src[next] == '!') {
				at = next
				continue
			}
			return at, true
		}
		at = t.blank(at)
	}
	return at, properties
}

// word skips to the next white space.
func (t *text) word(at int) int {
	for at < len(t.src) && t.src[at] != ' ' && t.src[at] != '\t' && breakAt(t.src, at) == 0 {
		at++
	}
	return at
}

// spaces skips spaces and tabs.
func (t *text) spaces(at int) int {
	for at < len(t.src) && (t.src[at] == ' ' || t.src[at] == '\t') {
		at++
	}
	return at
}

// blank skips white space, line breaks and comments.
func (t *text) blank(at int) int {
	for at < len(t.src) {
		switch n := breakAt(t.src, at); {
		case n > 0:
			at += n
		case t.src[at] == ' ' || t.src[at] == '\t':
			at++
		case t.src[at] == '#' && (at == 0 || t.src[at-1] == ' ' || t.src[at-1] == '\t' || t.lineStart(at) == at):
			at = t.eol(at)
		default:
			return at
		}
	}
	return at
}

// scalar finds the text of a scalar: for block scalars from the header to the end of the last line of content. outer is the column of the
// enclosing block collection, -1 at the root. ok is false where the text found is not what the parser read: then nothing is known.
func (t *text) scalar(n *yaml.Node, outer int) (s span, ok bool) {
	at, _ := t.content(n)
	if unwritten(n) {
		return span{at, at}, true
	}
	if at >= len(t.src) {
		return span{}, false
	}
	switch styleOf(n) {
	case DoubleQuoted:
		return t.quoted(at, '"')
	case SingleQuoted:
		return t.quoted(at, '\'')
	case Literal, Folded:
		b, ok := t.block(n, outer)
		return span{at, b.end}, ok
	}
	if end := at + len(n.Value); end <= len(t.src) && string(t.src[at:end]) == n.Value {
		return span{at, end}, true
	}
	m, ok := t.plainMap(at, n.Value)
	if !ok {
		return span{}, false
	}
	return span{at, m[len(n.Value)]}, true
}

func (t *text) quoted(at int, quote byte) (span, bool) {
	if t.src[at] != quote {
		return span{}, false
	}
	for i := at + 1; i < len(t.src); i++ {
		switch {
		case t.src[i] == '\\' && quote == '"':
			i++
		case t.src[i] != quote:
		case quote == '\'' && i+1 < len(t.src) && t.src[i+1] == quote:
			i++
		default:
			return span{at, i + 1}, true
		}
	}
	return span{}, false
}

// pair reports a mapping of one entry inside [] that has no braces: it begins where its key begins.
func pair(n *yaml.Node) bool {
	return flow(n) && len(n.Content) == 2 && n.Line == n.Content[0].Line && n.Column == n.Content[0].Column
}

// flow reports whether a collection is written with brackets.
func flow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// column of the first byte of a block collection's entries: where its keys or dashes stand.
func (t *text) column(n *yaml.Node) int {
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		return n.Content[0].Column - 1
	}
	at, properties := t.content(n)
	if !properties {
		return n.Column - 1
	}
	_, col := t.position(at)
	return col - 1
}

// dash is the offset of the dash of the i-th item of a block list.
func (t *text) dash(list *yaml.Node, i int) (int, bool) {
	at, _ := t.content(list)
	if i > 0 {
		prev, ok := t.end(list.Content[i-1], t.column(list))
		if !ok {
			return 0, false
		}
		at = t.blank(prev)
	}
	return at, at < len(t.src) && t.src[at] == '-'
}

// end is the offset behind the last byte of a node, trailing comments and line break not counted.
func (t *text) end(n *yaml.Node, outer int) (int, bool) {
	switch n.Kind {
	case yaml.AliasNode:
		at := t.offset(n) + 1 + len(n.Value)
		return at, at <= len(t.src)
	case yaml.ScalarNode:
		s, ok := t.scalar(n, outer)
		return s.end, ok
	case yaml.DocumentNode:
		return t.end(n.Content[0], outer)
	}
	if flow(n) {
		return t.flowEnd(n)
	}
	if len(n.Content) == 0 {
		return 0, false
	}
	last := n.Content[len(n.Content)-1]
	if n.Kind == yaml.MappingNode {
		return t.valueEnd(n.Content[len(n.Content)-2], last, t.column(n))
	}
	return t.end(last, t.column(n))
}

// valueEnd is the end of an entry of a mapping. Where no value is written it is the colon, or the key where there is not even that.
func (t *text) valueEnd(key, value *yaml.Node, outer int) (int, bool) {
	if _, properties := t.content(value); !unwritten(value) || properties {
		return t.end(value, outer)
	}
	keyEnd, ok := t.end(key, outer)
	if !ok {
		return 0, false
	}
	if colon := t.blank(keyEnd); colon < len(t.src) && t.src[colon] == ':' {
		return colon + 1, true
	}
	return keyEnd, true
}

func (t *text) flowEnd(n *yaml.Node) (int, bool) {
	at, _ := t.content(n)
	if at >= len(t.src) {
		return 0, false
	}
	open, last := t.src[at], at+1
	if len(n.Content) > 0 {
		var ok bool
		value := n.Content[len(n.Content)-1]
		if n.Kind == yaml.MappingNode {
			last, ok = t.valueEnd(n.Content[len(n.Content)-2], value, -1)
		} else {
			last, ok = t.end(value, -1)
		}
		if !ok {
			return 0, false
		}
	}
	var closing byte
	switch {
	case open == '[' && n.Kind == yaml.SequenceNode:
		closing = ']'
	case open == '{' && n.Kind == yaml.MappingNode && !pair(n):
		closing = '}'
	default:
		return last, n.Kind == yaml.MappingNode
	}
	for at = last; at < len(t.src); {
		at = t.blank(at)
		if at >= len(t.src) {
			break
		}
		if t.src[at] == closing {
			return at + 1, true
		}
		if !strings.ContainsRune(",:", rune(t.src[at])) {
			break
		}
		at++
	}
	return 0, false
}
