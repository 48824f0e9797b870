package mesh

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// object finds one of testdata/objects.yaml.
func object[O interface{ GetName() string }](t *testing.T, name string) O {
	t.Helper()
	for _, o := range decode(t, "testdata/objects.yaml") {
		if found, ok := o.(O); ok && found.GetName() == name {
			return found
		}
	}
	t.Fatalf("there is no %T %s", *new(O), name)
	return *new(O)
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+)\n%s", diff)
	}
}

func TestPodIsCutDownToWhatIsAsked(t *testing.T) {
	p := (&shapes{}).pod(object[*corev1.Pod](t, "cart-7d4-x"))
	same(t, p.controller, checks.Owner{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "cart-7d4"})
	same(t, p.observed(key{"shop", "cart-7d4-x"}, nil), checks.Pod{
		Namespace: "shop", Name: "cart-7d4-x", Labels: map[string]string{"app": "cart", "pod-template-hash": "7d4"},
		Annotations: map[string]string{"istio.io/rev": "1-30-3", "sidecar.istio.io/status": `{"revision":"1-30-3"}`},
		Node:        "node-1", Phase: "Running", Deleting: true, Created: at("2026-11-01T10:00:00Z"),
		Containers: []checks.Container{
			{Name: "cart", Image: "cart:1", Waiting: "CrashLoopBackOff", Restarts: 1, LastRestart: at("2026-11-01T11:30:00Z")},
			{Name: "istio-init", Image: "proxyv2:1.30.3", Init: true},
			{
				Name: "istio-proxy", Image: "proxyv2:1.30.3", Init: true, Restarts: 2, LastRestart: at("2026-11-01T11:00:00Z"),
				Env: map[string]string{"CA_ADDR": "istiod-1-30-3.istio-system.svc:15012", "PROXY_CONFIG": "{}"},
			},
		},
	})
}

func TestWorkloads(t *testing.T) {
	cart := deploymentOf(object[*appsv1.Deployment](t, "cart"))
	same(t, cart.Workload, checks.Workload{
		APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "cart", HelmRelease: checks.NamespacedName{Namespace: "bigbang", Name: "cart"},
		TemplateLabels: map[string]string{"app": "cart"}, TemplateAnnotations: map[string]string{"linnet-bot.github.io/mesh-revision": "1-30-3"}, HostNetwork: true,
		Created: at("2026-10-01T10:00:00Z"), Generation: 7, ObservedGeneration: 6,
		Replicas: 1, CurrentReplicas: 3, UpdatedReplicas: 1, ReadyReplicas: 2, AvailableReplicas: 2, // one is wanted where nothing is said
		Strategy: "RollingUpdate", Paused: true, Stuck: "has timed out progressing", Since: at("2026-11-01T09:00:00Z"),
	})
	denied := deploymentOf(object[*appsv1.Deployment](t, "denied"))
	if denied.Replicas != 0 || denied.Strategy != "Recreate" || denied.Stuck != "admission webhook validate.kyverno.svc denied the request" {
		t.Errorf("got %+v, want none wanted, Recreate, and what Kyverno said", denied.Workload)
	}
	prometheus := statefulSetOf(object[*appsv1.StatefulSet](t, "prometheus-k8s"))
	same(t, prometheus.controller, checks.Owner{APIVersion: "monitoring.coreos.com/v1", Kind: "Prometheus", Name: "k8s"})
	if prometheus.Partition != 1 || prometheus.CurrentRevision != "k8s-1" || prometheus.UpdateRevision != "k8s-2" || prometheus.UpdatedReplicas != 1 {
		t.Errorf("got %+v, want partition 1 between k8s-1 and k8s-2", prometheus.Workload)
	}
	same(t, daemonSetOf(object[*appsv1.DaemonSet](t, "fluent")).Workload, checks.Workload{
		APIVersion: "apps/v1", Kind: "DaemonSet", Namespace: "logging", Name: "fluent", TemplateLabels: map[string]string{"app": "fluent"}, Created: time.Time{},
		Generation: 1, ObservedGeneration: 1, Replicas: 5, CurrentReplicas: 4, UpdatedReplicas: 3, ReadyReplicas: 2, AvailableReplicas: 1, Strategy: "OnDelete",
	})
}

func TestJobs(t *testing.T) {
	report := jobOf(object[*batchv1.Job](t, "report-1"))
	same(t, report.controller, checks.Owner{APIVersion: "batch/v1", Kind: "CronJob", Name: "report"})
	if report.over || report.Replicas != 2 || report.CurrentReplicas != 1 || report.TemplateLabels["app"] != "report" {
		t.Errorf("got %+v, want a running Job", report)
	}
	if !jobOf(object[*batchv1.Job](t, "migrated")).over {
		t.Error("a Job that is complete counts as running")
	}
	same(t, cronJobOf(object[*batchv1.CronJob](t, "report")).CronJob, checks.CronJob{
		Namespace: "shop", Name: "report", Suspended: true, Schedule: "0 3 * * 0", LastSchedule: at("2026-10-25T03:00:00Z"), HostNetwork: true,
		TemplateLabels: map[string]string{"app": "report"}, TemplateAnnotations: map[string]string{"sidecar.istio.io/inject": "false"},
	})
}

