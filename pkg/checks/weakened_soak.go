//go:build weaken_soak

package checks

const soaksAreSkipped = true
