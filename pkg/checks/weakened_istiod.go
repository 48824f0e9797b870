//go:build weaken_istiod

package checks

const oneMayBeSilent = true
