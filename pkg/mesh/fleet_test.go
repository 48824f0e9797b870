package mesh

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// fleet is an API server with many pods, ten to a Deployment, in fifty namespaces. Pods are of the size that real ones have, and come as protobuf in pages of 500, as a
// real API server gives them.
type fleet struct {
	*fakeAPI
	pages [][]byte
}

const perWorkload = 10

func newFleet(n int) *httptest.Server { return httptest.NewServer(fleetOf(n)) }

func fleetOf(n int) *fleet {
	f := &fleet{fakeAPI: newFakeAPI()}
	c, err := newClients(&rest.Config{Host: "http://127.0.0.1:1"})
	if err != nil {
		panic(err)
	}
	var encoder runtime.Encoder
	for _, info := range c.codecs.SupportedMediaTypes() {
		if info.MediaType == protobuf {
			encoder = c.codecs.EncoderForVersion(info.Serializer, corev1.SchemeGroupVersion)
		}
	}
	for from := 0; from < n; from += page {
		list := &corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}}
		for i := from; i < min(from+page, n); i++ {
			list.Items = append(list.Items, *fleetPod(i))
		}
		if from+page < n {
			list.Continue = strconv.Itoa(len(f.pages) + 1)
		}
		var out bytes.Buffer
		if err := encoder.Encode(list, &out); err != nil {
			panic(err)
		}
		f.pages = append(f.pages, out.Bytes())
	}
	for i := range 50 {
		f.put("/api/v1/namespaces", fmt.Sprintf("metadata: {name: team-%02d, labels: {istio.io/rev: 1-30-3}}", i))
	}
	for i := range n / perWorkload {
		at := fmt.Sprintf("namespace: team-%02d, name: app-%04d", i%50, i)
		f.put("/apis/apps/v1/replicasets", fmt.Sprintf("metadata: {namespace: team-%02d, name: app-%04d-7d4f9, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: app-%04d, uid: d, controller: true}]}", i%50, i, i))
		f.put("/apis/apps/v1/deployments", "{metadata: {"+at+"}, spec: {replicas: 10, template: {metadata: {labels: {app: x}}}}, status: {replicas: 10, updatedReplicas: 10, readyReplicas: 10, availableReplicas: 10}}")
	}
	f.put("/apis/apps/v1/deployments", "{metadata: {namespace: istio-system, name: istiod-1-30-3, labels: {app: istiod, istio.io/rev: 1-30-3}}, spec: {replicas: 1}, status: {replicas: 1}}")
	f.put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", `{metadata: {name: istio-sidecar-injector-1-30-3, labels: {istio.io/rev: 1-30-3}}, webhooks: [{name: rev.namespace.sidecar-injector.istio.io,
		clientConfig: {caBundle: b3Vycw==, service: {namespace: istio-system, name: istiod-1-30-3, path: /inject}}, namespaceSelector: {matchLabels: {istio.io/rev: 1-30-3}}}]}`)
	return f
}

func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != pods || r.URL.Query().Get("watch") != "" || f.refuses("list", "pods") {
		f.fakeAPI.ServeHTTP(w, r)
		return
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	w.Header().Set("Content-Type", protobuf)
	_, _ = w.Write(f.pages[at])
}

// istiodPodName is the fleet's first pod.
const istiodPodName = "istiod-1-30-3-a"

// fleetPod is a pod with a native sidecar, with what the API server would send along: nearly seven kilobytes of protobuf.
func fleetPod(i int) *corev1.Pod {
	if i == 0 {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "istio-system", Name: istiodPodName, Labels: map[string]string{"app": "istiod", "istio.io/rev": "1-30-3"}, CreationTimestamp: metav1.NewTime(noon().Add(-24 * time.Hour)),
			},
			Spec:   corev1.PodSpec{Containers: []corev1.Container{{Name: "discovery", Image: "pilot:1.30.3"}}},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
		}
	}
	yes := true
	workload := i / perWorkload
	var env []corev1.EnvVar
	for j := range 25 {
		env = append(env, corev1.EnvVar{Name: fmt.Sprintf("ISTIO_META_VARIABLE_%d", j), Value: "a value of some length, as they are"})
	}
	env = append(env, corev1.EnvVar{Name: "CA_ADDR", Value: "istiod-1-30-3.istio-system.svc:15012"}, corev1.EnvVar{Name: "PROXY_CONFIG", Value: "{}\n"})
	var volumes []corev1.Volume
	for j := range 8 {
		volumes = append(volumes, corev1.Volume{Name: fmt.Sprintf("volume-%d", j)})
	}
	ready := corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: "10.0.0.1", Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		ContainerStatuses:     []corev1.ContainerStatus{{Name: "app", ContainerID: "containerd://" + strings.Repeat("a", 64), ImageID: strings.Repeat("b", 100)}},
		InitContainerStatuses: []corev1.ContainerStatus{{Name: "istio-proxy", ContainerID: "containerd://" + strings.Repeat("c", 64), ImageID: strings.Repeat("d", 100)}},
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: fmt.Sprintf("team-%02d", workload%50), Name: fmt.Sprintf("app-%04d-7d4f9-%05d", workload, i), ResourceVersion: "1",
			CreationTimestamp: metav1.NewTime(noon().Add(-24 * time.Hour)),
			Labels: map[string]string{
				"app": fmt.Sprintf("app-%04d", workload), "app.kubernetes.io/instance": "x", "app.kubernetes.io/name": "x", "app.kubernetes.io/version": "1.0",
				"pod-template-hash": "7d4f9", "security.istio.io/tlsMode": "istio", "service.istio.io/canonical-name": "x", "service.istio.io/canonical-revision": "latest",
			},
			Annotations: map[string]string{
				"istio.io/rev": "1-30-3", "prometheus.io/path": "/stats/prometheus", "prometheus.io/port": "15020", "prometheus.io/scrape": "true",
				"sidecar.istio.io/status": `{"initContainers":["istio-init","istio-proxy"],"containers":null,"volumes":["workload-socket","credential-socket"],"revision":"1-30-3"}`,
			},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: fmt.Sprintf("app-%04d-7d4f9", workload), Controller: &yes}},
			ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: "kubelet", FieldsV1: metav1.NewFieldsV1(`{"f:status":{` + strings.Repeat(`"f:conditions":{},`, 150) + `"f:phase":{}}}`),
			}},
		},
		Spec: corev1.PodSpec{
			NodeName: fmt.Sprintf("node-%03d", i%200), Volumes: volumes,
			Containers:     []corev1.Container{{Name: "app", Image: "registry.example.com/team/app:1.0", Env: env[:15]}},
			InitContainers: []corev1.Container{{Name: "istio-init", Image: "proxyv2:1.30.3"}, {Name: "istio-proxy", Image: "proxyv2:1.30.3", Env: env}},
		},
		Status: ready,
	}
}
