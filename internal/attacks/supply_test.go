package attacks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

var required = regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`)

// What the program is built from is what was looked at, and none of it is known to be broken.
func TestAttackSupplyChain(t *testing.T) {
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	mod, sum := read("go.mod"), read("go.sum")
	if regexp.MustCompile(`(?m)^\s*(replace|exclude)\b`).MatchString(mod) {
		t.Error("go.mod replaces or excludes modules, so what is built is not what it names")
	}
	versions := map[string]string{}
	for _, m := range required.FindAllStringSubmatch(mod, -1) {
		versions[m[1]] = m[2]
		if !strings.Contains(sum, m[1]+" "+m[2]+" h1:") && !strings.Contains(sum, m[1]+" "+m[2]+"/go.mod h1:") {
			t.Errorf("go.sum does not pin %s %s", m[1], m[2])
		}
	}
	if len(versions) < 20 {
		t.Errorf("go.mod names %d modules", len(versions))
	}
	for name, least := range map[string]string{
		"github.com/golang-jwt/jwt/v4":          "4.5.2",  // CVE-2025-30204
		"github.com/go-git/go-git/v5":           "5.13.0", // CVE-2025-21613, CVE-2025-21614
		"github.com/hashicorp/go-retryablehttp": "0.7.7",  // CVE-2024-6104
	} {
		has, err := semver.NewVersion(versions[name])
		if err != nil || has.LessThan(semver.MustParse(least)) {
			t.Errorf("%s is %q, want at least %s", name, versions[name], least)
		}
	}
}
