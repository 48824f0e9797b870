package local

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// rebase makes each commit of the source that the target lacks anew on top of the target, with its author and message. Merge commits and
// commits that change nothing any more are left out, as git rebase does.
func (f *Forge) rebase(repo *repo, r row, target string) (string, error) {
	list, err := repo.missing(r.Head, target)
	if err != nil {
		return "", err
	}
	at := target
	for _, c := range list {
		if len(c.ParentHashes) != 1 {
			continue
		}
		base, err := repo.FilesAt(c.ParentHashes[0].String())
		if err != nil {
			return "", err
		}
		ours, err := repo.FilesAt(at)
		if err != nil {
			return "", err
		}
		theirs, err := repo.Files(c.TreeHash)
		if err != nil {
			return "", err
		}
		merged, conflicts, err := repo.ThreeWay(base, ours, theirs)
		if err != nil {
			return "", err
		}
		if len(conflicts) > 0 {
			return "", fmt.Errorf("rebase %.8s: conflict in %s: merge or squash instead", c.Hash, strings.Join(conflicts, ", "))
		}
		root, err := repo.WriteTree(merged)
		if err != nil {
			return "", err
		}
		before, err := repo.Commit(at)
		if err != nil {
			return "", err
		}
		if root == before.TreeHash {
			continue
		}
		again := object.Commit{TreeHash: root, ParentHashes: []plumbing.Hash{before.Hash}, Author: c.Author, Committer: f.signature(f.who), Message: c.Message}
		hash, err := repo.Write(again.Encode)
		if err != nil {
			return "", err
		}
		at = hash.String()
	}
	return at, nil
}

// missing lists the commits that head has and target has not, parents before children.
func (r *repo) missing(head, target string) ([]*object.Commit, error) {
	var list []*object.Commit
	seen := map[string]bool{}
	var visit func(sha string) error
	visit = func(sha string) error {
		if seen[sha] {
			return nil
		}
		seen[sha] = true
		if in, err := r.IsAncestor(sha, target); err != nil || in {
			return err
		}
		c, err := r.Commit(sha)
		if err != nil {
			return err
		}
		for _, p := range slices.Backward(c.ParentHashes) {
			if err := visit(p.String()); err != nil {
				return err
			}
		}
		list = append(list, c)
		return nil
	}
	return list, visit(head)
}
