package planner_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// The promises of the design that a plan alone can keep: no trace (1), only the planned lines (2), never un-mesh (3).
func TestPromisesOnTheMiniature(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			t.Parallel()
			material := miniatureMaterial(t)
			start := tree.New(miniature.Repository(flavour))
			plan := mustPlan(t, planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Material: material})
			promises(t, plan, start, material)
			for _, phase := range plan.Phases[:len(plan.Phases)-1] {
				again := mustPlan(t, planner.Input{Tree: phase.After, Environment: "dev", Material: material})
				samePlan(t, again, plan, phase.Number)
			}
		})
	}
}

func TestPromisesOnRealRepositories(t *testing.T) {
	if testing.Short() {
		t.Skip("renders real umbrellas many times; run without -short")
	}
	repositories := []struct {
		name, written string
		environments  []string
	}{
		{"customer-template-2026-02", "3.2.0", []string{"gitRepo/dev", "helmRepo/dev", "helmRepo/staging", "helmRepo/prod"}},
		{"bb5-3.21", "3.21.0", []string{"gitRepo/dev", "helmRepo/dev", "helmRepo/staging", "helmRepo/prod"}},
	}
	steps := []struct{ from, to string }{{"3.12.0", "3.18.0"}, {"3.18.0", "3.19.0"}, {"3.26.0", "3.30.0"}}
	material := newRealMaterial(t)
	for _, repository := range repositories {
		for _, step := range steps {
			for _, environment := range repository.environments {
				t.Run(fmt.Sprintf("%s/%s/%s to %s", repository.name, environment, step.from, step.to), func(t *testing.T) {
					t.Parallel()
					start := realRepository(t, repository.name, repository.written, step.from)
					plan := mustPlan(t, planner.Input{Tree: start, Environment: environment, To: step.to, Material: material})
					promises(t, plan, start, material)
					middle := plan.Phases[len(plan.Phases)/2]
					samePlan(t, mustPlan(t, planner.Input{Tree: middle.After, Environment: environment, Material: material}), plan, middle.Number)
				})
			}
		}
	}
	t.Cleanup(func() {
		for asked, got := range material.standIns {
			t.Logf("chart %s is not at hand; %s stood in", asked, got)
		}
	})
}

func mustPlan(t testing.TB, in planner.Input) planner.Plan {
	t.Helper()
	plan, err := planner.Make(in)
	if err != nil {
		t.Fatalf("plan %s to %s: %v", in.Environment, in.To, err)
	}
	return plan
}

func promises(t *testing.T, plan planner.Plan, start tree.Tree, material planner.Material) {
	t.Helper()
	last := plan.Phases[len(plan.Phases)-1].After
	if !last.Equal(plan.InPlace) {
		t.Errorf("promise 1: the tree after the last phase is not that of the in-place bump:\n%s", tree.Patch(plan.InPlace, last))
	}
	if !plan.Phases[0].Before.Equal(start) {
		t.Errorf("promise 1: the tree before the first phase is not the start")
	}
	for _, stat := range tree.Stat(start, plan.InPlace) {
		if stat.Removed > 1 || stat.Added > 14 {
			t.Errorf("promise 1: the in-place bump adds %d lines to %s and removes %d", stat.Added, stat.Path, stat.Removed)
		}
	}
	onlyPlannedLines(t, plan)
	applyPatches(t, plan, start)
	neverUnmesh(t, plan, material)
}

// onlyPlannedLines holds every changed line of a customer's file against the lines that Linnet may write there.
func onlyPlannedLines(t *testing.T, plan planner.Plan) {
	t.Helper()
	folder := plan.Environment + "/" + planner.CanaryFolder + "/"
	for _, phase := range plan.Phases {
		file := ""
		for _, line := range strings.Split(phase.Diff, "\n") {
			if name, ok := strings.CutPrefix(line, "diff --git a/"); ok {
				file, _, _ = strings.Cut(name, " b/")
				continue
			}
			if strings.HasPrefix(file, folder) || strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") || !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") {
				continue
			}
			if !plannedLine(line[1:], phase, plan) {
				t.Errorf("promise 2: phase %s changes a line of %s that is not in its plan: %s", phase.Name, file, line)
			}
		}
	}
}

func plannedLine(line string, phase planner.Phase, plan planner.Plan) bool {
	line = strings.TrimSpace(strings.TrimSuffix(line, "\r"))
	if strings.HasPrefix(line, "resources: [") { // a flow list is one line
		return strings.Contains(string(mustRead(plan.Start, plan.Environment+"/kustomization.yaml")), strings.Replace(line, ", "+planner.CanaryFolder, "", 1))
	}
	for _, ours := range []string{"- " + planner.CanaryFolder, "- path: " + planner.CanaryFolder + "/", "target:", "kind:", "name:", "namespace:", "group: apps", "patches:"} {
		if strings.HasPrefix(line, ours) {
			return true
		}
	}
	if phase.Kind != planner.Bump {
		return false
	}
	for _, release := range []string{plan.From.Release, plan.To.Release} {
		if strings.Contains(line, release) {
			return true
		}
	}
	return line == "patch: |-" || line == "- target:" || strings.HasPrefix(line, "- op: replace") || strings.HasPrefix(line, "path: /spec/")
}

