package splice

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// InsertKey appends an entry to a mapping as its last one. value is YAML text without indentation; more than one line goes below the key,
// indented by two, unless it is a block scalar, whose header stays beside the key. In the root mapping the entry goes to the end of the
// document, below everything that is there. A mapping in braces takes one line. A key that is there already, and a key whose mapping has no
// value yet, are refused. RemoveKey is the exact inverse.
func InsertKey(src []byte, mapping Path, key, value string) ([]byte, error) {
	a, r := resolve(src, mapping)
	if r != nil {
		return nil, r
	}
	e, want, f := a.entryInsertion(key, value)
	if f == nil {
		f = a.editable()
	}
	if f != nil {
		return nil, a.refuse(mapping, f)
	}
	return a.commitInsertion(src, e, want, Key(key), RemoveKey)
}

func (a target) entryInsertion(key, value string) (e edit, want expectation, f *fault) {
	n := a.node()
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return e, want, faultf(a.t.offset(n), "this mapping has no value; write {} or a first entry there")
	}
	if f := a.collection(yaml.MappingNode, "mapping"); f != nil {
		return e, want, f
	}
	if child(n, key) != nil {
		return e, want, faultf(a.t.offset(n), "the key %s is there already", key)
	}
	if err := oneLine(key); err != nil || key == "" {
		return e, want, faultf(a.t.offset(n), "%q cannot be a key", key)
	}
	if !plainText(key, true) {
		key = `"` + encode(DoubleQuoted, key) + `"`
	}
	value = strings.TrimRight(strings.ReplaceAll(value, "\r\n", "\n"), "\n")
	if err := ownLines(value); err != nil {
		return e, want, faultf(a.t.offset(n), "%v", err)
	}
	lines := strings.Split(value, "\n")
	switch {
	case len(lines) == 1 || strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">"):
		value = key + ": " + value
	default:
		value = key + ":\n  " + strings.Join(indented(value, 2), "\n")
	}
	at := len(n.Content)
	want = expectation{at: a.chain, ok: func(was, is *yaml.Node) bool { return sameBut(was, is, at, 2) }}
	var parsed *yaml.Node
	if flow(n) {
		value = strings.TrimSpace(value)
		parsed, f = flowFragment("{"+value+"}", 2, a.t.offset(n))
	} else {
		parsed, f = fragment(value, a.t.offset(n))
	}
	if f == nil && (parsed.Kind != yaml.MappingNode || len(parsed.Content) != 2 || unwritten(parsed.Content[1])) {
		f = faultf(a.t.offset(n), "what is to be inserted is not one value")
	}
	if f != nil {
		return e, want, f
	}
	want.ok = inserted(want.ok, at, parsed.Content)
	if flow(n) {
		e, f = a.flowInsertion(n, at, 2, value)
		return e, want, f
	}
	e, f = a.blockEntry(n, value)
	return e, want, f
}

// blockEntry places the lines of an entry at the end of the mapping.
func (a target) blockEntry(n *yaml.Node, entry string) (e edit, f *fault) {
	col := a.t.column(n)
	end, ok := a.t.end(n, -1)
	if !ok {
		return e, unclear(a.t.offset(n))
	}
	if len(a.chain) == 1 {
		end = a.t.documentEnd(end)
	} else {
		end = a.t.owned(end, col)
	}
	nl := a.t.newline(end)
	lines := indented(entry, col)
	lines[0] = strings.Repeat(" ", col) + lines[0]
	return edit{span{end, end}, nl + strings.Join(lines, nl)}, nil
}

// documentEnd is the end of the last line of the document whose content ends at the offset, its line break not counted.
func (t *text) documentEnd(end int) int {
	limit := len(t.src)
	for line := t.lineOf(end) + 1; line < len(t.lines); line++ {
		rest := t.src[t.lines[line]:]
		if bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("...")) {
			limit = t.lines[line]
			break
		}
	}
	if limit > 0 && t.lines[t.lineOf(limit)] == limit {
		return t.eol(t.lines[t.lineOf(limit)-1])
	}
	return limit
}

// RemoveKey takes an entry out of its mapping: its own lines with the deeper-indented comments directly behind them, nothing else. The path
// must end in Key. The only entry of a block mapping is not removed, nor an entry that shares its first line with something else.
func RemoveKey(src []byte, entry Path) ([]byte, error) {
	a, r := resolve(src, entry)
	if r != nil {
		return nil, r
	}
	e, want, f := a.entryRemoval()
	if f == nil {
		f = a.editable()
	}
	if f != nil {
		return nil, a.refuse(entry, f)
	}
	return a.commit(src, e, want)
}

func (a target) entryRemoval() (e edit, want expectation, f *fault) {
	last := len(a.chain) - 1
	if last == 0 || a.ref != nil || a.chain[last-1].node.Kind != yaml.MappingNode {
		return e, want, faultf(a.t.offset(a.node()), "this is not an entry of a mapping")
	}
	mapping, at := a.chain[last-1].node, a.chain[last].index-1
	want = expectation{at: a.chain[:last], ok: func(was, is *yaml.Node) bool { return sameBut(is, was, at, 2) }}
	if flow(mapping) {
		e, f = a.flowRemoval(mapping, at, 2)
		return e, want, f
	}
	col := a.t.column(mapping)
	start := a.t.offset(mapping.Content[at])
	end, ok := a.t.valueEnd(mapping.Content[at], mapping.Content[at+1], col)
	switch {
	case !ok:
		return e, want, unclear(start)
	case len(mapping.Content) == 2:
		return e, want, faultf(start, "this is the only entry, and without it the mapping would have no value; remove the key above it or write {}")
	case !a.t.blankBefore(start):
		return e, want, faultf(start, "this entry shares its line with what is before it; write it on a line of its own")
	}
	return edit{a.t.ownLines(start, end, col, at == 0), ""}, want, nil
}
