package gitops

import (
	"strings"
)

// isUmbrella tells the HelmRelease that deploys Big Bang.
func isUmbrella(obj *overlayObject) bool {
	return obj.kind() == "HelmRelease" && (obj.name() == "bigbang" || obj.root.str("spec", "chart", "spec", "chart") == "bigbang")
}

// isUmbrellaSource tells the GitRepository that holds Big Bang.
func isUmbrellaSource(obj *overlayObject) bool {
	return obj.kind() == "GitRepository" && (obj.name() == "bigbang" || isBigBangRepository(obj.root.str("spec", "url")))
}

// referenceFields of a GitRepository, strongest first: Flux takes the first that is set. Reference words are those of ReleasePlaces.
var referenceFields = []struct{ field, word string }{
	{"commit", "commit"}, {"name", "branch"}, {"semver", "semver"}, {"tag", "tag"}, {"branch", "branch"},
}

// record notes every text below from that says which release an object deploys.
func (o *overlay) record(obj *overlayObject, from *located, how string) {
	switch {
	case isUmbrella(obj):
		o.write(ChartVersion, "spec.chart.spec.version", from.get("spec", "chart", "spec", "version"), how)
	case isUmbrellaSource(obj):
		for _, f := range referenceFields {
			o.write(GitTag, "spec.ref."+f.field, from.get("spec", "ref", f.field), how)
		}
	}
}

// recordOperations is record for the operations of a JSON6902 patch.
func (o *overlay) recordOperations(obj *overlayObject, ops *located) {
	for _, op := range ops.items {
		if verb := op.str("op"); verb != "add" && verb != "replace" {
			continue
		}
		steps := pointerSteps(op.str("path"))
		value := op.get("value")
		for _, s := range [][]string{{"spec", "chart", "spec", "version"}, {"spec", "ref"}} {
			if len(steps) > len(s) && s[len(s)-1] != "ref" || value == nil {
				continue
			}
			if !isPrefix(steps, s) && !isPrefix(s, steps) {
				continue
			}
			// The operation writes at, above or (for spec.ref) one below the field: rebuild the value as if it were a merge patch.
			from := value
			for i := len(steps) - 1; i >= 0; i-- {
				wrapped := &located{pos: op.pos, kind: mappingKind}
				wrapped.set(steps[i], from)
				from = wrapped
			}
			o.record(obj, from, "JSON6902 patch")
			break
		}
	}
}

func isPrefix(short, long []string) bool {
	return len(short) <= len(long) && strings.Join(long[:len(short)], "\x00") == strings.Join(short, "\x00")
}

func (o *overlay) write(kind PlaceKind, field string, value *located, how string) {
	if value == nil || value.kind != scalarKind || value.null || value.text == "" {
		return
	}
	for _, w := range o.writes {
		if w.value == value {
			return
		}
	}
	o.writes = append(o.writes, write{kind: kind, field: field, value: value, how: how})
}

// notePatch remembers an entry of the environment's own Kustomization that touches the umbrella.
func (o *overlay) notePatch(src *patchSource, obj *overlayObject, doc *located) {
	if !isUmbrella(obj) || len(o.using) == 0 || o.using[len(o.using)-1] != o.dir {
		return
	}
	entry := PatchEntry{Position: src.entry.pos}
	if doc.kind == listKind {
		entry.Form = "json6902"
		for _, op := range doc.items {
			if steps := pointerSteps(op.str("path")); len(steps) > 1 && op.str("op") != "test" {
				entry.touch(strings.Join(steps[:2], "/"))
			}
		}
	} else {
		entry.Form = "merge"
		if spec := doc.get("spec"); spec.isMapping() {
			for _, key := range spec.keys {
				entry.touch("spec/" + key)
			}
		}
	}
	if src.file != "" {
		entry.Form += ", " + src.file
	} else {
		entry.Form += ", inline"
	}
	o.patches = append(o.patches, entry)
}

func (e *PatchEntry) touch(field string) {
	field = strings.TrimPrefix(field, "spec/")
	for _, t := range e.Touches {
		if t == field {
			return
		}
	}
	e.Touches = append(e.Touches, field)
}
