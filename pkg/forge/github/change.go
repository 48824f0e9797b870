package github

import (
	"bytes"
	"path"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// checkChanges refuses what is not a plain file, as GitHub would not: its interfaces write through links, replace folders by files and take
// a path that climbs out. It tells whether the changes leave the tree as it is, and whether a file among them has a mode to keep.
func checkChanges(before tree.Tree, changes []tree.Change) (same, hasMode bool, err error) {
	same = true
	gone, seen := map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		mode, exists := before.Mode(c.Path)
		refuse := func(reason string) error { return &forge.ChangeRefusedError{Path: c.Path, Reason: reason} }
		switch {
		case !plainPath(c.Path):
			return false, false, refuse("it is not a path below the root of the repository")
		case seen[c.Path]:
			return false, false, refuse("it is changed twice")
		case exists && mode == tree.Symlink:
			return false, false, refuse("it is a symbolic link")
		case exists && mode == tree.Submodule:
			return false, false, refuse("it is a submodule")
		case c.Delete && !exists:
			return false, false, refuse("it is to be deleted and is not there")
		}
		seen[c.Path] = true
		if c.Delete {
			gone[c.Path], same = true, false
			continue
		}
		was, _ := before.Read(c.Path)
		same = same && exists && bytes.Equal(was, c.Content)
		hasMode = hasMode || exists && mode == tree.Executable
	}
	for _, c := range changes {
		if c.Delete {
			continue
		}
		refuse := &forge.ChangeRefusedError{Path: c.Path, Reason: "it would be both a file and a folder"}
		for _, below := range before.Under(c.Path) {
			if below != c.Path && !gone[below] {
				return false, false, refuse
			}
		}
		for folder := path.Dir(c.Path); folder != "."; folder = path.Dir(folder) {
			if _, isFile := before.Mode(folder); isFile && !gone[folder] || seen[folder] && !gone[folder] {
				return false, false, refuse
			}
		}
	}
	return same, hasMode, nil
}

func plainPath(p string) bool {
	if p == "" || p == "." || path.Clean(p) != p || path.IsAbs(p) || strings.ContainsAny(p, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." || strings.EqualFold(part, ".git") {
			return false
		}
	}
	return true
}
