// Package fakekube is the least API server that a program can observe: what every cluster has, over real HTTP. The traps of lists and watches are played by the tests
// of pkg/mesh, which have a server of their own.
package fakekube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"sigs.k8s.io/yaml"
)

// kinds are what there is in every cluster, by path.
var kinds = map[string]string{
	"/api/v1/pods": "Pod", "/api/v1/namespaces": "Namespace", "/api/v1/nodes": "Node", "/api/v1/services": "Service", "/api/v1/configmaps": "ConfigMap",
	"/apis/apps/v1/replicasets": "ReplicaSet", "/apis/apps/v1/deployments": "Deployment", "/apis/apps/v1/statefulsets": "StatefulSet",
	"/apis/apps/v1/daemonsets": "DaemonSet", "/apis/batch/v1/jobs": "Job", "/apis/batch/v1/cronjobs": "CronJob",
	"/apis/policy/v1/poddisruptionbudgets": "PodDisruptionBudget", "/apis/discovery.k8s.io/v1/endpointslices": "EndpointSlice",
	"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":   "MutatingWebhookConfiguration",
	"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
	"/apis/apiextensions.k8s.io/v1/customresourcedefinitions":               "CustomResourceDefinition",
}

// Server is an API server on which nothing ever changes: its lists are what a test gives, YAML by path, and its watches bring nothing.
type Server map[string][]string

// ServeHTTP implements http.Handler.
func (c Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, version := kinds[r.URL.Path], strings.TrimPrefix(strings.TrimPrefix(r.URL.Path[:strings.LastIndex(r.URL.Path, "/")], "/apis/"), "/api/")
	switch {
	case r.URL.Path == "/version":
		_, _ = fmt.Fprint(w, `{"major": "1", "minor": "34", "gitVersion": "v1.34.1"}`)
		return
	case kind == "": // no such kind, or group
		http.NotFound(w, r)
		return
	case r.URL.Query().Get("watch") != "":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	items := []any{}
	for _, text := range c[r.URL.Path] {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			panic(err)
		}
		o["kind"], o["apiVersion"] = kind, version
		items = append(items, o)
	}
	if kind += "List"; strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": kind, "apiVersion": version, "metadata": map[string]any{"resourceVersion": "7"}, "items": items})
}
