package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// patchSet is what one post-renderer, or the spec of a Flux Kustomization, asks of Kustomize.
type patchSet struct {
	Patches               []fluxPatch       `json:"patches"`
	PatchesStrategicMerge []json.RawMessage `json:"patchesStrategicMerge"`
	PatchesJSON6902       []fluxJSONPatch   `json:"patchesJson6902"`
	Images                []types.Image     `json:"images"`
}

type fluxPatch struct {
	Patch  string        `json:"patch"`
	Target *fluxSelector `json:"target"`
}

type fluxJSONPatch struct {
	Patch  json.RawMessage `json:"patch"`
	Target fluxSelector    `json:"target"`
}

type fluxSelector struct {
	Group              string `json:"group"`
	Version            string `json:"version"`
	Kind               string `json:"kind"`
	Name               string `json:"name"`
	Namespace          string `json:"namespace"`
	LabelSelector      string `json:"labelSelector"`
	AnnotationSelector string `json:"annotationSelector"`
}

func (s *fluxSelector) kustomize() *types.Selector {
	if s == nil {
		return nil
	}
	return &types.Selector{
		ResId: resid.ResId{
			Gvk:  resid.Gvk{Group: s.Group, Version: s.Version, Kind: s.Kind},
			Name: s.Name, Namespace: s.Namespace,
		},
		LabelSelector: s.LabelSelector, AnnotationSelector: s.AnnotationSelector,
	}
}

func (p patchSet) kustomization() types.Kustomization {
	k := types.Kustomization{Images: p.Images}
	k.FixKustomization()
	for _, sm := range p.PatchesStrategicMerge {
		k.Patches = append(k.Patches, types.Patch{Patch: string(sm)})
	}
	for _, patch := range p.Patches {
		k.Patches = append(k.Patches, types.Patch{Patch: patch.Patch, Target: patch.Target.kustomize()})
	}
	for _, patch := range p.PatchesJSON6902 {
		k.Patches = append(k.Patches, types.Patch{Patch: string(patch.Patch), Target: patch.Target.kustomize()})
	}
	return k
}

