package mirror

import (
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// merge merges theirs into ours. Nothing of it is kept.
func (s *store) merge(ours, theirs string) (tree.Tree, error) {
	work := s.beside().objects()
	merged, conflicts, err := work.Merge(ours, theirs)
	if err != nil {
		return tree.Tree{}, err
	}
	if len(conflicts) > 0 {
		return tree.Tree{}, &ConflictError{Paths: conflicts}
	}
	return work.TreeOf(merged)
}
