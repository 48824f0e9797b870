// Package race lets tests spare the race detector what it cannot see anything in: whatever takes minutes under it and stays in one goroutine. Only tests import it.
package race

import "testing"

// SkipAlone skips a test that walks for long in one goroutine. What it walks through is watched in the tests that start several.
func SkipAlone(t testing.TB) {
	t.Helper()
	if Enabled {
		t.Skip("one goroutine for a long time: nothing that the race detector could see; run without -race")
	}
}
