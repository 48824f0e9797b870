package planner

import (
	"fmt"
	"slices"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// overridden refuses a plan whose files would not have the effect that they say.
func (b *builder) overridden(s step, what string, culprit gitops.Position) error {
	text := fmt.Sprintf("after phase %s, %s, because something that is applied later overrides it; take that out for the time of the upgrade", s.name, what)
	return &Refused{Environment: b.env.ID, Findings: []Finding{{Level: Refuse, Check: "override", Text: text, Position: culprit}}}
}

// appliedLater are the fields of a Kustomization that Kustomize applies after patches.
var appliedLater = []string{"patchesJson6902", "replacements", "transformers"}

// culprit finds out by trial what overrides ours: without the patches of the Flux Kustomization, or without one field of the environment's own, all is
// built as written.
func (b *builder) culprit(s step) gitops.Position {
	t, err := b.at(s.after)
	if err != nil {
		return gitops.Position{}
	}
	remotes := gitops.FromReleases(b.material.Folder)
	heals := func(t tree.Tree) bool {
		objs, err := render.Overlay(t, b.env.ID, remotes)
		if err != nil {
			return false
		}
		what, err := b.overrides(s, objs)
		return err == nil && what == ""
	}
	if b.env.Flux != nil && heals(t) {
		return b.env.Flux.Position
	}
	src, _ := t.Read(b.env.Kustomization)
	written, _ := b.tip.Read(b.env.Kustomization)
	for _, field := range appliedLater {
		without, err := splice.RemoveKey(src, splice.Path{splice.Key(field)})
		if err == nil && heals(t.With(tree.Change{Path: b.env.Kustomization, Content: without})) {
			return gitops.Position{File: b.env.Kustomization, Line: lineOf(written, field)}
		}
	}
	k, err := readLists(src)
	now, errNow := readLists(written)
	if err != nil || errNow != nil {
		return gitops.Position{}
	}
	for i := len(k.Patches) - 1; i > k.last("patches"); i-- {
		without, err := splice.RemoveItem(src, splice.Path{splice.Key("patches"), splice.Index(i)})
		if err == nil && heals(t.With(tree.Change{Path: b.env.Kustomization, Content: without})) {
			return gitops.Position{File: b.env.Kustomization, Line: lineOf(written, fmt.Sprintf("patches[%d]", i-len(k.Patches)+len(now.Patches)))}
		}
	}
	return gitops.Position{}
}

// lineOf is the line of the first scalar below a place of a YAML file, 0 where there is none.
func lineOf(src []byte, place string) int {
	line := 0
	_ = splice.Walk(src, func(p splice.Path, s splice.Scalar) { // what cannot be walked has no line
		if at := p.String(); line == 0 && len(at) >= len(place) && at[:len(place)] == place {
			line = s.Line
		}
	})
	return line
}

// patchOf is the last entry of the environment's patches that touches a field of the umbrella's HelmRelease.
func (b *builder) patchOf(field string) (at gitops.Position) {
	for _, p := range b.env.Patches {
		if slices.Contains(p.Touches, field) {
			at = p.Position
		}
	}
	return at
}
