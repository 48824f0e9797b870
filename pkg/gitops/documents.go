package gitops

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// Limits on one file: beyond them it is not a manifest that anyone wrote, and aliases could make it grow without bound.
const (
	maxDepth = 300
	maxParts = 400_000
)

// parsed is what was read of one text.
type parsed struct {
	docs       []*located
	duplicates []Position // keys that occur twice in one mapping: Kustomize refuses the file
}

// parseFile reads every document of a file. A file that is not YAML gives an error and whatever came before it.
func parseFile(file string, src []byte) (parsed, error) {
	return parseText(src, origin{file: file, base: 0})
}

// parseInner reads YAML text that a scalar holds.
func parseInner(s *located) (parsed, error) {
	if s == nil || s.kind != scalarKind {
		return parsed{}, errors.New("not a text")
	}
	if s.whole {
		return parseText([]byte(s.text), origin{file: s.pos.File, remote: s.remote})
	}
	o := origin{file: s.pos.File, base: s.pos.Line - 1, remote: s.remote}
	if s.block {
		o.base = s.pos.Line
	}
	if s.path != nil {
		o.prefix = append(s.path[:len(s.path):len(s.path)], splice.Inner())
		o.addressed = true
	} else {
		o.unaddressed = true
	}
	return parseText([]byte(s.text), o)
}

// origin says where a text lies.
type origin struct {
	file        string
	base        int // lines of the file before the text's first
	prefix      splice.Path
	addressed   bool
	unaddressed bool
	remote      *remoteUse
}

func parseText(src []byte, o origin) (p parsed, err error) {
	defer func() {
		// The parser is known to panic on some broken texts; a file that does that is unreadable, not fatal.
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML parser fails on it: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var nodes []*yaml.Node
	for {
		var n yaml.Node
		decodeErr := dec.Decode(&n)
		if errors.Is(decodeErr, io.EOF) {
			break
		}
		if decodeErr != nil {
			err = errors.New(strings.TrimPrefix(decodeErr.Error(), "yaml: "))
			break
		}
		nodes = append(nodes, &n)
	}
	c := converter{origin: o, out: &p}
	for i, n := range nodes {
		if n.Kind != yaml.DocumentNode || len(n.Content) == 0 {
			continue
		}
		path := o.prefix
		if len(nodes) > 1 {
			path = append(path[:len(path):len(path)], splice.Doc(i))
		}
		l := c.convert(n.Content[0], path, 0)
		if c.over {
			return parsed{duplicates: p.duplicates}, errors.New("it nests or repeats more than a manifest does")
		}
		if l != nil {
			p.docs = append(p.docs, l)
		}
	}
	return p, err
}

type converter struct {
	origin origin
	out    *parsed
	parts  int
	over   bool
}

func (c *converter) convert(n *yaml.Node, path splice.Path, depth int) *located {
	c.parts++
	if depth > maxDepth || c.parts > maxParts {
		c.over = true
	}
	if c.over {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil {
			return nil
		}
		return c.convert(n.Alias, path, depth+1)
	}
	l := &located{pos: Position{File: c.origin.file, Line: c.origin.base + n.Line}, path: path, remote: c.origin.remote}
	if c.origin.unaddressed || c.origin.remote != nil {
		l.path = nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		l.kind, l.text = scalarKind, n.Value
		l.block = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
		l.plain = n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
		l.null = n.Tag == "!!null"
	case yaml.SequenceNode:
		l.kind = listKind
		for i, item := range n.Content {
			if v := c.convert(item, append(path[:len(path):len(path)], splice.Index(i)), depth+1); v != nil {
				l.items = append(l.items, v)
			}
		}
	case yaml.MappingNode:
		l.kind = mappingKind
		c.mapping(l, n, path, depth)
	default:
		return nil
	}
	return l
}

func (c *converter) mapping(l *located, n *yaml.Node, path splice.Path, depth int) {
	var merges []*located
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			continue
		}
		v := c.convert(n.Content[i+1], append(path[:len(path):len(path)], splice.Key(key.Value)), depth+1)
		if v == nil {
			continue
		}
		if key.Tag == "!!merge" {
			merges = append(merges, v)
			continue
		}
		if _, twice := l.fields[key.Value]; twice {
			c.out.duplicates = append(c.out.duplicates, Position{File: c.origin.file, Line: c.origin.base + key.Line})
		}
		l.set(key.Value, v)
	}
	for _, m := range merges {
		sources := []*located{m}
		if m.kind == listKind {
			sources = m.items
		}
		for _, source := range sources {
			for _, k := range source.keys {
				if _, own := l.fields[k]; !own {
					l.set(k, source.fields[k])
				}
			}
		}
	}
}
