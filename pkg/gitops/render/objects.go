package render

import (
	"bytes"
	"errors"
	"fmt"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// Objects is a list of objects in the order they would be applied.
type Objects []Object

// Find returns the first object of the kind and name. namespace "" means any.
func (s Objects) Find(kind, namespace, name string) (Object, bool) {
	for _, o := range s {
		if o.Kind() == kind && o.Name() == name && (namespace == "" || o.Namespace() == namespace) {
			return o, true
		}
	}
	return nil, false
}

// Kind returns the objects of one kind, in order.
func (s Objects) Kind(kind string) Objects {
	var out Objects
	for _, o := range s {
		if o.Kind() == kind {
			out = append(out, o)
		}
	}
	return out
}

// IDs lists the objects' names, in order.
func (s Objects) IDs() []ID {
	ids := make([]ID, len(s))
	for i, o := range s {
		ids[i] = o.ID()
	}
	return ids
}

// Copy is a deep copy.
func (s Objects) Copy() Objects {
	if s == nil {
		return nil
	}
	out := make(Objects, len(s))
	for i, o := range s {
		out[i] = o.Copy()
	}
	return out
}

// weight is about how many bytes the objects occupy in memory.
func (s Objects) weight() int {
	n := 0
	for _, o := range s {
		n += weight(map[string]any(o))
	}
	return n
}

// YAML writes the objects as a YAML stream, keys sorted.
func (s Objects) YAML() []byte {
	var b bytes.Buffer
	for i, o := range s {
		if i > 0 {
			b.WriteString("---\n")
		}
		doc, err := yaml.Marshal(map[string]any(o))
		if err != nil {
			// It goes by way of JSON that is read as YAML, in which no key may have more than 1,024 characters. Everything else of decoded JSON can be written.
			doc, err = yamlv3.Marshal(map[string]any(o))
		}
		if err != nil {
			fmt.Fprintf(&b, "# %s cannot be written: %v\n", o.ID(), err)
			continue
		}
		b.Write(doc)
	}
	return b.Bytes()
}

// ParseObjects reads a YAML stream. Empty documents are skipped and a List is opened into its items. An error names the document, counted from 1.
func ParseObjects(yamlStream []byte) (Objects, error) {
	var out Objects
	for i, doc := range splitDocuments(yamlStream) {
		v, err := decodeYAML(doc)
		if err != nil {
			return nil, fmt.Errorf("read YAML document %d: %w", i+1, err)
		}
		if v == nil {
			continue
		}
		if out, err = appendObject(out, v); err != nil {
			return nil, fmt.Errorf("read YAML document %d: %w", i+1, err)
		}
	}
	return out, nil
}

// appendObject adds an object, or the items of a List.
func appendObject(to Objects, v any) (Objects, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it holds a %T and not an object", v)
	}
	o := Object(m)
	if o.Kind() == "" || o.APIVersion() == "" {
		return nil, errors.New("it has no apiVersion and kind, so it is no Kubernetes object")
	}
	items, isList := o["items"].([]any)
	if !isList || o.Kind() != "List" {
		return append(to, o), nil
	}
	for n, item := range items {
		var err error
		if to, err = appendObject(to, item); err != nil {
			return nil, fmt.Errorf("item %d of the List: %w", n, err)
		}
	}
	return to, nil
}

// splitDocuments cuts a stream at its "---" lines. It does not look inside block scalars, because a line that starts with "---" in column 0 ends
// any scalar.
func splitDocuments(stream []byte) [][]byte {
	var docs [][]byte
	start := 0
	for at := 0; at < len(stream); {
		end := bytes.IndexByte(stream[at:], '\n')
		next := len(stream)
		if end >= 0 {
			next = at + end + 1
		}
		line := bytes.TrimRight(stream[at:next], "\r\n")
		if bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || line[3] == ' ' || line[3] == '\t') {
			docs = append(docs, stream[start:at])
			// "--- {a: 1}" carries content behind the marker.
			start = at + 3
		}
		at = next
	}
	return append(docs, stream[start:])
}
