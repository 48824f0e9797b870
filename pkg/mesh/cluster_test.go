package mesh

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnet-bot/linnet/pkg/checks"
)

const (
	pods        = "/api/v1/pods"
	deployments = "/apis/apps/v1/deployments"
	releases    = "/apis/helm.toolkit.fluxcd.io/v2/helmreleases"
)

// noon is when every observation of these tests is taken.
func noon() time.Time { return at("2026-11-01T12:00:00Z") }

// follow starts to follow a fake API server, until the test ends.
func follow(t testing.TB, a *fakeAPI) *Cluster {
	t.Helper()
	c, err := New(a.config(), noon)
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	return c
}

// run starts it with pauses that are too short for a real server.
func run(t testing.TB, c *Cluster) {
	c.clients.firstPause = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; c.clients.http.CloseIdleConnections() })
}

// await observes after each change until it sees what it wants.
func await(t testing.TB, c *Cluster, what string, seen func(*checks.Observation) bool) *checks.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		changed := c.Changed()
		o, err := c.Observe(ctx)
		if err != nil {
			t.Fatalf("wait for %s: %v", what, err)
		}
		if seen(o) {
			return o
		}
		select {
		case <-changed:
		case <-ctx.Done():
			text, _ := json.Marshal(o)
			t.Fatalf("wait for %s: last seen %s", what, text)
		}
	}
}

func observe(t testing.TB, c *Cluster) *checks.Observation {
	t.Helper()
	return await(t, c, "anything", func(*checks.Observation) bool { return true })
}

func podNames(o *checks.Observation) string {
	var all []string
	for _, p := range o.Pods {
		all = append(all, p.Namespace+"/"+p.Name)
	}
	return strings.Join(all, " ")
}

func has(names string) func(*checks.Observation) bool {
	return func(o *checks.Observation) bool { return podNames(o) == names }
}

func podNamed(name string) string { return "metadata: {namespace: shop, name: " + name + "}" }

// seed puts every object of a file where it belongs.
func seed(t testing.TB, a *fakeAPI, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for path, kind := range always {
		paths[kind] = path
	}
	for path, kind := range map[string]string{
		"/apis/source.toolkit.fluxcd.io/v1/gitrepositories": "GitRepository", "/apis/source.toolkit.fluxcd.io/v1beta2/ocirepositories": "OCIRepository",
		"/apis/source.toolkit.fluxcd.io/v1/helmrepositories": "HelmRepository", "/apis/source.toolkit.fluxcd.io/v1/helmcharts": "HelmChart",
		"/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations": "Kustomization", releases: "HelmRelease",
		"/apis/monitoring.coreos.com/v1/prometheuses": "Prometheus", "/apis/kiali.io/v1alpha1/kialis": "Kiali",
		"/apis/kibana.k8s.elastic.co/v1/kibanas": "Kibana", "/apis/installation.mattermost.com/v1beta1/mattermosts": "Mattermost",
	} {
		paths[kind] = path
	}
	for _, document := range bytes.Split(text, []byte("\n---")) {
		_, kind, _ := strings.Cut(string(document), "\nkind: ")
		kind, _, _ = strings.Cut(kind, "\n")
		if a.kinds[paths[kind]] == nil {
			a.serve(paths[kind])
		}
		a.put(paths[kind], string(document))
	}
}

func TestObservesEverythingOverHTTP(t *testing.T) {
	t.Run("JSON", func(t *testing.T) { observesEverything(t, newAPI(t)) })
	t.Run("protobuf", func(t *testing.T) {
		a := newAPI(t)
		a.wire = newWire()
		observesEverything(t, a)
	})
}

