package mesh

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// fakeAPI is an API server as far as lists and watches go: over real HTTP, with resource versions, pages, bookmarks, versions that are no longer
// remembered, and rights.
type fakeAPI struct {
	server *httptest.Server
	wire   *wire // nil = everything is JSON

	mu        sync.Mutex
	version   int
	oldest    int // versions before it are not remembered
	kinds     map[string]*fakeKind
	snapshots map[string][]map[string]any // what continue tokens lead to
	forbidden map[string]bool             // "list pods", "get /version"
	away      bool                        // answers nobody
	ill       int                         // the status of every answer, where it is not 0
	requests  []string                    // "list pods limit=500 continue=… resourceVersion=…"
	goneAs    string                      // how a watch says that it cannot go on: "status" or "event"
	lose      bool                        // continue tokens are lost
	mute      bool                        // watches are open and bring nothing, as over a connection that is dead
	wake      chan struct{}
	streams   map[chan struct{}]string // an open watch and its resource
}

// fakeKind is one kind with all that ever happened to it.
type fakeKind struct {
	resource, apiVersion string
	objects              map[key]map[string]any
	events               []fakeEvent
}

type fakeEvent struct {
	version int
	Type    string         `json:"type"`
	Object  map[string]any `json:"object"`
}

// always are the kinds that every cluster has.
var always = map[string]string{
	"/api/v1/pods": "Pod", "/api/v1/namespaces": "Namespace", "/api/v1/nodes": "Node", "/api/v1/services": "Service", "/api/v1/configmaps": "ConfigMap",
	"/apis/apps/v1/replicasets": "ReplicaSet", "/apis/apps/v1/deployments": "Deployment", "/apis/apps/v1/statefulsets": "StatefulSet",
	"/apis/apps/v1/daemonsets": "DaemonSet", "/apis/batch/v1/jobs": "Job", "/apis/batch/v1/cronjobs": "CronJob",
	"/apis/policy/v1/poddisruptionbudgets": "PodDisruptionBudget", "/apis/discovery.k8s.io/v1/endpointslices": "EndpointSlice",
	"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":   "MutatingWebhookConfiguration",
	"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
	"/apis/apiextensions.k8s.io/v1/customresourcedefinitions":               "CustomResourceDefinition",
}

func newAPI(t testing.TB) *fakeAPI {
	a := newFakeAPI()
	a.server = httptest.NewServer(a)
	t.Cleanup(a.server.Close)
	return a
}

func newFakeAPI() *fakeAPI {
	a := &fakeAPI{
		version: 100, kinds: map[string]*fakeKind{}, snapshots: map[string][]map[string]any{}, forbidden: map[string]bool{}, goneAs: "status",
		wake: make(chan struct{}), streams: map[chan struct{}]string{},
	}
	for path := range always {
		a.serve(path)
	}
	return a
}

func (a *fakeAPI) config() *rest.Config { return &rest.Config{Host: a.server.URL} }

// serve makes a kind known: "/apis/helm.toolkit.fluxcd.io/v2/helmreleases".
func (a *fakeAPI) serve(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	parts := strings.Split(strings.Trim(path, "/"), "/")
	name := parts[len(parts)-1]
	if len(parts) == 4 {
		name += "." + parts[1]
	}
	a.kinds[path] = &fakeKind{resource: name, apiVersion: strings.Join(parts[1:len(parts)-1], "/"), objects: map[key]map[string]any{}}
}

// put creates or changes an object of YAML.
func (a *fakeAPI) put(path, object string) {
	var o map[string]any
	if err := yaml.Unmarshal([]byte(object), &o); err != nil {
		panic(fmt.Sprint(err, object))
	}
	a.putObject(path, o)
}

func (a *fakeAPI) putObject(path string, o map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[path]
	meta := o["metadata"].(map[string]any)
	name := key{said(meta["namespace"]), said(meta["name"])}
	kind := "ADDED"
	if k.objects[name] != nil {
		kind = "MODIFIED"
	}
	a.version++
	meta["resourceVersion"] = strconv.Itoa(a.version)
	k.objects[name] = o
	a.happened(k, kind, o)
}

