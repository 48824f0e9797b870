package charts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/render"
)

// real is a chart of Big Bang, rendered.
func real(t *testing.T, archive string, v map[string]any, o render.HelmOptions) render.Manifest {
	t.Helper()
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	c, err := render.LoadArchive(text)
	if err != nil {
		t.Fatal(err)
	}
	o.KubeVersion = "1.34.0"
	m, err := c.Render(v, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func archives(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(shareddata.Path(t, "charts"), pattern))
	if err != nil || len(all) == 0 {
		t.Fatalf("no chart %s: %v", pattern, err)
	}
	return all
}

// The entries of `packages` that the pages show go through real umbrellas, and what they make of it through the chart.
func TestBigBangInstallsIt(t *testing.T) {
	if testing.Short() {
		t.Skip("this renders five umbrellas, which pkg/gitops/render does as well")
	}
	for _, archive := range archives(t, "bigbang-*.tgz") {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			byBigBang(t, archive, values(t, snippet(t, installation, "# Big Bang's values")), "gitlab")
			// As if somebody had left that line out: umbrellas then give values of their own.
			more := values(t, snippet(t, readme, "# Big Bang's values"))
			delete(asMap(asMap(more["packages"])["linnet"]), "bbCommonValues")
			byBigBang(t, archive, more, "github")
		})
	}
}

func byBigBang(t *testing.T, archive string, v map[string]any, forge string) {
	t.Helper()
	v = merge(v, values(t, "{domain: dev.example.com, networkPolicies: {controlPlaneCidr: 10.0.0.1/32}}"))
	umbrella := real(t, archive, v, render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang"})
	if ns, found := umbrella.Objects.Find("Namespace", "", "linnet"); !found || ns.Labels()["istio-injection"] != "enabled" {
		t.Errorf("the namespace is %v", ns)
	}
	release, found := umbrella.Objects.Find("HelmRelease", "linnet", "linnet")
	if !found {
		t.Fatal("there is no HelmRelease linnet")
	}
	if release.Get("spec", "targetNamespace") != "linnet" || release.Get("spec", "releaseName") != "linnet" || release.Get("spec", "chart", "spec", "chart") != "charts/linnet" {
		t.Errorf("the release is %v", release.Get("spec"))
	}
	secret, _ := umbrella.Objects.Find("Secret", "linnet", "linnet-values")
	given := map[string]any{}
	for _, from := range release.Get("spec", "valuesFrom").([]any) {
		key, _ := asMap(from)["valuesKey"].(string)
		if key == "" {
			key = "values.yaml" // as Flux has it
		}
		text, _ := secret.Get("stringData", key).(string)
		if text == "" {
			t.Errorf("the Secret has no %s", key)
		}
		given = merge(given, values(t, text))
	}
	m, err := chart(t).Render(given, render.HelmOptions{ReleaseName: "linnet", Namespace: "linnet", KubeVersion: "1.34.0"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.Notes, "https://linnet.dev.example.com/hooks/"+forge) {
		t.Errorf("the notes are\n%s", m.Notes)
	}
	if got := advice(m.Notes); len(got) != 1 || !strings.Contains(got[0], "plain HTTP") {
		t.Errorf("there is still to advise: %q", got)
	}
}

// Beside the real policies of istio-system the observer reaches every istiod, and nothing else is opened or closed.
func TestObserverFitsBigBangsPoliciesOfIstioSystem(t *testing.T) {
	own := of[networkingv1.NetworkPolicy](t, mustRender(t, gitlab), "NetworkPolicy")
	for _, archive := range archives(t, "istiod-*.tgz") {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			m := real(t, archive, values(t, "networkPolicies: {enabled: true}"), render.HelmOptions{ReleaseName: "istiod", Namespace: "istio-system"})
			theirs := of[networkingv1.NetworkPolicy](t, m, "NetworkPolicy")
			both := slices.Concat(theirs, own)
			if connects(t, theirs, theObserver, istiod, 15012, corev1.ProtocolTCP) {
				t.Error("without the chart's policy the observer gets out: this test proves nothing")
			}
			// The labels of istiod's pods are the package's, not what this test thinks.
			for _, d := range of[appsv1.Deployment](t, m, "Deployment") {
				if d.Name == "istiod" {
					real := place{namespace: "istio-system", labels: d.Spec.Template.Labels}
					judge(t, both, []connection{{"observer to istiod as the package makes it", theObserver, real, 15012, true}})
				}
			}
			judge(t, both, []connection{
				{"observer to istiod", theObserver, istiod, 15012, true},
				{"observer to the canary's istiod", theObserver, canary, 15012, true},
				{"observer to the API server", theObserver, outside("10.0.0.1"), 6443, true},
				{"observer to DNS", theObserver, dns, 53, true},
				{"bot to the observer", theBot, theObserver, 8443, true},
				{"some pod to the observer", pod("shop", "app", "shop"), theObserver, 8443, false},
				{"a proxy to istiod", pod("shop", "app", "shop"), istiod, 15012, true},
				{"the API server to the injector", outside("10.0.0.1"), istiod, 15017, true},
				{"some pod to istiod's debug port", pod("shop", "app", "shop"), istiod, 15014, false},
				{"another pod of istio-system to the world", pod("istio-system", "app", "other"), outside("203.0.113.9"), 443, false},
			})
			// And the whole package, untouched by ours.
			for _, c := range []connection{{"", istiod, outside("10.0.0.1"), 6443, true}, {"", prometheus, istiod, 15014, true}, {"", gateway, istiod, 15012, true}} {
				if connects(t, theirs, c.from, c.to, c.port, corev1.ProtocolTCP) != connects(t, both, c.from, c.to, c.port, corev1.ProtocolTCP) {
					t.Errorf("the chart's policies change %v to %v, port %d", c.from, c.to, c.port)
				}
			}
		})
	}
}