func observesEverything(t *testing.T, a *fakeAPI) {
	seed(t, a, "testdata/objects.yaml")
	seed(t, a, "testdata/flux.yaml")
	a.put("/apis/apps/v1/replicasets", "metadata: {namespace: shop, name: cart-7d4, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: cart, uid: d, controller: true}]}")
	a.put(pods, "metadata: {namespace: monitoring, name: prometheus-k8s-0, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: prometheus-k8s, uid: s, controller: true}]}")
	a.put(pods, "metadata: {namespace: shop, name: report-1-x, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: report-1, uid: j, controller: true}]}")
	a.put(pods, `{metadata: {namespace: istio-system, name: istiod-1, labels: {app: istiod, istio.io/rev: default}}, status: {phase: Running, podIP: 10.1.2.3, conditions: [{type: Ready, status: "True"}]},
		spec: {containers: [{name: discovery, image: "pilot:1.28.3", env: [{name: CLUSTER_ID, value: east}]}]}}`)
	a.put(deployments, "{metadata: {namespace: istio-system, name: istiod, labels: {app: istiod}}, spec: {replicas: 2}, status: {replicas: 1, readyReplicas: 1}}")
	a.put("/api/v1/services", "metadata: {namespace: gateways, name: public}")
	a.put("/api/v1/configmaps", "{metadata: {namespace: shop, name: istio-ca-root-cert}, data: {root-cert.pem: a root}}")
	a.put("/api/v1/configmaps", "{metadata: {namespace: shop, name: somebody-elses}, data: {root-cert.pem: another}}")
	a.put("/apis/policy/v1/poddisruptionbudgets", "{metadata: {namespace: shop, name: cart}, spec: {selector: {matchLabels: {app: cart}}}, status: {disruptionsAllowed: 0}}")
	a.put("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "metadata: {name: helmreleases.helm.toolkit.fluxcd.io}")
	c := follow(t, a)
	o := observe(t, c)

	owners := map[string]string{}
	for _, p := range o.Pods {
		for _, w := range p.Owners {
			owners[p.Name] += "/" + w.Kind + " " + w.Name
		}
	}
	same(t, owners, map[string]string{
		"cart-7d4-x":       "/ReplicaSet cart-7d4/Deployment cart",
		"prometheus-k8s-0": "/StatefulSet prometheus-k8s/Prometheus k8s",
		"report-1-x":       "/Job report-1/CronJob report",
	})
	var workloads, blocked []string
	for _, w := range o.Workloads {
		workloads = append(workloads, w.Kind+"/"+w.Name)
		if w.BlockedBy != "" {
			blocked = append(blocked, w.Name+" by "+w.BlockedBy)
		}
	}
	same(t, workloads, []string{
		"Deployment/istiod", "Deployment/cart", "Deployment/denied", "StatefulSet/prometheus-k8s", "DaemonSet/fluent", "Job/report-1",
		"Prometheus/k8s", "Kibana/kibana", "Kiali/kiali", "Mattermost/mattermost",
	})
	same(t, blocked, []string{"cart by cart", "report-1 by cart"}[:1])
	same(t, o.Istiods, []checks.Istiod{{
		Namespace: "istio-system", Pod: "istiod-1", Revision: "default", Version: "1.28.3", Phase: "Running", Ready: true, Error: "it was not asked",
	}})
	same(t, o.IstiodDeployments, []checks.IstiodDeployment{{Namespace: "istio-system", Name: "istiod", Revision: "default", Replicas: 2, StatusReplicas: 1, ReadyReplicas: 1}})
	same(t, o.Services, []checks.Service{{Namespace: "gateways", Name: "public", Ready: []string{"public-1", "public-2", "public-5"}, NotReady: []string{"public-3"}}})
	ours := fingerprint([]byte("ours"))
	same(t, o.RootCertificates, []checks.RootCertificate{
		{Source: "configmap", Namespace: "shop", Name: "istio-ca-root-cert", Fingerprint: fingerprint([]byte("a root"))},
		{Source: "webhook", Name: "somebody-of-the-platform-team", Revision: "1-30-3", Fingerprint: ours},
	})
	same(t, c.IstiodAddresses(), map[checks.NamespacedName]string{{Namespace: "istio-system", Name: "istiod-1"}: "10.1.2.3"})
	if got := string(c.MeshRoots("shop")); got != "a root" || c.MeshRoots("gateways") != nil {
		t.Errorf("got roots %q in shop and %q in gateways, want only the first", got, c.MeshRoots("gateways"))
	}
	counts := fmt.Sprint(len(o.Namespaces), len(o.Nodes), len(o.CronJobs), len(o.CRDs), len(o.Mutating), len(o.Validating))
	if counts != "2 1 1 1 1 0" {
		t.Errorf("got %s namespaces, nodes, CronJobs, CRDs, injectors and validators, want 2 1 1 1 1 0", counts)
	}
	f := o.Flux
	counts = fmt.Sprint(len(f.GitRepositories), len(f.HelmRepositories), len(f.OCIRepositories), len(f.Kustomizations), len(f.HelmCharts), len(f.HelmReleases))
	if counts != "2 1 1 1 1 2" {
		t.Errorf("got %s Flux objects, want 2 1 1 1 1 2", counts)
	}
	if o.Cluster != "east" || o.ServerVersion != "v1.33.2" || !o.At.Equal(noon()) || o.MissingRights != nil {
		t.Errorf("got cluster %q, version %q, at %s, missing %q", o.Cluster, o.ServerVersion, o.At, o.MissingRights)
	}

	if more := a.asked("more than reading"); more != nil {
		t.Errorf("it did %q", more)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var back checks.Observation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*o, back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("it does not go through JSON unchanged\n%s", diff)
	}
}

func TestListsComeInPagesOfOneMoment(t *testing.T) {
	a := newAPI(t)
	for i := range 1203 {
		a.put(pods, podNamed(fmt.Sprintf("p-%04d", i)))
	}
	o := observe(t, follow(t, a))
	if len(o.Pods) != 1203 || o.Pods[1202].Name != "p-1202" {
		t.Errorf("got %d pods, want 1203 in order", len(o.Pods))
	}
	asked := a.asked("list pods ")
	if len(asked) != 3 {
		t.Errorf("got %d pages, want 3: %q", len(asked), asked)
	}
	for _, r := range asked {
		// A version of 0 would be an answer from memory, however old.
		if !strings.Contains(r, "limit=500") || !strings.HasSuffix(r, "resourceVersion=") {
			t.Errorf("asked for %q, want pages of 500 of the newest version", r)
		}
	}
}

func TestWatchSeesEveryChange(t *testing.T) {
	t.Run("JSON", func(t *testing.T) { seesEveryChange(t, newAPI(t)) })
	t.Run("protobuf", func(t *testing.T) {
		a := newAPI(t)
		a.wire = newWire()
		seesEveryChange(t, a)
	})
}

func seesEveryChange(t *testing.T, a *fakeAPI) {
	a.put(pods, podNamed("a"))
	c := follow(t, a)
	await(t, c, "one pod", has("shop/a"))
	a.put(pods, podNamed("b"))
	await(t, c, "a second pod", has("shop/a shop/b"))
	a.put(pods, "{metadata: {namespace: shop, name: a}, status: {phase: Failed}}")
	await(t, c, "a failure", func(o *checks.Observation) bool { return o.Pods[0].Phase == "Failed" })
	a.delete(pods, "shop", "a")
	await(t, c, "a deletion", has("shop/b"))
	if n := len(a.asked("list pods ")); n != 1 {
		t.Errorf("the pods were listed %d times, want once", n)
	}
}

// A pod that lives for a moment is seen by whoever observes on every change.
func TestShortLivedPodIsSeen(t *testing.T) {
	a := newAPI(t)
	c := follow(t, a)
	observe(t, c)
	changed := c.Changed()
	a.put(pods, podNamed("brief"))
	<-changed
	await(t, c, "the pod", has("shop/brief"))
	changed = c.Changed()
	a.delete(pods, "shop", "brief")
	<-changed
	await(t, c, "its end", has(""))
}

// What was observed stays as it was, whatever happens afterwards.
func TestObservationsDoNotChange(t *testing.T) {
	a := newAPI(t)
	seed(t, a, "testdata/objects.yaml")
	seed(t, a, "testdata/flux.yaml")
	a.put("/api/v1/services", "metadata: {namespace: gateways, name: public}")
	c := follow(t, a)
	o := observe(t, c)
	before, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	mine := append(o.Workloads, checks.Workload{Name: "mine"})
	yours := append(observe(t, c).Workloads, checks.Workload{Name: "yours"})
	if mine[len(mine)-1].Name != "mine" || yours[len(yours)-1].Name != "yours" {
		t.Error("what one caller appends to an observation changes another's")
	}
	for i := range 20 {
		a.put(pods, podNamed(fmt.Sprintf("a-%d", i)))
		a.put("/api/v1/namespaces", "metadata: {name: shop, labels: {istio.io/rev: other}}")
		a.put(deployments, fmt.Sprintf("{metadata: {namespace: shop, name: cart, generation: %d}}", 100+i))
		a.put("/apis/discovery.k8s.io/v1/endpointslices", fmt.Sprintf("{metadata: {namespace: gateways, name: more-%d, labels: {kubernetes.io/service-name: public}}, endpoints: [{targetRef: {kind: Pod, name: p-%d}}]}", i, i))
	}
	a.delete(pods, "shop", "cart-7d4-x")
	await(t, c, "all of it", func(o *checks.Observation) bool {
		return len(o.Pods) == 20 && len(o.Services) == 1 && len(o.Services[0].Ready) == 23
	})
	after, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// What an observation says of one object may follow from another, which may come or change alone.
func TestWhatFollowsFromOtherObjects(t *testing.T) {
	a := newAPI(t)
	a.put(pods, "metadata: {namespace: shop, name: p, ownerReferences: [{kind: ReplicaSet, name: cart-1, controller: true}]}")
	a.put(deployments, "{metadata: {namespace: shop, name: cart}, spec: {template: {metadata: {labels: {app: cart}}}}}")
	c := follow(t, a)
	await(t, c, "an owner", func(o *checks.Observation) bool { return len(o.Pods) == 1 && len(o.Pods[0].Owners) == 1 })
	a.put("/apis/apps/v1/replicasets", "metadata: {namespace: shop, name: cart-1, ownerReferences: [{kind: Deployment, name: cart, controller: true}]}")
	await(t, c, "the owner's owner", func(o *checks.Observation) bool { return len(o.Pods[0].Owners) == 2 })
	budget := "{metadata: {namespace: shop, name: b}, spec: {selector: {matchLabels: {app: cart}}}, status: {disruptionsAllowed: %d}}"
	a.put("/apis/policy/v1/poddisruptionbudgets", fmt.Sprintf(budget, 0))
	await(t, c, "a budget that blocks", func(o *checks.Observation) bool { return o.Workloads[0].BlockedBy == "b" })
	a.put("/apis/policy/v1/poddisruptionbudgets", fmt.Sprintf(budget, 1))
	await(t, c, "a budget that allows", func(o *checks.Observation) bool { return o.Workloads[0].BlockedBy == "" })
}
