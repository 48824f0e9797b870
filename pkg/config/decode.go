package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/linnet-bot/linnet/internal/nearest"
)

// What aliases can blow a file up to is bounded; an alias inside its own anchor has no end.
const (
	maxNodes = 20_000
	maxDepth = 50
)

// decoder fills the configuration types from YAML nodes. It finds all problems, not the first.
type decoder struct {
	problems []Problem
	lines    map[string]int // path of each value that the file gives -> its line
	nodes    int
	depth    int
}

func target(v any) reflect.Value { return reflect.ValueOf(v).Elem() }

func (d *decoder) problem(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: n.Line, Text: fmt.Sprintf(format, args...)})
}

// decode writes what n says into v. A null leaves v, and so the default, as it is.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) {
	d.nodes++
	if d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.problem(n, "the file has more than %d values once its aliases are followed, which no configuration has", maxNodes)
		}
		return
	}
	d.depth++
	defer func() { d.depth-- }()
	if d.depth > maxDepth {
		d.problem(n, "%s… is nested more than %d deep, which no configuration is", clip(path), maxDepth)
		return
	}
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if isNull(n) {
		return
	}
	d.lines[path] = line
	if v.Type() == reflect.TypeFor[Duration]() {
		d.duration(n, v, path)
		return
	}
	if v.Type() == reflect.TypeFor[Date]() && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!timestamp" {
		v.SetString(n.Value)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setDefaults(v.Elem())
		d.decode(n, v.Elem(), path)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.String:
		d.text(n, v, path)
	case reflect.Int:
		if i, err := strconv.Atoi(n.Value); d.scalar(n, path, "!!int", "a whole number") {
			if err != nil {
				d.problem(n, "%s is %s, but must be a whole number in plain decimal digits", path, n.Value)
				return
			}
			v.SetInt(int64(i))
		}
	case reflect.Bool:
		if d.scalar(n, path, "!!bool", "true or false") {
			v.SetBool(strings.EqualFold(n.Value, "true"))
		}
	case reflect.Interface:
		d.free(n, v, path)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	d.entries(n, path, func(key, value *yaml.Node, inner string) {
		for _, f := range fields {
			if f.name == key.Value {
				d.decode(value, v.FieldByIndex(f.index), inner)
				return
			}
		}
		d.unknownKey(key, fields, inner)
	})
}

// entries calls each with the entries of the mapping n. A key that is written twice is a problem and skipped.
func (d *decoder) entries(n *yaml.Node, path string, each func(key, value *yaml.Node, inner string)) {
	if n.Kind != yaml.MappingNode {
		d.problem(n, "%s is %s, but must be a mapping (key: value)", name(path), describe(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			d.problem(key, "%s has a key that is %s, but keys must be plain words", name(path), describe(key))
			continue
		}
		inner := clip(key.Value)
		if path != "" {
			inner = path + "." + inner
		}
		if key.Tag == "!!merge" {
			d.problem(key, "%s uses the merge key <<, which is not read here; write the keys out", name(path))
			continue
		}
		if first, twice := seen[key.Value]; twice {
			d.problem(key, "%s is written twice, first on line %d; keep one", inner, first)
			continue
		}
		seen[key.Value] = key.Line
		each(key, value, inner)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.problem(n, "%s is %s, but must be a list (- item)", name(path), describe(n))
		return
	}
	items := reflect.MakeSlice(v.Type(), 0, len(n.Content))
	for i, node := range n.Content {
		inner := fmt.Sprintf("%s[%d]", path, i)
		item := reflect.New(v.Type().Elem()).Elem()
		setDefaults(item)
		if isNull(node) && v.Type().Elem().Kind() != reflect.Interface {
			d.problem(node, "%s is empty; write a value or remove it", inner)
			continue
		}
		d.decode(node, item, inner)
		items = reflect.Append(items, item)
	}
	v.Set(items)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	m := reflect.MakeMap(v.Type())
	d.entries(n, path, func(key, value *yaml.Node, inner string) {
		item := reflect.New(v.Type().Elem()).Elem()
		setDefaults(item)
		d.lines[inner] = key.Line
		d.decode(value, item, inner)
		m.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
	v.Set(m)
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, path string) {
	if !d.scalar(n, path, "!!str", "text") {
		return
	}
	if n.Value == "" {
		d.problem(n, "%s is empty; write a value or remove it", path)
		return
	}
	if w, ok := v.Interface().(words); ok {
		known := w.known()
		for _, k := range known {
			if k == n.Value {
				v.SetString(n.Value)
				return
			}
		}
		d.problem(n, "%s is %q, but must be %s%s", path, n.Value, either(known), didYouMean(n.Value, known))
		return
	}
	v.SetString(n.Value)
}

func (d *decoder) duration(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.ScalarNode {
		if t, err := time.ParseDuration(n.Value); err == nil {
			v.SetInt(int64(t))
			return
		}
	}
	d.problem(n, "%s is %s, but must be a length of time such as 90s, 30m or 24h", path, describe(n))
}

// free decodes a value whose shape is not ours.
func (d *decoder) free(n *yaml.Node, v reflect.Value, path string) {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		d.mapping(n, target(&m), path)
		v.Set(reflect.ValueOf(m))
	case yaml.SequenceNode:
		var l []any
		d.list(n, target(&l), path)
		v.Set(reflect.ValueOf(l))
	default:
		var x any
		if err := n.Decode(&x); err != nil {
			d.problem(n, "%s is %s, which cannot be read: %v", path, describe(n), err)
			return
		}
		if _, ok := x.(time.Time); ok {
			x = n.Value // as JSON has it
		}
		if x != nil {
			v.Set(reflect.ValueOf(x))
		}
	}
}

// scalar says whether n is a scalar with the tag, and reports it otherwise.
func (d *decoder) scalar(n *yaml.Node, path, tag, want string) bool {
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == tag:
		return true
	case n.Kind == yaml.ScalarNode && tag == "!!str":
		d.problem(n, "%s is %s, but must be text; put it in quotes: %q", path, describe(n), n.Value)
	default:
		d.problem(n, "%s is %s, but must be %s", path, describe(n), want)
	}
	return false
}

func (d *decoder) unknownKey(key *yaml.Node, fields []field, path string) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	switch {
	case looksSecret(key.Value):
		refs := references(names)
		if refs == "" {
			refs = "a file or an environment variable, where the reference has a key for it"
		}
		d.problem(key, "%s would put a secret into this file; remove it and name %s instead", path, refs)
	case nearest.Word(key.Value, names) != "":
		d.problem(key, "%s is not a known key%s", path, didYouMean(key.Value, names))
	default:
		d.problem(key, "%s is not a known key; known here are %s", path, strings.Join(names, ", "))
	}
}

func didYouMean(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func either(known []string) string {
	last := len(known) - 1
	if last == 0 {
		return known[0]
	}
	return strings.Join(known[:last], ", ") + " or " + known[last]
}

// clip keeps a path readable when a key is not.
func clip(key string) string {
	if r := []rune(key); len(r) > 60 {
		return string(r[:60])
	}
	return key
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// name is what the value at path is called in a sentence.
func name(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// describe says what a node is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!str":
		return fmt.Sprintf("the text %q", n.Value)
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool":
		return "the truth value " + n.Value
	case "!!timestamp":
		return "the date " + n.Value
	case "!!null":
		return "empty"
	}
	return "a value of type " + n.Tag
}
