package render

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// Layer is one source of a HelmRelease's values. Kind is ConfigMap, Secret or Inline. Unreadable says why its values are not known although it is
// there; "" means readable. Numbers in Values are float64, as Helm's templates see them.
type Layer struct {
	Kind       string         `json:"kind"`
	Name       string         `json:"name,omitempty"`
	Key        string         `json:"key,omitempty"`
	Optional   bool           `json:"optional,omitempty"`
	Found      bool           `json:"found"`
	Unreadable string         `json:"unreadable,omitempty"`
	TargetPath string         `json:"targetPath,omitempty"`
	Values     map[string]any `json:"-"`

	raw string // with TargetPath: the text of the key
}

// String names the layer and never its values, which may be secret.
func (l Layer) String() string {
	s := l.Kind
	if l.Name != "" {
		s += " " + l.Name + " (" + l.Key + ")"
	}
	switch {
	case !l.Found:
		s += ", not found"
	case l.Unreadable != "":
		s += ", " + l.Unreadable
	}
	return s
}

// Encrypted is the reason of layers that hold SOPS-encrypted values.
const Encrypted = "encrypted with SOPS"

// Readable tells whether the layer's values are known.
func (l Layer) Readable() bool { return l.Found && l.Unreadable == "" }

// Layers lists where the values of a HelmRelease come from, weakest first: spec.valuesFrom in order, then spec.values. objs are searched in the
// HelmRelease's namespace; objects that name none are taken to be in it.
func Layers(objs Objects, helmRelease Object) ([]Layer, error) {
	var layers []Layer
	refs, ok := helmRelease.Get("spec", "valuesFrom").([]any)
	if v := helmRelease.Get("spec", "valuesFrom"); v != nil && !ok {
		return nil, fmt.Errorf("read the values of %s: spec.valuesFrom is a %T and not a list", helmRelease.ID(), v)
	}
	for i, entry := range refs {
		ref, _ := entry.(map[string]any)
		l := Layer{Kind: text(ref, "kind"), Name: text(ref, "name"), Key: text(ref, "valuesKey"), TargetPath: text(ref, "targetPath")}
		l.Optional, _ = ref["optional"].(bool)
		if l.Key == "" {
			l.Key = "values.yaml"
		}
		if l.Kind != "ConfigMap" && l.Kind != "Secret" {
			return nil, fmt.Errorf("read the values of %s: spec.valuesFrom[%d] is of kind %q; Flux knows ConfigMap and Secret", helmRelease.ID(), i, l.Kind)
		}
		l.read(objs, helmRelease.Namespace())
		layers = append(layers, l)
	}
	if inline := helmRelease.Get("spec", "values"); inline != nil {
		values, ok := inline.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("read the values of %s: spec.values is a %T and not a mapping", helmRelease.ID(), inline)
		}
		asHelm, err := helmValues(values)
		if err != nil {
			return nil, fmt.Errorf("read the values of %s: spec.values: %w", helmRelease.ID(), err)
		}
		layers = append(layers, Layer{Kind: "Inline", Found: true, Values: asHelm})
	}
	return layers, nil
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// helmValues gives values the number type that Helm has: float64 throughout.
func helmValues(values map[string]any) (map[string]any, error) {
	asJSON, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(asJSON, &out); err != nil {
		return nil, err
	}
	return out, nil
}

func (l *Layer) read(objs Objects, namespace string) {
	var found Object
	for _, o := range objs {
		if o.Kind() == l.Kind && o.Name() == l.Name && (o.Namespace() == namespace || o.Namespace() == "" || namespace == "") {
			found = o
			break
		}
	}
	if found == nil {
		return
	}
	if found["sops"] != nil {
		l.Found, l.Unreadable = true, Encrypted
		return
	}
	content, has, why := dataKey(found, l.Key)
	if !has {
		return
	}
	l.Found = true
	switch {
	case why != "":
		l.Unreadable = why
	case strings.HasPrefix(content, "ENC["):
		l.Unreadable = Encrypted
	case l.TargetPath != "":
		l.raw = content
	default:
		values, why := ReadValues(content)
		if why != "" {
			l.Unreadable = "not a YAML mapping: " + why
			return
		}
		if _, encrypted := values["sops"].(map[string]any); encrypted && strings.Contains(content, "ENC[") {
			l.Unreadable = Encrypted
			return
		}
		l.Values = values
	}
}

