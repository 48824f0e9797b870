package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// postrenderFile is the JSON6902 patch on HelmRelease/bigbang that says who is injected by the canary.
const postrenderFile = "bigbang-postrender.yaml"

// postrenderPatch writes, for each wave and gateway that is on the canary, one element of the umbrella's spec.postRenderers. An element
// moves the labels of its namespaces and adds to each HelmRelease that deploys there a postRenderer of its own, which sets the restart
// annotation. Helm patches Namespaces before HelmReleases, so pods roll after the label is there.
func (b *builder) postrenderPatch(s state) ([]byte, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "# Upgrade %s: the namespaces whose next pods istiod %s injects, and the annotation that rolls their pods.\n", b.course.Upgrade, b.course.Revision)
	fmt.Fprintf(&out, "# Labels are removed and added by JSON6902: a merge patch with null would write the text \"null\", and nobody would inject.\n")
	if b.umbrellaHasPostRenderers {
		fmt.Fprintf(&out, "# HelmRelease/%s has postRenderers of its own; these are appended to them.\n", b.env.HelmRelease.Name)
	} else {
		fmt.Fprintf(&out, "# HelmRelease/%s has no postRenderers of its own; should it get some, the first line stops the Kustomization, loudly.\n", b.env.HelmRelease.Name)
		fmt.Fprintf(&out, "- op: test\n  path: /spec/postRenderers\n  value: null\n- op: add\n  path: /spec/postRenderers\n  value: []\n")
	}
	for _, w := range b.course.Waves {
		if slices.Contains(s.waves, w.Name) {
			if err := b.element(&out, "wave "+w.Name, w.Namespaces, b.releasesIn(w.Namespaces)); err != nil {
				return nil, err
			}
		}
	}
	if s.gatewayLabel {
		if err := b.element(&out, "the gateways' namespace", []string{b.course.GatewayNamespace}, nil); err != nil {
			return nil, err
		}
	}
	for _, g := range b.course.Gateways {
		if slices.Contains(s.gateways, g) {
			if err := b.element(&out, "gateway "+g, nil, b.releasesOfGateway(g)); err != nil {
				return nil, err
			}
		}
	}
	return []byte(out.String()), nil
}

// hasPostRenderersBeforeOurs tries whether the umbrella's HelmRelease has the list already where our patch is applied: what makes it may come later.
func (b *builder) hasPostRenderersBeforeOurs() bool {
	src, _ := b.start.Read(b.env.Kustomization)
	src, err := b.insertLast(src, b.patchItem(postrenderFile))
	if err != nil {
		return true // phases says why that cannot be edited
	}
	probe := []byte("- op: test\n  path: /spec/postRenderers\n  value: null\n")
	_, err = b.build(b.start.With(tree.Change{Path: b.env.Kustomization, Content: src}, tree.Change{Path: b.folder(postrenderFile), Content: probe}))
	return err != nil
}

// headingPrefix starts the line above each element; see headings.
const headingPrefix = "# moved: "

func (b *builder) element(out *strings.Builder, title string, namespaces []string, releases []helmRelease) error {
	fmt.Fprintf(out, headingPrefix+"%s\n- op: add\n  path: /spec/postRenderers/-\n  value:\n    kustomize:\n      patches:\n", title)
	for _, ns := range namespaces {
		// The selector leaves a namespace alone that opted out of injection, where a remove would fail, silently, for the whole release.
		fmt.Fprintf(out, `        - target:
            kind: Namespace
            name: %s
            labelSelector: istio-injection=enabled
          patch: |-
            - op: remove
              path: /metadata/labels/istio-injection
            - op: add
              path: /metadata/labels/istio.io~1rev
              value: %q
`, nameSelector(ns), b.course.Revision)
	}
	for _, r := range releases {
		restarts, err := b.restartRelease(r)
		if err != nil {
			return err
		}
		for _, restart := range restarts {
			fmt.Fprintf(out, "        - target:\n            group: helm.toolkit.fluxcd.io\n            kind: HelmRelease\n            name: %s\n", nameSelector(r.id.Name))
			if r.namespaced {
				fmt.Fprintf(out, "            namespace: %s\n", nameSelector(r.id.Namespace))
			}
			if restart.selector != "" {
				fmt.Fprintf(out, "            labelSelector: %s\n", restart.selector)
			}
			fmt.Fprintf(out, "          patch: |-\n%s", indent(restart.patch, 12))
		}
	}
	return nil
}

// nameSelector is a target's name; Kustomize reads it as an anchored regular expression.
func nameSelector(name string) string { return strings.ReplaceAll(name, ".", `\.`) }

// restart is a patch on one HelmRelease; selector says which umbrella's, "" is any.
type restart struct{ patch, selector string }

// restartRelease appends our postRenderer to those that a HelmRelease has. Bump keeps the patch, so it must hold under the old and under the new umbrella:
// where only one of them gives the release a list, there is a patch for each, told apart by a label that carries the umbrella's version.
func (b *builder) restartRelease(r helmRelease) ([]restart, error) {
	ours := b.restartPostRenderer(r)
	first := "- op: test\n  path: /spec/postRenderers\n  value: null\n- op: add\n  path: /spec/postRenderers\n  value:\n" + indent("- "+strings.TrimLeft(indent(ours, 2), " "), 4)
	another := "- op: add\n  path: /spec/postRenderers/-\n  value:\n" + indent(ours, 4)
	form := func(list []any) string {
		if list == nil {
			return first
		}
		return another
	}
	switch {
	case !r.after:
		return []restart{{patch: form(r.listBefore)}}, nil
	case !r.before, (r.listBefore == nil) == (r.listAfter == nil):
		return []restart{{patch: form(r.listAfter)}}, nil
	}
	for _, label := range []string{"app.kubernetes.io/version", "helm.sh/chart"} {
		was, is := r.labels[label], r.labelsNew[label]
		if was != is && strings.HasSuffix(was, b.from.Version) && strings.HasSuffix(is, b.to.Version) {
			return []restart{{form(r.listBefore), label + "=" + was}, {form(r.listAfter), label + "=" + is}}, nil
		}
	}
	return nil, refuse(b.env.ID, "postRenderers", "only one of Big Bang %s and %s gives %s postRenderers, and no label of it tells which, so no patch holds under both; set its postRenderers in the values",
		b.from.Version, b.to.Version, r.id)
}

// restartPostRenderer sets the restart annotation on every pod template of the release.
func (b *builder) restartPostRenderer(r helmRelease) string {
	var out strings.Builder
	fmt.Fprintf(&out, "kustomize:\n  patches:\n")
	fmt.Fprintf(&out, `    - target:
        group: apps
        kind: Deployment|StatefulSet|DaemonSet
      patch: |-
        apiVersion: apps/v1
        kind: any
        metadata:
          name: any
        spec:
          template:
            metadata:
              annotations:
                %s: %q
`, RestartAnnotation, b.course.Revision)
	for _, cr := range operatorKinds(r) {
		fmt.Fprintf(&out, "    - target:\n        group: %s\n        kind: %s\n      patch: |-\n%s", cr.group, cr.kind, indent(cr.patch(b.course.Revision), 8))
	}
	return out.String()
}

// indent puts n spaces before each line that is not empty, and ends with a newline.
func indent(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", n) + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
