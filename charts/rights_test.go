package charts_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/mesh"
)

// guard is an API server that holds nothing, has every kind, and lets through what a role allows.
type guard struct {
	role rbacv1.ClusterRole

	mu   sync.Mutex
	used map[string]bool // "list pods", "watch helmreleases.helm.toolkit.fluxcd.io"
}

// kinds are the names of the kinds that clients decode by name.
var kinds = map[string]string{
	"pods": "Pod", "namespaces": "Namespace", "nodes": "Node", "configmaps": "ConfigMap", "deployments": "Deployment", "statefulsets": "StatefulSet",
	"daemonsets": "DaemonSet", "jobs": "Job", "cronjobs": "CronJob", "poddisruptionbudgets": "PodDisruptionBudget", "endpointslices": "EndpointSlice",
	"mutatingwebhookconfigurations": "MutatingWebhookConfiguration", "validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
	"customresourcedefinitions": "CustomResourceDefinition",
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/version":
		_, _ = w.Write([]byte(`{"major":"1","minor":"34","gitVersion":"v1.34.1"}`))
	case len(parts) == 2: // /apis/GROUP; everything is there, so that what is forbidden is never taken for what does not exist
		answer(w, map[string]any{"kind": "APIGroup", "versions": []any{map[string]any{"version": "v1"}, map[string]any{"version": "v1alpha1"}, map[string]any{"version": "v1beta1"}, map[string]any{"version": "v2"}}})
	case len(parts) == 3 && parts[0] == "apis":
		var all []any
		for _, rule := range g.role.Rules {
			for _, resource := range rule.Resources {
				all = append(all, map[string]any{"name": resource})
			}
		}
		answer(w, map[string]any{"kind": "APIResourceList", "resources": all})
	default:
		g.read(w, r, parts)
	}
}

// read answers a list or a watch of all namespaces.
func (g *guard) read(w http.ResponseWriter, r *http.Request, parts []string) {
	group, version, resource, name := "", parts[1], parts[len(parts)-1], parts[len(parts)-1]
	if len(parts) == 4 {
		group, version, name = parts[1], parts[1]+"/"+parts[2], resource+"."+parts[1]
	}
	verb := "list"
	if r.URL.Query().Get("watch") != "" {
		verb = "watch"
	}
	if !g.allows(verb, group, resource, strings.TrimPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")) {
		w.WriteHeader(http.StatusForbidden)
		answer(w, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "forbidden"})
		return
	}
	g.mu.Lock()
	g.used[verb+" "+name] = true
	g.mu.Unlock()
	if verb == "watch" {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return
	}
	kind := kinds[resource] + "List"
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata") {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	answer(w, map[string]any{"kind": kind, "apiVersion": version, "metadata": map[string]any{"resourceVersion": "1"}, "items": []any{}})
}

// allows is RBAC: of a rule that names objects it wants a request that names one of them, which a list does by its field selector.
func (g *guard) allows(verb, group, resource, named string) bool {
	return slices.ContainsFunc(g.role.Rules, func(r rbacv1.PolicyRule) bool {
		return slices.Contains(r.Verbs, verb) && slices.Contains(r.APIGroups, group) && slices.Contains(r.Resources, resource) &&
			(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, named))
	})
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

// The role is what the observer asks, no less and no more.
func TestTheRoleIsWhatIsAsked(t *testing.T) {
	role := of[rbacv1.ClusterRole](t, mustRender(t, observerAlone), "ClusterRole")[0]
	g := &guard{role: role, used: map[string]bool{}}
	server := httptest.NewServer(g)
	defer server.Close()
	cluster, err := mesh.New(&rest.Config{Host: server.URL}, func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan struct{})
	go func() { defer close(ended); cluster.Run(ctx) }()
	defer func() { stop(); <-ended }()
	o, err := cluster.Observe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.MissingRights) > 0 {
		t.Errorf("the observer asks what its role does not allow: %q", o.MissingRights)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			name := strings.TrimSuffix(resource+"."+rule.APIGroups[0], ".")
			for _, verb := range []string{"list", "watch"} {
				if !g.used[verb+" "+name] {
					t.Errorf("nobody asks to %s %s", verb, name)
				}
			}
		}
	}
}
