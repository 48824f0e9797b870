package charts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Helm's own opinion, where Helm is: its linter is a program, and as a library it would bring half of an API server along.
func TestHelmAgrees(t *testing.T) {
	helm, err := exec.LookPath("helm")
	if err != nil {
		t.Skip("helm is not here; with it on the PATH this test lets it lint and render the chart")
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	for name, text := range installations {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"lint", "--strict", "linnet", "--values", file}, {"template", "linnet", "linnet", "--namespace", namespace, "--kube-version", "1.34.0", "--values", file},
		} {
			if out, err := exec.Command(helm, args...).CombinedOutput(); err != nil {
				t.Errorf("%s: helm %s: %v\n%s", name, args[0], err, out)
			}
		}
	}
	if out, err := exec.Command(helm, "lint", "--strict", "linnet").CombinedOutput(); err != nil {
		t.Errorf("helm lint without values: %v\n%s", err, out)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)`)

func TestLinksOfTheReadmeLeadSomewhere(t *testing.T) {
	page, err := os.ReadFile("linnet/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range link.FindAllStringSubmatch(string(page), -1) {
		if _, err := os.Stat(filepath.Join("linnet", strings.TrimSpace(found[1]))); err != nil {
			t.Errorf("the link to %s leads nowhere", found[1])
		}
	}
}
