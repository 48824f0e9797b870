package gitops

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// patchSource is one patch of a Kustomization before it is known what it touches.
type patchSource struct {
	entry  *located // the list entry
	target *located // selector; nil = the patch names its object itself
	text   *located // scalar that holds the patch inline; nil for a file
	file   string
	docs   []*located
}

// patchEntries applies patchesStrategicMerge, patches and patchesJson6902, in Kustomize's order, then namespace, names and replacements.
func (o *overlay) patchEntries(dir string, k *located) {
	for _, entry := range k.list("patchesStrategicMerge") {
		o.patch(o.readPatch(dir, entry, entry, nil))
	}
	for _, entry := range k.list("patches") {
		text := entry.get("patch")
		if file := entry.get("path"); file != nil && entry.str("path") != "" {
			o.patch(o.readPatch(dir, entry, file, entry.get("target")))
			continue
		}
		if text != nil {
			o.patch(o.readPatch(dir, entry, text, entry.get("target")))
		}
	}
	o.rename(k)
	for _, entry := range k.list("patchesJson6902") {
		text := entry.get("patch")
		if entry.str("path") != "" {
			text = entry.get("path")
		}
		if text != nil {
			o.patch(o.readPatch(dir, entry, text, entry.get("target")))
		}
	}
	o.replacements(dir, k)
}

// readPatch reads a patch that is either inline text or the path of a file.
func (o *overlay) readPatch(dir string, entry, text, target *located) *patchSource {
	src := &patchSource{entry: entry, target: target}
	if text.kind != scalarKind {
		return nil
	}
	if entry.get("patch") != text && !strings.ContainsAny(text.text, "\n:{[") {
		src.file = path.Join(dir, text.text)
		content, file, ok := o.read(src.file, text)
		if !ok {
			return nil
		}
		p, _ := o.parse(file, content)
		src.file, src.docs = file, p.docs
		return src
	}
	src.text = text
	p, err := parseInner(text)
	o.patchTrouble(p, err, text.pos)
	src.docs = p.docs
	return src
}

func (o *overlay) patchTrouble(p parsed, err error, pos Position) {
	for _, at := range p.duplicates {
		o.note(Refuse, at, "a key occurs twice in one mapping: Kustomize refuses the patch")
	}
	if err != nil {
		o.note(Refuse, pos, "the patch is not YAML: %v", err)
	}
}

// patch applies one patch to every object that it selects.
func (o *overlay) patch(src *patchSource) {
	if src == nil {
		return
	}
	for _, doc := range src.docs {
		switch {
		case doc.kind == listKind:
			for _, obj := range o.selected(src.target, nil) {
				o.notePatch(src, obj, doc)
				o.recordOperations(obj, doc)
				root, err := applyJSON6902(obj.root, doc)
				if err != nil {
					if !obj.standIn {
						o.note(Refuse, src.entry.pos, "the JSON6902 patch does not apply to %s: %v", obj.id(), err)
					}
					continue
				}
				obj.root = root
			}
		case doc.kind == mappingKind:
			for _, obj := range o.selected(src.target, doc) {
				o.notePatch(src, obj, doc)
				o.record(obj, doc, "patch")
				root := mergePatch(obj.root, doc)
				if root == nil {
					o.objects = slices.DeleteFunc(o.objects, func(x *overlayObject) bool { return x == obj })
					continue
				}
				if src.target != nil {
					keepIdentity(root, obj.root)
				}
				obj.encrypted = obj.encrypted || isEncrypted(doc)
				obj.root = root
			}
		}
	}
}

// keepIdentity puts apiVersion, kind and metadata.name back: with a target, Kustomize ignores those of the patch.
func keepIdentity(root, old *located) {
	for _, key := range []string{"apiVersion", "kind"} {
		if v := old.get(key); v != nil {
			root.set(key, v)
		}
	}
	if name := old.get("metadata", "name"); name != nil && root.get("metadata").isMapping() {
		root.get("metadata").set("name", name)
	}
}

// selected are the objects that a target selects, or, without one, the object that the patch itself names.
func (o *overlay) selected(target, patch *located) []*overlayObject {
	var found []*overlayObject
	for _, obj := range o.objects {
		if target.isMapping() {
			if selects(target, obj) {
				found = append(found, obj)
			}
			continue
		}
		if patch == nil || patch.str("kind") != obj.kind() || patch.str("metadata", "name") != obj.name() {
			continue
		}
		if ns, own := patch.str("metadata", "namespace"), obj.root.str("metadata", "namespace"); ns != "" && own != "" && ns != own {
			continue
		}
		want, have := patch.str("apiVersion"), obj.root.str("apiVersion")
		if !obj.standIn && want != "" && have != "" && want != have {
			o.note(Refuse, patch.pos, "the patch is for %s %s but the object is %s: Kustomize finds no match and refuses", want, obj.kind(), have)
			continue
		}
		found = append(found, obj)
	}
	return found
}

// selects tells whether a Kustomize selector chooses an object. Kinds and names are anchored regular expressions.
func selects(target *located, obj *overlayObject) bool {
	group, version, ok := strings.Cut(obj.root.str("apiVersion"), "/")
	if !ok {
		group, version = "", group
	}
	for key, have := range map[string]string{"kind": obj.kind(), "name": obj.name(), "namespace": obj.root.str("metadata", "namespace")} {
		if want := target.str(key); want != "" && !anchored(want, have) {
			return false
		}
	}
	if !obj.standIn {
		if want := target.str("group"); want != "" && !anchored(want, group) {
			return false
		}
		if want := target.str("version"); want != "" && !anchored(want, version) {
			return false
		}
	}
	return labelsMatch(target.str("labelSelector"), obj.root.get("metadata", "labels")) &&
		labelsMatch(target.str("annotationSelector"), obj.root.get("metadata", "annotations"))
}

func anchored(pattern, text string) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && re.MatchString(text)
}

// labelsMatch reads the equality forms of a selector; a set-based one matches nothing here.
func labelsMatch(selector string, labels *located) bool {
	if selector == "" {
		return true
	}
	for _, part := range strings.Split(selector, ",") {
		key, want, ok := strings.Cut(strings.Replace(part, "==", "=", 1), "=")
		not := strings.HasSuffix(key, "!")
		key = strings.TrimSpace(strings.TrimSuffix(key, "!"))
		v := labels.get(key)
		switch {
		case !ok && v == nil:
			return false
		case ok && not == (v != nil && v.text == strings.TrimSpace(want)):
			return false
		}
	}
	return true
}

// rename applies namespace:, namePrefix: and nameSuffix:.
func (o *overlay) rename(k *located) {
	namespace, prefix, suffix := k.get("namespace"), k.str("namePrefix"), k.str("nameSuffix")
	if namespace == nil && prefix == "" && suffix == "" {
		return
	}
	for _, obj := range o.objects {
		meta := obj.root.get("metadata")
		if !meta.isMapping() {
			continue
		}
		root := obj.root.copy()
		if namespace != nil && !clusterScoped[obj.kind()] {
			root.get("metadata").set("namespace", namespace)
		}
		if name := meta.get("name"); name != nil && prefix+suffix != "" && obj.kind() != "Namespace" {
			renamed := *name
			renamed.text = prefix + name.text + suffix
			root.get("metadata").set("name", &renamed)
		}
		obj.root = root
	}
}

var clusterScoped = map[string]bool{
	"Namespace": true, "ClusterRole": true, "ClusterRoleBinding": true, "CustomResourceDefinition": true, "StorageClass": true,
	"PersistentVolume": true, "PriorityClass": true, "ClusterPolicy": true,
}
