package objects

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// ErrNoBase tells that two commits share no history. It is forge.ErrNotFound, too.
var ErrNoBase = fmt.Errorf("the two share no history: %w", forge.ErrNotFound)

// IsAncestor reports whether ancestor can be reached from descendant; a commit is its own ancestor. forge.ErrNotFound when one of them does not exist.
func (s Store) IsAncestor(ancestor, descendant string) (bool, error) {
	base, err := s.MergeBase(ancestor, descendant)
	if errors.Is(err, ErrNoBase) {
		return false, nil
	}
	return base == ancestor, err
}

// MergeBase is the best common ancestor of two commits. ErrNoBase when they share none, forge.ErrNotFound when one of them does not exist.
//
// It paints the histories of both commits, newest first, until only shared commits are left to look at: like git it does not
// read further back than it must, while go-git's own reads all.
func (s Store) MergeBase(a, b string) (string, error) {
	const fromA, fromB, stale = 1, 2, 4
	paint := map[plumbing.Hash]int{}
	queue := &byTime{}
	push := func(c *object.Commit, color int) {
		if paint[c.Hash]|color != paint[c.Hash] {
			paint[c.Hash] |= color
			heap.Push(queue, c)
		}
	}
	for _, start := range []struct {
		sha   string
		color int
	}{{a, fromA}, {b, fromB}} {
		c, err := s.Commit(start.sha)
		if err != nil {
			return "", err
		}
		push(c, start.color)
	}
	var shared []*object.Commit
	for slices.ContainsFunc(*queue, func(c *object.Commit) bool { return paint[c.Hash]&stale == 0 }) {
		c := heap.Pop(queue).(*object.Commit)
		color := paint[c.Hash]
		if color == fromA|fromB {
			// A commit that got its two colours one by one lies in the queue twice.
			if !slices.ContainsFunc(shared, func(other *object.Commit) bool { return other.Hash == c.Hash }) {
				shared = append(shared, c)
			}
			color |= stale
		}
		for _, hash := range c.ParentHashes {
			parent, err := object.GetCommit(s, hash)
			if errors.Is(err, plumbing.ErrObjectNotFound) {
				continue // a shallow repository ends here
			}
			if err != nil {
				return "", fmt.Errorf("read the commit %s: %w", hash, err)
			}
			push(parent, color)
		}
	}
	// Painting may end before every ancestor of a better one is known as such; comparing pairs decides.
	best := ""
	for _, c := range shared {
		candidate := c.Hash.String()
		if paint[c.Hash]&stale != 0 {
			continue
		}
		better := best == ""
		if !better {
			var err error
			if better, err = s.IsAncestor(best, candidate); err != nil {
				return "", err
			}
		}
		if better {
			best = candidate
		}
	}
	if best == "" {
		return "", fmt.Errorf("find the merge base of %.8s and %.8s: %w", a, b, ErrNoBase)
	}
	return best, nil
}

// byTime is a heap of commits, the newest first.
type byTime []*object.Commit

func (q byTime) Len() int           { return len(q) }
func (q byTime) Less(i, j int) bool { return q[i].Committer.When.After(q[j].Committer.When) }
func (q byTime) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *byTime) Push(x any)        { *q = append(*q, x.(*object.Commit)) }
func (q *byTime) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
