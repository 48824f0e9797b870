package attacks

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// A repository leads the bot, whose rights on the forge may be wide, to write what no upgrade needs.
func TestAttackPathEscape(t *testing.T) {
	t.Run("an environment that lies where the forge looks for orders", func(t *testing.T) {
		for _, folder := range []string{".github/workflows", "CODEOWNERS", ".gitlab-ci.yml"} {
			files := moved(miniature.Repository("git"), "dev", folder)
			_, err := planner.Make(planner.Input{Tree: tree.New(files), Environment: folder, To: "3.19.0", Material: material()})
			var refused *planner.Refused
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "no upgrade may") {
				t.Errorf("the plan for an environment in %s gives %v, want it refused", folder, err)
			}
		}
		// The same elsewhere is planned.
		if _, err := planner.Make(planner.Input{Tree: tree.New(moved(miniature.Repository("git"), "dev", "clusters/dev")), Environment: "clusters/dev", To: "3.19.0", Material: material()}); err != nil {
			t.Errorf("in another folder it is not planned either: %v", err)
		}
	})
	t.Run("a file that is a symbolic link", func(t *testing.T) {
		for name, link := range map[string]struct{ at, to string }{
			"to another file":                      {"dev/kustomization.yaml", "../.github/workflows/ci.yml"},
			"out of the repository":                {"dev/kustomization.yaml", "../../../../etc/passwd"},
			"to a file of the system":              {"dev/kustomization.yaml", "/etc/passwd"},
			"the values":                           {"dev/configmap.yaml", "../.gitlab-ci.yml"},
			"in a circle":                          {"dev/configmap.yaml", "configmap.yaml"},
			"the folder of the upgrade":            {"dev/istio-canary", "../.github/workflows"},
			"the folder, to elsewhere":             {"dev/istio-canary", "/tmp"},
			"the folder of the upgrade, in itself": {"dev/istio-canary", "."},
		} {
			t.Run(name, func(t *testing.T) {
				files := miniature.Repository("git")
				files[".github/workflows/ci.yml"], files[".gitlab-ci.yml"] = files["dev/kustomization.yaml"], files["dev/configmap.yaml"]
				p, err := planner.Make(planner.Input{Tree: linked(t, files, link.at, link.to), Environment: "dev", To: "3.19.0", Material: material()})
				if err == nil {
					t.Errorf("a plan is made that changes %q", changed(p))
				}
			})
		}
	})
	t.Run("what a plan changes is what its environment is built from", func(t *testing.T) {
		p, err := planner.Make(planner.Input{Tree: tree.New(miniature.Repository("git")), Environment: "dev", To: "3.19.0", Material: material()})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range changed(p) {
			if !strings.HasPrefix(name, "dev/") && !strings.HasPrefix(name, "base/") {
				t.Errorf("the plan for dev changes %s", name)
			}
		}
	})
	t.Run("on the forge", func(t *testing.T) {
		onBoth(t, func(t *testing.T, w *world) {
			head, err := w.forge.Head(t.Context(), "main")
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"../x", "a/../../x", "/etc/x", ".git/config", "a/.git/hooks/pre-commit", "", ".", "..", "a//b", "a/./b", "dev/kustomization.yaml/x", "a\x00b"} {
				before := len(w.front.bots())
				_, err := w.conductor.Forge.Commit(t.Context(), forge.NewCommit{Branch: "evil", Create: true, Parent: head, Message: "m", Changes: []tree.Change{{Path: name, Content: []byte("x")}}})
				if !errors.Is(err, forge.ErrChangeRefused) {
					t.Errorf("a commit that writes %q gives %v, want it refused", name, err)
				}
				for _, a := range w.front.bots()[before:] {
					if a.method == "PUT" || a.method == "PATCH" || strings.Contains(a.uri, "/repository/commits") && a.method == "POST" {
						t.Errorf("to write %q it sent %s %s", name, a.method, a.uri)
					}
				}
			}
			if all, err := w.ana.Branches(t.Context(), "evil"); err != nil || len(all) > 0 {
				t.Errorf("there are the branches %v (%v), want none", all, err)
			}
		})
	})
}

// moved has a folder elsewhere; what its kustomization names beside it is named from there.
func moved(files map[string][]byte, from, to string) map[string][]byte {
	all := map[string][]byte{}
	deeper := strings.Repeat("../", strings.Count(to, "/")-strings.Count(from, "/")) + "../"
	for name, content := range files {
		if inside, ok := strings.CutPrefix(name, from+"/"); ok {
			name, content = to+"/"+inside, []byte(strings.ReplaceAll(string(content), "../", deeper))
			content = []byte(strings.ReplaceAll(string(content), "./"+from, "./"+to))
		}
		all[name] = content
	}
	return all
}

// linked has a symbolic link in the place of a file or folder.
func linked(t *testing.T, files map[string][]byte, at, to string) tree.Tree {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == at {
			continue
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, files[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(at))); err != nil {
		t.Fatal(err)
	}
	loaded, err := tree.FromDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// changed are the files that any phase changes.
func changed(p planner.Plan) []string {
	all := map[string]bool{}
	for _, phase := range p.Phases {
		for _, change := range phase.Changes() {
			all[change.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
