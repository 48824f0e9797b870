package splice

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// link is one node on the way from a document's root to the place addressed, with its index in the content of the node before.
type link struct {
	node  *yaml.Node
	index int
}

// level is the part of a path that stays within one text. A path with Inner steps has one level each, the innermost last.
type level struct {
	t     *text
	doc   int
	chain []link
	outer *level // the level whose scalar holds this text; nil for the file itself
	m     []int  // offsets of this text's bytes in the outer text
}

// target is a resolved path.
type target struct {
	*level
	path Path
	ref  *span // the reference within the scalar's value
}

func (l *level) node() *yaml.Node { return l.chain[len(l.chain)-1].node }

// column of the nearest block collection around the i-th node of the chain, -1 where there is none.
func (l *level) columnAround(i int) int {
	for i--; i >= 0; i-- {
		if n := l.chain[i].node; !flow(n) {
			return l.t.column(n)
		}
	}
	return -1
}

func (l *level) inFlow() bool {
	for _, k := range l.chain[:len(l.chain)-1] {
		if flow(k.node) {
			return true
		}
	}
	return false
}

// offsetInFile maps an offset of this level's text to the file.
func (l *level) offsetInFile(at int) int {
	for ; l.outer != nil; l = l.outer {
		at = l.m[max(0, min(at, len(l.m)-1))]
	}
	return at
}

// refuse places a fault of this level in the file.
func (l *level) refuse(p Path, f *fault) *Refusal {
	r := &Refusal{Path: p.String(), Reason: f.reason, Absent: f.absent}
	at := f.at
	if at < 0 && l.outer != nil {
		at = 0
	}
	if at >= 0 {
		at = l.offsetInFile(at)
		for l.outer != nil {
			l = l.outer
		}
		r.Line, r.Col = l.t.position(at)
	}
	return r
}

// resolve follows the path. It reads only; what an edit must not touch besides is asked by editable.
func resolve(src []byte, p Path) (target, *Refusal) {
	t, f := parse(bytes.TrimPrefix(src, bom))
	if f != nil {
		return target{}, unread(src, p, f)
	}
	l := &level{t: t}
	found := target{path: p}
	for i, s := range p {
		if s.kind == docStep {
			if l.chain != nil {
				return found, l.refuse(p, faultf(-1, "a document may be chosen only at the start of a text"))
			}
			l.doc = s.index
			f = l.enter(s.index)
		} else if l.chain == nil {
			f = l.enterOnly()
		}
		if f != nil {
			return found, l.refuse(p, f)
		}
		switch s.kind {
		case keyStep:
			f = l.key(s.name)
		case indexStep:
			f = l.item(s.index)
		case whereStep:
			f = l.where(s.name, s.value)
		case innerStep:
			l, f = l.inner()
		case refStep:
			if i < len(p)-1 {
				f = faultf(-1, "a reference must be the last step")
			} else {
				found.ref, f = l.reference()
			}
		}
		if f != nil {
			return found, l.refuse(p, f)
		}
	}
	if l.chain == nil {
		if f := l.enterOnly(); f != nil {
			return found, l.refuse(p, f)
		}
	}
	found.level = l
	return found, nil
}

// unread refuses a file that could not even be parsed.
func unread(src []byte, p Path, f *fault) *Refusal {
	r := &Refusal{Path: p.String(), Reason: f.reason}
	if f.at >= 0 {
		body := bytes.TrimPrefix(src, bom)
		t := text{src: body, lines: lineStarts(body)}
		r.Line, r.Col = t.position(f.at)
	}
	return r
}

func (l *level) enter(doc int) *fault {
	if doc < 0 || doc >= len(l.t.docs) {
		return &fault{at: -1, absent: true, reason: fmt.Sprintf("there is no document %d; the text has %d", doc+1, len(l.t.docs))}
	}
	l.doc = doc
	l.chain = []link{{node: l.t.docs[doc].Content[0]}}
	return nil
}

// enterOnly enters the one document that holds anything.
func (l *level) enterOnly() *fault {
	only := -1
	for i, d := range l.t.docs {
		if unwritten(d.Content[0]) {
			continue
		}
		if only >= 0 {
			return faultf(l.t.offset(d.Content[0]), "the text holds several documents and the path does not say which one")
		}
		only = i
	}
	if only < 0 {
		return &fault{at: -1, absent: true, reason: "the text is empty"}
	}
	return l.enter(only)
}

// editable refuses a place that an alias elsewhere shares.
func (l *level) editable() *fault {
	for at := l; at != nil; at = at.outer {
		for _, k := range at.chain {
			if k.node.Anchor == "" {
				continue
			}
			if user := aliasOf(at.t.docs[at.doc], k.node); user != nil {
				return faultf(-1, "line %d defines the anchor &%s, which line %d uses; an edit here would change both",
					at.fileLine(k.node), k.node.Anchor, at.fileLine(user))
			}
		}
	}
	return nil
}

func aliasOf(n, anchor *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias == anchor {
		return n
	}
	for _, c := range n.Content {
		if user := aliasOf(c, anchor); user != nil {
			return user
		}
	}
	return nil
}
