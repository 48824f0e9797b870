package objects_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/linnet-bot/linnet/pkg/forge/objects"
)

// TestMergeBaseOfAnyHistory makes random histories, with clocks that run backwards and merges across merges, and compares with what
// reachability says: the base must be shared, and no descendant of it may be.
func TestMergeBaseOfAnyHistory(t *testing.T) {
	s := objects.Store{EncodedObjectStorer: memory.NewStorage()}
	for seed := range uint64(25) {
		random := rand.New(rand.NewPCG(seed, 1))
		var commits []string
		reach := map[string]map[string]bool{} // what each commit can reach, itself included
		for i := range 12 {
			who := object.Signature{Name: "n", Email: "e", When: time.Unix(int64(1e9+random.IntN(5)), 0)}
			c := object.Commit{Author: who, Committer: who, Message: fmt.Sprintf("%d/%d", seed, i)}
			has := map[string]bool{}
			for range min(i, random.IntN(3)) {
				parent := commits[random.IntN(len(commits))]
				c.ParentHashes = append(c.ParentHashes, plumbing.NewHash(parent))
				for sha := range reach[parent] {
					has[sha] = true
				}
			}
			hash, err := s.Write(c.Encode)
			if err != nil {
				t.Fatal(err)
			}
			has[hash.String()] = true
			reach[hash.String()] = has
			commits = append(commits, hash.String())
		}
		for _, a := range commits {
			for _, b := range commits {
				base, err := s.MergeBase(a, b)
				shared := map[string]bool{}
				for sha := range reach[a] {
					if reach[b][sha] {
						shared[sha] = true
					}
				}
				if len(shared) == 0 {
					if !errors.Is(err, objects.ErrNoBase) {
						t.Fatalf("seed %d: got %s, %v, want no base", seed, base, err)
					}
					continue
				}
				if err != nil || !shared[base] {
					t.Fatalf("seed %d: got %s, %v, want a shared commit", seed, base, err)
				}
				for sha := range shared {
					if sha != base && reach[sha][base] {
						t.Fatalf("seed %d: %s is shared and better than %s", seed, sha, base)
					}
				}
				if in, err := s.IsAncestor(a, b); err != nil || in != reach[b][a] {
					t.Fatalf("seed %d: is %s an ancestor of %s: got %v, %v", seed, a, b, in, err)
				}
			}
		}
	}
}
