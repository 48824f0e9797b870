package planner_test

import (
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

const ownMerge = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: bigbang
spec:
  values:
    kiali:
      values: {replicas: 3}
  postRenderers:
    - kustomize:
        patches:
          - target: {kind: Namespace, name: kiali}
            patch: |
              - op: add
                path: /metadata/labels/cost-centre
                value: platform
`

const ownJSON6902 = `- op: add
  path: /spec/values
  value: {kiali: {values: {replicas: 3}}}
- op: add
  path: /spec/postRenderers
  value:
    - kustomize:
        patches:
          - target: {kind: Namespace, name: kiali}
            patch: |
              - op: add
                path: /metadata/labels/cost-centre
                value: platform
`

func indented(text string, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by) + "\n"
}

// The promises hold however the customer wrote the Kustomization, and whatever of their own they put on HelmRelease/bigbang before ours.
func TestPromisesOnEveryFormOfKustomization(t *testing.T) {
	material := miniatureMaterial(t)
	target := "  target: {kind: HelmRelease, name: bigbang}\n"
	rows := []struct {
		name   string
		change func(r *repository)
	}{
		{"Windows line ends", func(r *repository) {
			r.write(overlay, strings.ReplaceAll(string(r.files[overlay]), "\n", "\r\n"))
		}},
		{"no final newline", func(r *repository) { r.write(overlay, strings.TrimRight(string(r.files[overlay]), "\n")) }},
		{"a document marker and a remark at the end", func(r *repository) {
			r.write(overlay, "---\n"+string(r.files[overlay])+"# the end\n")
		}},
		{"indented lists", func(r *repository) {
			r.write(overlay, "kind: Kustomization\nresources:\n  - ../base\n  - secrets/dev-bb-secret.yaml\n  - mission\npatches:\n  - path: own.yaml\n").write("dev/own.yaml", ownMerge)
		}},
		{"no patches at all", func(r *repository) {
			r.write(overlay, "kind: Kustomization\nresources:\n- ../base\n- secrets/dev-bb-secret.yaml\n- mission\n")
		}},
		{"an empty flow list", func(r *repository) {
			r.write(overlay, "kind: Kustomization\npatches: []\nresources:\n- ../base\n- secrets/dev-bb-secret.yaml\n- mission\n")
		}},
		{"flow lists", func(r *repository) {
			r.write(overlay, "kind: Kustomization\nresources: [../base, secrets/dev-bb-secret.yaml, mission]\npatches: [{path: own.yaml}]\n").write("dev/own.yaml", ownMerge)
		}},
		{"a merge patch in a file", func(r *repository) { r.add(overlay, "- path: own.yaml\n").write("dev/own.yaml", ownMerge) }},
		{"a merge patch inline", func(r *repository) { r.add(overlay, "- patch: |-\n"+indented(ownMerge, "    ")) }},
		{"a JSON6902 patch in a file", func(r *repository) { r.add(overlay, "- path: own.yaml\n"+target).write("dev/own.yaml", ownJSON6902) }},
		{"a JSON6902 patch inline", func(r *repository) { r.add(overlay, "- patch: |-\n"+indented(ownJSON6902, "    ")+target) }},
		{"patchesStrategicMerge", func(r *repository) {
			r.add(overlay, "patchesStrategicMerge:\n- own.yaml\n").write("dev/own.yaml", ownMerge)
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := gitFlavour(t)
			row.change(r)
			plan := mustPlan(t, r.input(material))
			promises(t, plan, r.tree(), material)
			at := phaseNamed(t, plan, "bump")
			samePlan(t, mustPlan(t, planner.Input{Tree: at.After, Environment: "dev", Material: material}), plan, at.Number)
		})
	}
}

func TestOtherPeoplesCommitsKeepTheirPlaceBehindOurs(t *testing.T) {
	material := miniatureMaterial(t)
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			t.Parallel()
			r := &repository{t: t, files: miniature.Repository(flavour)}
			first := mustPlan(t, r.input(material))
			merged := phaseNamed(t, first, "wave-stateless")
			theirs := func(tr tree.Tree) tree.Tree {
				content, _ := tr.Read(overlay)
				later := strings.TrimRight(string(content), "\n") + "\n- target: {kind: HelmRelease, name: bigbang}\n  patch: |-\n    - op: replace\n      path: /spec/interval\n      value: 3m\n"
				return tr.With(tree.Change{Path: overlay, Content: []byte(later)})
			}
			plan := mustPlan(t, planner.Input{Tree: theirs(merged.After), Environment: "dev", Material: material})
			if plan.Done != merged.Number {
				t.Fatalf("%d phases are said to be done, want %d", plan.Done, merged.Number)
			}
			if !plan.Start.Equal(theirs(r.tree())) {
				t.Errorf("the tree without the upgrade is not the start with their commit:\n%s", tree.Patch(theirs(r.tree()), plan.Start))
			}
			onlyPlannedLines(t, plan)
			applyPatches(t, plan, plan.Start)
			for _, phase := range plan.Phases[plan.Done:] {
				if phase.Kind != planner.Cleanup {
					samePlan(t, mustPlan(t, planner.Input{Tree: phase.After, Environment: "dev", Material: material}), plan, phase.Number)
				}
			}
			if last := plan.Phases[len(plan.Phases)-1].After; !last.Equal(plan.InPlace) {
				t.Errorf("the last tree is not that of the in-place bump:\n%s", tree.Patch(plan.InPlace, last))
			}
		})
	}
}

func TestWhatIsAppliedAfterOursAndOverridesItIsRefusedWithItsLine(t *testing.T) {
	material := miniatureMaterial(t)
	rows := []struct {
		name   string
		change func(r *repository)
		want   []string
	}{
		{"the values by the Flux Kustomization", func(r *repository) {
			r.add("dev/bigbang.yaml", "  patches:\n  - target: {kind: HelmRelease, name: bigbang}\n    patch: |-\n      - op: add\n        path: /spec/values\n        value: {istioCRDs: {git: {tag: 1.28.3-bb.0}}}\n")
		}, []string{"after phase crds, spec.values.istioCRDs.git.tag of HelmRelease bigbang is 1.28.3-bb.0 and not 1.29.0-bb.0", "(dev/bigbang.yaml:19)"}},
		{"the postRenderers by the Flux Kustomization", func(r *repository) {
			r.add("dev/bigbang.yaml", "  patches:\n  - target: {kind: HelmRelease, name: bigbang}\n    patch: |-\n      - op: add\n        path: /spec/postRenderers\n        value: []\n")
		}, []string{"after phase wave-stateless, spec.postRenderers of HelmRelease bigbang ends with 0 of our 1 entries", "(dev/bigbang.yaml:19)"}},
		{"the values by patchesJson6902", func(r *repository) {
			r.add(overlay, "patchesJson6902:\n- target: {group: helm.toolkit.fluxcd.io, version: v2, kind: HelmRelease, name: bigbang}\n  patch: |-\n    - op: add\n      path: /spec/values\n      value: {}\n")
		}, []string{"after phase crds, spec.values.istioCRDs.git.tag of HelmRelease bigbang is <nil> and not 1.29.0-bb.0", "(dev/kustomization.yaml:43)"}},
		{"the postRenderers by a replacement", func(r *repository) {
			r.add(overlay, "replacements:\n- source: {kind: HelmRelease, name: bigbang, fieldPath: spec.valuesFrom}\n  targets:\n  - select: {kind: HelmRelease, name: bigbang}\n    fieldPaths: [spec.postRenderers]\n    options: {create: true}\n")
		}, []string{"after phase wave-stateless, spec.postRenderers of HelmRelease bigbang ends with 0 of our 1 entries", "(dev/kustomization.yaml:43)"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := gitFlavour(t)
			row.change(r)
			got := refusal(t, r.input(material))
			for _, want := range row.want {
				if len(got) != 1 || !strings.Contains(got[0], want) {
					t.Errorf("got %q, want one sentence with %q", got, want)
				}
			}
		})
	}
}

func TestAnEntryBehindOursThatOverridesThemIsRefusedWithItsLine(t *testing.T) {
	material := miniatureMaterial(t)
	_, merged := midUpgrade(t, material, "wave-stateless")
	content, _ := merged.After.Read(overlay)
	later := strings.TrimRight(string(content), "\n") + "\n- target: {kind: HelmRelease, name: bigbang}\n  patch: |-\n    - op: replace\n      path: /spec/postRenderers\n      value: []\n"
	got := refusal(t, planner.Input{Tree: merged.After.With(tree.Change{Path: overlay, Content: []byte(later)}), Environment: "dev", Material: material})
	if len(got) != 1 || !strings.Contains(got[0], "ends with 0 of our 1 entries") || !strings.Contains(got[0], "(dev/kustomization.yaml:5") {
		t.Errorf("got %q, want one sentence with the line of their entry", got)
	}
}
