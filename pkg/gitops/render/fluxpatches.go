package render

import (
	"encoding/json"
	"fmt"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Unsupported tells that Flux would do something that this package does not imitate, so that any result would not be the truth.
type Unsupported struct{ What, Reason string }

func (u *Unsupported) Error() string { return "render " + u.What + ": " + u.Reason }

// fluxSpec are the fields of a Flux Kustomization that change what is built.
type fluxSpec struct {
	patchSet
	TargetNamespace string          `json:"targetNamespace"`
	NamePrefix      string          `json:"namePrefix"`
	NameSuffix      string          `json:"nameSuffix"`
	Components      []string        `json:"components"`
	PostBuild       json.RawMessage `json:"postBuild"`
	CommonMetadata  struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"commonMetadata"`
}

func readFluxSpec(kustomization Object) (fluxSpec, error) {
	var spec fluxSpec
	asJSON, err := json.Marshal(kustomization.Get("spec"))
	if err != nil {
		return spec, fmt.Errorf("read %s: %w", kustomization.ID(), err)
	}
	if err := json.Unmarshal(asJSON, &spec); err != nil {
		return spec, fmt.Errorf("read %s: spec: %w", kustomization.ID(), err)
	}
	if len(spec.PostBuild) > 0 && string(spec.PostBuild) != "null" && string(spec.PostBuild) != "{}" {
		return spec, &Unsupported{
			What:   kustomization.ID().String(),
			Reason: "spec.postBuild substitutes variables after the build, which is not imitated; write the values out in the environment instead",
		}
	}
	return spec, nil
}

// FluxOverlay builds what kustomize-controller builds for a Flux Kustomization: the folder dir with the object's patches, images, name prefix and suffix,
// target namespace and components added to the folder's own kustomization before the build, and its common metadata after it. postBuild is an
// *Unsupported error.
func FluxOverlay(t tree.Tree, dir string, kustomization Object, remotes Remotes) (Objects, error) {
	spec, err := readFluxSpec(kustomization)
	if err != nil {
		return nil, err
	}
	amend := spec.addTo
	if !spec.changesBuild() {
		amend = nil // the same build as Overlay's, and remembered as one
	}
	objs, err := overlay(t, dir, remotes, amend)
	if err != nil {
		return nil, err
	}
	return spec.label(objs), nil
}

// FluxPatches applies to built objects what a Flux Kustomization adds to the folder it builds. It is FluxOverlay for callers that hold only the result: the same except
// that names which Kustomize hashed are the hashed ones, and that components cannot be added any more (*Unsupported).
func FluxPatches(objs Objects, kustomization Object) (Objects, error) {
	spec, err := readFluxSpec(kustomization)
	if err != nil {
		return nil, err
	}
	if len(spec.Components) > 0 {
		return nil, &Unsupported{What: kustomization.ID().String(), Reason: "spec.components are part of the build and cannot be added to its result"}
	}
	out := objs.Copy()
	if len(objs) > 0 && spec.changesBuild() {
		var k types.Kustomization
		spec.addTo(&k)
		if out, err = buildObjects(objs, k); err != nil {
			return nil, blame(objs, k, kustomization.ID().String()+": spec", err)
		}
	}
	return spec.label(out), nil
}

// changesBuild tells whether the spec adds anything to the folder's kustomization.
func (s fluxSpec) changesBuild() bool {
	own := s.kustomization()
	return len(own.Patches) > 0 || len(own.Images) > 0 || s.TargetNamespace != "" || s.NamePrefix != "" || s.NameSuffix != "" || len(s.Components) > 0
}

// addTo writes the spec into the folder's kustomization, as kustomize-controller does before it builds.
func (s fluxSpec) addTo(k *types.Kustomization) {
	own := s.kustomization()
	k.Patches = append(k.Patches, own.Patches...)
	if s.TargetNamespace != "" {
		k.Namespace = s.TargetNamespace
	}
	if s.NamePrefix != "" {
		k.NamePrefix = s.NamePrefix
	}
	if s.NameSuffix != "" {
		k.NameSuffix = s.NameSuffix
	}
	k.Components = append(k.Components, s.Components...)
	for _, image := range own.Images {
		replaced := false
		for i := range k.Images {
			if k.Images[i].Name == image.Name {
				k.Images[i], replaced = image, true
			}
		}
		if !replaced {
			k.Images = append(k.Images, image)
		}
	}
}

// label adds the common metadata. It changes objs.
func (s fluxSpec) label(objs Objects) Objects {
	for _, o := range objs {
		if len(s.CommonMetadata.Labels) > 0 {
			setMetadata(o, "labels", s.CommonMetadata.Labels)
		}
		if len(s.CommonMetadata.Annotations) > 0 {
			setMetadata(o, "annotations", s.CommonMetadata.Annotations)
		}
	}
	return objs
}
