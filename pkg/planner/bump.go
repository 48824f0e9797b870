package planner

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/splice"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Bumping is how this repository's release is moved: texts that only this environment reads are set in place; a built field that still holds
// the old release afterwards, because its text is shared with other environments, is overridden in the environment's own Kustomization, so that
// this environment can go first. The override stays, and the next upgrade finds it as a text of its own.
type Bumping struct {
	Set       []CoursePlace `json:"set,omitempty"`
	Overrides []string      `json:"overrides,omitempty"` // "HelmRelease bigbang spec.chart.spec.version"
}

// CoursePlace is a text of the repository that names the release.
type CoursePlace struct {
	File  string `json:"file"`
	Field string `json:"field"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// releaseField is a field of the built overlay that holds the release.
type releaseField struct {
	id   render.ID
	path []string
}

func (f releaseField) String() string {
	return f.id.Kind + " " + f.id.Name + " " + strings.Join(f.path, ".")
}

// override is the patch item that sets the field in the environment's own Kustomization.
func (f releaseField) override(value string) listItem {
	pointer := "/" + strings.Join(f.path, "/")
	return listItem{
		list: "patches",
		block: fmt.Sprintf("target:\n  kind: %s\n  name: %s\npatch: |-\n  - op: replace\n    path: %s\n    value: %q",
			f.id.Kind, f.id.Name, pointer, value),
		flow: fmt.Sprintf(`{target: {kind: %s, name: %s}, patch: '[{"op": "replace", "path": "%s", "value": "%s"}]'}`,
			f.id.Kind, f.id.Name, pointer, value),
	}
}

// releaseFields lists the fields of a built overlay that hold the given release: the chart's version, and the tag of the GitRepository that the
// chart, or something beside it, is fetched from.
func (b *builder) releaseFields(built render.Objects, version string) []releaseField {
	var fields []releaseField
	if hr, ok := built.Find("HelmRelease", b.env.HelmRelease.Namespace, b.env.HelmRelease.Name); ok {
		if hr.Get("spec", "chart", "spec", "version") == version {
			fields = append(fields, releaseField{hr.ID(), []string{"spec", "chart", "spec", "version"}})
		}
	}
	for _, repo := range built.Kind("GitRepository") {
		if repo.Name() == b.env.HelmRelease.Name && sameRelease(repo.Get("spec", "ref", "tag"), version) {
			fields = append(fields, releaseField{repo.ID(), []string{"spec", "ref", "tag"}})
		}
	}
	return fields
}

func sameRelease(v any, version string) bool {
	s, ok := v.(string)
	return ok && strings.TrimPrefix(s, "tags/") == version
}

// planBump finds out how this repository is bumped by doing it on a copy, and says so in a form that can be repeated and taken back.
func (b *builder) planBump(start tree.Tree, from, to string) (Bumping, error) {
	var how Bumping
	for _, p := range b.env.Release.Places {
		if p.Inert || !p.Exclusive || strings.TrimPrefix(p.Value, "tags/") != from {
			continue
		}
		how.Set = append(how.Set, CoursePlace{File: p.Position.File, Field: p.Field, Was: p.Value, Is: strings.TrimSuffix(p.Value, from) + to})
	}
	wanted := b.releaseFields(b.env.Built, from)
	t, err := b.bump(start, Bumping{Set: how.Set}, from, to)
	if err != nil {
		return Bumping{}, err
	}
	built, err := b.build(t)
	if err != nil {
		return Bumping{}, err
	}
	for _, f := range wanted {
		o, ok := built.Find(f.id.Kind, f.id.Namespace, f.id.Name)
		if ok && !sameRelease(o.Get(f.path...), to) {
			how.Overrides = append(how.Overrides, f.String())
		}
	}
	if len(how.Set) == 0 && len(how.Overrides) == 0 {
		return Bumping{}, refuse(b.env.ID, "release", "nothing in %s says that %s runs Big Bang %s in a way that can be edited; run `linnet inspect` to see every place that was found", b.env.Kustomization, b.env.ID, from)
	}
	return how, nil
}

// bump gives the tree with the release moved, and nothing else.
func (b *builder) bump(t tree.Tree, how Bumping, from, to string) (tree.Tree, error) {
	for _, place := range how.Set {
		p, err := b.place(place)
		if err != nil {
			return tree.Tree{}, err
		}
		if t, err = setPlace(t, p, place.Is); err != nil {
			return tree.Tree{}, err
		}
	}
	src, _ := t.Read(b.env.Kustomization)
	for _, f := range b.overriddenFields(how) {
		var err error
		if src, err = b.insertLast(src, f.override(to)); err != nil {
			return tree.Tree{}, b.refusedEdit(b.env.Kustomization, err)
		}
	}
	if len(how.Overrides) > 0 {
		t = t.With(tree.Change{Path: b.env.Kustomization, Content: src})
	}
	return t, nil
}

// unbump takes bump back: it is its exact inverse.
func (b *builder) unbump(t tree.Tree, how Bumping, to string) (tree.Tree, error) {
	src, _ := t.Read(b.env.Kustomization)
	fields := b.overriddenFields(how)
	for i := len(fields) - 1; i >= 0; i-- {
		out, err := removeOverride(src, fields[i].override(to))
		if err != nil {
			return tree.Tree{}, b.refusedEdit(b.env.Kustomization, err)
		}
		src = out
	}
	if len(fields) > 0 {
		t = t.With(tree.Change{Path: b.env.Kustomization, Content: src})
	}
	for _, place := range how.Set {
		p, err := b.place(place)
		if err != nil {
			return tree.Tree{}, err
		}
		if t, err = setPlace(t, p, place.Was); err != nil {
			return tree.Tree{}, err
		}
	}
	return t, nil
}

// removeOverride finds the item that inserting would have made, trying the last first: the override stands behind everything of the customer's.
func removeOverride(src []byte, item listItem) ([]byte, error) {
	k, err := readLists(src)
	if err != nil {
		return nil, err
	}
	n := len(k.Patches)
	for i := n - 1; i >= 0; i-- {
		out, err := item.remove(src, i, n)
		if err != nil {
			continue
		}
		at := i
		if i == n-1 {
			at = -1
		}
		if again, err := item.insert(out, at); err == nil && bytes.Equal(again, src) {
			return out, nil
		}
	}
	return nil, fmt.Errorf("the override of the release is not in patches any more; restore it from the commit that bumped the release")
}

// overriddenFields finds the fields named in a Bumping among the built objects.
func (b *builder) overriddenFields(how Bumping) []releaseField {
	var fields []releaseField
	for _, name := range how.Overrides {
		parts := strings.Fields(name)
		if len(parts) != 3 {
			continue
		}
		fields = append(fields, releaseField{id: render.ID{Kind: parts[0], Name: parts[1]}, path: strings.Split(parts[2], ".")})
	}
	return fields
}

// place finds a text named in a Bumping among what discovery saw.
func (b *builder) place(c CoursePlace) (gitops.Place, error) {
	for _, p := range b.env.Release.Places {
		if p.Position.File == c.File && p.Field == c.Field {
			return p, nil
		}
	}
	return gitops.Place{}, fmt.Errorf("the release is not written at %s in %s any more; restore the line, or finish the upgrade by hand", c.Field, c.File)
}

func setPlace(t tree.Tree, p gitops.Place, value string) (tree.Tree, error) {
	src, ok := t.Read(p.Position.File)
	if !ok {
		return tree.Tree{}, fmt.Errorf("set the release in %s: the file is not there", p.Position.File)
	}
	out, err := splice.Set(src, p.Path, value)
	if err != nil {
		return tree.Tree{}, fmt.Errorf("set the release at %s:%d to %s: %w", p.Position.File, p.Position.Line, value, err)
	}
	return t.With(tree.Change{Path: p.Position.File, Content: out}), nil
}