func (a *fakeAPI) delete(path, namespace, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[path]
	o := k.objects[key{namespace, name}]
	delete(k.objects, key{namespace, name})
	a.version++
	gone := maps.Clone(o)
	gone["metadata"] = maps.Clone(o["metadata"].(map[string]any))
	gone["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(a.version)
	a.happened(k, "DELETED", gone)
}

func (a *fakeAPI) bookmark(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[path]
	a.version += 10
	a.happened(k, "BOOKMARK", map[string]any{"metadata": map[string]any{"resourceVersion": strconv.Itoa(a.version)}})
	return a.version
}

func (a *fakeAPI) happened(k *fakeKind, kind string, o map[string]any) {
	text, _ := json.Marshal(o)
	var copied map[string]any
	_ = json.Unmarshal(text, &copied)
	k.events = append(k.events, fakeEvent{a.version, kind, copied})
	close(a.wake)
	a.wake = make(chan struct{})
}

// set changes how the server behaves.
func (a *fakeAPI) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// endWatches ends all watches of a resource, "" of all, in good order.
func (a *fakeAPI) endWatches(resource string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for stream, of := range a.streams {
		if resource == "" || of == resource {
			close(stream)
			delete(a.streams, stream)
		}
	}
}

func (a *fakeAPI) asked(prefix string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []string
	for _, r := range a.requests {
		if strings.HasPrefix(r, prefix) {
			found = append(found, r)
		}
	}
	return found
}

func said(v any) string { s, _ := v.(string); return s }

func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	away, ill := a.away, a.ill
	k := a.kinds[r.URL.Path]
	a.mu.Unlock()
	q := r.URL.Query()
	switch {
	case away:
		panic(http.ErrAbortHandler)
	case ill != 0:
		status(w, ill, "", "not now")
	case r.URL.Path == "/version":
		if a.refuses("get", "/version") {
			status(w, 403, "Forbidden", "no")
			return
		}
		answer(w, map[string]any{"gitVersion": "v1.33.2"})
	case r.Method != http.MethodGet || strings.HasSuffix(r.URL.Path, "/secrets"):
		a.note("more than reading: %s %s", r.Method, r.URL.Path)
	case k == nil && strings.Count(r.URL.Path, "/") <= 3:
		if a.refuses("get", "discovery") {
			status(w, 403, "Forbidden", "no")
			return
		}
		a.discover(w, r.URL.Path)
	case k == nil:
		// Rights come before existence.
		parts := strings.Split(r.URL.Path, "/")
		if len(parts) == 5 && a.refuses("list", parts[4]+"."+parts[2]) {
			status(w, 403, "Forbidden", "no")
			return
		}
		http.NotFound(w, r)
	case q.Get("watch") != "":
		a.note("watch %s resourceVersion=%s", k.resource, q.Get("resourceVersion"))
		if a.refuses("watch", k.resource) {
			status(w, 403, "Forbidden", "no")
			return
		}
		a.watch(w, r, k)
	default:
		a.note("list %s limit=%s continue=%s resourceVersion=%s", k.resource, q.Get("limit"), q.Get("continue"), q.Get("resourceVersion"))
		if a.refuses("list", k.resource) {
			status(w, 403, "Forbidden", "no")
			return
		}
		a.list(w, r, k)
	}
}

func (a *fakeAPI) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, fmt.Sprintf(format, args...))
}

func (a *fakeAPI) refuses(verb, resource string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.forbidden[verb+" "+resource]
}

func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(statusObject(code, reason, message))
}

func statusObject(code int, reason, message string) map[string]any {
	return map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
}

func answer(w http.ResponseWriter, o any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(o)
}

// discover tells what there is: "/apis/<group>" or "/apis/<group>/<version>".
func (a *fakeAPI) discover(w http.ResponseWriter, path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var versions, resources []any
	for p := range a.kinds {
		rest, ok := strings.CutPrefix(p, path+"/")
		if version, resource, group := strings.Cut(rest, "/"); ok && group {
			versions = append(versions, map[string]any{"version": version, "groupVersion": resource})
		} else if ok {
			resources = append(resources, map[string]any{"name": rest})
		}
	}
	if versions == nil && resources == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer(w, map[string]any{"versions": versions, "resources": resources})
}
