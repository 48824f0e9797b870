package planner_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// published is material with releases beside those of the miniature.
type published struct {
	planner.Material
	releases map[string]release.Release
}

func (p published) Release(version string) (release.Release, error) {
	if r, ok := p.releases[version]; ok {
		return r, nil
	}
	return p.Material.Release(version)
}

func TestAStepThatNoCanaryCanMakeIsRefused(t *testing.T) {
	material := published{miniatureMaterial(t), map[string]release.Release{}}
	elder := shipping("3.21.0", "1.29.0")
	elder.Packages = map[string]release.Package{"istio": {Key: "istio", GitTag: "1.29.0-bb.0", Enabled: true}}
	for _, r := range []release.Release{shipping("3.17.0", "1.28.2"), shipping("3.18.1", "1.28.3"), shipping("3.20.0", "1.31.0"), shipping("3.20.1", "1.27.8"), elder, shipping("next", "1.29.0")} {
		material.releases[r.Version] = r
	}
	for to, want := range map[string]string{
		"3.17.0": "the release 3.17.0 is older than Big Bang 3.18.0, which dev runs",
		"3.18.0": "dev already runs Big Bang 3.18.0",
		"3.18.1": "the releases 3.18.0 and 3.18.1 both ship Istio 1.28.3, so there is nothing for a canary to do",
		"3.20.0": "the step from Big Bang 3.18.0 (Istio 1.28.3) to 3.20.0 (Istio 1.31.0) skips an Istio minor",
		"3.20.1": "the release 3.20.1 ships Istio 1.27.8, which is older than the 1.28.3 of 3.18.0",
		"3.21.0": "the step from Big Bang 3.18.0 to 3.21.0 changes how Istio is installed",
		"next":   "3.18.0 and next must both be releases of the form 3.18.0",
	} {
		t.Run(to, func(t *testing.T) {
			in := gitFlavour(t).input(material)
			in.To = to
			if got := refusal(t, in); len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("got %q, want one sentence that begins with %q", got, want)
			}
		})
	}
}

// missing is material without some of its parts.
type missing struct {
	planner.Material
	release string
}

func (m missing) Release(version string) (release.Release, error) {
	if version == m.release {
		return release.Release{}, fmt.Errorf("there is no Big Bang %s", version)
	}
	return m.Material.Release(version)
}

func TestAReleaseThatCannotBeReadIsNamedWithWhatItIsFor(t *testing.T) {
	material := miniatureMaterial(t)
	for version, want := range map[string]string{
		"3.18.0": "read Big Bang 3.18.0, which dev runs: there is no Big Bang 3.18.0",
		"3.19.0": "there is no Big Bang 3.19.0",
	} {
		_, err := planner.Make(gitFlavour(t).input(missing{material, version}))
		var refused *planner.Refused
		if err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q that is no refusal", version, err, want)
		}
	}
}

func TestAnUpgradeUnderWayKeepsItsCourse(t *testing.T) {
	material := miniatureMaterial(t)
	plan, merged := midUpgrade(t, material, "crds")

	course, ok, err := planner.ReadCourse(merged.After, "dev")
	if err != nil || !ok {
		t.Fatalf("the course of the upgrade cannot be read: %t, %v", ok, err)
	}
	phases := course.Phases()
	if len(phases) != len(plan.Phases) {
		t.Fatalf("the course leads through %d phases, and the plan has %d", len(phases), len(plan.Phases))
	}
	for i, p := range plan.Phases {
		if got, want := phases[i], (planner.CoursePhase{Name: p.Name, Kind: p.Kind}); got != want {
			t.Errorf("phase %d of the course is %v, want %v", p.Number, got, want)
		}
	}

	t.Run("another release", func(t *testing.T) {
		got := refusal(t, planner.Input{Tree: merged.After, Environment: "dev", To: "3.20.0", Material: material})
		if want := "an upgrade to Big Bang 3.19.0 is under way in dev; finish it or take it back before planning one to 3.20.0"; len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("moved by hand", func(t *testing.T) {
		moved := merged.After.With(rewritten(t, merged.After, "base/kustomization.yaml", "3.18.0", "3.19.0")...)
		got := refusal(t, planner.Input{Tree: moved, Environment: "dev", Material: material})
		if want := "base/kustomization.yaml is not as phase crds left it, so somebody edited the upgrade that is under way"; len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("got %q, want one sentence that begins with %q", got, want)
		}
	})
	t.Run("none", func(t *testing.T) {
		if _, ok, err := planner.ReadCourse(tree.New(miniature.Repository("git")), "dev"); ok || err != nil {
			t.Errorf("got %t, %v of an environment at rest", ok, err)
		}
	})
	for name, content := range map[string]string{"no YAML": "waves: [", "another field": "release: 3.19.0\n", "nothing in it": "upgrade: dev/3.19.0\n"} {
		t.Run(name, func(t *testing.T) {
			broken := merged.After.With(tree.Change{Path: "dev/" + planner.CanaryFolder + "/upgrade.yaml", Content: []byte(content)})
			_, _, err := planner.ReadCourse(broken, "dev")
			if err == nil || !strings.Contains(err.Error(), "dev/"+planner.CanaryFolder+"/upgrade.yaml") || !strings.HasSuffix(err.Error(), "restore the file from the commit that added it") {
				t.Errorf("got %v, want an error that names the file and what to do", err)
			}
		})
	}
}

// rewritten replaces text that must be in a file.
func rewritten(t *testing.T, files tree.Tree, name, old, with string) []tree.Change {
	t.Helper()
	content, _ := files.Read(name)
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s does not hold %q:\n%s", name, old, content)
	}
	return []tree.Change{{Path: name, Content: []byte(strings.ReplaceAll(string(content), old, with))}}
}
