package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// Chart is a Helm chart, ready to render. It is immutable and safe for concurrent use.
type Chart struct {
	loaded *chart.Chart // never changed: Helm's own steps change charts, so they get a clone
	digest string
}

// LoadChart reads a chart from its files, paths relative to the chart's root. Sub-charts are needed where Helm needs them: unpacked or as archives
// below charts/.
func LoadChart(files map[string][]byte) (*Chart, error) {
	buffered := make([]*loader.BufferedFile, 0, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(path.Base(name), ".") && strings.HasPrefix(name, "templates/") {
			continue // Helm ignores hidden files among the templates
		}
		buffered = append(buffered, &loader.BufferedFile{Name: name, Data: bytes.TrimPrefix(files[name], []byte("\xEF\xBB\xBF"))})
	}
	return newChart(buffered)
}

// LoadArchive reads a packaged chart (.tgz).
func LoadArchive(tgz []byte) (*Chart, error) {
	buffered, err := loader.LoadArchiveFiles(bytes.NewReader(tgz))
	if err != nil {
		return nil, fmt.Errorf("read the chart archive: %w", err)
	}
	slices.SortFunc(buffered, func(a, b *loader.BufferedFile) int { return strings.Compare(a.Name, b.Name) })
	return newChart(buffered)
}

func newChart(buffered []*loader.BufferedFile) (*Chart, error) {
	h := sha256.New()
	for _, f := range buffered {
		writeField(h, []byte(f.Name))
		writeField(h, f.Data)
	}
	loaded, err := loader.LoadFiles(buffered)
	if err != nil {
		return nil, fmt.Errorf("read the chart: %s", oneLine(err.Error()))
	}
	if loaded.Metadata.Type == "library" {
		return nil, fmt.Errorf("read the chart: %s is a library chart, which renders nothing", loaded.Name())
	}
	var absent []string
	for _, dep := range loaded.Metadata.Dependencies {
		if !slices.ContainsFunc(loaded.Dependencies(), func(c *chart.Chart) bool { return c.Name() == dep.Name }) {
			absent = append(absent, dep.Name)
		}
	}
	if len(absent) > 0 {
		return nil, errors.New("read the chart: " + loaded.Name() + " needs the sub-charts " + strings.Join(absent, ", ") + " below charts/; package it with its dependencies")
	}
	return &Chart{loaded: loaded, digest: "sha256:" + hex.EncodeToString(h.Sum(nil))}, nil
}

// Name is the chart's name.
func (c *Chart) Name() string { return c.loaded.Metadata.Name }

// Version is the chart's version, as its Chart.yaml says.
func (c *Chart) Version() string { return c.loaded.Metadata.Version }

// KubeVersion is the constraint on the cluster's version, like ">=1.34.0-0"; "" when there is none.
func (c *Chart) KubeVersion() string { return c.loaded.Metadata.KubeVersion }

// Digest names the chart's content: two charts with the same digest hold the same files.
func (c *Chart) Digest() string { return c.digest }

// DefaultValues are the chart's values.yaml.
func (c *Chart) DefaultValues() map[string]any {
	return copyValue(c.loaded.Values).(map[string]any)
}

// clone copies what Helm changes while it prepares a render: values and the lists of dependencies.
func clone(from *chart.Chart) *chart.Chart {
	meta := *from.Metadata
	meta.Dependencies = make([]*chart.Dependency, len(from.Metadata.Dependencies))
	for i, d := range from.Metadata.Dependencies {
		dep := *d
		meta.Dependencies[i] = &dep
	}
	to := &chart.Chart{
		Raw: from.Raw, Metadata: &meta, Lock: from.Lock, Templates: from.Templates, Schema: from.Schema, Files: from.Files,
	}
	if from.Values != nil {
		to.Values = copyValue(from.Values).(map[string]any)
	}
	for _, dep := range from.Dependencies() {
		to.AddDependency(clone(dep))
	}
	return to
}
