package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
)

// ReleaseRender is what helm-controller would apply for one HelmRelease. Name and Namespace are those of the Helm release; objects of namespaced
// kinds carry a namespace, and all carry the two labels by which Flux finds its own. Hooks and CRDs are not post-rendered.
type ReleaseRender struct {
	Name, Namespace      string
	Objects, Hooks, CRDs Objects
	Duplicates           []ID
	Values               map[string]any // merged from Layers, the chart's defaults not included
	Layers               []Layer
}

// Release renders a HelmRelease from the objects its values lie in and its chart, as an upgrade of an installed release. Layers that are absent or
// unreadable are left out of the values; ReleaseRender.Layers tells which, and what depends on them is the caller's to say.
func Release(objs Objects, helmRelease Object, c *Chart, kubeVersion string) (ReleaseRender, error) {
	if c == nil {
		return ReleaseRender{}, errors.New("render " + helmRelease.ID().String() + ": its chart is not at hand")
	}
	r := ReleaseRender{Name: ReleaseName(helmRelease), Namespace: ReleaseNamespace(helmRelease)}
	var err error
	if r.Layers, err = Layers(objs, helmRelease); err != nil {
		return ReleaseRender{}, err
	}
	r.Values = Merge(r.Layers)
	if c, err = c.withValuesFiles(helmRelease); err != nil {
		return ReleaseRender{}, err
	}
	options := HelmOptions{ReleaseName: r.Name, Namespace: r.Namespace, Upgrade: true, KubeVersion: kubeVersion}
	m, err := c.Render(r.Values, options)
	if err != nil {
		return ReleaseRender{}, fmt.Errorf("%s: %w", helmRelease.ID(), err)
	}
	if r.Objects, err = c.postRender(m.Objects, r.Values, options, helmRelease.Get("spec", "postRenderers")); err != nil {
		return ReleaseRender{}, fmt.Errorf("%s: spec.%w", helmRelease.ID(), err)
	}
	r.Hooks, r.CRDs, r.Duplicates = m.Hooks, m.CRDs, m.Duplicates
	inNamespace(r.Objects, r.Namespace, r.CRDs)
	inNamespace(r.Hooks, r.Namespace, r.CRDs)
	for _, o := range r.Objects {
		setMetadata(o, "labels", map[string]string{
			"helm.toolkit.fluxcd.io/name": helmRelease.Name(), "helm.toolkit.fluxcd.io/namespace": helmRelease.Namespace(),
		})
	}
	return r, nil
}

var postRendered = newMemo(128<<20, Objects.weight)

// postRender is PostRender, remembered by what objs were rendered from.
func (c *Chart) postRender(objs Objects, values map[string]any, o HelmOptions, postRenderers any) (Objects, error) {
	if postRenderers == nil {
		return objs, nil
	}
	key, err := c.renderKey(values, o)
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(postRenderers)
	if err != nil {
		return nil, err
	}
	out, err := postRendered.get(key+string(list), func() (Objects, bool, error) {
		out, err := PostRender(objs, postRenderers)
		return out, true, err
	})
	return out.Copy(), err
}

// ReleaseName is the name of the Helm release: spec.releaseName, else target namespace and name, else the name; longer than 53 characters it is cut and
// given a hash, as helm-controller does.
func ReleaseName(helmRelease Object) string {
	name := helmRelease.text("spec", "releaseName")
	if name == "" {
		name = helmRelease.Name()
		if target := helmRelease.text("spec", "targetNamespace"); target != "" {
			name = target + "-" + name
		}
	}
	const longest, hashed = 53, 12
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:longest-hashed-1] + "-" + hex.EncodeToString(sum[:])[:hashed]
}

// ReleaseNamespace is where the release's objects go: spec.targetNamespace, else the HelmRelease's own namespace.
func ReleaseNamespace(helmRelease Object) string {
	if target := helmRelease.text("spec", "targetNamespace"); target != "" {
		return target
	}
	return helmRelease.Namespace()
}

// withValuesFiles replaces the chart's defaults by spec.chart.spec.valuesFiles, merged in order, as source-controller does. Paths are
// relative to the chart, or, where the chart comes from Git, to the repository.
func (c *Chart) withValuesFiles(helmRelease Object) (*Chart, error) {
	names, _ := helmRelease.Get("spec", "chart", "spec", "valuesFiles").([]any)
	if len(names) == 0 {
		return c, nil
	}
	ignoreMissing, _ := helmRelease.Get("spec", "chart", "spec", "ignoreMissingValuesFiles").(bool)
	inRepository := path.Clean(helmRelease.text("spec", "chart", "spec", "chart")) + "/"
	merged := map[string]any{}
	for _, n := range names {
		name, _ := n.(string)
		content, ok := c.file(path.Clean(name))
		if !ok {
			content, ok = c.file(strings.TrimPrefix(path.Clean(name), inRepository))
		}
		if !ok && ignoreMissing {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("render %s: spec.chart.spec.valuesFiles names %s, which is not in the chart %s", helmRelease.ID(), name, c.Name())
		}
		values, err := chartutil.ReadValues(content)
		if err != nil {
			return nil, fmt.Errorf("render %s: %s: %s", helmRelease.ID(), name, oneLine(err.Error()))
		}
		merged = mergeMaps(merged, values)
	}
	loaded := clone(c.loaded)
	loaded.Values = merged
	h := sha256.New()
	writeField(h, []byte(c.digest))
	for _, n := range names {
		writeField(h, fmt.Append(nil, n))
	}
	return &Chart{loaded: loaded, digest: "sha256:" + hex.EncodeToString(h.Sum(nil))}, nil
}

func (c *Chart) file(name string) ([]byte, bool) {
	for _, f := range c.loaded.Raw {
		if f.Name == name {
			return f.Data, true
		}
	}
	return nil, false
}

// setMetadata adds labels or annotations to an object, in place.
func setMetadata(o Object, field string, add map[string]string) {
	meta, ok := o["metadata"].(map[string]any)
	if !ok {
		meta = map[string]any{}
		o["metadata"] = meta
	}
	all, ok := meta[field].(map[string]any)
	if !ok {
		all = map[string]any{}
		meta[field] = all
	}
	for k, v := range add {
		all[k] = v
	}
}
