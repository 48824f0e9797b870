package tree

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Patch gives what turns before into after as `git apply` reads it; "" when they are equal.
func Patch(before, after Tree) string {
	p, err := diff(before, after)
	if err != nil {
		// Objects in memory that were written a moment ago can always be read; a panic here would be a bug of ours, an empty patch a lie.
		panic(fmt.Sprintf("compare two trees in memory: %v", err))
	}
	return p.String()
}

// FileStat is how many lines of a file a change adds and removes.
type FileStat struct {
	Path    string `json:"path"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
}

// Stat counts the lines that turn before into after, sorted by path.
func Stat(before, after Tree) []FileStat {
	p, err := diff(before, after)
	if err != nil {
		panic(fmt.Sprintf("compare two trees in memory: %v", err))
	}
	var all []FileStat
	for _, s := range p.Stats() {
		all = append(all, FileStat{Path: s.Name, Added: s.Addition, Removed: s.Deletion})
	}
	slices.SortFunc(all, func(a, b FileStat) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// diff writes only the files that differ into two Git trees in memory and lets go-git compare them.
func diff(before, after Tree) (*object.Patch, error) {
	store := memory.NewStorage()
	var names []string
	for _, c := range before.Changes(after) {
		names = append(names, c.Path)
	}
	from, err := before.stored(store, names)
	if err != nil {
		return nil, err
	}
	to, err := after.stored(store, names)
	if err != nil {
		return nil, err
	}
	changes, err := object.DiffTreeWithOptions(context.Background(), from, to, nil) // nil: a rename is a deletion and a new file
	if err != nil {
		return nil, err
	}
	return changes.Patch()
}

func (t Tree) stored(store *memory.Storage, names []string) (*object.Tree, error) {
	hash, err := t.store(store, names)
	if err != nil {
		return nil, err
	}
	return object.GetTree(store, hash)
}
