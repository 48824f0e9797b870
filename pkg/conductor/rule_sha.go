//go:build !weaken_sha

package conductor

// branchesAreMerged weakens the rule that a merge is bound to the commit that was judged, to show that internal/stories sees it. No build that is released has the tag.
const branchesAreMerged = false
