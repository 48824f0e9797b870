package gitops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// located is a decoded YAML value whose every part remembers where it was written, through merges, patches and replacements.
type located struct {
	pos  Position
	path splice.Path // from the root of pos.File; nil where the text cannot be addressed (a remote file, a whole file)
	kind locatedKind

	text   string // of a scalar, as decoded
	plain  bool   // scalar written without quotes and not as a block
	null   bool
	block  bool // scalar written as | or >
	whole  bool // the scalar is the whole file pos.File
	keys   []string
	fields map[string]*located
	items  []*located

	// remote is set on everything that comes from a remote base.
	remote *remoteUse
	// replacedBy is set on a value that a Kustomize replacement put here.
	replacedBy *replacementUse
}

type locatedKind int

const (
	scalarKind locatedKind = iota
	mappingKind
	listKind
)

// get walks down mappings and lists; a step into a list is its index. It gives nil when something on the way is absent.
func (l *located) get(steps ...string) *located {
	for _, step := range steps {
		if l == nil {
			return nil
		}
		switch l.kind {
		case mappingKind:
			l = l.fields[step]
		case listKind:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(l.items) {
				return nil
			}
			l = l.items[i]
		default:
			return nil
		}
	}
	return l
}

// str is the scalar at steps, "" when there is none or it is null.
func (l *located) str(steps ...string) string {
	v := l.get(steps...)
	if v == nil || v.kind != scalarKind || v.null {
		return ""
	}
	return v.text
}

// list are the items at steps; nil when there is no list.
func (l *located) list(steps ...string) []*located {
	v := l.get(steps...)
	if v == nil || v.kind != listKind {
		return nil
	}
	return v.items
}

// isTrue reads the boolean at steps; absent and everything else is false.
func (l *located) isTrue(steps ...string) bool {
	v := l.get(steps...)
	return v != nil && v.kind == scalarKind && v.plain && strings.EqualFold(v.text, "true")
}

func (l *located) isMapping() bool { return l != nil && l.kind == mappingKind }

// copy duplicates the structure; the leaves are shared, they are never changed in place.
func (l *located) copy() *located {
	if l == nil {
		return nil
	}
	c := *l
	c.keys = slices.Clone(l.keys)
	if l.fields != nil {
		c.fields = make(map[string]*located, len(l.fields))
		for k, v := range l.fields {
			c.fields[k] = v.copy()
		}
	}
	if l.items != nil {
		c.items = make([]*located, len(l.items))
		for i, v := range l.items {
			c.items[i] = v.copy()
		}
	}
	return &c
}

func (l *located) set(key string, v *located) {
	if l.fields == nil {
		l.fields = map[string]*located{}
	}
	if _, ok := l.fields[key]; !ok {
		l.keys = append(l.keys, key)
	}
	l.fields[key] = v
}

func (l *located) remove(key string) {
	if _, ok := l.fields[key]; !ok {
		return
	}
	delete(l.fields, key)
	l.keys = slices.DeleteFunc(slices.Clone(l.keys), func(k string) bool { return k == key })
}

// visit calls f for l and everything below it, with the keys that lead there. f returns false to stay out of a value.
func (l *located) visit(f func(path []string, v *located) bool) { l.visitFrom(nil, f) }

func (l *located) visitFrom(path []string, f func([]string, *located) bool) {
	if l == nil || !f(path, l) {
		return
	}
	for _, k := range l.keys {
		l.fields[k].visitFrom(append(path[:len(path):len(path)], k), f)
	}
	for i, v := range l.items {
		v.visitFrom(append(path[:len(path):len(path)], strconv.Itoa(i)), f)
	}
}

// mergePatch applies a strategic merge patch as Kustomize does for kinds that it has no schema of, which holds for Flux's: mappings are
// merged, null removes, lists are replaced, $patch: replace and delete are obeyed.
func mergePatch(onto, patch *located) *located {
	if patch == nil || patch.kind != mappingKind {
		return patch
	}
	directive := patch.str("$patch")
	if directive == "delete" {
		return nil
	}
	if onto == nil || onto.kind != mappingKind || directive == "replace" {
		onto = &located{pos: patch.pos, path: patch.path, kind: mappingKind, remote: patch.remote}
	} else {
		onto = onto.copy()
	}
	for _, key := range patch.keys {
		if key == "$patch" {
			continue
		}
		v := patch.fields[key]
		if v.kind == scalarKind && v.null {
			onto.remove(key)
			continue
		}
		merged := v
		if v.kind == mappingKind {
			merged = mergePatch(onto.fields[key], v)
		}
		if merged == nil {
			onto.remove(key)
			continue
		}
		onto.set(key, merged)
	}
	return onto
}

// applyJSON6902 applies the operations in order and returns the result, or the reason why one does not apply.
func applyJSON6902(doc, ops *located) (*located, error) {
	doc = doc.copy()
	for _, op := range ops.items {
		if err := applyOperation(doc, op); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func applyOperation(doc, op *located) error {
	verb, pointer := op.str("op"), op.str("path")
	steps := pointerSteps(pointer)
	if len(steps) == 0 {
		return fmt.Errorf("%s of path %q is not read", verb, pointer)
	}
	parent := doc.get(steps[:len(steps)-1]...)
	last := steps[len(steps)-1]
	if parent == nil {
		return fmt.Errorf("%s %s: nothing is at %s", verb, pointer, "/"+strings.Join(steps[:len(steps)-1], "/"))
	}
	value := op.get("value")
	switch verb {
	case "test":
		return nil
	case "copy", "move":
		from := pointerSteps(op.str("from"))
		value = doc.get(from...)
		if value == nil {
			return fmt.Errorf("%s from %s: nothing is there", verb, op.str("from"))
		}
		value = value.copy()
		if verb == "move" {
			if err := place(doc.get(from[:len(from)-1]...), from[len(from)-1], "remove", nil); err != nil {
				return err
			}
		}
		verb = "add"
	case "add", "replace", "remove":
	default:
		return fmt.Errorf("operation %q is unknown", verb)
	}
	if value == nil && verb != "remove" {
		value = &located{pos: op.pos, path: op.path, kind: scalarKind, null: true}
	}
	if err := place(parent, last, verb, value); err != nil {
		return fmt.Errorf("%s %s: %w", verb, pointer, err)
	}
	return nil
}

// place adds, replaces or removes one entry of a mapping or list.
func place(parent *located, last, verb string, value *located) error {
	switch {
	case parent.isMapping():
		_, there := parent.fields[last]
		if verb != "add" && !there {
			return fmt.Errorf("nothing is there")
		}
		if verb == "remove" {
			parent.remove(last)
			return nil
		}
		parent.set(last, value)
		return nil
	case parent != nil && parent.kind == listKind:
		i, err := strconv.Atoi(last)
		if last == "-" {
			i, err = len(parent.items), nil
		}
		if err != nil || i < 0 || i > len(parent.items) || (verb != "add" && i == len(parent.items)) {
			return fmt.Errorf("the list has no item %s", last)
		}
		switch verb {
		case "add":
			parent.items = slices.Insert(parent.items, i, value)
		case "remove":
			parent.items = slices.Delete(parent.items, i, i+1)
		default:
			parent.items[i] = value
		}
		return nil
	default:
		return fmt.Errorf("its parent is neither a mapping nor a list")
	}
}

func pointerSteps(pointer string) []string {
	if !strings.HasPrefix(pointer, "/") {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, s := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	return steps
}
