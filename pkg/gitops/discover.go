package gitops

import "github.com/linnet-bot/linnet/pkg/gitops/tree"

// Discover reads a repository. What is wrong or unknown inside it is in the result; the error is for a tree that cannot be read at all.
func Discover(t tree.Tree, o Options) (Repository, error) { return Repository{}, nil }
