package proxies

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// mesh is half-way through an upgrade: monitoring and istio-gateway are on the canary, but for those that did not move, and orders is still to come.
func mesh() *checks.Observation {
	o := &checks.Observation{At: noon, Cluster: "Kubernetes"}
	for name, labels := range map[string]map[string]string{
		"orders": {"istio-injection": "enabled"}, "monitoring": {"istio.io/rev": "1-29-0"}, "istio-gateway": {"istio.io/rev": "1-29-0"}, "istio-system": {}, "bare": {},
	} {
		o.Namespaces = append(o.Namespaces, checks.Namespace{Name: name, Labels: labels})
	}
	control(o, "default", "1.28.3")
	control(o, "1-29-0", "1.29.0")

	add(o, "orders", "api-7c9f5d6b8-4xk2p", "default", "1.28.3", deployment("api"))
	add(o, "orders", "api-7c9f5d6b8-zq8wd", "default", "1.28.3", deployment("api"))
	add(o, "monitoring", "grafana-6d8f7c9d4b-x2k9p", "1-29-0", "1.29.0", deployment("grafana"))
	add(o, "monitoring", "loki-0", "default", "1.28.3", checks.Owner{Kind: "StatefulSet", Name: "loki"})
	add(o, "monitoring", "shell", "default", "1.28.3")
	add(o, "istio-gateway", "public-ingressgateway-7bb6c5f5c9-abcde", "1-29-0", "1.29.0", deployment("public-ingressgateway"))
	o.Workloads = []checks.Workload{
		workload("Deployment", "orders", "api", "RollingUpdate"), workload("Deployment", "monitoring", "grafana", "RollingUpdate"),
		workload("StatefulSet", "monitoring", "loki", "OnDelete"), workload("Deployment", "istio-gateway", "public-ingressgateway", "RollingUpdate"),
	}
	return o
}

func deployment(name string) checks.Owner { return checks.Owner{Kind: "Deployment", Name: name} }

func workload(kind, namespace, name, strategy string) checks.Workload {
	return checks.Workload{Kind: kind, Namespace: namespace, Name: name, Strategy: strategy, Replicas: 1, CurrentReplicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
}

// control adds a control plane of one pod and its injector.
func control(o *checks.Observation, revision, version string) {
	name, match := "istiod-"+revision, map[string]string{"istio.io/rev": revision}
	if revision == "default" {
		name, match = "istiod", map[string]string{"istio-injection": "enabled"}
	}
	pod := name + "-5f8c7d-" + strings.Repeat("x", 5)
	o.Istiods = append(o.Istiods, checks.Istiod{Namespace: "istio-system", Pod: pod, Revision: revision, Version: version, Phase: "Running", Ready: true, Answered: true, AskedAt: noon})
	o.IstiodDeployments = append(o.IstiodDeployments, checks.IstiodDeployment{Namespace: "istio-system", Name: name, Revision: revision, Replicas: 1, StatusReplicas: 1, ReadyReplicas: 1})
	o.Mutating = append(o.Mutating, checks.WebhookConfiguration{Name: "istio-sidecar-injector-" + revision, Labels: map[string]string{"istio.io/rev": revision}, Hooks: []checks.Webhook{{
		Name: "namespace", Path: "/inject", CABundle: true, NamespaceSelector: checks.Selector{MatchLabels: match},
	}}})
}

// add adds a running proxy that is in sync with the istiod of its revision.
func add(o *checks.Observation, namespace, name, revision, version string, owners ...checks.Owner) {
	o.Pods = append(o.Pods, checks.Pod{
		Namespace: namespace, Name: name, Phase: "Running", Ready: true, Created: noon.Add(-3 * time.Hour), Owners: owners,
		Annotations: map[string]string{"istio.io/rev": revision, "sidecar.istio.io/status": `{"revision":"` + revision + `"}`},
		Containers:  []checks.Container{{Name: "app"}, {Name: "istio-proxy", Init: true, Image: "registry.example/istio/proxyv2:" + version + "-distroless"}},
	})
	connect(o, revision, checks.Connection{Proxy: name + "." + namespace, Cluster: "Kubernetes", Version: version, State: checks.Synced, Types: "CDS EDS LDS RDS"})
}

func connect(o *checks.Observation, revision string, c checks.Connection) {
	for i := range o.Istiods {
		if o.Istiods[i].Revision == revision {
			o.Istiods[i].Connections = append(o.Istiods[i].Connections, c)
		}
	}
}

// connection of a proxy, to be spoilt.
func connection(t testing.TB, o *checks.Observation, proxy string) *checks.Connection {
	t.Helper()
	for i := range o.Istiods {
		for j := range o.Istiods[i].Connections {
			if c := &o.Istiods[i].Connections[j]; c.Proxy == proxy {
				return c
			}
		}
	}
	t.Fatalf("nobody is connected to %s", proxy)
	return nil
}

func pod(t testing.TB, o *checks.Observation, name string) *checks.Pod {
	t.Helper()
	for i := range o.Pods {
		if o.Pods[i].Name == name {
			return &o.Pods[i]
		}
	}
	t.Fatalf("there is no pod %s", name)
	return nil
}

// named is the proxy of a list with that name.
func named(t testing.TB, l List, name string) Proxy {
	t.Helper()
	for _, p := range l.Proxies {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("%s is not listed", name)
	return Proxy{}
}

func query() Query { return Query{Now: noon.Add(12 * time.Second)} }