// lfsPointer begins every pointer that Git LFS commits in place of a file (git-lfs, docs/spec.md).
const lfsPointer = "version https://git-lfs.github.com/spec/"

// ReadValues reads the text of a values layer. Where it is no mapping, why says so in words that never quote the text, which may be a Secret's.
func ReadValues(text string) (values map[string]any, why string) {
	if strings.HasPrefix(text, lfsPointer) {
		return nil, "it is a pointer of Git LFS, which Flux would take for the values"
	}
	values, err := chartutil.ReadValues([]byte(text))
	if err == nil {
		return values, ""
	}
	var other any
	if yaml.Unmarshal([]byte(text), &other) != nil {
		return nil, oneLine(strings.TrimPrefix(err.Error(), "error converting YAML to JSON: yaml: "))
	}
	if _, list := other.([]any); list {
		return nil, "it is a list"
	}
	return nil, "it is a single value"
}

// dataKey reads one key as the API server would store it: stringData wins over data, and a Secret's data is base64.
func dataKey(o Object, key string) (content string, has bool, unreadable string) {
	if o.Kind() == "Secret" {
		if s, ok := o.Get("stringData", key).(string); ok {
			return s, true, ""
		}
	}
	data, _ := o.Get("data").(map[string]any)
	v, has := data[key]
	if !has {
		return "", false, ""
	}
	s, ok := v.(string)
	if !ok && v != nil {
		return "", true, fmt.Sprintf("its key %s is a %T and not text", key, v)
	}
	if o.Kind() != "Secret" || strings.HasPrefix(s, "ENC[") {
		return s, true, ""
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return "", true, "its key " + key + " is not base64"
	}
	return string(decoded), true, ""
}

// Merge composes the readable layers as helm-controller does: mappings are merged, anything else is replaced, and null stays for Helm, which deletes the
// chart's default with it. A layer with a target path sets that one value; there the order is Flux's own: the inline values are merged
// before it and once more at the end.
func Merge(layers []Layer) map[string]any {
	inline := map[string]any{}
	for _, l := range layers {
		if l.Kind == "Inline" {
			inline = copyValue(l.Values).(map[string]any)
		}
	}
	result := map[string]any{}
	for _, l := range layers {
		if l.Kind == "Inline" || !l.Readable() {
			continue
		}
		if l.TargetPath != "" {
			result = mergeMaps(result, inline)
			setPath(result, l.TargetPath, l.raw)
			continue
		}
		if l.Values != nil {
			result = mergeMaps(result, copyValue(l.Values).(map[string]any))
		}
	}
	return copyValue(mergeMaps(result, inline)).(map[string]any)
}

// mergeMaps shares sub-maps with its arguments, as Flux's does: setPath after it can therefore reach into the inline values.
func mergeMaps(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		if over, ok := v.(map[string]any); ok {
			if under, ok := out[k].(map[string]any); ok {
				out[k] = mergeMaps(under, over)
				continue
			}
		}
		out[k] = v
	}
	return out
}

// setPath sets one value with Helm's --set grammar; quoted text stays a string. A value that the grammar refuses is left out, as Flux would refuse the
// whole release.
func setPath(values map[string]any, path, value string) {
	for _, quote := range []string{"'", `"`} {
		if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			_ = strvals.ParseIntoString(path+"="+strings.Trim(value, `'"`), values)
			return
		}
	}
	_ = strvals.ParseInto(path+"="+value, values)
}
