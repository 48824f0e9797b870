package splice

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// InsertItem puts an item into the list at the given index; -1 appends. item is YAML text without its dash and without indentation.
//
// In a block list the item becomes lines of its own, behind the lines of the item before it (its deeper-indented trailing comments
// included) and so before comments that belong to what surrounds the list. In a flow list the item must be one line. The list must
// exist: a key without a value is refused. RemoveItem is the exact inverse.
func InsertItem(src []byte, list Path, at int, item string) ([]byte, error) {
	a, r := resolve(src, list)
	if r != nil {
		return nil, r
	}
	e, want, f := a.insertion(at, item)
	if f == nil {
		f = a.editable()
	}
	if f != nil {
		return nil, a.refuse(list, f)
	}
	if at == -1 {
		at = len(a.node().Content)
	}
	return a.commitInsertion(src, e, want, Index(at), RemoveItem)
}

func (a target) insertion(at int, item string) (e edit, want expectation, f *fault) {
	n := a.node()
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return e, want, faultf(a.t.offset(n), "this list has no value; write [] or a first item there")
	}
	if f := a.collection(yaml.SequenceNode, "list"); f != nil {
		return e, want, f
	}
	if at == -1 {
		at = len(n.Content)
	}
	if at < 0 || at > len(n.Content) {
		return e, want, faultf(a.t.offset(n), "there is no place %d; the list has %d items", at, len(n.Content))
	}
	want = expectation{at: a.chain, ok: func(was, is *yaml.Node) bool {
		return sameBut(was, is, at, 1)
	}}
	item = strings.TrimRight(strings.ReplaceAll(item, "\r\n", "\n"), "\n")
	if err := ownLines(item); err != nil {
		return e, want, faultf(a.t.offset(n), "%v", err)
	}
	if flow(n) {
		item = strings.TrimSpace(item)
		value, f := flowFragment("["+item+"]", 1, a.t.offset(n))
		if f != nil {
			return e, want, f
		}
		want.ok = inserted(want.ok, at, value.Content)
		e, f = a.flowInsertion(n, at, 1, item)
		return e, want, f
	}
	value, f := fragment(item, a.t.offset(n))
	if f != nil {
		return e, want, f
	}
	want.ok = inserted(want.ok, at, []*yaml.Node{value})
	col := a.t.column(n)
	lines := indented("- "+item, col+2)
	if at == 0 {
		dash, ok := a.t.dash(n, 0)
		if !ok {
			return e, want, unclear(a.t.offset(n))
		}
		nl := a.t.newline(dash)
		return edit{span{dash, dash}, strings.Join(lines, nl) + nl + strings.Repeat(" ", col)}, want, nil
	}
	end, ok := a.t.end(n.Content[at-1], col)
	if !ok {
		return e, want, unclear(a.t.offset(n))
	}
	lines[0] = strings.Repeat(" ", col) + lines[0]
	end = a.t.owned(end, col)
	nl := a.t.newline(end)
	return edit{span{end, end}, nl + strings.Join(lines, nl)}, want, nil
}

// RemoveItem takes an item out of its list: its own lines with the deeper-indented comments directly behind them, nothing else. The path
// must end in Index or Where. The only item of a block list is not removed: the key would be left without a list.
func RemoveItem(src []byte, item Path) ([]byte, error) {
	a, r := resolve(src, item)
	if r != nil {
		return nil, r
	}
	e, want, f := a.removal()
	if f == nil {
		f = a.editable()
	}
	if f != nil {
		return nil, a.refuse(item, f)
	}
	return a.commit(src, e, want)
}

