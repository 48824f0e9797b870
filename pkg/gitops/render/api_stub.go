package render

import (
	"errors"
)

var errStub = errors.New("not built yet")

func FluxPatches(objs Objects, kustomization Object) (Objects, error) { return nil, errStub }

func PodTemplates(objs Objects) []PodTemplate { return nil }
