package splice

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Walk calls visit for the value of every scalar of every document, in the order of the text; keys are not visited, aliases not followed, YAML
// inside scalars not entered. The paths begin with Doc where the text has several documents, and may be kept. A scalar whose end in the text
// cannot be told is left out.
func Walk(src []byte, visit func(Path, Scalar)) error {
	t, f := parse(bytes.TrimPrefix(src, bom))
	if f != nil {
		return unread(src, nil, f)
	}
	for i, d := range t.docs {
		w := walker{l: &level{t: t, doc: i, chain: []link{{node: d.Content[0]}}}, src: src, visit: visit}
		if len(t.docs) > 1 {
			w.path = Path{Doc(i)}
		}
		w.walk(d.Content[0])
	}
	return nil
}

type walker struct {
	l     *level
	src   []byte
	path  Path
	visit func(Path, Scalar)
}

func (w *walker) walk(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if s, f := w.l.scalarAt(); f == nil {
			w.visit(slices.Clone(w.path), w.l.describe(w.src, s, n.Value))
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			w.into(Index(i), c, i)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Kind == yaml.ScalarNode {
				w.into(Key(n.Content[i].Value), n.Content[i+1], i+1)
			}
		}
	}
}

func (w *walker) into(s Step, n *yaml.Node, index int) {
	w.path = append(w.path, s)
	w.l.step(n, index)
	w.walk(n)
	w.l.chain = w.l.chain[:len(w.l.chain)-1]
	w.path = w.path[:len(w.path)-1]
}
