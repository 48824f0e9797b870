package splice

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// expectation says what an edit may change: the node at the end of the chain, as ok accepts it. Comments are compared where the edit moves no
// node; where nodes come or go, the parser hands comments to other nodes although their bytes are kept.
type expectation struct {
	at       []link
	comments bool
	ok       func(was, is *yaml.Node) bool
}

// verify parses the text after the edit again and compares it with the text before. It is enough to parse the island around the edit: the
// lines of the smallest entry of a block mapping that holds it, together with the blank and comment lines behind it. What stands before the
// island is unchanged; an island that parses alone as one such entry leaves the parser where the next line expects it; and where it does
// not stand alone (an alias to an anchor elsewhere), the whole text is parsed.
func (l *level) verify(e edit, after []byte, want expectation) *fault {
	c := comparison{want: want}
	for depth := len(want.at) - 1; depth > 0; depth-- {
		island, ok := l.island(want.at, depth, e)
		if !ok {
			continue
		}
		was, err := decode(l.t.src[island.start:island.end])
		if err != nil || len(was) != 1 {
			break
		}
		root := was[0].Content[0]
		entry := want.at[depth-1].node.Content[want.at[depth].index-1 : want.at[depth].index+1]
		if root.Kind != yaml.MappingNode || len(root.Content) != 2 || !(comparison{}).all(entry, root.Content) {
			break
		}
		c.target = root.Content[1]
		for _, k := range want.at[depth+1:] {
			c.target = c.target.Content[k.index]
		}
		end := island.end + len(after) - len(l.t.src)
		if island.end < len(l.t.src) && (end == 0 || after[end-1] != l.t.src[island.end-1]) {
			return faultf(e.start, "the edit would run into the line behind it")
		}
		is, err := decode(after[island.start:end])
		return c.verdict(l.t, e, was, is, err)
	}
	c.target = want.at[len(want.at)-1].node
	is, err := decode(after)
	return c.verdict(l.t, e, l.t.docs, is, err)
}

func (c comparison) verdict(t *text, e edit, was, is []*yaml.Node, err error) *fault {
	switch {
	case err != nil:
		return faultf(e.start, "after the edit the text would no longer be YAML (%s)", err)
	case c.all(was, is):
		return nil
	case e.start == len(t.src) && len(t.src) > 0 && !bytes.HasSuffix(t.src, []byte("\n")):
		return faultf(e.start, "the edit would change more than was asked for; end the file with a line break first")
	}
	return faultf(e.start, "the edit would change more than was asked for, so the place must be written in another form first")
}

// island is the range of lines of the entry whose value is the depth-th node of the chain; ok is false where that entry does not own its
// lines or the edit leaves them.
func (l *level) island(chain []link, depth int, e edit) (span, bool) {
	parent := chain[depth-1].node
	if parent.Kind != yaml.MappingNode || flow(parent) {
		return span{}, false
	}
	for _, k := range chain[:depth-1] {
		if flow(k.node) {
			return span{}, false
		}
	}
	key := parent.Content[chain[depth].index-1]
	start := l.t.offset(key)
	end, ok := l.t.valueEnd(key, chain[depth].node, l.t.column(parent))
	if !ok || !l.t.blankBefore(start) {
		return span{}, false
	}
	start = l.t.lineStart(start)
	if next := l.t.blank(end); next < len(l.t.src) {
		if l.t.lineStart(next) <= end {
			return span{}, false
		}
		end = l.t.lineStart(next)
	} else {
		end = next
	}
	return span{start, end}, start <= e.start && e.end <= end
}

// comparison of two trees that must be the same but for the target.
type comparison struct {
	want   expectation
	target *yaml.Node // of the tree before
}

func (c comparison) all(was, is []*yaml.Node) bool {
	if len(was) != len(is) {
		return false
	}
	for i := range was {
		if !c.same(was[i], is[i]) {
			return false
		}
	}
	return true
}

func (c comparison) same(was, is *yaml.Node) bool {
	if c.want.comments && (was.HeadComment != is.HeadComment || was.LineComment != is.LineComment || was.FootComment != is.FootComment) {
		return false
	}
	if was == c.target {
		return c.want.ok(was, is)
	}
	if was.Kind != is.Kind || was.Tag != is.Tag || was.Value != is.Value || was.Anchor != is.Anchor || was.Style != is.Style {
		return false
	}
	return c.all(was.Content, is.Content)
}
