package render

import (
	"errors"
	"path"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
	sigsyaml "sigs.k8s.io/yaml"
)

// walker visits what one kustomization names.
type walker struct {
	closure   *closure
	dir       string // absolute
	file      string // absolute
	plugin    bool   // the files hold configurations of transformers, which name files themselves
	rewritten bool
}

// kustomization visits every field that names files. Remote entries of resources, bases and components are replaced in k.
func (w *walker) kustomization(k *types.Kustomization) {
	for _, list := range [][]string{k.Resources, k.Bases, k.Components} {
		w.entries(list)
	}
	for _, list := range [][]string{k.Generators, k.Transformers, k.Validators} {
		w.plugins(list)
	}
	for _, list := range [][]string{k.Crds, k.Configurations} {
		for _, name := range list {
			w.needs(name, name)
		}
	}
	for _, p := range k.Patches {
		w.needs(p.Path, p.Path)
	}
	for _, p := range k.PatchesJson6902 {
		w.needs(p.Path, p.Path)
	}
	for _, p := range k.PatchesStrategicMerge {
		if text := string(p); !isInline(text) {
			w.needs(text, text)
		}
	}
	for _, r := range k.Replacements {
		w.needs(r.Path, r.Path)
	}
	for _, g := range k.ConfigMapGenerator {
		w.sources(g.KvPairSources)
	}
	for _, g := range k.SecretGenerator {
		w.sources(g.KvPairSources)
	}
	if name := k.OpenAPI["path"]; name != "" {
		w.needs(name, name)
	}
	if len(k.OpenAPI) > 0 {
		w.closure.customs = true
	}
	for _, h := range k.HelmCharts {
		for _, name := range append([]string{h.ValuesFile}, h.AdditionalValuesFiles...) {
			w.needs(name, name)
		}
	}
}

// entries visits a list whose items are files, folders or URLs.
func (w *walker) entries(list []string) {
	for i, entry := range list {
		if !isHTTP(entry) && w.closure.fs.Exists(w.join(entry)) {
			w.local(entry)
			continue
		}
		url, remote := ParseRemote(entry)
		if !remote {
			if isHTTP(entry) {
				w.remoteRefused(entry)
				continue
			}
			w.closure.lacks(w.join(entry), w.file, entry)
			continue
		}
		if w.closure.remotes == nil {
			continue
		}
		at, err := w.closure.fetch(url)
		if err != nil {
			w.refuseRemote(entry, err)
			continue
		}
		rel, err := filepath.Rel(w.dir, at)
		if err != nil {
			w.refuseRemote(entry, err)
			continue
		}
		list[i] = filepath.ToSlash(rel)
		w.rewritten = true
		if w.closure.fs.IsDir(at) {
			w.closure.folder(at, w.file, entry)
		}
	}
}

// local visits a file or folder of the repository (or of a remote folder).
func (w *walker) local(entry string) {
	abs, content, isDir, _ := w.closure.fs.lookup(w.join(entry))
	if isDir {
		w.closure.folder(abs, w.file, entry)
		return
	}
	w.closure.mark(abs)
	if w.plugin {
		w.configuration(content)
	}
}

// plugins visits a list of transformer configurations: inline YAML, files or folders.
func (w *walker) plugins(list []string) {
	inner := *w
	inner.plugin = true
	for i, entry := range list {
		if isInline(entry) {
			inner.configuration([]byte(entry))
			continue
		}
		inner.entries(list[i : i+1])
	}
	w.rewritten = inner.rewritten
}

// configuration visits the files that a built-in transformer's or generator's own configuration names.
func (w *walker) configuration(content []byte) {
	dec := yaml.NewDecoder(strings.NewReader(string(content)))
	for {
		var doc struct {
			Path    string   `yaml:"path"`
			Paths   []string `yaml:"paths"`
			Files   []string `yaml:"files"`
			Envs    []string `yaml:"envs"`
			Env     string   `yaml:"env"`
			Sources []struct {
				Path string `yaml:"path"`
			} `yaml:"replacements"`
		}
		err := dec.Decode(&doc)
		var wrongType *yaml.TypeError
		if err != nil && !errors.As(err, &wrongType) {
			return
		}
		w.needs(doc.Path, doc.Path)
		for _, name := range doc.Paths {
			if !isInline(name) {
				w.needs(name, name)
			}
		}
		for _, s := range doc.Sources {
			w.needs(s.Path, s.Path)
		}
		w.sources(types.KvPairSources{FileSources: doc.Files, EnvSources: doc.Envs, EnvSource: doc.Env})
	}
}

func (w *walker) sources(s types.KvPairSources) {
	for _, entry := range s.FileSources {
		name := entry
		if _, file, found := strings.Cut(entry, "="); found {
			name = file
		}
		w.needs(name, entry)
	}
	for _, name := range append([]string{s.EnvSource}, s.EnvSources...) {
		w.needs(name, name)
	}
}

// needs visits a file that must be there; as is how the kustomization writes it.
func (w *walker) needs(name, as string) {
	if name == "" {
		return
	}
	if isHTTP(name) {
		w.remoteRefused(name)
		return
	}
	abs, _, isDir, ok := w.closure.fs.lookup(w.join(name))
	if !ok || isDir {
		w.closure.lacks(w.join(name), w.file, as)
		return
	}
	w.closure.mark(abs)
}

// remoteRefused refuses a URL where Kustomize would GET a single file: nothing can stand in for it.
func (w *walker) remoteRefused(url string) {
	if w.closure.remotes != nil {
		w.refuseRemote(url, nil)
	}
}

func (w *walker) join(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(w.dir, name)
}

// isInline tells YAML text from a file name.
func isInline(entry string) bool {
	return strings.ContainsAny(entry, "\n{") || strings.Contains(entry, ": ")
}

// lineOf finds the line of the first scalar with this value; 0 when there is none.
func lineOf(content []byte, value string) int {
	var doc yaml.Node
	if yaml.Unmarshal(content, &doc) != nil {
		return 0
	}
	var find func(n *yaml.Node) int
	find = func(n *yaml.Node) int {
		if n.Kind == yaml.ScalarNode && n.Value == value {
			return n.Line
		}
		for _, child := range n.Content {
			if line := find(child); line > 0 {
				return line
			}
		}
		return 0
	}
	return find(&doc)
}

func marshal(k types.Kustomization) []byte {
	// Strings, lists and maps of a decoded kustomization always marshal.
	content, err := sigsyaml.Marshal(k)
	if err != nil {
		return []byte("# " + strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return content
}
