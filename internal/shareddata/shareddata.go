// Package shareddata finds the third-party material that some tests read where it lies: real Big Bang charts, real GitOps
// repositories, Istio objects. None of it is part of this repository.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// Env names the environment variable that points at the folder holding data/.
const Env = "LINNET_SHARED"

// Dir returns the data folder: $LINNET_SHARED/data, else ../shared/data beside the repository. The test is skipped, with a message that says
// how to provide it, where neither exists.
func Dir(t testing.TB) string {
	t.Helper()
	if root := os.Getenv(Env); root != "" {
		return mustExist(t, filepath.Join(root, "data"))
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the working folder: %v", err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return mustExist(t, filepath.Join(filepath.Dir(dir), "shared", "data"))
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("no go.mod above %s; set %s to the folder that holds data/ to run this test", wd, Env)
		}
	}
}

func mustExist(t testing.TB, dir string) string {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("this test reads real material from %s, which is not here; set %s to the folder that holds data/ to run it", dir, Env)
	}
	return dir
}

// Path joins elements below Dir and skips the test where the result does not exist.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	return mustExist(t, filepath.Join(append([]string{Dir(t)}, elem...)...))
}
