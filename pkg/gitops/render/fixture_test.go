package render_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// files reads a txtar archive.
func files(archive string) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		out[f.Name] = f.Data
	}
	return out
}

func repo(archive string) tree.Tree { return tree.New(files(archive)) }

// remotes answers the given URLs, as written, with archives.
func remotes(known map[string]string) render.Remotes {
	return func(url render.RemoteURL) (map[string][]byte, error) {
		archive, ok := known[url.Raw]
		if !ok {
			return nil, fmt.Errorf("release %q is not known", url.Ref)
		}
		return files(archive), nil
	}
}

const baseURL = "https://git.example.com/platform/umbrella.git//base?ref=1.2.0"

// base is shaped like the base/ of an umbrella release.
const base = `
-- kustomization.yaml --
configurations: [transformer.yaml]
namespace: bigbang
commonLabels: {owner: bigbang}
resources: [namespace.yaml, gitrepository.yaml, helmrelease.yaml]
configMapGenerator:
- name: common
  literals: [values.yaml=]
secretGenerator:
- name: common-bb
  literals: [values.yaml=]
-- transformer.yaml --
nameReference:
- kind: ConfigMap
  fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]
- kind: Secret
  fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]
-- namespace.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: bigbang}
-- gitrepository.yaml --
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: bigbang}
spec: {interval: 10m, ref: {tag: 1.2.0}}
-- helmrelease.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: bigbang}
spec:
  targetNamespace: bigbang
  releaseName: bigbang
  chart: {spec: {chart: chart, sourceRef: {kind: GitRepository, name: bigbang}}}
  valuesFrom:
  - {kind: Secret, name: common-bb}
  - {kind: ConfigMap, name: common}
`

// environment is an overlay of base.
const environment = `
-- dev/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ` + baseURL + `
configMapGenerator:
- name: common
  behavior: merge
  files: [values.yaml=configmap.yaml]
patches:
- path: secret.yaml
-- dev/configmap.yaml --
domain: example.com
istiod: {enabled: true}
-- dev/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: common-bb}
stringData:
  values.yaml: |
    token: abc
`

func built(t testing.TB, tr tree.Tree, dir string, r render.Remotes) render.Objects {
	t.Helper()
	objs, err := render.Overlay(tr, dir, r)
	if err != nil {
		t.Fatalf("build %s: %v", dir, err)
	}
	return objs
}

func parsed(t testing.TB, stream string) render.Objects {
	t.Helper()
	objs, err := render.ParseObjects([]byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

func idTexts(ids []render.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

func sortedIDs(objs render.Objects) []string {
	out := idTexts(objs.IDs())
	slices.Sort(out)
	return out
}
