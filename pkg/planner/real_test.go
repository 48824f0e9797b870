package planner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/pkg/gitops/render"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// manyPackages are values that turn on every package of a real umbrella that takes them without secrets of its own.
const manyPackages = `
istioCNI: {enabled: true}
addons:
  argocd: {enabled: true}
  authservice: {enabled: true}
  gitlab: {enabled: true}
  gitlabRunner: {enabled: true}
  nexusRepositoryManager: {enabled: true}
  minioOperator: {enabled: true}
  minio: {enabled: true}
  mattermost: {enabled: true}
  mattermostOperator: {enabled: true}
  velero: {enabled: true, plugins: [aws]}
  keycloak: {enabled: true}
  vault: {enabled: true, sso: {enabled: false}}
  harbor: {enabled: true}
  fortify: {enabled: true}
  externalSecrets: {enabled: true}
  thanos: {enabled: true}
  mimir: {enabled: true}
elasticsearchKibana: {enabled: true}
eckOperator: {enabled: true}
fluentbit: {enabled: true}
sonarqube: {enabled: true}
neuvector: {enabled: true}
`

// postRenderersOf renders an umbrella with many packages and gives the list of each HelmRelease.
func postRenderersOf(t *testing.T, material planner.Material, version string) map[string]any {
	t.Helper()
	chart, err := material.Umbrella(version)
	if err != nil {
		t.Fatal(err)
	}
	var on map[string]any
	if err := yaml.Unmarshal([]byte(manyPackages), &on); err != nil {
		t.Fatal(err)
	}
	for len(chart.Validate(on)) > 0 { // what this umbrella does not know is left out
		for _, v := range chart.Validate(on) {
			drop(on, v)
		}
	}
	out, err := chart.Render(on, render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang", Upgrade: true, KubeVersion: "1.34.0"})
	if err != nil {
		t.Fatalf("render %s: %v", version, err)
	}
	lists := map[string]any{}
	for _, hr := range out.Objects.Kind("HelmRelease") {
		lists[hr.Name()] = hr.Get("spec", "postRenderers")
	}
	return lists
}

func drop(values map[string]any, v render.SchemaError) {
	for key, inner := range values {
		if strings.HasSuffix(v.Path, key) || strings.Contains(v.Message, "'"+key+"'") {
			delete(values, key)
		} else if m, ok := inner.(map[string]any); ok {
			drop(m, v)
		}
	}
}

// Where two umbrellas give a HelmRelease different lists, the patch that restarts it must hold under both: bump keeps it.
func TestUmbrellasThatDifferInPostRenderers(t *testing.T) {
	material := newRealMaterial(t)
	steps := [][2]string{{"3.12.0", "3.18.0"}, {"3.18.0", "3.19.0"}, {"3.19.0", "3.26.0"}, {"3.26.0", "3.30.0"}}
	for _, step := range steps {
		before, after := postRenderersOf(t, material, step[0]), postRenderersOf(t, material, step[1])
		for name, list := range before {
			now, still := after[name]
			a, _ := json.Marshal(list)
			b, _ := json.Marshal(now)
			if still && string(a) != string(b) {
				t.Logf("%s to %s: %s had %.300s and has %.300s", step[0], step[1], name, a, b)
			}
		}
	}
}

func TestTheCNIMovesAfterTheProxiesOnARealUmbrella(t *testing.T) {
	if testing.Short() {
		t.Skip("renders real umbrellas; run without -short")
	}
	material := newRealMaterial(t)
	start := realRepository(t, "customer-template-2026-02", "3.2.0", "3.18.0")
	name := "gitRepo/dev/configmap.yaml"
	start = start.With(tree.Change{Path: name, Content: append(slices.Clone(mustRead(start, name)), "\nistioCNI:\n  enabled: true\n"...)})
	plan := mustPlan(t, planner.Input{Tree: start, Environment: "gitRepo/dev", To: "3.19.0", Material: material})
	promises(t, plan, start, material)
	all := names(plan)
	cni := slices.Index(all, "cni")
	if cni < 0 || all[cni+1] != "bump" || !strings.HasPrefix(all[cni-1], "gateway-") {
		t.Errorf("phases are %v, want cni between the gateways and bump", all)
	}
	for _, phase := range plan.Phases {
		content, _ := phase.After.Read("gitRepo/dev/istio-canary/bigbang-values.yaml")
		pinned := strings.Contains(string(content), "istioCNI")
		if want := phase.Number > cni && phase.Kind != planner.Cleanup; pinned != want {
			t.Errorf("after %s the CNI is brought forward: %t, want %t", phase.Name, pinned, want)
		}
	}
	if !strings.Contains(fmt.Sprint(phaseNamed(t, plan, "cni").Render.Changed), "GitRepository bigbang/istio-cni") {
		t.Errorf("phase cni changes %v", phaseNamed(t, plan, "cni").Render.Changed)
	}
}
