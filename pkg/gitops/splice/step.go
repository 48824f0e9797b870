package splice

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (l *level) step(n *yaml.Node, index int) {
	l.chain = append(l.chain, link{n, index})
}

// collection checks that the node reached is of the kind the next step needs.
func (l *level) collection(kind yaml.Kind, word string) *fault {
	n := l.node()
	at := l.t.offset(n)
	switch {
	case n.Kind == kind:
		return nil
	case n.Kind == yaml.AliasNode:
		return l.throughAlias(n)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return &fault{at: at, absent: true, reason: fmt.Sprintf("there is no value here, so no %s", word)}
	}
	return faultf(at, "this is %s, not a %s", kindName(n), word)
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return "a single value"
}

func (l *level) throughAlias(n *yaml.Node) *fault {
	return faultf(l.t.offset(n), "this is the alias *%s of the anchor at line %d; edit it there, or write the value out here", n.Value, l.fileLine(n.Alias))
}

// fileLine is the line of a node in the outermost file.
func (l *level) fileLine(n *yaml.Node) int {
	return l.refuse(nil, &fault{at: l.t.offset(n)}).Line
}

func (l *level) key(name string) *fault {
	if f := l.collection(yaml.MappingNode, "mapping"); f != nil {
		return f
	}
	n := l.node()
	found := -1
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind != yaml.ScalarNode || k.Value != name {
			continue
		}
		if found >= 0 {
			return faultf(l.t.offset(n.Content[i]), "the key %s stands twice in one mapping, at lines %d and %d; remove one of them",
				name, l.fileLine(n.Content[found]), l.fileLine(n.Content[i]))
		}
		found = i
	}
	if found >= 0 {
		l.step(n.Content[found+1], found+1)
		return nil
	}
	if from := merged(n, name, map[*yaml.Node]bool{}); from != nil {
		return faultf(l.t.offset(n), "the key %s comes from line %d through a merge key (<<); edit it there, or write it out here", name, l.fileLine(from))
	}
	return &fault{at: l.t.offset(n), absent: true, reason: fmt.Sprintf("there is no key %s here", name)}
}

// merged finds the key in what << brings in. seen keeps mappings that merge each other from being read again and again.
func merged(n *yaml.Node, name string, seen map[*yaml.Node]bool) *yaml.Node {
	if seen[n] {
		return nil
	}
	seen[n] = true
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		sources := []*yaml.Node{n.Content[i+1]}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		for _, s := range sources {
			if s = resolved(s); s == nil || s.Kind != yaml.MappingNode {
				continue
			}
			for k := 0; k+1 < len(s.Content); k += 2 {
				if s.Content[k].Value == name {
					return s.Content[k]
				}
			}
			if from := merged(s, name, seen); from != nil {
				return from
			}
		}
	}
	return nil
}

func (l *level) item(i int) *fault {
	if f := l.collection(yaml.SequenceNode, "list"); f != nil {
		return f
	}
	n := l.node()
	if i < 0 || i >= len(n.Content) {
		return &fault{at: l.t.offset(n), absent: true, reason: fmt.Sprintf("there is no item %d; the list has %d", i, len(n.Content))}
	}
	l.step(n.Content[i], i)
	return nil
}

func (l *level) where(key, value string) *fault {
	if f := l.collection(yaml.SequenceNode, "list"); f != nil {
		return f
	}
	n := l.node()
	for i, item := range n.Content {
		at := item
		for _, k := range strings.Split(key, ".") {
			if at = resolved(at); at == nil || at.Kind != yaml.MappingNode {
				at = nil
				break
			}
			at = child(at, k)
		}
		if at = resolved(at); at != nil && at.Kind == yaml.ScalarNode && at.Value == value {
			l.step(item, i)
			return nil
		}
	}
	return &fault{at: l.t.offset(n), absent: true, reason: fmt.Sprintf("no item of this list has %s: %s", key, value)}
}

func resolved(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// single checks that the node reached is a scalar with a known place.
func (l *level) single() *fault {
	n := l.node()
	switch n.Kind {
	case yaml.AliasNode:
		return l.throughAlias(n)
	case yaml.ScalarNode:
		return nil
	}
	return faultf(l.t.offset(n), "this is %s, not a single value", kindName(n))
}

func (l *level) inner() (*level, *fault) {
	if f := l.single(); f != nil {
		return l, f
	}
	n := l.node()
	if n.Tag != "!!str" {
		return l, faultf(l.t.offset(n), "this value is no text that could hold YAML")
	}
	m, ok := l.t.offsets(n, l.columnAround(len(l.chain)-1))
	if !ok {
		return l, faultf(l.t.offset(n), "the text here is folded in a way that cannot be mapped line by line; write it as a literal block (|)")
	}
	in := &level{outer: l, m: m}
	t, f := parse([]byte(n.Value))
	if f != nil {
		return in, f
	}
	in.t = t
	return in, nil
}

// reference finds the one ref parameter in the query of a URL.
func (l *level) reference() (*span, *fault) {
	if f := l.single(); f != nil {
		return nil, f
	}
	value := l.node().Value
	at := l.t.offset(l.node())
	query, start, found := strings.TrimRight(value, " \n"), 0, (*span)(nil)
	if i := strings.IndexByte(query, '#'); i >= 0 {
		query = query[:i]
	}
	start = strings.IndexByte(query, '?') + 1
	for start > 0 && start <= len(query) {
		end := len(query)
		if i := strings.IndexByte(query[start:], '&'); i >= 0 {
			end = start + i
		}
		if strings.HasPrefix(query[start:end], "ref=") {
			if found != nil {
				return nil, faultf(at, "this URL has two ref parameters")
			}
			found = &span{start + len("ref="), end}
		}
		start = end + 1
	}
	if found == nil {
		return nil, &fault{at: at, absent: true, reason: "this value has no ?ref= parameter"}
	}
	return found, nil
}