func (a target) removal() (e edit, want expectation, f *fault) {
	last := len(a.chain) - 1
	if last == 0 || a.ref != nil || a.chain[last-1].node.Kind != yaml.SequenceNode {
		return e, want, faultf(a.t.offset(a.node()), "this is not an item of a list")
	}
	list, at := a.chain[last-1].node, a.chain[last].index
	want = expectation{at: a.chain[:last], ok: func(was, is *yaml.Node) bool { return sameBut(is, was, at, 1) }}
	if flow(list) {
		e, f = a.flowRemoval(list, at, 1)
		return e, want, f
	}
	col := a.t.column(list)
	dash, ok := a.t.dash(list, at)
	end, known := a.t.end(list.Content[at], col)
	if !ok || !known {
		return e, want, unclear(a.t.offset(list))
	}
	if len(list.Content) == 1 {
		return e, want, faultf(dash, "this is the only item, and without it the list would have no value; remove its key or write []")
	}
	if !a.t.blankBefore(dash) {
		next, ok := a.t.dash(list, 1)
		if behind := a.t.eol(end); !ok || next < behind || strings.TrimSpace(string(a.t.src[behind:next])) != "" {
			return e, want, faultf(dash, "this item shares its line with what is around it and has comments below it; write it on a line of its own")
		}
		return edit{span{dash, next}, ""}, want, nil
	}
	return edit{a.t.ownLines(dash, end, col, at == 0), ""}, want, nil
}

// ownLines is what goes when the entry from start to end goes. The line break before it goes with it, so that the last entry of a file
// without a final line break leaves none behind; the first entry takes the break behind it, since what is before it may be a key.
func (t *text) ownLines(start, end, col int, first bool) span {
	end = t.owned(end, col)
	line := t.lineOf(start)
	if first || line == 0 {
		return span{t.lines[line], t.nextLine(end)}
	}
	return span{t.eol(t.lines[line-1]), end}
}

// owned is the end of the last line that belongs to the entry that ends at the offset: its own, or that of the last comment directly
// below it that is indented deeper than the entries of its collection.
func (t *text) owned(end, col int) int {
	end = t.eol(end)
	for next := t.nextLine(end); next > end && next < len(t.src); next = t.nextLine(end) {
		at := next
		for at < len(t.src) && t.src[at] == ' ' {
			at++
		}
		if at >= len(t.src) || t.src[at] != '#' || at-next <= col {
			break
		}
		end = t.eol(at)
	}
	return end
}

func unclear(at int) *fault {
	return faultf(at, "where the entries here end cannot be told; write them in a simpler form")
}

// indented gives the lines of text, all but the first moved right.
func indented(text string, by int) []string {
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) != "" {
			lines[i] = strings.Repeat(" ", by) + lines[i]
		}
	}
	return lines
}

// fragment parses what is to be inserted: one value whose last line is not a comment, else it could not be taken out again exactly.
func fragment(src string, at int) (*yaml.Node, *fault) {
	docs, err := decode([]byte(src + "\n"))
	lines := strings.Split(src, "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	switch {
	case err != nil:
		return nil, faultf(at, "what is to be inserted is not YAML (%s)", strings.TrimPrefix(err.Error(), "yaml: "))
	case len(docs) != 1 || unwritten(docs[0].Content[0]):
		return nil, faultf(at, "what is to be inserted is not one value")
	case last == "" || last[0] == '#':
		return nil, faultf(at, "what is to be inserted ends in a comment or a blank line")
	}
	return docs[0].Content[0], nil
}

// sameBut reports whether long is short with count more nodes at the index.
func sameBut(short, long *yaml.Node, at, count int) bool {
	if short.Kind != long.Kind || short.Tag != long.Tag || short.Anchor != long.Anchor || short.Style != long.Style ||
		len(long.Content) != len(short.Content)+count {
		return false
	}
	c := comparison{}
	return c.all(short.Content[:at], long.Content[:at]) && c.all(short.Content[at:], long.Content[at+count:])
}

// inserted adds to ok that the new nodes are what was to be inserted.
func inserted(ok func(was, is *yaml.Node) bool, at int, values []*yaml.Node) func(was, is *yaml.Node) bool {
	return func(was, is *yaml.Node) bool {
		return ok(was, is) && comparison{}.all(values, is.Content[at:at+len(values)])
	}
}
