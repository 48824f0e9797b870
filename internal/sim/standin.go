package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// StandIns tells what the cluster runs in place of charts that are not at hand, one sentence each, sorted. Empty means that every chart is real.
func (c *Cluster) StandIns() []string { return slices.Sorted(maps.Keys(c.standIns)) }

// standInChart stands in for Istio's own packages with the miniature's chart at the same version, since injection depends on their webhooks. For any other
// package there is no chart; see standInObjects.
func standInChart(name, tag string) chartFiles {
	files := miniature.IstioChart(name, istioVersion(tag))
	switch {
	case files == nil && podless(name):
		return chartFiles{standIn: "nothing"}
	case files == nil:
		return chartFiles{standIn: "one Deployment"}
	}
	chart, err := render.LoadChart(files)
	return chartFiles{chart: chart, standIn: "the miniature's chart at Istio " + istioVersion(tag), err: err}
}

// podless packages install definitions or policies and run no pods.
func podless(name string) bool {
	return strings.HasSuffix(name, "-crds") || strings.HasSuffix(name, "-policies")
}

func istioVersion(tag string) string {
	version, _, _ := strings.Cut(tag, "-bb.")
	return version
}

// standInObjects are what a package without a chart at hand runs: one Deployment in its target namespace, with the pod annotations that its
// values set, so that it rolls when they change, and its own postRenderers applied.
func standInObjects(objs render.Objects, r render.Object) (render.ReleaseRender, error) {
	out := render.ReleaseRender{Name: render.ReleaseName(r), Namespace: render.ReleaseNamespace(r)}
	var err error
	if out.Layers, err = render.Layers(objs, r); err != nil {
		return out, err
	}
	out.Values = render.Merge(out.Layers)
	if podless(r.Name()) {
		return out, nil
	}
	annotations := map[string]any{}
	podAnnotations(out.Values, annotations)
	template := map[string]any{"labels": map[string]any{"app": out.Name}}
	if len(annotations) > 0 {
		template["annotations"] = annotations
	}
	deployment := render.Object{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": out.Name, "namespace": out.Namespace},
		"spec": map[string]any{
			"replicas": int64(1),
			"selector": map[string]any{"matchLabels": map[string]any{"app": out.Name}},
			"template": map[string]any{
				"metadata": template,
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "stand-in", "image": "stand-in:" + out.Name}}},
			},
		},
	}
	out.Objects, err = render.PostRender(render.Objects{deployment}, r.Get("spec", "postRenderers"))
	if err != nil {
		return out, fmt.Errorf("%s: spec.%w", r.ID(), err)
	}
	return out, nil
}

// podAnnotations collects Big Bang's own annotations from wherever values set them.
func podAnnotations(values map[string]any, into map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch value := values[key].(type) {
		case map[string]any:
			podAnnotations(value, into)
		case string:
			if strings.HasPrefix(key, "bigbang.dev/") {
				into[key] = value
			}
		}
	}
}
