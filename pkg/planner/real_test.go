package planner_test

import (
	"fmt"
	"reflect"
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

// What two umbrellas give a HelmRelease may differ; the patch that restarts its pods holds under both, and under each the list is theirs, then ours.
func TestRestartsHoldWhereOnlyOneOfTwoRealUmbrellasHasPostRenderers(t *testing.T) {
	if testing.Short() {
		t.Skip("renders real umbrellas; run without -short")
	}
	material := newRealMaterial(t)
	rows := []struct{ from, to, release, values, wave string }{
		{"3.12.0", "3.18.0", "keycloak", "addons: {keycloak: {enabled: true}}\n", "wave-stateful"},
		{"3.18.0", "3.19.0", "keycloak", "addons: {keycloak: {enabled: true}}\n", "wave-stateful"},
		{"3.26.0", "3.30.0", "external-secrets", "addons: {externalSecrets: {enabled: true}}\n", "wave-stateless"},
	}
	for _, row := range rows {
		t.Run(row.release+" "+row.from+" to "+row.to, func(t *testing.T) {
			t.Parallel()
			without := func(version string) bool { return postRenderersOf(t, material, version)[row.release] == nil }
			if without(row.from) == without(row.to) {
				t.Fatalf("the two umbrellas do not differ in the postRenderers of %s any more", row.release)
			}
			start := realRepository(t, "customer-template-2026-02", "3.2.0", row.from)
			name := "gitRepo/dev/configmap.yaml"
			start = start.With(tree.Change{Path: name, Content: append(slices.Clone(mustRead(start, name)), "\n"+row.values...)})
			plan := mustPlan(t, planner.Input{Tree: start, Environment: "gitRepo/dev", To: row.to, Material: material})
			lists := func(tr tree.Tree) []any {
				objs, _ := renderAlone(t, tr, "gitRepo/dev", material)
				hr, ok := objs.Find("HelmRelease", "", row.release)
				if !ok {
					t.Fatalf("HelmRelease %s is not rendered", row.release)
				}
				list, _ := hr.Get("spec", "postRenderers").([]any)
				return list
			}
			for phase, plain := range map[string]tree.Tree{row.wave: plan.Start, "bump": plan.InPlace} {
				theirs, got := lists(plain), lists(phaseNamed(t, plan, phase).After)
				if len(got) != len(theirs)+1 || !slices.EqualFunc(got[:len(got)-1], theirs, reflect.DeepEqual) || !strings.Contains(fmt.Sprint(got[len(got)-1]), planner.RestartAnnotation) {
					t.Errorf("after %s the list is %v, want theirs and then ours: %v", phase, got, theirs)
				}
			}
		})
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
