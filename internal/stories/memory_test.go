package stories

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// memory is a forge in memory, for one story: what package local does on disk, a thousand times a second. TestForgeInMemoryAnswersAsTheOneOnDisk
// holds it against that one. It merges by merge commits only.
type memory struct {
	now      func() time.Time
	branches map[string]string
	commits  map[string]commit
	requests []*request
	checks   map[string][]forge.Check // by commit
	comments map[int][]forge.Comment  // by merge request
	headAt   map[int64]string         // head of the merge request when a comment was written
	last     int64                    // comment
	approved int                      // approvals that a merge takes
	gated    bool                     // a merge takes the bot's check
}

type commit struct {
	forge.Commit
	files tree.Tree
}

type request struct {
	forge.MergeRequest
	base string // tip of the target when it was opened
}

func newMemory(initial tree.Tree, now func() time.Time) *memory {
	m := &memory{
		now: now, branches: map[string]string{}, commits: map[string]commit{}, checks: map[string][]forge.Check{},
		comments: map[int][]forge.Comment{}, headAt: map[int64]string{},
	}
	m.branches["main"] = m.store(forge.Commit{Message: "Start\n", Author: "somebody"}, initial)
	return m
}

// store makes a commit. Its name is of everything in it and of how many there were before.
func (m *memory) store(c forge.Commit, files tree.Tree) string {
	c.Time = m.now().UTC()
	sum := sha1.Sum(fmt.Appendf(nil, "%d %q %q %s %s", len(m.commits), c.Parents, c.Message, c.Author, c.Time))
	c.SHA = hex.EncodeToString(sum[:])
	m.commits[c.SHA] = commit{c, files}
	return c.SHA
}

// user acts on the forge.
type user struct {
	*memory
	who string
}

var _ forge.Forge = user{}

func (m *memory) as(who string) user { return user{m, who} }

func named(who string) forge.User { return forge.User{ID: who, Name: who} }

func (u user) Me(context.Context) (forge.User, error) { return named(u.who), nil }

func (u user) DefaultBranch(context.Context) (string, error) { return "main", nil }

func (m *memory) head(branch string) (string, error) {
	if sha, ok := m.branches[branch]; ok {
		return sha, nil
	}
	return "", fmt.Errorf("branch %s: %w", branch, forge.ErrNotFound)
}

func (m *memory) commit(sha string) (commit, error) {
	if c, ok := m.commits[sha]; ok {
		return c, nil
	}
	return commit{}, fmt.Errorf("commit %.8s: %w", sha, forge.ErrNotFound)
}

func (u user) Head(_ context.Context, branch string) (string, error) { return u.head(branch) }