// PostRender applies HelmRelease.spec.postRenderers (a list of {kustomize: {patches, images}}) as helm-controller does: one Kustomize build per entry, in order.
// A target that matches nothing is passed over in silence, as on the cluster: see Unmatched. An operation that does not apply is an error that names the
// object and the operation; on a cluster such a failure can look like success, so it must be found here. nil applies nothing.
func PostRender(objs Objects, postRenderers any) (Objects, error) {
	sets, err := patchSets(postRenderers)
	if err != nil {
		return nil, err
	}
	out := objs.Copy()
	for i, set := range sets {
		out, err = applyPatches(out, set.kustomization(), fmt.Sprintf("postRenderers[%d].kustomize", i))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unmatched names the patches of postRenderers whose target matches no object, like "postRenderers[0].kustomize.patches[2] (Namespace logging)". Flux
// ignores them in silence.
func Unmatched(objs Objects, postRenderers any) ([]string, error) {
	sets, err := patchSets(postRenderers)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, set := range sets {
		whole := set.kustomization()
		for n, patch := range whole.Patches {
			where := fmt.Sprintf("postRenderers[%d].kustomize.patches[%d]", i, n)
			if patch.Target != nil {
				selected, err := selectObjects(objs, *patch.Target)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", where, err)
				}
				if len(selected) == 0 {
					out = append(out, where+" ("+targetText(*patch.Target)+")")
					continue
				}
			}
			one := types.Kustomization{Patches: []types.Patch{patch}}
			if objs, err = applyPatches(objs, one, where); err != nil {
				return nil, err
			}
		}
		if objs, err = applyPatches(objs, types.Kustomization{Images: whole.Images}, "images"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func patchSets(postRenderers any) ([]patchSet, error) {
	asJSON, err := json.Marshal(postRenderers)
	if err != nil {
		return nil, fmt.Errorf("read postRenderers: %w", err)
	}
	var entries []struct {
		Kustomize *patchSet `json:"kustomize"`
	}
	if err := json.Unmarshal(asJSON, &entries); err != nil {
		return nil, fmt.Errorf("read postRenderers: want a list of {kustomize: {patches, images}}: %w", err)
	}
	sets := make([]patchSet, 0, len(entries))
	for _, e := range entries {
		if e.Kustomize != nil {
			sets = append(sets, *e.Kustomize)
		} else {
			sets = append(sets, patchSet{})
		}
	}
	return sets, nil
}

const renderedFile = "rendered.yaml"

// applyPatches builds objs with a kustomization made for them.
func applyPatches(objs Objects, k types.Kustomization, where string) (Objects, error) {
	if len(objs) == 0 || (len(k.Patches) == 0 && len(k.Images) == 0) {
		return objs, nil
	}
	out, err := buildTouched(objs, k)
	if err != nil {
		return nil, blame(objs, k, where, err)
	}
	return out, nil
}

func buildObjects(objs Objects, k types.Kustomization) (Objects, error) {
	k.FixKustomization()
	k.Resources = []string{renderedFile}
	content, err := yaml.Marshal(k)
	if err != nil {
		return nil, err
	}
	if err := checkAliases("kustomization.yaml", content); err != nil {
		return nil, fmt.Errorf("read the patches: %w", err)
	}
	f := newBuildFS(tree.Tree{}, map[string][]byte{
		path.Join(repoRoot, "kustomization.yaml"): content,
		path.Join(repoRoot, renderedFile):         objs.YAML(),
	})
	return runKustomize(f, repoRoot, false)
}

// blame finds the patch, the object and the operation behind a failed build.
func blame(objs Objects, k types.Kustomization, where string, failure error) error {
	for i, patch := range k.Patches {
		one := types.Kustomization{Patches: []types.Patch{patch}}
		next, err := buildObjects(objs, one)
		if err == nil {
			objs = next
			continue
		}
		where := fmt.Sprintf("%s.patches[%d]", strings.TrimSuffix(where, fmt.Sprintf(".patches[%d]", i)), i)
		if patch.Target == nil {
			return fmt.Errorf("%s: %s", where, oneLine(err.Error()))
		}
		selected, selectErr := selectObjects(objs, *patch.Target)
		if selectErr != nil {
			return fmt.Errorf("%s: %w", where, selectErr)
		}
		for _, o := range selected {
			if _, err := buildObjects(Objects{o}, one); err != nil {
				return fmt.Errorf("%s: %s: %s%s", where, o.ID(), failingOperation(o, patch), reason(err))
			}
		}
		return fmt.Errorf("%s: %s", where, reason(err))
	}
	return fmt.Errorf("%s: %s", where, oneLine(failure.Error()))
}

// failingOperation is "operation 2 (remove /metadata/labels/x): ", or "" when the patch is no JSON6902 patch.
func failingOperation(o Object, patch types.Patch) string {
	decoded, err := decodeYAML([]byte(patch.Patch))
	if err != nil {
		return ""
	}
	ops, ok := decoded.([]any)
	if !ok {
		return ""
	}
	for n := range ops {
		part, err := json.Marshal(ops[:n+1])
		if err != nil {
			return ""
		}
		one := types.Patch{Patch: string(part), Target: patch.Target}
		if _, err := buildObjects(Objects{o}, types.Kustomization{Patches: []types.Patch{one}}); err != nil {
			op, _ := ops[n].(map[string]any)
			return fmt.Sprintf("operation %d (%v %v): ", n, op["op"], op["path"])
		}
	}
	return ""
}

// reason drops what Kustomize puts around the message of the patch library.
func reason(err error) string {
	text := oneLine(err.Error())
	for _, start := range []string{"error in ", "testing value ", "testing path "} {
		if at := strings.Index(text, start); at >= 0 {
			return text[at:]
		}
	}
	return text
}

// selectObjects are the objects that Kustomize's target selector matches.
func selectObjects(objs Objects, selector types.Selector) (Objects, error) {
	kustomizing.Lock()
	defer kustomizing.Unlock()
	m, err := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory()).NewResMapFromBytes(objs.YAML())
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	selected, err := m.Select(selector)
	if err != nil {
		return nil, errors.New(oneLine(err.Error()))
	}
	found := resmap.New()
	for _, r := range selected {
		if err := found.Append(r); err != nil {
			return nil, errors.New(oneLine(err.Error()))
		}
	}
	return fromResMap(found)
}

func targetText(s types.Selector) string {
	var parts []string
	for _, part := range []string{s.Group, s.Kind, strings.Trim(s.Namespace+"/"+s.Name, "/"), s.LabelSelector, s.AnnotationSelector} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}