func mustRead(t tree.Tree, name string) []byte {
	content, _ := t.Read(name)
	return content
}

// applyPatches lets git apply the patches in order and compares the trees.
func applyPatches(t *testing.T, plan planner.Plan, start tree.Tree) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Log("git is not installed, so the patches were not applied")
		return
	}
	dir := t.TempDir()
	for _, name := range start.Paths() {
		content, _ := start.Read(name)
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, phase := range plan.Phases {
		cmd := exec.CommandContext(t.Context(), "git", "apply", "--whitespace=nowarn", "-")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(phase.Diff)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git apply of phase %s: %v\n%s", phase.Name, err, out)
		}
		got, err := tree.FromDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got.Changes(phase.After) {
			want, _ := phase.After.Read(c.Path)
			have, _ := got.Read(c.Path)
			if string(want) != string(have) {
				t.Fatalf("after git apply of phase %s, %s is not as planned", phase.Name, c.Path)
			}
		}
	}
}

// neverUnmesh renders every phase again, on its own, and counts by hand who would inject each namespace.
func neverUnmesh(t *testing.T, plan planner.Plan, material planner.Material) {
	t.Helper()
	injected := map[string]bool{}
	for i, tr := range append([]tree.Tree{plan.Start}, after(plan)...) {
		objs, version := renderAlone(t, tr, plan.Environment, material)
		canary := false
		for _, hr := range objs.Kind("HelmRelease") {
			canary = canary || hr.Name() == "istiod-"+plan.Revision
		}
		for _, ns := range objs.Kind("Namespace") {
			labels := ns.Labels()
			byDefault := labels["istio-injection"] == "enabled"
			byCanary := canary && labels["istio-injection"] == "" && labels["istio.io/rev"] == plan.Revision
			if i == 0 {
				injected[ns.Name()] = byDefault
				continue
			}
			if injected[ns.Name()] && byDefault == byCanary {
				t.Errorf("promise 3: after phase %s (Big Bang %s) namespace %s has labels %v: default %t, canary %t", plan.Phases[i-1].Name, version, ns.Name(), labels, byDefault, byCanary)
			}
			if !injected[ns.Name()] && (byDefault || byCanary) && version == plan.From.Release {
				t.Errorf("promise 3: after phase %s namespace %s, which was outside the mesh, would be injected", plan.Phases[i-1].Name, ns.Name())
			}
		}
	}
	if len(injected) == 0 {
		t.Error("promise 3: no namespace was rendered at all")
	}
}

func after(plan planner.Plan) []tree.Tree {
	var all []tree.Tree
	for _, phase := range plan.Phases {
		all = append(all, phase.After)
	}
	return all
}

func renderAlone(t *testing.T, tr tree.Tree, environment string, material planner.Material) (render.Objects, string) {
	t.Helper()
	overlay, err := render.Overlay(tr, environment, gitops.FromReleases(material.Folder))
	if err != nil {
		t.Fatal(err)
	}
	hr, ok := overlay.Find("HelmRelease", "", "bigbang")
	if !ok {
		t.Fatal("the overlay holds no HelmRelease bigbang")
	}
	version, _ := hr.Get("spec", "chart", "spec", "version").(string)
	if source, ok := overlay.Find("GitRepository", "", "bigbang"); ok && hr.Get("spec", "chart", "spec", "sourceRef", "kind") == "GitRepository" {
		version, _ = source.Get("spec", "ref", "tag").(string)
	}
	chart, err := material.Umbrella(version)
	if err != nil {
		t.Fatal(err)
	}
	out, err := render.Release(overlay, hr, chart, "1.34.0")
	if err != nil {
		t.Fatal(err)
	}
	return append(overlay, out.Objects...), version
}

// samePlan holds a plan made in the middle of an upgrade against the one made before it.
func samePlan(t *testing.T, got, want planner.Plan, done int) {
	t.Helper()
	if got.Done != done {
		t.Errorf("from the tree after phase %d the plan says that %d phases are done", done, got.Done)
	}
	if len(got.Phases) != len(want.Phases) {
		t.Fatalf("from the tree after phase %d the plan has %d phases, want %d", done, len(got.Phases), len(want.Phases))
	}
	for i, phase := range got.Phases {
		if phase.Name != want.Phases[i].Name || !phase.After.Equal(want.Phases[i].After) {
			t.Errorf("from the tree after phase %d, phase %s is planned otherwise than at first", done, phase.Name)
		}
	}
}
