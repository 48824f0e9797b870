package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Object is one Kubernetes object as decoded JSON: map[string]any, []any, string, int64, float64, bool, nil.
type Object map[string]any

// ID names an object on a cluster. Version is left out on purpose: v1 and v1beta1 of a kind are the same object. Namespace is what the
// object itself says, "" where it says nothing.
type ID struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// String is "HelmRelease bigbang/istiod" or "Namespace monitoring".
func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + " " + id.Name
	}
	return id.Kind + " " + id.Namespace + "/" + id.Name
}

// Compare orders by group, kind, namespace and name.
func (id ID) Compare(other ID) int {
	for _, pair := range [][2]string{{id.Group, other.Group}, {id.Kind, other.Kind}, {id.Namespace, other.Namespace}} {
		if c := strings.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return strings.Compare(id.Name, other.Name)
}

// APIVersion is "group/version", or "v1" for the core group.
func (o Object) APIVersion() string { return o.text("apiVersion") }

// Kind is the object's kind.
func (o Object) Kind() string { return o.text("kind") }

// Name is metadata.name.
func (o Object) Name() string { return o.text("metadata", "name") }

// Namespace is metadata.namespace, "" when the object does not say.
func (o Object) Namespace() string { return o.text("metadata", "namespace") }

// Labels are metadata.labels; nil when there are none.
func (o Object) Labels() map[string]string { return stringMap(o.Get("metadata", "labels")) }

// Annotations are metadata.annotations; nil when there are none.
func (o Object) Annotations() map[string]string { return stringMap(o.Get("metadata", "annotations")) }

// ID names the object.
func (o Object) ID() ID {
	group, _, found := strings.Cut(o.APIVersion(), "/")
	if !found {
		group = ""
	}
	return ID{Group: group, Kind: o.Kind(), Namespace: o.Namespace(), Name: o.Name()}
}

// Get walks down the object. Numeric steps index lists. It gives nil when something on the way is absent.
func (o Object) Get(path ...string) any {
	var at any = map[string]any(o)
	for _, step := range path {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// Copy is a deep copy.
func (o Object) Copy() Object {
	if o == nil {
		return nil
	}
	return copyValue(map[string]any(o)).(map[string]any)
}

func (o Object) text(path ...string) string {
	s, _ := o.Get(path...).(string)
	return s
}

func stringMap(v any) map[string]string {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		switch s := v.(type) {
		case string:
			out[k] = s
		case nil:
			out[k] = ""
		default:
			out[k] = fmt.Sprint(s)
		}
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyValue(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyValue(e)
		}
		return out
	default:
		return v
	}
}

// weight is about how many bytes a value occupies in memory.
func weight(v any) int {
	const word = 8
	n := 2 * word
	switch v := v.(type) {
	case map[string]any:
		n += 6 * word
		for k, e := range v {
			n += 2*word + len(k) + weight(e)
		}
	case []any:
		n += 3 * word
		for _, e := range v {
			n += weight(e)
		}
	case string:
		n += 2*word + len(v)
	}
	return n
}

// decodeYAML reads one YAML document as JSON values; whole numbers become int64.
func decodeYAML(doc []byte) (any, error) {
	asJSON, err := yaml.YAMLToJSON(doc)
	if err != nil {
		return nil, err
	}
	return decodeJSON(asJSON)
}

func decodeJSON(asJSON []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(asJSON))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return plainNumbers(v), nil
}

// plainNumbers turns json.Number into int64 where it is whole and fits, else float64, in place.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = plainNumbers(e)
		}
		return v
	case []any:
		for i, e := range v {
			v[i] = plainNumbers(e)
		}
		return v
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	default:
		return v
	}
}
