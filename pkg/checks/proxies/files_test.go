package proxies_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/checks/proxies"
	"github.com/linnet-bot/linnet/pkg/mesh"
)

// What Istio's own injector made of pods, templates and gateways is listed with the revision that it says, and with the one that real webhooks would give it next.
func TestPodsOfRealFilesAreListed(t *testing.T) {
	root := shareddata.Path(t, "istio")
	cluster := fakekube.Server{"/api/v1/namespaces": {"{metadata: {name: shop, labels: {istio.io/rev: 1-30-3}}}"}}
	for _, file := range []string{"rendered-mwc-unrevisioned.yaml", "rendered-mwc-rev-1-30-3.yaml"} {
		cluster["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"] = append(cluster["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"],
			documents(t, filepath.Join(root, "webhooks", file))...)
	}
	want := map[string]struct {
		revision, by, version, next string
		old                         bool
	}{
		"bare-pod-sidecar":          {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"cronjob-sidecar":           {"default", "CA_ADDR", "", "1-30-3", true},
		"daemonset-sidecar":         {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"deployment-native-sidecar": {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"deployment-sidecar":        {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"gateway-image-auto":        {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"grpc-agent":                {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"job-sidecar":               {"default", "annotation istio.io/rev", "", "1-30-3", true},
		"statefulset-sidecar":       {"default", "annotation istio.io/rev", "", "1-30-3", true},
	}
	for name := range want {
		cluster["/api/v1/pods"] = append(cluster["/api/v1/pods"], podOf(t, filepath.Join(root, "inject", name+".yaml"), name))
	}
	cluster["/api/v1/pods"] = append(cluster["/api/v1/pods"], podOf(t, filepath.Join(root, "inject", "hostnetwork-not-injected.yaml"), "host"))

	server := httptest.NewServer(cluster)
	t.Cleanup(server.Close)
	now := func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }
	live, err := mesh.New(&rest.Config{Host: server.URL}, now)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); live.Run(t.Context()) }()
	t.Cleanup(func() { <-ended })
	seen, err := live.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := proxies.Make(seen, proxies.Query{Now: now()})
	if len(l.Proxies) != len(want) || l.Complete {
		t.Errorf("got %d proxies, complete %t; want %d, of which no istiod tells", len(l.Proxies), l.Complete, len(want))
	}
	for _, p := range l.Proxies {
		w := want[p.Name]
		if p.Revision != w.revision || p.By != w.by || p.Next != w.next || p.Old != w.old || p.State != proxies.Unknown {
			t.Errorf("%s: got %s by %q, next %s, old %t, %s; want %+v", p.Name, p.Revision, p.By, p.Next, p.Old, p.State, w)
		}
	}
}

// podOf is a running pod in namespace shop as the file's object or its template has it.
func podOf(t *testing.T, file, name string) string {
	t.Helper()
	for _, text := range documents(t, file) {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		template := o
		for _, step := range []string{"spec", "jobTemplate", "spec", "template"} {
			if inner, ok := template[step].(map[string]any); ok {
				template = inner
			}
		}
		if o["kind"] == "Pod" {
			template = o
		}
		spec, ok := template["spec"].(map[string]any)
		if !ok || spec["containers"] == nil {
			continue
		}
		meta, _ := template["metadata"].(map[string]any)
		if meta == nil {
			meta = map[string]any{}
		}
		meta["namespace"], meta["name"] = "shop", name
		out, err := yaml.Marshal(map[string]any{"metadata": meta, "spec": spec, "status": map[string]any{"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	t.Fatalf("%s holds nothing that makes pods", file)
	return ""
}

func documents(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, part := range bytes.Split(text, []byte("\n---")) {
		if len(bytes.TrimSpace(part)) > 0 {
			all = append(all, string(part))
		}
	}
	return all
}