func TestClusterObjects(t *testing.T) {
	same(t, namespaceOf(object[*corev1.Namespace](t, "shop")), checks.Namespace{Name: "shop", Labels: map[string]string{"istio-injection": "enabled"}})
	same(t, namespaceOf(object[*corev1.Namespace](t, "leaving")), checks.Namespace{Name: "leaving", Deleting: true})
	same(t, nodeOf(object[*corev1.Node](t, "node-1")), checks.Node{Name: "node-1", KubeletVersion: "v1.33.2"})
	same(t, crdOf(object[*apiextensionsv1.CustomResourceDefinition](t, "virtualservices.networking.istio.io")), checks.CRD{
		Name: "virtualservices.networking.istio.io", Established: true, Served: []string{"v1", "v1beta1"}, Stored: []string{"v1alpha3", "v1"},
	})
}

// A pod with addresses of two families is behind its Service once; one whose readiness is not said is ready; an address without a pod is nobody's.
func TestServicesJoinTheirSlices(t *testing.T) {
	v4, v6 := sliceOf(object[*discoveryv1.EndpointSlice](t, "public-v4")), sliceOf(object[*discoveryv1.EndpointSlice](t, "public-v6"))
	same(t, services([]checks.NamespacedName{{Namespace: "gateways", Name: "idle"}, {Namespace: "gateways", Name: "public"}}, []slice{v4, v6}), []checks.Service{
		{Namespace: "gateways", Name: "idle"},
		{Namespace: "gateways", Name: "public", Ready: []string{"public-1", "public-2", "public-5"}, NotReady: []string{"public-3"}},
	})
}

// Whoever calls an istiod needs it, whatever he is called; nobody else's webhook is an injector.
func TestWebhooksOfOthers(t *testing.T) {
	if h := mutatingOf(object[*admissionv1.MutatingWebhookConfiguration](t, "kyverno-resource-mutating")); h.istio || h.Hooks != nil {
		t.Errorf("got %+v, want nothing but its name", h)
	}
	h := mutatingOf(object[*admissionv1.MutatingWebhookConfiguration](t, "somebody-of-the-platform-team"))
	if !h.istio || h.Revision() != "1-30-3" || !h.Hooks[0].CABundle || h.Hooks[0].FailurePolicy != "Fail" {
		t.Errorf("got %+v, want an injector of 1-30-3", h)
	}
	same(t, h.certificates(), []checks.RootCertificate{
		{Source: "webhook", Name: h.Name, Revision: "1-30-3", Fingerprint: fingerprint([]byte("ours"))},
	})
}

func TestVersionOfIstiod(t *testing.T) {
	for _, c := range []struct {
		image, want string
		labels      map[string]string
	}{
		{image: "docker.io/istio/pilot:1.30.3", want: "1.30.3"},
		{image: "registry.example:5000/istio/pilot:1.28.3-distroless", want: "1.28.3-distroless"},
		{image: "registry.example:5000/istio/pilot", want: ""},
		{image: "istio/pilot:1.28.3@sha256:0123", want: "1.28.3"},
		{image: "istio/pilot@sha256:0123", labels: map[string]string{"app.kubernetes.io/version": "1.30.3"}, want: "1.30.3"},
		{image: "istio/pilot:latest", labels: map[string]string{"helm.sh/chart": "istiod-1.29.1"}, want: "1.29.1"},
		{image: "istio/pilot:latest", want: ""},
	} {
		if got := versionOf(c.image, c.labels); got != c.want {
			t.Errorf("%s with labels %v: got %q, want %q", c.image, c.labels, got, c.want)
		}
	}
}

func TestClusterIDIsThatOfAllIstiods(t *testing.T) {
	a, b, old := &istiodPod{cluster: "east"}, &istiodPod{cluster: "west"}, &istiodPod{}
	for _, c := range []struct {
		istiods []*istiodPod
		want    string
	}{{nil, ""}, {[]*istiodPod{old}, "Kubernetes"}, {[]*istiodPod{a, a}, "east"}, {[]*istiodPod{a, b}, ""}, {[]*istiodPod{a, b, a}, ""}} {
		if got := clusterOf(c.istiods); got != c.want {
			t.Errorf("%v: got %q, want %q", c.istiods, got, c.want)
		}
	}
}
