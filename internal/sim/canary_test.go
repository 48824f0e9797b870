package sim

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// The walk by hand: the edits of each phase, as a person would write them into the environment dev of the git flavour.

const controlPlane = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: istiod-1-29-0
  namespace: bigbang
spec:
  interval: 2m
  url: https://repo1.dso.mil/big-bang/product/packages/istiod.git
  ref:
    tag: 1.29.0-bb.0
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: istiod-1-29-0
  namespace: bigbang
spec:
  releaseName: istiod-1-29-0
  targetNamespace: istio-system
  interval: 2m
  chart:
    spec:
      chart: ./chart
      reconcileStrategy: Revision
      sourceRef:
        kind: GitRepository
        name: istiod-1-29-0
  dependsOn:
  - name: istio-crds
  driftDetection:
    mode: warn
  install:
    disableTakeOwnership: true
  upgrade:
    disableTakeOwnership: true
  valuesFrom:
  - {kind: Secret, name: bigbang-istiod-values, valuesKey: common}
  - {kind: Secret, name: bigbang-istiod-values, valuesKey: defaults}
  - {kind: Secret, name: bigbang-istiod-values, valuesKey: overlays}
  values:
    upstream:
      revision: "1-29-0"
      autoscaleMin: 2
    networkPolicies: {enabled: false}
    monitoring: {enabled: false}
    defaultSecurityHeaders: {enabled: false}
  postRenderers:
  - kustomize:
      patches:
      - target: {group: security.istio.io}
        patch: |
          $patch: delete
          apiVersion: v1
          kind: any
          metadata: {name: any}
      - target: {group: networking.istio.io}
        patch: |
          $patch: delete
          apiVersion: v1
          kind: any
          metadata: {name: any}
`

const crdsForward = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: bigbang
  namespace: bigbang
spec:
  values:
    istioCRDs:
      git: {tag: 1.29.0-bb.0}
      helmRepo: {tag: 1.29.0-bb.0}
`

// crds adds the canary's folder to the environment, with the CRDs brought forward.
func crds(t tree.Tree) tree.Tree {
	t = write("dev/istio-canary/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n")(t)
	t = write("dev/istio-canary/bigbang-values.yaml", crdsForward)(t)
	t = replace("dev/kustomization.yaml", "- mission ", "- istio-canary\n- mission ")(t)
	return appendTo(t, "dev/kustomization.yaml", "- path: istio-canary/bigbang-values.yaml\n")
}

func canary(t tree.Tree) tree.Tree {
	t = write("dev/istio-canary/control-plane.yaml", controlPlane)(t)
	return replace("dev/istio-canary/kustomization.yaml", "resources: []", "resources: [control-plane.yaml]")(t)
}

func appendTo(t tree.Tree, name, text string) tree.Tree {
	content, _ := t.Read(name)
	return t.With(tree.Change{Path: name, Content: []byte(string(content) + text)})
}

// move is one namespace or gateway on its way: which labels change and which releases restart.
type move struct {
	namespace string              // "" = the label moved before
	releases  map[string][]string // namespace/name → "list" where it has postRenderers of its own
}

var (
	kiali       = move{"kiali", map[string][]string{"bigbang/kiali": nil}}
	tempo       = move{"tempo", map[string][]string{"bigbang/tempo": {"list"}}}
	monitoring  = move{"monitoring", map[string][]string{"bigbang/monitoring": nil, "bigbang/grafana": {"list"}}}
	orders      = move{"orders", map[string][]string{"orders/orders": nil}}
	ledger      = move{"ledger", map[string][]string{"ledger/ledger": {"list"}}}
	passthrough = move{"istio-gateway", map[string][]string{"bigbang/passthrough-ingressgateway": nil}}
	public      = move{"", map[string][]string{"bigbang/public-ingressgateway": nil}}
)

