//go:build !weaken_istiod

package checks

// oneMayBeSilent weakens the rule that every istiod must answer, to show that internal/stories sees it. No build that is released has the tag.
const oneMayBeSilent = false
