package planner_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

func names(plan planner.Plan) []string {
	var all []string
	for _, p := range plan.Phases {
		all = append(all, p.Name)
	}
	return all
}

func TestTheOrderOfPhasesFollowsConfigurationOrIsComputed(t *testing.T) {
	material := miniatureMaterial(t)
	rows := []struct {
		name   string
		policy planner.Policy
		want   string
	}{
		{"computed", planner.Policy{}, "crds canary wave-stateless wave-observability wave-mission gateway-passthrough gateway-public bump " +
			"home-stateless home-observability home-mission home-gateway-passthrough home-gateway-public cleanup"},
		{"configured, with the rest", planner.Policy{Waves: []planner.WaveChoice{{Name: "eyes", Namespaces: []string{"monitoring"}}, {Name: "rest", Rest: true}}, Gateways: []string{"public", "passthrough"}},
			"crds canary wave-eyes wave-rest gateway-public gateway-passthrough bump home-eyes home-rest home-gateway-public home-gateway-passthrough cleanup"},
		{"an empty rest is no phase", planner.Policy{Waves: []planner.WaveChoice{{Name: "all", Namespaces: []string{"kiali", "ledger", "monitoring", "orders", "reports", "tempo"}}, {Name: "rest", Rest: true}}},
			"crds canary wave-all gateway-passthrough gateway-public bump home-all home-gateway-passthrough home-gateway-public cleanup"},
		{"combined", planner.Policy{Combine: true, Waves: []planner.WaveChoice{{Name: "all", Rest: true}}},
			"canary wave-all gateway-passthrough gateway-public bump home-all home-gateway-passthrough home-gateway-public cleanup"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			in := gitFlavour(t).input(material)
			in.Policy = row.policy
			plan := mustPlan(t, in)
			if got := strings.Join(names(plan), " "); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			if last := plan.Phases[len(plan.Phases)-1]; !last.After.Equal(plan.InPlace) {
				t.Error("the last tree is not that of the in-place bump")
			}
			// What was decided is kept, whatever the configuration says later.
			again := mustPlan(t, planner.Input{Tree: plan.Phases[0].After, Environment: "dev", Material: material})
			if !slices.Equal(names(again), names(plan)) {
				t.Errorf("with another configuration the upgrade under way has phases %v", names(again))
			}
		})
	}
}

func TestEachPlacementHasItsReason(t *testing.T) {
	in := gitFlavour(t).input(miniatureMaterial(t))
	in.Policy.Waves = []planner.WaveChoice{{Name: "eyes", Namespaces: []string{"monitoring"}}, {Name: "rest", Rest: true}}
	plan := mustPlan(t, in)
	if plan.Waves[0].Why != "configured" || plan.Waves[1].Why != "configured: all that no other wave names" {
		t.Errorf("reasons are %q and %q", plan.Waves[0].Why, plan.Waves[1].Why)
	}
	if got := plan.Waves[0].Releases; !slices.Equal(got, []string{"grafana", "monitoring"}) {
		t.Errorf("releases of the first wave are %v", got)
	}
	if got := plan.Gateways[1].Why; got != "public gateways go last" {
		t.Errorf("the last gateway stands there because %q", got)
	}
}

func TestThePlanIsTheSameEachTime(t *testing.T) {
	material := miniatureMaterial(t)
	in := gitFlavour(t).input(material)
	first, err := json.Marshal(mustPlan(t, in))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := json.Marshal(mustPlan(t, in))
		if err != nil || string(again) != string(first) {
			t.Fatal("two plans of the same input differ")
		}
	}
}

func TestTheCanaryHasAsManyReplicasAsPolicyAsks(t *testing.T) {
	material := miniatureMaterial(t)
	for n, want := range map[int]string{0: "replicaCount: 2", 1: "", 3: "replicaCount: 3"} {
		in := gitFlavour(t).input(material)
		in.Policy.CanaryReplicas = n
		plan := mustPlan(t, in)
		content, _ := phaseNamed(t, plan, "canary").After.Read("dev/istio-canary/control-plane.yaml")
		if has := strings.Contains(string(content), "replicaCount:"); has != (want != "") || !strings.Contains(string(content), want) {
			t.Errorf("with canaryReplicas %d the control plane does not hold %q:\n%s", n, want, content)
		}
	}
}

func TestOfflineTheConfiguredSourceIsTheCanarys(t *testing.T) {
	in := gitFlavour(t).add(values, "offline: true\n").input(miniatureMaterial(t))
	in.Policy.Source = map[string]any{"url": "https://git.example.mil/mirror/istiod.git", "interval": "5m", "secretRef": map[string]any{"name": "mirror"}}
	plan := mustPlan(t, in)
	content, _ := phaseNamed(t, plan, "canary").After.Read("dev/istio-canary/control-plane.yaml")
	for _, want := range []string{"url: https://git.example.mil/mirror/istiod.git", "name: mirror", "tag: 1.29.0-bb.0"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the control plane does not hold %q:\n%s", want, content)
		}
	}
	if _, changed := in.Policy.Source["ref"]; changed {
		t.Error("the configured source was changed")
	}
}

