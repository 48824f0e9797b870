package gitops

import (
	"encoding/base64"

	"sigs.k8s.io/yaml"
)

// typed decodes into what Flux and Helm would see: plain scalars by YAML's rules, everything else as text.
func (l *located) typed() any {
	switch {
	case l == nil || l.null:
		return nil
	case l.kind == mappingKind:
		m := make(map[string]any, len(l.fields))
		for k, v := range l.fields {
			m[k] = v.typed()
		}
		return m
	case l.kind == listKind:
		s := make([]any, len(l.items))
		for i, v := range l.items {
			s[i] = v.typed()
		}
		return s
	case !l.plain:
		return l.text
	}
	var v any
	if err := yaml.Unmarshal([]byte(l.text), &v); err != nil {
		return l.text
	}
	switch v.(type) {
	case map[string]any, []any:
		return l.text
	}
	return v
}

// decodeBase64 gives the text behind data: of a Secret. It can be read, and not be edited by position.
func decodeBase64(v *located) *located {
	text, err := base64.StdEncoding.DecodeString(v.text)
	if err != nil {
		return v
	}
	d := *v
	d.text, d.path, d.block = string(text), nil, false
	return &d
}
