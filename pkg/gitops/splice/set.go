package splice

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Set replaces the scalar at p, keeping how it is written: quotes stay quotes, plain text stays plain as long as it stays a string (or the
// same whole number or truth value kind), and is double-quoted where it would not: 1.30, yes, null, 2024-01-01. Exactly one line changes,
// or none where the value is the same already. Refused: values of several lines, block scalars and other scalars written over several lines,
// values that sops encrypted, and everything that Get refuses.
func Set(src []byte, p Path, value string) ([]byte, error) {
	at, r := resolve(src, p)
	if r != nil {
		return nil, r
	}
	e, whole, f := at.replacement(value)
	if f == nil && whole == at.node().Value {
		return bytes.Clone(src), nil
	}
	if f == nil {
		f = at.editable()
	}
	if f != nil {
		return nil, at.refuse(p, f)
	}
	return at.commit(src, e, at.setTo(whole))
}

// replacement plans the edit. whole is the scalar's value afterwards.
func (a target) replacement(value string) (e edit, whole string, f *fault) {
	s, f := a.scalarAt()
	if f != nil {
		return e, "", f
	}
	n := a.node()
	whole = value
	part := s
	if a.ref != nil {
		if value == "" || strings.ContainsAny(value, "&#? \t\n\r") {
			return e, "", faultf(s.start, "%q cannot stand in a URL's query as it is", value)
		}
		m, ok := a.t.offsets(n, a.columnAround(len(a.chain)-1))
		if !ok {
			return e, "", faultf(s.start, "the URL here is folded in a way that cannot be mapped; write it on one line")
		}
		whole = n.Value[:a.ref.start] + value + n.Value[a.ref.end:]
		part = span{m[a.ref.start], m[a.ref.end]}
	}
	style := styleOf(n)
	switch {
	case whole == n.Value:
		return e, whole, nil
	case strings.HasPrefix(n.Value, "ENC["):
		return e, "", faultf(s.start, "this value is encrypted with SOPS; edit it with sops")
	case a.ref == nil && (style == Literal || style == Folded):
		return e, "", faultf(s.start, "this value is a %s block; write it on one line first", style)
	case a.t.lineOf(part.start) != a.t.lineOf(part.end):
		return e, "", faultf(s.start, "this value is written over several lines; write it on one line first")
	}
	if err := oneLine(value); err != nil {
		return e, "", faultf(s.start, "%s", err)
	}
	switch {
	case unwritten(n):
		return a.fillIn(n, value, whole)
	case style != Plain && a.ref == nil:
		return edit{span{s.start + 1, s.end - 1}, encode(style, value)}, whole, nil
	case style != Plain:
		return edit{part, encode(style, value)}, whole, nil
	case plainText(whole, a.inFlow()) || keepsType(n, whole):
		return edit{part, value}, whole, nil
	}
	return edit{s, `"` + encode(DoubleQuoted, whole) + `"`}, whole, nil
}

// fillIn writes a value behind a key that has none.
func (a target) fillIn(n *yaml.Node, value, whole string) (e edit, _ string, f *fault) {
	last := len(a.chain) - 1
	if last == 0 || a.chain[last-1].node.Kind != yaml.MappingNode || a.inFlow() || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return e, "", faultf(a.t.offset(n), "nothing is written here; write a value first")
	}
	key := a.chain[last-1].node.Content[a.chain[last].index-1]
	at, ok := a.t.valueEnd(key, n, a.columnAround(last))
	if !ok || a.t.src[at-1] != ':' {
		return e, "", faultf(a.t.offset(n), "nothing is written here; write a value first")
	}
	if a.t.spaces(at) != a.t.eol(at) {
		return e, "", faultf(a.t.offset(n), "nothing but a comment is written here; write a value first")
	}
	if !plainText(value, false) {
		value = `"` + encode(DoubleQuoted, value) + `"`
	}
	return edit{span{at, at}, " " + value}, whole, nil
}

// setTo expects the addressed scalar, and nothing else, to have the new value, as a string or with its old type.
func (l *level) setTo(value string) expectation {
	return expectation{at: l.chain, comments: true, ok: func(was, is *yaml.Node) bool {
		return is.Kind == yaml.ScalarNode && is.Value == value && is.Anchor == was.Anchor &&
			(is.ShortTag() == "!!str" || is.ShortTag() == was.ShortTag())
	}}
}
