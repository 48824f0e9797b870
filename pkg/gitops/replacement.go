package gitops

import (
	"path"
	"strconv"
	"strings"
)

// replacements applies Kustomize's replacements:, inline or from files, as far as they copy whole fields.
func (o *overlay) replacements(dir string, k *located) {
	for _, entry := range k.list("replacements") {
		if file := entry.str("path"); file != "" {
			o.replacementFile(entry, path.Join(dir, file))
			continue
		}
		o.replace(entry)
	}
}

func (o *overlay) replacementFile(entry *located, file string) {
	src, file, ok := o.read(file, entry)
	if !ok {
		return
	}
	p, _ := o.parse(file, src)
	for _, doc := range p.docs {
		if doc.kind == listKind {
			for _, entry := range doc.items {
				o.replace(entry)
			}
			continue
		}
		o.replace(doc)
	}
}

func (o *overlay) replace(entry *located) {
	source := entry.get("source")
	if source == nil {
		return
	}
	var value *located
	for _, obj := range o.objects {
		if !selectsExactly(source, obj) {
			continue
		}
		fieldPath := source.str("fieldPath")
		if fieldPath == "" {
			fieldPath = "metadata.name"
		}
		if value = obj.root.get(fieldSteps(obj.root, fieldPath)...); value != nil {
			break
		}
	}
	if value == nil {
		if !o.unseen() {
			o.note(Refuse, entry.pos, "the replacement's source is not found: Kustomize refuses this")
		}
		return
	}
	for _, target := range entry.list("targets") {
		for _, obj := range o.objects {
			if !selects(target.get("select"), obj) || rejected(target, obj) {
				continue
			}
			for _, field := range target.list("fieldPaths") {
				o.replaceField(entry, source, value, target, obj, field)
			}
		}
	}
}

func rejected(target *located, obj *overlayObject) bool {
	for _, r := range target.list("reject") {
		if selects(r, obj) {
			return true
		}
	}
	return false
}

func (o *overlay) replaceField(entry, source, value, target *located, obj *overlayObject, field *located) {
	steps := fieldSteps(obj.root, field.text)
	if len(steps) == 0 {
		return
	}
	if source.str("options", "delimiter") != "" || target.str("options", "delimiter") != "" {
		o.note(Warn, entry.pos, "the replacement copies a part of a field into %s: parts are only seen in a build, not when reading", field.text)
		return
	}
	root := obj.root.copy()
	parent, last := root.get(steps[:len(steps)-1]...), steps[len(steps)-1]
	if parent == nil || (parent.get(last) == nil && !target.isTrue("options", "create")) {
		return
	}
	copied := *value
	copied.replacedBy = &replacementUse{entry: entry, source: value}
	if err := place(parent, last, "add", &copied); err != nil {
		return
	}
	if parent.kind == listKind {
		return // inserting is not what a replacement does; such fields never name a release
	}
	obj.root = root
}

// selectsExactly compares a replacement's source, whose names are literal.
func selectsExactly(source *located, obj *overlayObject) bool {
	for key, have := range map[string]string{"kind": obj.kind(), "name": obj.name(), "namespace": obj.root.str("metadata", "namespace")} {
		if want := source.str(key); want != "" && want != have {
			return false
		}
	}
	return true
}

// fieldSteps splits a fieldPath: dots separate, \. is a dot, [name=x] chooses a list item, quoted keys stand in brackets.
func fieldSteps(root *located, fieldPath string) []string {
	var steps []string
	for _, part := range splitFieldPath(fieldPath) {
		if strings.HasPrefix(part, "[") && strings.HasSuffix(part, "]") {
			key, want, ok := strings.Cut(part[1:len(part)-1], "=")
			if !ok {
				steps = append(steps, strings.Trim(key, `"'`))
				continue
			}
			index := "-1"
			for i, item := range root.list(steps...) {
				if item.str(key) == want {
					index = strconv.Itoa(i)
					break
				}
			}
			steps = append(steps, index)
			continue
		}
		steps = append(steps, part)
	}
	return steps
}

func splitFieldPath(s string) []string {
	var parts []string
	var part strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			part.WriteByte(s[i])
		case s[i] == '[':
			depth++
			part.WriteByte(s[i])
		case s[i] == ']':
			depth--
			part.WriteByte(s[i])
		case s[i] == '.' && depth <= 0:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(s[i])
		}
	}
	return append(parts, part.String())
}
