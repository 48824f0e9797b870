package render

import (
	"sigs.k8s.io/kustomize/api/types"
	sigsyaml "sigs.k8s.io/yaml"
)

// undeprecate rewrites deprecated fields into the ones that replaced them and tells whether it changed anything. Kustomize builds both alike, but
// for the old ones it writes warnings to the program's standard error, which belongs to the program.
//
// Two rarities keep their form and their warning, because nothing else builds the same: vars, and patchesJson6902 beside transformers that run before
// it and others that run after it.
func undeprecate(k *types.Kustomization) bool {
	changed := false
	if k.Bases != nil {
		k.Resources, k.Bases, changed = append(k.Resources, k.Bases...), nil, true
	}
	if k.ImageTags != nil {
		k.Images, k.ImageTags, changed = append(k.Images, k.ImageTags...), nil, true
	}
	if k.PatchesStrategicMerge != nil {
		// They run before patches.
		patches := make([]types.Patch, 0, len(k.PatchesStrategicMerge)+len(k.Patches))
		for _, p := range k.PatchesStrategicMerge {
			if text := string(p); isInline(text) {
				patches = append(patches, types.Patch{Patch: text})
			} else {
				patches = append(patches, types.Patch{Path: text})
			}
		}
		k.Patches, k.PatchesStrategicMerge, changed = append(patches, k.Patches...), nil, true
	}
	if k.PatchesJson6902 != nil {
		// They run behind these transformers, and before those of replicas, images and replacements.
		before := k.Namespace != "" || k.NamePrefix != "" || k.NameSuffix != "" ||
			len(k.Labels) > 0 || len(k.CommonLabels) > 0 || len(k.CommonAnnotations) > 0
		after := len(k.Replicas) > 0 || len(k.Images) > 0 || len(k.Replacements) > 0
		switch {
		case !before:
			k.Patches, k.PatchesJson6902, changed = append(k.Patches, k.PatchesJson6902...), nil, true
		case !after:
			k.Transformers, k.PatchesJson6902, changed = append(jsonTransformers(k.PatchesJson6902), k.Transformers...), nil, true
		}
	}
	if k.CommonLabels != nil {
		if len(k.CommonLabels) > 0 {
			k.Labels = append(k.Labels, types.Label{Pairs: k.CommonLabels, IncludeSelectors: true})
		}
		k.CommonLabels, changed = nil, true
	}
	return changed
}

// jsonTransformers writes patches as inline transformer configurations, which run behind all built-in ones.
func jsonTransformers(patches []types.Patch) []string {
	var out []string
	for _, p := range patches {
		config := map[string]any{
			"apiVersion": "builtin", "kind": "PatchJson6902Transformer", "metadata": map[string]any{"name": "patch"}, "target": p.Target,
		}
		if p.Path != "" {
			config["path"] = p.Path
		} else {
			config["jsonOp"] = p.Patch
		}
		text, err := sigsyaml.Marshal(config)
		if err != nil {
			continue
		}
		out = append(out, string(text))
	}
	return out
}