// moved writes the umbrella's postRenderers for exactly these moves; reports, which Kustomize reaches, is spliced apart.
func moved(moves ...move) func(tree.Tree) tree.Tree {
	return func(t tree.Tree) tree.Tree {
		const entry = "- path: istio-canary/bigbang-postrender.yaml\n  target: {kind: HelmRelease, name: bigbang}\n"
		content, _ := t.Read("dev/kustomization.yaml")
		has := strings.Contains(string(content), entry)
		switch {
		case len(moves) == 0 && has:
			t = replace("dev/kustomization.yaml", entry, "")(t)
			return t.With(tree.Change{Path: "dev/istio-canary/bigbang-postrender.yaml", Delete: true})
		case len(moves) == 0:
			return t
		case !has:
			t = appendTo(t, "dev/kustomization.yaml", entry)
		}
		return write("dev/istio-canary/bigbang-postrender.yaml", postRenderers(moves))(t)
	}
}

func postRenderers(moves []move) string {
	var b strings.Builder
	b.WriteString("- {op: test, path: /spec/postRenderers, value: null}\n- op: add\n  path: /spec/postRenderers\n  value:\n  - kustomize:\n      patches:\n")
	for _, m := range moves {
		if m.namespace != "" {
			fmt.Fprintf(&b, `      - target: {kind: Namespace, name: %s, labelSelector: istio-injection=enabled}
        patch: |
          - {op: remove, path: /metadata/labels/istio-injection}
          - {op: add, path: /metadata/labels/istio.io~1rev, value: "1-29-0"}
`, m.namespace)
		}
		for key, has := range m.releases {
			namespace, name, _ := strings.Cut(key, "/")
			where := "- {op: test, path: /spec/postRenderers, value: null}\n          - op: add\n            path: /spec/postRenderers\n            value:\n            - "
			if len(has) > 0 {
				where = "- op: add\n            path: /spec/postRenderers/-\n            value:\n              "
			}
			fmt.Fprintf(&b, "      - target: {kind: HelmRelease, namespace: %s, name: %s}\n        patch: |\n          %skustomize:\n", namespace, name, where)
			b.WriteString("                patches:\n")
			for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet"} {
				fmt.Fprintf(&b, `                - target: {group: apps, kind: %s}
                  patch: |
                    apiVersion: apps/v1
                    kind: %s
                    metadata: {name: any}
                    spec: {template: {metadata: {annotations: {linnet/restart: "1-29-0"}}}}
`, kind, kind)
			}
		}
	}
	return b.String()
}

// reportsOut moves the mission application that lies in the repository itself, reportsHome takes it back.
func reportsOut(t tree.Tree) tree.Tree {
	t = replace("dev/mission/namespace.yaml", "istio-injection: enabled ", "istio.io/rev: \"1-29-0\" ")(t)
	return replace("dev/mission/reports.yaml", "      labels:\n        app: reports\n    spec:", "      annotations: {linnet/restart: \"1-29-0\"}\n      labels:\n        app: reports\n    spec:")(t)
}

func reportsHome(t tree.Tree) tree.Tree {
	t = replace("dev/mission/namespace.yaml", "istio.io/rev: \"1-29-0\" ", "istio-injection: enabled ")(t)
	return replace("dev/mission/reports.yaml", "      annotations: {linnet/restart: \"1-29-0\"}\n", "")(t)
}

// bump moves the release and nothing else.
func bump(t tree.Tree) tree.Tree {
	return replace("base/kustomization.yaml", "?ref=3.18.0", "?ref=3.19.0")(t)
}

// cleanup drops the folder and the list items.
func cleanup(t tree.Tree) tree.Tree {
	t = replace("dev/kustomization.yaml", "- istio-canary\n", "")(t)
	t = replace("dev/kustomization.yaml", "- path: istio-canary/bigbang-values.yaml\n", "")(t)
	for _, name := range t.Under("dev/istio-canary") {
		t = t.With(tree.Change{Path: name, Delete: true})
	}
	return t
}
