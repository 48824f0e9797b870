package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// kustomizationNames are the file names that Kustomize accepts.
var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// kustomizationFile finds the Kustomization of a folder.
func kustomizationFile(t tree.Tree, dir string) (string, bool) {
	for _, name := range kustomizationNames {
		file := path.Join(dir, name)
		if _, ok := t.Read(file); ok {
			return file, true
		}
	}
	return "", false
}

// generated says which generator made an object, or changed it.
type generated struct {
	name string // configMapGenerator or secretGenerator
	pos  Position
}

// overlayObject is one object of a Kustomization as far as it could be followed.
type overlayObject struct {
	root      *located
	generator *generated
	encrypted bool
	// remote is the remote base that the object comes from; standIn: its base was not read.
	remote  *remoteUse
	standIn bool
}

func (o *overlayObject) kind() string { return o.root.str("kind") }
func (o *overlayObject) name() string { return o.root.str("metadata", "name") }
func (o *overlayObject) id() render.ID {
	group, _, ok := strings.Cut(o.root.str("apiVersion"), "/")
	if !ok {
		group = ""
	}
	return render.ID{Group: group, Kind: o.kind(), Namespace: o.root.str("metadata", "namespace"), Name: o.name()}
}

// write is one text that set a field which says which release is deployed, whether or not it was overwritten later.
type write struct {
	kind  PlaceKind
	field string
	value *located
	how   string
}

// overlay follows one folder's Kustomization to the end, in Kustomize's own order.
type overlay struct {
	tree    tree.Tree
	remotes render.Remotes

	dir     string
	file    string
	objects []*overlayObject
	bases   []string // folders below dir, in the order built
	using   []string // folders visited now, to find cycles
	remote  []*remoteUse
	writes  []write
	patches []PatchEntry
	notes   []Note
	lacking []Note // entries that name nothing in the repository
}

// follow reads the Kustomization in dir.
func follow(t tree.Tree, dir string, remotes render.Remotes) *overlay {
	o := &overlay{tree: t, remotes: remotes, dir: dir}
	o.file, _ = kustomizationFile(t, dir)
	o.folder(dir, nil)
	return o
}