func TestAChartRepositoryIsTheCanarysToo(t *testing.T) {
	r := gitFlavour(t).add(values, "helmRepositories: [{name: registry1, repository: oci://registry.example.mil/bigbang, type: oci, existingSecret: private-registry}]\n")
	r.replace(values, "istiod:\n  enabled: true\n", "istiod:\n  enabled: true\n  sourceType: helmRepo\n")
	plan := mustPlan(t, r.input(miniatureMaterial(t)))
	canary := phaseNamed(t, plan, "canary")
	content, _ := canary.After.Read("dev/istio-canary/control-plane.yaml")
	if strings.Contains(string(content), "GitRepository") || !strings.Contains(string(content), "version: 1.29.0-bb.0") || !strings.Contains(string(content), "kind: HelmRepository") {
		t.Errorf("the canary does not come from the chart repository:\n%s", content)
	}
	if len(canary.Render.Added) != 1 {
		t.Errorf("the canary adds %v, want one HelmRelease", canary.Render.Added)
	}
}

func TestWhatNothingInGitCanRollIsNamedBeforeTheMerge(t *testing.T) {
	r := gitFlavour(t)
	r.replace("dev/mission/kustomization.yaml", "- reports.yaml", "- reports.yaml\n- more.yaml")
	r.write("dev/mission/more.yaml", `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: reports}
spec:
  updateStrategy: {type: OnDelete}
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: a, image: a}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: reports}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: reports}
spec: {schedule: "0 1 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: reports}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: extra, namespace: monitoring}
spec: {selector: {matchLabels: {app: e}}, template: {metadata: {labels: {app: e}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: exporter, namespace: flux-system}
spec: {targetNamespace: monitoring, interval: 5m, chart: {spec: {chart: exporter, version: 1.0.0, sourceRef: {kind: HelmRepository, name: x}}}}
`)
	plan := mustPlan(t, r.input(miniatureMaterial(t)))
	rows := map[string][]string{
		"wave-mission": {
			"DaemonSet reports/agent has the update strategy OnDelete", "Pod reports/alone is a bare pod", "CronJob reports/nightly is a CronJob", "Job reports/once is a Job",
		},
		"wave-observability": {
			"Deployment monitoring/extra is this repository's own, in a namespace of Big Bang", "what HelmRelease flux-system/exporter deploys in namespace monitoring is this repository's own",
		},
	}
	for phase, want := range rows {
		got := strings.Join(phaseNamed(t, plan, phase).Notes, "\n")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("the notes of %s do not say %q:\n%s", phase, w, got)
			}
		}
	}
}

func TestAMissionHelmReleaseIsRolledWithItsNamespace(t *testing.T) {
	release := func(name, extra string) string {
		return "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: " + name + ", namespace: reports}\nspec:\n  interval: 5m\n  chart: {spec: {chart: app, version: 1.0.0, sourceRef: {kind: HelmRepository, name: x}}}\n" + extra
	}
	r := gitFlavour(t)
	r.replace("dev/mission/kustomization.yaml", "- reports.yaml", "- reports.yaml\n- more.yaml")
	r.write("dev/mission/more.yaml", release("plain", "")+release("own", "  postRenderers: [{kustomize: {images: [{name: a, newTag: b}]}}]\n"))
	material := miniatureMaterial(t)
	plan := mustPlan(t, r.input(material))
	promises(t, plan, r.tree(), material)
	objs, _ := renderAlone(t, phaseNamed(t, plan, "wave-mission").After, "dev", material)
	for name, want := range map[string]int{"plain": 1, "own": 2} {
		hr, ok := objs.Find("HelmRelease", "reports", name)
		list, _ := hr.Get("spec", "postRenderers").([]any)
		if !ok || len(list) != want {
			t.Errorf("HelmRelease %s has %d postRenderers, want %d", name, len(list), want)
		}
	}
}

func TestASharedReleaseIsBumpedInTheEnvironmentsOwnFolderAndTheNextUpgradeEditsThat(t *testing.T) {
	material := miniatureMaterial(t)
	start := tree.New(miniature.Repository("helmRepo"))
	start = start.With(tree.Change{Path: "base/helmrelease.yaml", Content: []byte(strings.Replace(string(mustRead(start, "base/helmrelease.yaml")), "3.18.0", "3.17.0", 1))})
	first := mustPlan(t, planner.Input{Tree: start, Environment: "dev", To: "3.18.0", Material: material})
	second := mustPlan(t, planner.Input{Tree: first.InPlace, Environment: "dev", To: "3.19.0", Material: material})
	var lines []string
	for _, line := range strings.Split(phaseNamed(t, second, "bump").Diff, "\n") {
		if strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "- ") {
			lines = append(lines, strings.TrimSpace(line[1:]))
		}
	}
	if want := []string{`value: "3.18.0"`, `value: "3.19.0"`}; !slices.Equal(lines, want) {
		t.Errorf("the second bump changes %q, want %q", lines, want)
	}
}
