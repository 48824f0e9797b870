package render

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// MissingFile is a file that Kustomize needs and that is not in the tree. NeededBy is the kustomization that names it, "" where the folder to
// build is itself not there; Line is 1-based, 0 where the name was not found as written.
type MissingFile struct {
	Path     string `json:"path"`
	NeededBy string `json:"neededBy"`
	Line     int    `json:"line"`
}

// Missing lists the files that building dir needs and that are not in the tree, in the order they are named. Remote resources are not looked at.
func Missing(t tree.Tree, dir string) []MissingFile {
	c := newClosure(t, nil)
	c.build(dir)
	return c.missing
}

// FilesUsed lists every file of the tree that building dir reads, sorted. Files behind symbolic links are listed where they really lie.
func FilesUsed(t tree.Tree, dir string) []string {
	c := newClosure(t, nil)
	c.build(dir)
	return slices.Sorted(maps.Keys(c.used))
}

// closure walks everything a build reaches, before the build. It knows which files are used and missing, fetches the remote folders, and prepares
// the in-memory copies of kustomizations that cannot be built as they are (remote entries, deprecated fields).
type closure struct {
	tree    tree.Tree
	remotes Remotes // nil: remote entries are passed over
	fs      *buildFS
	extra   map[string][]byte
	fetched map[string]string // URL -> absolute path of what it names
	urls    map[string]string // absolute path -> URL, for error texts
	used    map[string]bool
	missing []MissingFile
	seen    map[string]bool
	customs bool // some kustomization brings an OpenAPI schema of its own
	refusal error
	amend   func(*types.Kustomization) // changes the kustomization of the folder to build; may be nil
}

func newClosure(t tree.Tree, remotes Remotes) *closure {
	extra := map[string][]byte{}
	return &closure{
		tree: t, remotes: remotes, extra: extra, fs: newBuildFS(t, extra),
		fetched: map[string]string{}, urls: map[string]string{}, used: map[string]bool{}, seen: map[string]bool{},
	}
}

// build walks the folder that Flux is pointed at.
func (c *closure) build(dir string) {
	abs, _, isDir, ok := c.fs.lookup(absolute(strings.TrimPrefix(path.Clean("/"+dir), "/")))
	if !ok || !isDir {
		c.missing = append(c.missing, MissingFile{Path: path.Clean(dir)})
		return
	}
	if _, found := c.kustomizationIn(abs); !found {
		c.generate(abs)
	}
	if c.amend != nil {
		c.change(abs)
	}
	c.folder(abs, "", "")
}

func (c *closure) kustomizationIn(dir string) (string, bool) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if c.fs.Exists(path.Join(dir, name)) {
			return path.Join(dir, name), true
		}
	}
	return "", false
}

// generate writes, in memory, the kustomization that kustomize-controller makes for a folder without one: every YAML file below it, and every folder below
// it that has a kustomization of its own, as a whole.
func (c *closure) generate(dir string) {
	inside, ok := treePath(dir)
	if !ok {
		return
	}
	var resources []string
	owned := ""
	for _, name := range c.tree.Under(inside) {
		rel := name
		if inside != "." {
			rel = strings.TrimPrefix(name, inside+"/")
		}
		if owned != "" && strings.HasPrefix(rel, owned+"/") {
			continue
		}
		if folder, ok := c.outermostKustomized(dir, path.Dir(rel)); ok {
			owned = folder
			resources = append(resources, folder)
			continue
		}
		if mode, _ := c.tree.Mode(name); mode != tree.Regular && mode != tree.Executable {
			continue
		}
		if ext := path.Ext(rel); ext == ".yaml" || ext == ".yml" {
			resources = append(resources, rel)
		}
	}
	k := types.Kustomization{Resources: slices.Compact(resources)}
	k.FixKustomization()
	c.put(path.Join(dir, konfig.DefaultKustomizationFileName()), marshal(k))
}

// outermostKustomized finds the first folder on the way down to rel that has a kustomization.
func (c *closure) outermostKustomized(dir, rel string) (string, bool) {
	if rel == "." {
		return "", false
	}
	at := ""
	for segment := range strings.SplitSeq(rel, "/") {
		at = path.Join(at, segment)
		if _, ok := c.kustomizationIn(path.Join(dir, at)); ok {
			return at, true
		}
	}
	return "", false
}

