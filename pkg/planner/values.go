package planner

import (
	"fmt"
	"strings"
)

// valuesFile is the merge patch that brings package tags forward while the umbrella is still the old one.
const valuesFile = "bigbang-values.yaml"

// pin is a package's tag written inline, in both flavours: which one counts is a value that a later layer may change.
type pin struct {
	key             string // values key, "istioCRDs"
	gitTag, helmTag string
}

// pins lists what the state brings forward.
func (b *builder) pins(s state) []pin {
	var pins []pin
	add := func(key string) {
		p := b.to.Packages[key]
		pins = append(pins, pin{key: key, gitTag: p.GitTag, helmTag: p.HelmTag})
	}
	if s.crds {
		add("istioCRDs")
	}
	if s.cni {
		add("istioCNI")
	}
	return pins
}

func (b *builder) valuesPatch(s state) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "# Upgrade %s: Istio package tags of Big Bang %s, brought forward while the umbrella is still %s.\n",
		b.course.Upgrade, b.course.To.Release, b.course.From.Release)
	fmt.Fprintf(&out, "# Inline values beat every values layer. The last phase removes this file, when %s ships the same tags itself.\n", b.course.To.Release)
	fmt.Fprintf(&out, "apiVersion: %s\nkind: HelmRelease\nmetadata:\n  name: %s\n", b.helmReleaseAPI, b.env.HelmRelease.Name)
	if ns := b.env.HelmRelease.Namespace; ns != "" {
		fmt.Fprintf(&out, "  namespace: %s\n", ns)
	}
	fmt.Fprintf(&out, "spec:\n  values:\n")
	for _, p := range b.pins(s) {
		fmt.Fprintf(&out, "    %s:\n", p.key)
		if p.gitTag != "" {
			fmt.Fprintf(&out, "      git:\n        tag: %q\n", p.gitTag)
		}
		if p.helmTag != "" {
			fmt.Fprintf(&out, "      helmRepo:\n        tag: %q\n", p.helmTag)
		}
	}
	return []byte(out.String())
}
