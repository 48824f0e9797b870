package render

import (
	"errors"
)

var errStub = errors.New("not built yet")

func FluxPatches(objs Objects, kustomization Object) (Objects, error) { return nil, errStub }

type Chart struct{}

func LoadChart(files map[string][]byte) (*Chart, error)             { return nil, errStub }
func LoadArchive(tgz []byte) (*Chart, error)                        { return nil, errStub }
func (c *Chart) Name() string                                       { return "" }
func (c *Chart) Version() string                                    { return "" }
func (c *Chart) KubeVersion() string                                { return "" }
func (c *Chart) Digest() string                                     { return "" }
func (c *Chart) DefaultValues() map[string]any                      { return nil }
func (c *Chart) Validate(values map[string]any) []SchemaError       { return nil }
func (c *Chart) Unstable(values map[string]any, o HelmOptions) []ID { return nil }
func (c *Chart) Render(values map[string]any, o HelmOptions) (Manifest, error) {
	return Manifest{}, errStub
}
func PostRender(objs Objects, postRenderers any) (Objects, error) { return nil, errStub }
func Unmatched(objs Objects, postRenderers any) []string          { return nil }
func Layers(objs Objects, helmRelease Object) ([]Layer, error)    { return nil, errStub }
func Merge(layers []Layer) map[string]any                         { return nil }
func Release(objs Objects, helmRelease Object, c *Chart, kubeVersion string) (ReleaseRender, error) {
	return ReleaseRender{}, errStub
}
func Diff(before, after Objects) Changes      { return Changes{} }
func PodTemplates(objs Objects) []PodTemplate { return nil }
