package gitops

import (
	"fmt"
	"maps"
	"path"
	"slices"
)

// doubts are the folders that may be environments but could not be followed to Big Bang, each with the first thing that was in the way. Without them a typing
// error in a Kustomization would make its environment vanish without a word.
type doubts map[string]Note

// unread takes up the Kustomizations that could not be read at all.
func (d doubts) unread(notes []Note) {
	for _, n := range notes {
		if slices.Contains(kustomizationNames, path.Base(n.Position.File)) {
			d[path.Dir(n.Position.File)] = n
		}
	}
}

// overlay takes up a Kustomization that reaches no Big Bang, where it names what is not there or what cannot be read.
func (d doubts) overlay(o *overlay) {
	why := slices.Clone(o.lacking)
	for _, n := range o.notes {
		if n.Level == Refuse {
			why = append(why, n)
		}
	}
	if len(why) > 0 {
		d[o.dir] = why[0]
	}
}

// notes are those that a reader was not told of yet.
func (d doubts) notes(told []Note) []Note {
	var all []Note
	for _, dir := range slices.Sorted(maps.Keys(d)) {
		n := d[dir]
		if !slices.ContainsFunc(told, func(t Note) bool { return t.Position.File == n.Position.File }) {
			all = append(all, Note{Level: Warn, Position: n.Position, Text: fmt.Sprintf("%s; whether %s is an environment is not known", n.Text, dir)})
		}
	}
	return all
}

// explain is the sentence for an environment that was asked for and is one of these folders; nil where it is none.
func (d doubts) explain(id string) error {
	for _, dir := range slices.Sorted(maps.Keys(d)) {
		if n := d[dir]; dir == id || path.Base(dir) == id {
			return fmt.Errorf("environment %q cannot be read: %s: %s; mend that first", id, at(n.Position), n.Text)
		}
	}
	return nil
}
