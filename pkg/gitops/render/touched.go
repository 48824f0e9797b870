package render

import (
	"regexp"

	"sigs.k8s.io/kustomize/api/types"
)

// buildTouched gives what buildObjects gives, but takes only those objects through Kustomize that a target may match: most patches are about a few
// of hundreds. Patches without a target, images and objects that share a name need the whole set.
func buildTouched(objs Objects, k types.Kustomization) (Objects, error) {
	match, ok := targets(k)
	if !ok || sharedIDs(objs) {
		return buildObjects(objs, k)
	}
	var touched Objects
	for _, o := range objs {
		if match(o) {
			touched = append(touched, o)
		}
	}
	if len(touched) == 0 {
		return objs, nil
	}
	built, err := buildObjects(touched, k)
	if err != nil {
		return nil, err
	}
	if out, ok := rejoin(objs, built, match); ok {
		return out, nil
	}
	return buildObjects(objs, k)
}

// targets gives a test that holds for every object that one of the patches may match, and for others; false when all objects must be looked at.
func targets(k types.Kustomization) (match func(Object) bool, ok bool) {
	if len(k.Images) > 0 || k.Namespace != "" || k.NamePrefix != "" || k.NameSuffix != "" || len(k.Components) > 0 {
		return nil, false
	}
	type selector struct{ kind, name *regexp.Regexp }
	var all []selector
	for _, p := range k.Patches {
		if p.Target == nil {
			return nil, false
		}
		kind, errKind := anchored(p.Target.Kind)
		name, errName := anchored(p.Target.Name)
		if errKind != nil || errName != nil {
			return nil, false
		}
		all = append(all, selector{kind, name})
	}
	return func(o Object) bool {
		for _, s := range all {
			if s.kind.MatchString(o.Kind()) && s.name.MatchString(o.Name()) {
				return true
			}
		}
		return false
	}, true
}

// anchored compiles a selector's field as Kustomize does: empty matches everything, anything else must match from end to end.
func anchored(field string) (*regexp.Regexp, error) {
	if field == "" {
		return regexp.MustCompile(""), nil
	}
	return regexp.Compile("^(?:" + field + ")$")
}

func sharedIDs(objs Objects) bool {
	seen := make(map[ID]bool, len(objs))
	for _, o := range objs {
		if seen[o.ID()] {
			return true
		}
		seen[o.ID()] = true
	}
	return false
}

// rejoin puts the built objects back where the touched ones stood. Kustomize keeps their order and drops what a patch deleted; false when it did
// anything else.
func rejoin(objs, built Objects, touched func(Object) bool) (Objects, bool) {
	out := make(Objects, 0, len(objs))
	for _, o := range objs {
		switch {
		case !touched(o):
			out = append(out, o)
		case len(built) > 0 && built[0].ID() == o.ID():
			out = append(out, built[0])
			built = built[1:]
		}
	}
	return out, len(built) == 0
}
