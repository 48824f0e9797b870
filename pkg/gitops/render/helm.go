package render

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// HelmOptions are what a Helm release knows besides its values. KubeVersion is "1.34.0"; "" leaves the chart's constraint unchecked and shows
// templates Helm's own default. APIVersions are served beside ServedAPIs and those of Kubernetes.
type HelmOptions struct {
	ReleaseName, Namespace string
	Upgrade                bool
	KubeVersion            string
	APIVersions            []string
}

// Manifest is one rendered chart. Objects are in Helm's install order and keep the namespace the template gave them, none included. Duplicates are ids
// that occur more than once; all their objects are kept.
type Manifest struct {
	Objects, Hooks, CRDs Objects
	Notes                string
	Duplicates           []ID
}

// Render runs the chart's templates. `lookup` finds nothing, no host name resolves. It refuses a cluster that the chart's kubeVersion excludes, and values that break
// a schema (*SchemaViolations); a failing template is one sentence with the template's own message. Renders are remembered by chart,
// values and options.
func (c *Chart) Render(values map[string]any, o HelmOptions) (Manifest, error) {
	values, err := helmValues(values)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s: the values cannot be written as JSON: %w", c.Name(), err)
	}
	key, err := c.renderKey(values, o)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s: the values cannot be written as JSON: %w", c.Name(), err)
	}
	m, err := manifests.get(key, func() (Manifest, bool, error) {
		m, err := c.render(values, o)
		return m, true, err
	})
	if err != nil {
		return Manifest{}, err
	}
	return Manifest{
		Objects: m.Objects.Copy(), Hooks: m.Hooks.Copy(), CRDs: m.CRDs.Copy(), Notes: m.Notes, Duplicates: slices.Clone(m.Duplicates),
	}, nil
}

var manifests = newMemo(128<<20, Manifest.weight)

func (c *Chart) renderKey(values map[string]any, o HelmOptions) (string, error) {
	asJSON, err := json.Marshal(struct {
		Values  map[string]any
		Options HelmOptions
	}{values, o})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(asJSON)
	return c.digest + string(sum[:]), nil
}

func (c *Chart) render(values map[string]any, o HelmOptions) (m Manifest, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = Manifest{}, fmt.Errorf("render %s %s: helm gave up: %v", c.Name(), c.Version(), r)
		}
	}()
	caps, err := capabilities(o)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s %s: %q is not a Kubernetes version: %w", c.Name(), c.Version(), o.KubeVersion, err)
	}
	if want := c.KubeVersion(); want != "" && o.KubeVersion != "" && !chartutil.IsCompatibleRange(want, caps.KubeVersion.String()) {
		return Manifest{}, fmt.Errorf("render refused: %s %s wants Kubernetes %s and the cluster runs %s",
			c.Name(), c.Version(), want, strings.TrimPrefix(o.KubeVersion, "v"))
	}
	prepared := clone(c.loaded)
	own, err := prepare(prepared, values)
	if err != nil {
		return Manifest{}, err
	}
	// A number of the revision would make every render differ, so the first install and the first upgrade are rendered.
	release := chartutil.ReleaseOptions{
		Name: o.ReleaseName, Namespace: o.Namespace, Revision: 1, IsInstall: !o.Upgrade, IsUpgrade: o.Upgrade,
	}
	if o.Upgrade {
		release.Revision = 2
	}
	// The schema is checked here, because Helm's own check would follow URLs in it.
	top, err := chartutil.ToRenderValuesWithSchemaValidation(prepared, own, release, caps, true)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s %s: %s", c.Name(), c.Version(), oneLine(err.Error()))
	}
	merged, _ := top["Values"].(chartutil.Values)
	if violations := validate(prepared, merged); len(violations) > 0 {
		return Manifest{}, &SchemaViolations{Chart: c.Name(), Version: c.Version(), Errors: violations}
	}
	files, err := engine.Render(prepared, top)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s %s: %s", c.Name(), c.Version(), templateMessage(err))
	}
	return c.sort(files)
}

// sort makes objects of the rendered files: hooks apart, in Helm's order.
func (c *Chart) sort(files map[string]string) (Manifest, error) {
	var m Manifest
	for name, content := range files {
		if path.Base(name) == "NOTES.txt" {
			if name == path.Join(c.Name(), "templates", "NOTES.txt") {
				m.Notes = content
			}
			delete(files, name)
		}
	}
	hooks, generic, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return Manifest{}, fmt.Errorf("render %s %s: a template's output is not YAML: %s", c.Name(), c.Version(), oneLine(err.Error()))
	}
	for _, g := range generic {
		objs, err := ParseObjects([]byte(g.Content))
		if err != nil {
			return Manifest{}, fmt.Errorf("render %s %s: %s: %w", c.Name(), c.Version(), g.Name, err)
		}
		m.Objects = append(m.Objects, objs...)
	}
	for _, h := range hooks {
		objs, err := ParseObjects([]byte(h.Manifest))
		if err != nil {
			return Manifest{}, fmt.Errorf("render %s %s: %s: %w", c.Name(), c.Version(), h.Path, err)
		}
		m.Hooks = append(m.Hooks, objs...)
	}
	for _, crd := range c.loaded.CRDObjects() {
		objs, err := ParseObjects(crd.File.Data)
		if err != nil {
			return Manifest{}, fmt.Errorf("render %s %s: %s: %w", c.Name(), c.Version(), crd.Filename, err)
		}
		m.CRDs = append(m.CRDs, objs...)
	}
	m.Duplicates = duplicates(m.Objects)
	return m, nil
}

func duplicates(objs Objects) []ID {
	seen := map[ID]int{}
	var out []ID
	for _, id := range objs.IDs() {
		if seen[id]++; seen[id] == 2 {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, ID.Compare)
	return out
}

// templateMessage brings a template's own message (fail, required) to the front; the engine puts "execution error at (file:line:column): " before it.
func templateMessage(err error) string {
	text := oneLine(err.Error())
	rest, found := strings.CutPrefix(text, "execution error at (")
	if !found {
		return text
	}
	if where, message, found := strings.Cut(rest, "): "); found {
		return message + " (" + where + ")"
	}
	return text
}

// Unstable renders twice and names the objects whose content differs although nothing else does: those drawn from random numbers or the clock.
// Remembered as renders are.
func (c *Chart) Unstable(values map[string]any, o HelmOptions) ([]ID, error) {
	values, err := helmValues(values)
	if err != nil {
		return nil, err
	}
	key, err := c.renderKey(values, o)
	if err != nil {
		return nil, err
	}
	ids, err := unstable.get(key, func() ([]ID, bool, error) {
		first, err := c.Render(values, o)
		if err != nil {
			return nil, false, err
		}
		second, err := c.render(values, o)
		if err != nil {
			return nil, false, err
		}
		return Diff(first.all(), second.all()).IDs(), true, nil
	})
	return slices.Clone(ids), err
}

var unstable = newMemo(1<<20, func(ids []ID) int { return len(ids) * 100 })

func (m Manifest) weight() int {
	return m.Objects.weight() + m.Hooks.weight() + m.CRDs.weight() + len(m.Notes)
}

func (m Manifest) all() Objects { return slices.Concat(m.CRDs, m.Objects, m.Hooks) }
