package render

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Overlay builds the Kustomize folder dir as kustomize-controller would: no load restrictions, no plugins, a kustomization made up where the
// folder has none. It never touches the network: remote resources, bases and components are what remotes returns, and a URL that it refuses, or that no
// function can answer, is an error that names file, line and URL. A nil remotes refuses all.
//
// Builds are remembered by the content of the files they read. Safe for concurrent use.
func Overlay(t tree.Tree, dir string, remotes Remotes) (Objects, error) {
	return overlay(t, dir, remotes, nil)
}

// overlay builds dir; amend, where given, changes its kustomization first.
func overlay(t tree.Tree, dir string, remotes Remotes, amend func(*types.Kustomization)) (Objects, error) {
	if remotes == nil {
		remotes = func(RemoteURL) (map[string][]byte, error) {
			return nil, fmt.Errorf("no source of releases is given; give one, or keep a copy in the repository")
		}
	}
	c := newClosure(t, remotes)
	c.amend = amend
	c.build(dir)
	if c.refusal != nil {
		return nil, c.refusal
	}
	if len(c.missing) > 0 {
		return nil, missingError(dir, c.missing)
	}
	objs, err := overlays.get(c.digest(dir), func() (Objects, bool, error) {
		f := newBuildFS(t, c.extra)
		if err := c.checkAliases(); err != nil {
			return nil, false, fmt.Errorf("build %s: %w", dir, err)
		}
		objs, err := runKustomize(f, absolute(strings.TrimPrefix(path.Clean("/"+dir), "/")), c.customs)
		if err != nil {
			return nil, false, fmt.Errorf("build %s: %s", dir, c.display(buildMessage(err)))
		}
		// A build that read more than the digest covers must not be remembered.
		covered := true
		for name := range f.read {
			inside, _ := treePath(name)
			covered = covered && c.used[inside]
		}
		return objs, covered, nil
	})
	return objs.Copy(), err
}

var overlays = newMemo(32<<20, Objects.weight)

// digest covers everything that decides the build.
func (c *closure) digest(dir string) string {
	h := sha256.New()
	writeField(h, []byte(dir))
	for _, name := range slices.Sorted(maps.Keys(c.used)) {
		content, _ := c.tree.Read(name)
		writeField(h, []byte(name))
		writeField(h, content)
	}
	writeField(h, []byte("in memory"))
	for _, name := range slices.Sorted(maps.Keys(c.extra)) {
		writeField(h, []byte(name))
		writeField(h, c.extra[name])
	}
	return string(h.Sum(nil))
}

func writeField(h hash.Hash, field []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(field)))
	h.Write(size[:])
	h.Write(field)
}

func missingError(dir string, missing []MissingFile) error {
	parts := make([]string, len(missing))
	for i, m := range missing {
		parts[i] = m.Path
		if m.NeededBy != "" {
			parts[i] += fmt.Sprintf(" (needed by %s:%d)", m.NeededBy, m.Line)
		}
	}
	return fmt.Errorf("build %s: not in the repository: %s; add what is missing or drop its entry", dir, strings.Join(parts, ", "))
}

// kustomizing lets one build run at a time: Kustomize keeps its OpenAPI schema in globals that every build sets.
var kustomizing sync.Mutex

func runKustomize(f filesys.FileSystem, dir string, customSchema bool) (objs Objects, err error) {
	kustomizing.Lock()
	defer kustomizing.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kustomize gave up: %v", r)
		}
	}()
	if customSchema {
		// Kustomize keeps a schema that a kustomization brought for all later builds.
		defer openapi.ResetOpenAPI()
	}
	built, err := krusty.MakeKustomizer(&krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(f, dir)
	if err != nil {
		return nil, err
	}
	return fromResMap(built)
}

func fromResMap(m resmap.ResMap) (Objects, error) {
	objs := make(Objects, 0, m.Size())
	for _, r := range m.Resources() {
		asJSON, err := r.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("read %s as built: %w", r.CurId(), err)
		}
		v, err := decodeJSON(asJSON)
		if err != nil {
			return nil, fmt.Errorf("read %s as built: %w", r.CurId(), err)
		}
		o, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("read %s as built: it is not an object", r.CurId())
		}
		objs = append(objs, Object(o))
	}
	return objs, nil
}

// buildMessage keeps the folder that failed and why; Kustomize wraps that once per level, each time with the failure to read the folder as a file.
func buildMessage(err error) string {
	text := oneLine(err.Error())
	for _, level := range []string{"recursed accumulation of path '", "recursed merging from path '"} {
		at := strings.LastIndex(text, level)
		if at < 0 {
			continue
		}
		if folder, why, found := strings.Cut(text[at+len(level):], "': "); found {
			return strings.TrimPrefix(folder, repoRoot+"/") + ": " + why
		}
	}
	return text
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
