package gitops_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// TestAnEnvironmentThatCannotBeFollowedIsExplained: who names it learns what to mend, and the page has a note; it does not vanish.
func TestAnEnvironmentThatCannotBeFollowedIsExplained(t *testing.T) {
	for _, row := range []struct {
		name string
		harm func(files map[string][]byte)
		want string
	}{
		{"its Kustomization is not YAML", func(f map[string][]byte) {
			f["dev/kustomization.yaml"] = append(f["dev/kustomization.yaml"], "a: [\n"...)
		},
			`environment "dev" cannot be read: dev/kustomization.yaml: a Kustomization that is not YAML: `},
		{"its Kustomization is not UTF-8", func(f map[string][]byte) {
			f["dev/kustomization.yaml"] = append(f["dev/kustomization.yaml"], "# caf\xe9\n"...)
		}, `environment "dev" cannot be read: dev/kustomization.yaml: a Kustomization that is not YAML: `},
		{"its base is not YAML", func(f map[string][]byte) {
			f["base/kustomization.yaml"] = append(f["base/kustomization.yaml"], "a: [\n"...)
		}, `environment "dev" cannot be read: base/kustomization.yaml: not YAML: `},
		{"its base is not there", func(f map[string][]byte) {
			for name := range f {
				if strings.HasPrefix(name, "base/") {
					delete(f, name)
				}
			}
		}, `environment "dev" cannot be read: dev/kustomization.yaml:1: base is not in the repository; mend that first`},
	} {
		t.Run(row.name, func(t *testing.T) {
			files, options := fixture(t, "override-in-a-file")
			row.harm(files)
			repository := discover(t, files, options)
			if _, err := repository.Environment("dev"); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
			if !strings.Contains(repository.Text(200), "Notes\n") {
				t.Errorf("the page says nothing of it:\n%s", repository.Text(200))
			}
		})
	}
}

// TestALinkedBaseIsRefusedByItsEnvironment: what lies behind the link is read, so the environment is known and says why it cannot be deployed.
func TestALinkedBaseIsRefusedByItsEnvironment(t *testing.T) {
	files, options := fixture(t, "override-in-a-file")
	dir := t.TempDir()
	for name, content := range files {
		name = strings.Replace(name, "base/", "real/", 1)
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("real", filepath.Join(dir, "base")); err != nil {
		t.Fatal(err)
	}
	linked, err := tree.FromDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	repository, err := gitops.Discover(linked, options)
	if err != nil {
		t.Fatal(err)
	}
	if e := only(t, repository); e.ID != "dev" || !hasFinding(e, gitops.Refuse, "a symbolic link to real: Flux leaves links out") {
		t.Errorf("got environment %s with findings %v, want dev, and the link refused", e.ID, e.Findings)
	}
}
