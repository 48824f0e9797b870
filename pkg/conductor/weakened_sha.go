//go:build weaken_sha

package conductor

const branchesAreMerged = true