func (u user) Branches(_ context.Context, prefix string) ([]forge.Branch, error) {
	var all []forge.Branch
	for name, head := range u.branches {
		if strings.HasPrefix(name, prefix) {
			all = append(all, forge.Branch{Name: name, Head: head})
		}
	}
	slices.SortFunc(all, func(a, b forge.Branch) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (u user) ReadCommit(_ context.Context, sha string) (forge.Commit, error) {
	c, err := u.commit(sha)
	if err != nil {
		return forge.Commit{}, err
	}
	c.Author = fmt.Sprintf("%s <%[1]s@localhost>", c.Author)
	return c.Commit, nil
}

func (u user) Tree(_ context.Context, sha string) (tree.Tree, error) {
	c, err := u.commit(sha)
	return c.files, err
}

func (u user) FirstParent(_ context.Context, sha string) (string, error) {
	c, err := u.commit(sha)
	if err != nil || len(c.Parents) == 0 {
		return "", err
	}
	return c.Parents[0], nil
}

// ancestors of a commit, itself first, the nearest first.
func (m *memory) ancestors(sha string) []string {
	all, seen := []string{sha}, map[string]bool{sha: true}
	for i := 0; i < len(all); i++ {
		for _, parent := range m.commits[all[i]].Parents {
			if !seen[parent] {
				seen[parent] = true
				all = append(all, parent)
			}
		}
	}
	return all
}

func (m *memory) isAncestor(ancestor, descendant string) bool {
	return slices.Contains(m.ancestors(descendant), ancestor)
}

func (u user) IsAncestor(_ context.Context, ancestor, descendant string) (bool, error) {
	for _, sha := range []string{ancestor, descendant} {
		if _, err := u.commit(sha); err != nil {
			return false, err
		}
	}
	return u.isAncestor(ancestor, descendant), nil
}

// MergeBase is the best one: none of its descendants is common too.
func (u user) MergeBase(_ context.Context, a, b string) (string, error) {
	for _, sha := range []string{a, b} {
		if _, err := u.commit(sha); err != nil {
			return "", err
		}
	}
	theirs := u.ancestors(b)
	var common []string
	for _, sha := range u.ancestors(a) {
		if slices.Contains(theirs, sha) {
			common = append(common, sha)
		}
	}
	for _, sha := range common {
		if !slices.ContainsFunc(common, func(other string) bool { return other != sha && u.isAncestor(sha, other) }) {
			return sha, nil
		}
	}
	return "", fmt.Errorf("merge base of %.8s and %.8s: %w", a, b, forge.ErrNotFound)
}

func (u user) Commit(_ context.Context, n forge.NewCommit) (string, error) {
	switch got, err := u.head(n.Branch); {
	case n.Create && err == nil:
		return "", fmt.Errorf("create the branch %s: %w, at %.8s", n.Branch, forge.ErrBranchExists, got)
	case !n.Create && err != nil:
		return "", err
	case !n.Create && got != n.Parent:
		return "", &forge.HeadMovedError{Branch: n.Branch, Want: n.Parent, Got: got}
	}
	parent, err := u.commit(n.Parent)
	if err != nil {
		return "", err
	}
	if err := refuse(parent.files, n.Changes); err != nil {
		return "", err
	}
	files := parent.files.With(n.Changes...)
	if files.Equal(parent.files) {
		return "", fmt.Errorf("commit to %s: %w", n.Branch, forge.ErrNoChange)
	}
	sha := u.store(forge.Commit{Parents: []string{n.Parent}, Message: n.Message, Author: u.who}, files)
	u.branches[n.Branch] = sha
	return sha, nil
}

// refuse refuses what is no plain file below the root, or not there.
func refuse(files tree.Tree, changes []tree.Change) error {
	seen := map[string]bool{}
	for _, c := range changes {
		_, there := files.Read(c.Path)
		if seen[c.Path] || c.Path == "" || path.Clean(c.Path) != c.Path || path.IsAbs(c.Path) || strings.HasPrefix(c.Path, ".") || c.Delete && !there {
			return &forge.ChangeRefusedError{Path: c.Path, Reason: "it is not one plain file below the root"}
		}
		seen[c.Path] = true
	}
	if name, ok := clash(files.With(changes...)); ok {
		return &forge.ChangeRefusedError{Path: name, Reason: "it would be both a file and a folder"}
	}
	return nil
}

// clash is what is both a file and a folder.
func clash(files tree.Tree) (string, bool) {
	for _, name := range files.Paths() {
		for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if _, there := files.Read(dir); there {
				return dir, true
			}
		}
	}
	return "", false
}

func (u user) DeleteBranch(_ context.Context, branch, head string) error {
	got, err := u.head(branch)
	switch {
	case err != nil:
		return nil //nolint:nilerr // it is gone already
	case got != head:
		return &forge.HeadMovedError{Branch: branch, Want: head, Got: got}
	case branch == "main":
		return fmt.Errorf("delete the branch main: %w", forge.ErrBranchInUse)
	}
	for _, r := range u.requests {
		if u.look(r); r.State == forge.Open && (r.Source == branch || r.Target == branch) {
			return fmt.Errorf("delete the branch %s: %w: merge request !%d is open", branch, forge.ErrBranchInUse, r.Number)
		}
	}
	delete(u.branches, branch)
	return nil
}