func (o *overlay) note(level Level, pos Position, format string, args ...any) {
	n := Note{Level: level, Position: pos, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(o.notes, n) {
		o.notes = append(o.notes, n)
	}
}

// folder adds the objects of one Kustomization to o.objects. from is the entry that led here.
func (o *overlay) folder(dir string, from *located) {
	if slices.Contains(o.using, dir) {
		o.note(Refuse, from.pos, "%s leads back to itself: Kustomize refuses a cycle", dir)
		return
	}
	file, ok := kustomizationFile(o.tree, dir)
	if !ok {
		return
	}
	if len(o.using) > 60 {
		o.note(Refuse, from.pos, "the Kustomizations nest deeper than 60 folders")
		return
	}
	o.using = append(o.using, dir)
	defer func() { o.using = o.using[:len(o.using)-1] }()
	k, ok := o.document(file)
	if !ok {
		return
	}
	if dir != o.dir && !slices.Contains(o.bases, dir) {
		o.bases = append(o.bases, dir)
	}
	component := k.str("kind") == "Component"
	var outer []*overlayObject
	if !component {
		outer, o.objects = o.objects, nil
	}
	for _, key := range []string{"resources", "bases", "components"} {
		for _, entry := range k.list(key) {
			o.resource(dir, entry)
		}
	}
	o.generators(dir, k, "configMapGenerator", "ConfigMap")
	o.generators(dir, k, "secretGenerator", "Secret")
	o.patchEntries(dir, k)
	for _, key := range []string{"generators", "transformers"} {
		if entries := k.list(key); len(entries) > 0 {
			o.note(Info, entries[0].pos, "%s: of a Kustomization are only seen in a build, not when reading", key)
		}
	}
	if !component {
		o.objects = append(outer, o.objects...)
	}
}

// document reads the single document of a Kustomization or patch file.
func (o *overlay) document(file string) (*located, bool) {
	src, ok := o.tree.Read(file)
	if !ok {
		return nil, false
	}
	p, err := o.parse(file, src)
	if err != nil {
		return nil, false
	}
	if len(p.docs) == 0 || !p.docs[0].isMapping() {
		o.note(Refuse, Position{File: file}, "not a Kustomization: it holds no mapping")
		return nil, false
	}
	return p.docs[0], true
}

// parse reads a file's documents and notes what Kustomize would not take.
func (o *overlay) parse(file string, src []byte) (parsed, error) {
	p, err := parseFile(file, src)
	for _, at := range p.duplicates {
		o.note(Refuse, at, "a key occurs twice in one mapping: Kustomize refuses the file")
	}
	if err != nil {
		o.note(Refuse, Position{File: file}, "not YAML: %v", err)
	}
	return p, err
}

// read gives a file's bytes and where they really lie. entry is what named it. What is missing is for render.Missing to list.
func (o *overlay) read(file string, entry *located) ([]byte, string, bool) {
	real, ok := o.unlink(file)
	if !ok {
		o.note(Refuse, entry.pos, "%s is a symbolic link that leads nowhere inside the repository", file)
		return nil, "", false
	}
	if src, ok := o.tree.Read(real); ok {
		return src, real, true
	}
	if _, exists := o.tree.Mode(real); exists {
		o.note(Refuse, entry.pos, "%s cannot be read as a file", file)
	}
	return nil, "", false
}

// unlink follows symbolic links, so that what they mean is read, and refuses each: Flux's source-controller leaves links out of its artifacts.
func (o *overlay) unlink(name string) (string, bool) {
	real, through, ok := o.tree.Resolve(name)
	for _, link := range through {
		target, _ := o.tree.LinkTarget(link)
		o.note(Refuse, Position{File: link}, "a symbolic link to %s: Flux leaves links out of what it fetches, so Kustomize would not find it; put the file or folder itself there, or name %s", target, target)
	}
	return real, ok
}

// resource follows one entry of resources:, bases: or components:.
func (o *overlay) resource(dir string, entry *located) {
	if entry.kind != scalarKind || entry.text == "" {
		return
	}
	target := path.Join(dir, entry.text)
	real, ok := o.unlink(target)
	_, exists := o.tree.Mode(real)
	switch {
	case ok && exists:
		o.manifests(target, entry)
	case ok && (o.tree.HasDir(real) || real == "."):
		if _, ok := kustomizationFile(o.tree, real); !ok {
			o.note(Refuse, entry.pos, "the folder %s has no Kustomization: Kustomize refuses it", target)
			return
		}
		o.folder(real, entry)
	default:
		if url, ok := render.ParseRemote(entry.text); ok {
			o.remoteBase(entry, url)
			return
		}
		if strings.HasPrefix(target, "../") || target == ".." {
			o.note(Refuse, entry.pos, "%s lies outside the repository", entry.text)
			return
		}
		o.lacking = append(o.lacking, Note{Level: Refuse, Position: entry.pos, Text: target + " is not in the repository"})
	}
}

// manifests adds the objects of a resource file.
func (o *overlay) manifests(file string, entry *located) {
	src, file, ok := o.read(file, entry)
	if !ok {
		return
	}
	p, _ := o.parse(file, src)
	for _, doc := range p.docs {
		o.add(doc, "resource")
	}
}

// add appends an object, and the items of a List.
func (o *overlay) add(doc *located, how string) {
	if !doc.isMapping() {
		return
	}
	if strings.HasSuffix(doc.str("kind"), "List") && doc.list("items") != nil {
		for _, item := range doc.list("items") {
			o.add(item, how)
		}
		return
	}
	obj := &overlayObject{root: doc, encrypted: isEncrypted(doc)}
	o.objects = append(o.objects, obj)
	o.record(obj, doc, how)
}

// isEncrypted tells a document that SOPS wrote.
func isEncrypted(doc *located) bool {
	sops := doc.get("sops")
	return sops.isMapping() && (sops.get("mac") != nil || sops.get("version") != nil || sops.get("lastmodified") != nil)
}

// generators adds or changes what configMapGenerator or secretGenerator make.
func (o *overlay) generators(dir string, k *located, key, kind string) {
	for _, g := range k.list(key) {
		name := g.str("name")
		if name == "" {
			continue
		}
		data := o.generatorData(dir, g)
		made := &generated{name: key, pos: g.pos}
		behavior := g.str("behavior")
		if old := o.find(kind, name); old != nil && (behavior == "merge" || behavior == "replace") {
			root := old.root.copy()
			if behavior == "replace" || !root.get("data").isMapping() {
				root.set("data", data)
			} else {
				for _, dataKey := range data.keys {
					root.get("data").set(dataKey, data.fields[dataKey])
				}
			}
			old.root, old.generator = root, made
			continue
		} else if old == nil && (behavior == "merge" || behavior == "replace") && !o.unseen() {
			o.note(Refuse, g.pos, "%s %s is to be merged but nothing made it before: Kustomize refuses this", kind, name)
		}
		root := &located{pos: g.pos, kind: mappingKind}
		scalar := func(text string) *located {
			return &located{pos: g.pos, kind: scalarKind, text: text}
		}
		root.set("apiVersion", scalar("v1"))
		root.set("kind", scalar(kind))
		meta := &located{pos: g.pos, kind: mappingKind}
		meta.set("name", scalar(name))
		if ns := g.str("namespace"); ns != "" {
			meta.set("namespace", scalar(ns))
		}
		root.set("metadata", meta)
		root.set("data", data)
		o.objects = append(o.objects, &overlayObject{root: root, generator: made})
	}
}

// unseen reports whether a remote base that could hold more objects was not read.
func (o *overlay) unseen() bool {
	return slices.ContainsFunc(o.remote, func(r *remoteUse) bool { return !r.read })
}

// generatorData reads files: and literals: of a generator. Each value remembers the file it comes from.
func (o *overlay) generatorData(dir string, g *located) *located {
	data := &located{pos: g.pos, kind: mappingKind}
	for _, entry := range g.list("files") {
		key, file, named := strings.Cut(entry.text, "=")
		if !named {
			file = entry.text
			key = path.Base(file)
		}
		file = path.Join(dir, file)
		src, file, ok := o.read(file, entry)
		if !ok {
			continue
		}
		data.set(key, &located{pos: Position{File: file, Line: 1}, kind: scalarKind, text: string(src), whole: true})
	}
	for _, entry := range g.list("literals") {
		key, text, ok := strings.Cut(entry.text, "=")
		if ok {
			data.set(key, &located{pos: entry.pos, kind: scalarKind, text: text, remote: entry.remote})
		}
	}
	return data
}

// find gives the last object of a kind and name.
func (o *overlay) find(kind, name string) *overlayObject {
	for _, obj := range slices.Backward(o.objects) {
		if obj.kind() == kind && obj.name() == name {
			return obj
		}
	}
	return nil
}
