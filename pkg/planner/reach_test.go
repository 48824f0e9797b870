package planner

import "testing"

func TestNoUpgradeReachesWhatTheForgeObeys(t *testing.T) {
	for name, want := range map[string]bool{
		"dev/kustomization.yaml": true, "a/.github.yaml": true, "github/workflows/x": true, "docs/CODEOWNERS.md": true, "dev/.gitignore": true, "dev/.gitkeep": true,
		".github/workflows/ci.yml": false, ".GitHub/x": false, "a/.github/x": false, ".gitlab-ci.yml": false, "a/.gitlab-ci.yml": false, ".gitlab/CODEOWNERS": false,
		"CODEOWNERS": false, "docs/codeowners": false, ".git/config": false, ".gitmodules": false, ".gitattributes": false, "../x": false, "a/../../x": false, "/x": false, "a//b": false,
	} {
		if why := beyondReach(name); (why == "") != want {
			t.Errorf("%s: %q, want it in reach: %v", name, why, want)
		}
	}
}