func (c *closure) put(abs string, content []byte) {
	c.extra[abs] = content
	for dir := path.Dir(abs); dir != "/"; dir = path.Dir(dir) {
		c.fs.folders[dir] = true
	}
}

// mark records a tree file as used.
func (c *closure) mark(abs string) {
	if name, ok := treePath(abs); ok {
		if _, inTree := c.tree.Read(name); inTree {
			c.used[name] = true
		}
	}
}

func (c *closure) refuse(err error) { c.refusal = errors.Join(c.refusal, err) }

// folder walks one kustomization. by is the kustomization that named it and as what.
func (c *closure) folder(dir, by, as string) {
	if c.seen[dir] {
		return
	}
	c.seen[dir] = true
	file, ok := c.kustomizationIn(dir)
	if !ok {
		c.lacks(path.Join(dir, konfig.DefaultKustomizationFileName()), by, as)
		return
	}
	abs, content, _, _ := c.fs.lookup(file)
	c.mark(abs)
	var k types.Kustomization
	if k.Unmarshal(content) != nil {
		return // the build says what is wrong with it
	}
	w := &walker{closure: c, dir: dir, file: file}
	w.kustomization(&k)
	if undeprecate(&k) || w.rewritten {
		c.put(file, marshal(k))
	}
}

// change applies amend to the kustomization in dir, in memory.
func (c *closure) change(dir string) {
	file, ok := c.kustomizationIn(dir)
	if !ok {
		return
	}
	abs, content, _, _ := c.fs.lookup(file)
	c.mark(abs)
	var k types.Kustomization
	if k.Unmarshal(content) != nil {
		return // the build says what is wrong with it
	}
	k.FixKustomization()
	c.amend(&k)
	c.put(file, marshal(k))
}

// written is a kustomization as its author wrote it, whatever stands in for it in memory.
func (c *closure) written(file string) []byte {
	if name, ok := treePath(file); ok {
		if content, ok := c.tree.Read(name); ok {
			return content
		}
	}
	_, content, _, _ := c.fs.lookup(file)
	return content
}

func (c *closure) lacks(abs, by, as string) {
	name, ok := treePath(abs)
	if !ok {
		name = c.display(abs)
	}
	m := MissingFile{Path: name}
	if by != "" {
		m.NeededBy, m.Line = c.display(by), lineOf(c.written(by), as)
	}
	c.missing = append(c.missing, m)
}

// display turns paths of the build into what a reader knows: paths of the repository and URLs.
func (c *closure) display(text string) string {
	for _, abs := range slices.Backward(slices.Sorted(maps.Keys(c.urls))) {
		text = strings.ReplaceAll(text, abs, c.urls[abs])
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, repoRoot+"/", ""), "'"+repoRoot+"'", "'.'")
}

// fetch brings a remote folder or file into the build and returns where it lies.
func (c *closure) fetch(url RemoteURL) (string, error) {
	if at, ok := c.fetched[url.Raw]; ok {
		return at, nil
	}
	files, err := c.remotes(url)
	if err != nil {
		return "", err
	}
	at := path.Join(remoteRoot, strconv.Itoa(len(c.fetched)))
	c.urls[at] = url.Raw
	if content, single := files[""]; single {
		at = path.Join(at, "file.yaml")
		c.urls[at] = url.Raw
		c.put(at, content)
	}
	for name, content := range files {
		if name != "" {
			c.put(path.Join(at, path.Clean("/"+name)), content)
		}
	}
	if len(files) == 0 {
		return "", errors.New("it holds no files")
	}
	c.fetched[url.Raw] = at
	return at, nil
}

// refuseRemote is the sentence for a URL that cannot be had.
func (w *walker) refuseRemote(url string, why error) {
	where := w.closure.display(w.file)
	if line := lineOf(w.closure.written(w.file), url); line > 0 {
		where += ":" + strconv.Itoa(line)
	}
	if why == nil {
		why = errors.New("only a release's base/ can be had; keep a copy of the file in the repository instead")
	}
	w.closure.refuse(fmt.Errorf("build %s: the remote resource %s is not at hand: %w", where, url, why))
}
