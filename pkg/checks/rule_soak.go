//go:build !weaken_soak

package checks

// soaksAreSkipped weakens the rule that a gate stays green for a time, to show that internal/stories sees it. No build that is released has the tag.
const soaksAreSkipped = false