// The gateways that the chart lets in are the pods that Big Bang's gateway package makes.
func TestGatewaysAreKnownByTheirLabels(t *testing.T) {
	own := of[networkingv1.NetworkPolicy](t, mustRender(t, everything), "NetworkPolicy")
	for _, archive := range archives(t, "istio-gateway-*.tgz") {
		for name, to := range map[string]connection{
			"public-ingressgateway": {to: theBot, port: 8080}, "passthrough-ingressgateway": {to: theObserver, port: 8443},
		} {
			m := real(t, archive, nil, render.HelmOptions{ReleaseName: name, Namespace: "istio-gateway"})
			if _, found := m.Objects.Find("Gateway", "istio-gateway", name); !found {
				t.Errorf("there is no Gateway %s", name)
			}
			deployment, _ := m.Objects.Find("Deployment", "istio-gateway", name)
			text, err := json.Marshal(deployment.Get("spec", "template", "metadata", "labels"))
			if err != nil {
				t.Fatal(err)
			}
			from := place{namespace: "istio-gateway"}
			if err := json.Unmarshal(text, &from.labels); err != nil || len(from.labels) == 0 {
				t.Fatalf("the gateway %s has the labels %s: %v", name, text, err)
			}
			judge(t, own, []connection{{name, from, to.to, to.port, true}})
		}
	}
}

// What real umbrellas configure of Kyverno's policies: labels that must be there, namespaces that must not, who may be without a sidecar.
func TestPodsFitBigBangsKyvernoPolicies(t *testing.T) {
	if testing.Short() {
		t.Skip("this renders five umbrellas, which pkg/gitops/render does as well")
	}
	for _, archive := range archives(t, "bigbang-*.tgz") {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			umbrella := real(t, archive, nil, render.HelmOptions{ReleaseName: "bigbang", Namespace: "bigbang"})
			secret, found := umbrella.Objects.Find("Secret", "bigbang", "bigbang-kyverno-policies-values")
			if !found {
				t.Fatal("the umbrella configures no policies")
			}
			policies := map[string]any{}
			for _, key := range []string{"defaults", "overlays"} {
				if text, _ := secret.Get("stringData", key).(string); text != "" {
					policies = merge(policies, asMap(values(t, text)["policies"]))
				}
			}
			parameter := func(policy, name string) []any {
				list, _ := asMap(asMap(policies[policy])["parameters"])[name].([]any)
				if list == nil {
					t.Errorf("the policy %s has no %s", policy, name)
				}
				return list
			}
			required, forbidden := parameter("require-labels", "require"), parameter("disallow-namespaces", "disallow")
			bypass, err := json.Marshal(asMap(policies["disallow-istio-injection-bypass"])["exclude"])
			if err != nil || !strings.Contains(string(bypass), `"istio-system"`) {
				t.Errorf("pods of istio-system may not be without a sidecar: %s", bypass)
			}
			for _, text := range installations {
				for _, d := range of[appsv1.Deployment](t, mustRender(t, text), "Deployment") {
					for _, label := range required {
						if d.Spec.Template.Labels[label.(string)] == "" {
							t.Errorf("%s has no label %s", d.Name, label)
						}
					}
					if slices.Contains(forbidden, any(d.Namespace)) {
						t.Errorf("%s is in %s, where no pod may be", d.Name, d.Namespace)
					}
				}
			}
		})
	}
}
