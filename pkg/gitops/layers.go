package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
)

// layersOf lists where HelmRelease/bigbang takes its values from, weakest first.
func (d *discovery) layersOf(e *Environment, o *overlay) {
	hr := o.umbrella()
	if hr == nil {
		return
	}
	for _, ref := range hr.root.list("spec", "valuesFrom") {
		e.Layers = append(e.Layers, d.layer(e, o, ref))
	}
	if values := hr.root.get("spec", "values"); values.isMapping() && len(values.keys) > 0 {
		l := ValuesLayer{Layer: render.Layer{Kind: "Inline", Found: true}, Position: values.pos, root: values}
		l.Values, _ = decode(values)
		e.Layers = append(e.Layers, l)
	}
}

// decode turns a located mapping into typed values by way of its text, so that `1.30` is what Helm would make of it.
func decode(l *located) (map[string]any, error) {
	m, _ := l.typed().(map[string]any)
	return m, nil
}

func (d *discovery) layer(e *Environment, o *overlay, ref *located) ValuesLayer {
	l := ValuesLayer{Layer: render.Layer{
		Kind: ref.str("kind"), Name: ref.str("name"), Key: ref.str("valuesKey"), Optional: ref.isTrue("optional"), TargetPath: ref.str("targetPath"),
	}}
	if l.Key == "" {
		l.Key = "values.yaml"
	}
	obj := o.find(l.Kind, l.Name)
	if obj == nil {
		l.Position = ref.pos
		l.Why = d.absent(e, o, l)
		return l
	}
	l.Found = true
	l.Position = obj.root.pos
	if obj.generator != nil {
		l.Generator = obj.generator.name + " at " + at(obj.generator.pos)
	}
	if obj.encrypted {
		l.Unreadable = "encrypted with SOPS"
		l.Position = encryptedAt(obj)
		return l
	}
	value := obj.root.get("data", l.Key)
	if l.Kind == "Secret" {
		if v := obj.root.get("stringData", l.Key); v != nil {
			value = v
		} else if value != nil && obj.generator == nil && !obj.standIn {
			value = decodeBase64(value)
		}
	}
	if missing := d.missingPatch(e, o, obj); missing != "" {
		l.Unreadable, l.Why = "file missing", missing
	}
	switch {
	case value == nil:
		l.Why = strings.TrimPrefix(l.Why+"; it has no key "+l.Key, "; ")
		if l.Unreadable == "" && obj.standIn {
			l.Unreadable = "the release's base/ was not read"
		}
		return l
	case strings.HasPrefix(value.text, "ENC["):
		l.Unreadable = "encrypted with SOPS"
		l.Position = value.pos
		return l
	}
	l.Position = value.pos
	if value.remote != nil && value.text == "" && l.Unreadable == "" {
		l.Why = "empty in base/, and nothing here fills it"
		if _, release := releaseOf(obj.remote.url.Ref); obj.standIn && !release {
			l.Unreadable, l.Why = "base/ not read", "base/ was not read, and nothing here fills it"
		}
	}
	if !value.whole && value.path != nil {
		l.Text = append(value.path[:len(value.path):len(value.path)], splice.Inner())
	}
	d.readValues(&l, value)
	return l
}

// readValues parses the text of a layer.
func (d *discovery) readValues(l *ValuesLayer, value *located) {
	if l.TargetPath != "" {
		return
	}
	values, why := render.ReadValues(value.text)
	if why != "" {
		l.Unreadable, l.Why = "not a YAML mapping", why
		return
	}
	l.Values = values
	p, _ := parseInner(value)
	if len(p.docs) > 0 {
		l.root = p.docs[0]
	}
}

// At finds a value of a readable layer and where it is written. The path may be given to splice for the file of the Position.
func (l ValuesLayer) At(steps ...string) (value string, pos Position, path splice.Path, ok bool) {
	v := l.root.get(steps...)
	if v == nil || v.kind != scalarKind || v.null {
		return "", Position{}, nil, false
	}
	return v.text, v.pos, v.path, true
}

// Where finds the line of a value of a readable layer, be it a scalar, a list or a mapping.
func (l ValuesLayer) Where(steps ...string) (Position, bool) {
	v := l.root.get(steps...)
	if v == nil {
		return Position{}, false
	}
	return v.pos, true
}

// encryptedAt is the encrypted file: the object's own, or that of the last patch.
func encryptedAt(obj *overlayObject) Position {
	if sops := obj.root.get("sops"); sops != nil {
		return Position{File: sops.pos.File}
	}
	return obj.root.pos
}

// absent explains a layer whose object the repository does not hold.
func (d *discovery) absent(e *Environment, o *overlay, l ValuesLayer) string {
	if near := d.missingResource(e, l.Name); near != "" {
		return near
	}
	switch {
	case l.Optional:
		return "optional; the cluster may supply it"
	case o.unseen() && !slices.ContainsFunc(o.remote, func(r *remoteUse) bool { return r.bigBang }):
		return "a remote base that was not read may hold it"
	case len(e.Missing) > 0:
		return "not in the repository; a missing file may hold it"
	default:
		return "not in the repository; the cluster must supply it"
	}
}

// missingResource finds a missing file that, by the plain sample beside it, holds the object of that name.
func (d *discovery) missingResource(e *Environment, name string) string {
	for _, m := range e.Missing {
		if sample, ok := d.sample(m.Path); ok {
			if src, ok := d.tree.Read(sample); ok {
				p, _ := parseFile(sample, src)
				for _, doc := range p.docs {
					if doc.str("metadata", "name") == name {
						return fmt.Sprintf("%s is missing; its plain sample %s holds this object", m.Path, path.Base(sample))
					}
				}
			}
		}
		if strings.Contains(path.Base(m.Path), name) {
			return fmt.Sprintf("%s is missing and by its name holds this object", m.Path)
		}
	}
	return ""
}

// sample is the unencrypted file beside a missing one: x.enc.yaml -> x.yaml.
func (d *discovery) sample(file string) (string, bool) {
	plain := strings.Replace(file, ".enc.", ".", 1)
	_, ok := d.tree.Read(plain)
	return plain, ok && plain != file
}

// missingPatch tells that a patch which is missing may carry the contents of an object.
func (d *discovery) missingPatch(e *Environment, o *overlay, obj *overlayObject) string {
	if obj.kind() != "Secret" {
		return ""
	}
	if near := d.missingResource(e, obj.name()); near != "" {
		return near
	}
	for _, m := range e.Missing {
		if strings.Contains(m.Path, "secret") || strings.Contains(m.Path, ".enc.") {
			return m.Path + " is missing and may hold it"
		}
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
