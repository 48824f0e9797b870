package mesh

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/checks"
)

// makesPods are the files with something that makes pods, and what is to be read of such a pod.
var makesPods = map[string]struct {
	kind, revision, by string
	mesh, native, host bool
	enabled, revised   string // the injectors of the next pod in a namespace with istio-injection=enabled, and with istio.io/rev=1-30-3
}{
	"inject/bare-pod-sidecar.yaml":          {"Pod", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/cronjob-sidecar.yaml":           {"CronJob", "default", "CA_ADDR", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"}, // the annotation stands a step too high
	"inject/daemonset-sidecar.yaml":         {"DaemonSet", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/deployment-native-sidecar.yaml": {"Pod", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/deployment-sidecar.yaml":        {"Deployment", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/gateway-image-auto.input.yaml":  {"Deployment", "", "", true, false, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"}, // what nobody has injected says nothing
	"inject/gateway-image-auto.yaml":        {"Deployment", "default", "annotation istio.io/rev", true, false, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/grpc-agent.yaml":                {"Deployment", "default", "annotation istio.io/rev", true, false, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/hostnetwork-not-injected.yaml":  {"Deployment", "", "", false, false, true, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"}, // called, but istiod declines
	"inject/job-sidecar.yaml":               {"Job", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"inject/statefulset-sidecar.yaml":       {"StatefulSet", "default", "annotation istio.io/rev", true, true, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"gateway/gatewayapi-managed-gateway.yaml": {
		"Deployment", "default", "annotation istio.io/rev", true, false, false, "", "", // it brings its proxy along and opts out of another
	},
	"gateway/gatewayapi-waypoint.yaml":           {"Deployment", "default", "annotation istio.io/rev", true, false, false, "", ""},
	"gateway/helm-gateway-chart-rendered.yaml":   {"Deployment", "", "", true, false, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"},
	"gateway/rendered-gateway-rev-1-30-3.yaml":   {"Deployment", "", "", true, false, false, "istio-sidecar-injector", "istio-sidecar-injector-1-30-3"}, // its label is a wish
	"rendered/istiod-default.yaml":               {"Deployment", "", "", false, false, false, "", ""},
	"rendered/istiod-rev-1-30-3-tag-canary.yaml": {"Deployment", "", "", false, false, false, "", ""},
	"rendered/ztunnel-rev-1-30-3.yaml":           {"DaemonSet", "1-30-3", "annotation istio.io/rev", true, false, false, "", ""},
}

// hasHooks are the files with webhook configurations, with their revisions and tags.
var hasHooks = map[string][]string{
	"rendered/istiod-default.yaml":                    {"istio-sidecar-injector default", "istio-validator-istio-system default"},
	"rendered/istiod-rev-1-30-3-tag-canary.yaml":      {"istio-sidecar-injector-1-30-3 1-30-3", "istio-revision-tag-canary 1-30-3 canary", "istio-validator-1-30-3-istio-system 1-30-3"},
	"webhooks/base-default-validator-install.yaml":    {"istiod-default-validator default"},
	"webhooks/base-default-validator-upgrade.yaml":    {"istiod-default-validator default"},
	"webhooks/istiod-validator-install.yaml":          {"istio-validator-istio-system default"},
	"webhooks/mwc-default-injector.yaml":              {"istio-sidecar-injector default"},
	"webhooks/mwc-rev-1-16-injector.yaml":             {"istio-sidecar-injector-1-16 1-16"},
	"webhooks/mwc-revision-tag-default.yaml":          {"istio-revision-tag-default test-dev2 default"},
	"webhooks/rendered-default-validator-1-30-3.yaml": {"istiod-default-validator 1-30-3"},
	"webhooks/rendered-mwc-rev-1-30-3.yaml":           {"istio-sidecar-injector-1-30-3 1-30-3"},
	"webhooks/rendered-mwc-unrevisioned.yaml":         {"istio-sidecar-injector default"},
	"webhooks/rendered-tag-default-to-1-30-3.yaml":    {"istio-revision-tag-default 1-30-3 default"},
}

// notObjects are templates of charts and tables.
var notObjects = []string{
	"webhooks/revision-tags-svc.tpl.yaml", "webhooks/revision-tags-mwc.tpl.yaml", "webhooks/mutatingwebhook.tpl.yaml", "webhooks/injection-truth-table.tsv",
}

func TestEveryFixtureIsCovered(t *testing.T) {
	root := shareddata.Path(t, "istio")
	for _, dir := range []string{"inject", "gateway", "rendered", "webhooks"} {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			file := dir + "/" + e.Name()
			_, pods := makesPods[file]
			if !pods && hasHooks[file] == nil && !slices.Contains(notObjects, file) && file != "webhooks/istiod-pdb-2replicas.yaml" {
				t.Errorf("%s: nothing is expected of it", file)
			}
		}
	}
}

func TestPodsOfRealFiles(t *testing.T) {
	root := shareddata.Path(t, "istio")
	installed := mutatingOfFiles(t, "rendered-mwc-unrevisioned.yaml", "rendered-mwc-rev-1-30-3.yaml")
	for file, want := range makesPods {
		found := 0
		for _, o := range decode(t, filepath.Join(root, file)) {
			raw := podFrom(o)
			if raw == nil {
				continue
			}
			found++
			cut := (&shapes{}).pod(raw)
			p := cut.observed(key{raw.Namespace, raw.Name}, nil)
			if kind := o.GetObjectKind().GroupVersionKind().Kind; kind != want.kind {
				t.Errorf("%s: got kind %s, want %s", file, kind, want.kind)
			}
			if e := checks.RevisionOf(&p); e.Revision != want.revision || e.By != want.by {
				t.Errorf("%s: got revision %+v, want %s by %s", file, e, want.revision, want.by)
			}
			native := slices.ContainsFunc(p.Containers, func(c checks.Container) bool { return c.Init && c.Name == "istio-proxy" })
			if checks.InMesh(&p) != want.mesh || native != want.native || p.HostNetwork != want.host {
				t.Errorf("%s: got in mesh %t, native %t, host network %t", file, checks.InMesh(&p), native, p.HostNetwork)
			}
			for _, in := range []struct {
				labels map[string]string
				want   string
			}{{map[string]string{"istio-injection": "enabled"}, want.enabled}, {map[string]string{"istio.io/rev": "1-30-3"}, want.revised}} {
				if got := strings.Join(checks.Injectors(installed, in.labels, p.Labels), " "); got != in.want {
					t.Errorf("%s in a namespace with %v: got injectors %q, want %q", file, in.labels, got, in.want)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: got %d objects that make pods, want 1", file, found)
		}
	}
}

func mutatingOfFiles(t *testing.T, files ...string) []checks.WebhookConfiguration {
	var all []checks.WebhookConfiguration
	for _, file := range files {
		for _, o := range decode(t, filepath.Join(shareddata.Path(t, "istio", "webhooks"), file)) {
			if m, ok := o.(*admissionv1.MutatingWebhookConfiguration); ok {
				all = append(all, mutatingOf(m).WebhookConfiguration)
			}
		}
	}
	return all
}

// A configuration that the API server gives reads as the rendered one that package checks parses.
func TestWebhooksOfRealFiles(t *testing.T) {
	root := shareddata.Path(t, "istio")
	for file, want := range hasHooks {
		var got []string
		for _, o := range decode(t, filepath.Join(root, file)) {
			h, ok := webhookOf(o)
			if !ok {
				continue
			}
			if !h.istio {
				t.Errorf("%s: %s is taken for somebody else's", file, h.Name)
			}
			text, err := yaml.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			var object map[string]any
			if err := yaml.Unmarshal(text, &object); err != nil {
				t.Fatal(err)
			}
			parsed, err := checks.ParseWebhookConfiguration(object)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parsed, h.WebhookConfiguration); diff != "" {
				t.Errorf("%s: read as rendered (-) and as live (+)\n%s", file, diff)
			}
			words := strings.TrimSpace(h.Name + " " + h.Revision() + " " + h.Labels["istio.io/tag"])
			if words != "" {
				got = append(got, words)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

func webhookOf(o runtime.Object) (hooks, bool) {
	switch o := o.(type) {
	case *admissionv1.MutatingWebhookConfiguration:
		return mutatingOf(o), true
	case *admissionv1.ValidatingWebhookConfiguration:
		return validatingOf(o), true
	}
	return hooks{}, false
}

func TestIstiodOfRealFiles(t *testing.T) {
	root := shareddata.Path(t, "istio")
	for file, revision := range map[string]string{"rendered/istiod-default.yaml": "default", "rendered/istiod-rev-1-30-3-tag-canary.yaml": "1-30-3"} {
		for _, o := range decode(t, filepath.Join(root, file)) {
			d, ok := o.(*appsv1.Deployment)
			if !ok {
				continue
			}
			p := (&shapes{}).pod(podFrom(d))
			if p.istiod == nil || p.istiod.revision != revision || p.istiod.cluster != "Kubernetes" {
				t.Errorf("%s: got istiod pod %+v, want revision %s of cluster Kubernetes", file, p.istiod, revision)
			}
			if got := deploymentOf(d).istiod; got == nil || got.Revision != revision || got.Replicas != 1 || got.Namespace != "istio-system" {
				t.Errorf("%s: got istiod Deployment %+v, want one replica of %s in istio-system", file, got, revision)
			}
		}
	}
}

func TestBudgetOfIstiod(t *testing.T) {
	root := shareddata.Path(t, "istio")
	b := budgetOf(decode(t, filepath.Join(root, "webhooks/istiod-pdb-2replicas.yaml"))[0].(*policyv1.PodDisruptionBudget))
	for _, o := range decode(t, filepath.Join(root, "rendered/istiod-default.yaml")) {
		if d, ok := o.(*appsv1.Deployment); ok {
			w := deploymentOf(d)
			if !b.blocks(&w) {
				t.Errorf("budget %s with no disruption allowed does not block Deployment %s", b.name, w.Name)
			}
		}
	}
}
