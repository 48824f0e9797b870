package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// Mission applications that the environment's own Kustomize build holds, beside Big Bang, are moved by patches of that build: the umbrella's
// postRenderers do not reach them. Here a surprise stops the Kustomization, loudly.
const (
	missionNamespaceFile    = "mission-namespace.yaml"
	missionWorkloadsFile    = "mission-workloads.yaml"
	missionReleaseFile      = "mission-release.yaml"       // appends to the postRenderers a HelmRelease has
	missionFirstReleaseFile = "mission-release-first.yaml" // gives a HelmRelease its first postRenderer
)

// missionPatch is one entry of the environment's patches that moves something beside Big Bang.
type missionPatch struct {
	file   string
	target string // YAML lines of the target, unindented
}

// missionPatches lists what moves the namespaces of a wave that the overlay itself holds.
func (b *builder) missionPatches(s state) []missionPatch {
	var all []missionPatch
	for _, w := range b.course.Waves {
		if !slices.Contains(s.waves, w.Name) {
			continue
		}
		for _, ns := range w.Namespaces {
			if _, ok := b.before.overlay.Find("Namespace", "", ns); !ok {
				continue
			}
			all = append(all, missionPatch{missionNamespaceFile, "kind: Namespace\nname: " + nameSelector(ns)})
			if b.overlayWorkloads(ns) {
				all = append(all, missionPatch{missionWorkloadsFile, "group: apps\nkind: Deployment|StatefulSet|DaemonSet\nnamespace: " + nameSelector(ns)})
			}
			for _, hr := range b.overlayReleases(ns) {
				file := missionFirstReleaseFile
				if hr.Get("spec", "postRenderers") != nil {
					file = missionReleaseFile
				}
				all = append(all, missionPatch{file, fmt.Sprintf("kind: HelmRelease\nname: %s\nnamespace: %s", nameSelector(hr.Name()), nameSelector(hr.Namespace()))})
			}
		}
	}
	return all
}

// besideTheUmbrella names what the overlay itself deploys into namespaces of the umbrella. Flux applies the overlay before the umbrella moves the label,
// so a restart in the same commit could come too early and be injected by the wrong istiod.
func (b *builder) besideTheUmbrella(namespaces []string) []string {
	var notes []string
	for _, ns := range namespaces {
		if _, own := b.before.overlay.Find("Namespace", "", ns); own {
			continue
		}
		for _, o := range b.before.overlay {
			if o.Namespace() == ns && rolledByRestart[o.Kind()] {
				notes = append(notes, fmt.Sprintf("%s is this repository's own, in a namespace of Big Bang: restart it after the merge, when the label has moved", o.ID()))
			}
		}
		for _, hr := range b.overlayReleases(ns) {
			notes = append(notes, fmt.Sprintf("what %s deploys in namespace %s is this repository's own: restart it after the merge, when the label has moved", hr.ID(), ns))
		}
	}
	return notes
}

func (b *builder) overlayWorkloads(ns string) bool {
	return slices.ContainsFunc(b.before.overlay, func(o render.Object) bool { return o.Namespace() == ns && rolledByRestart[o.Kind()] })
}

// overlayReleases are the HelmReleases of the overlay that deploy into a namespace, the umbrella's own left out.
func (b *builder) overlayReleases(ns string) []render.Object {
	var all []render.Object
	for _, hr := range b.before.overlay.Kind("HelmRelease") {
		if targetNamespace(hr) == ns && hr.ID() != b.env.HelmRelease {
			all = append(all, hr)
		}
	}
	return all
}

func (m missionPatch) item() listItem {
	name := path.Join(CanaryFolder, m.file)
	fields := strings.ReplaceAll(m.target, "\n", ", ")
	return listItem{
		list:  "patches",
		block: fmt.Sprintf("path: %s\ntarget:\n%s", name, strings.TrimRight(indent(m.target, 2), "\n")),
		flow:  fmt.Sprintf("{path: %s, target: {%s}}", name, fields),
	}
}

// missionFiles writes the patch files that the entries of a state point at.
func (b *builder) missionFiles(s state) []tree.Change {
	contents := map[string]string{
		missionNamespaceFile: fmt.Sprintf("- op: remove\n  path: /metadata/labels/istio-injection\n- op: add\n  path: /metadata/labels/istio.io~1rev\n  value: %q\n", b.course.Revision),
		missionWorkloadsFile: fmt.Sprintf("apiVersion: apps/v1\nkind: any\nmetadata:\n  name: any\nspec:\n  template:\n    metadata:\n      annotations:\n        %s: %q\n", RestartAnnotation, b.course.Revision),
		missionReleaseFile:   "- op: add\n  path: /spec/postRenderers/-\n  value:\n" + indent(b.restartPostRenderer(helmRelease{}), 4),
		missionFirstReleaseFile: "- op: test\n  path: /spec/postRenderers\n  value: null\n- op: add\n  path: /spec/postRenderers\n  value:\n" +
			indent("- "+strings.TrimLeft(indent(b.restartPostRenderer(helmRelease{}), 2), " "), 4),
	}
	var changes []tree.Change
	written := map[string]bool{}
	for _, m := range b.missionPatches(s) {
		if written[m.file] {
			continue
		}
		written[m.file] = true
		header := fmt.Sprintf("# Upgrade %s: what this environment runs beside Big Bang, on istiod %s.\n", b.course.Upgrade, b.course.Revision)
		changes = append(changes, tree.Change{Path: b.folder(m.file), Content: []byte(header + contents[m.file])})
	}
	return changes
}
