package checks

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linnet-bot/linnet/internal/shareddata"
	"sigs.k8s.io/yaml"
)

func TestRevisionOf(t *testing.T) {
	env := func(pairs ...string) []Container {
		return []Container{{Name: "app"}, {Name: "istio-proxy", Init: true, Env: given(pairs...)}}
	}
	for _, c := range []struct {
		name string
		pod  Pod
		want Evidence
	}{
		{"the annotation comes first", Pod{
			Annotations: given(labelRevision, "a", annotStatus, `{"revision":"b"}`), Labels: given(labelRevision, "c"), Containers: env("CA_ADDR", "istiod-d.istio-system.svc:15012"),
		}, Evidence{"a", "annotation istio.io/rev"}},
		{"then the status", Pod{Annotations: given(annotStatus, `{"revision":"b"}`), Labels: given(labelRevision, "c"), Containers: env("CA_ADDR", "istiod-d.istio-system.svc:15012")}, Evidence{"b", "sidecar.istio.io/status"}},
		{"then the address it was started with", Pod{Annotations: given(annotStatus, `{}`), Labels: given(labelRevision, "c"), Containers: env("CA_ADDR", "istiod-d.istio-system.svc:15012")}, Evidence{"d", "CA_ADDR"}},
		{"the discovery address beats the CA's", Pod{Containers: env("CA_ADDR", "istiod-d.istio-system.svc:15012", "PROXY_CONFIG", `{"discoveryAddress":"istiod-e.istio-system.svc:15012"}`)}, Evidence{"e", "discoveryAddress"}},
		{"an unrevisioned one names plain istiod", Pod{Containers: env("CA_ADDR", "istiod.istio-system.svc:15012", "PROXY_CONFIG", `{}`)}, Evidence{"default", "CA_ADDR"}},
		{"another CA proves nothing", Pod{Containers: env("CA_ADDR", "cert-manager-istio-csr.cert-manager.svc:443")}, Evidence{}},
		{"the Service of a tag proves nothing", Pod{Containers: env("CA_ADDR", "istiod-revision-tag-prod.istio-system.svc:15012")}, Evidence{}},
		{"the label of 1.10 and before", Pod{Annotations: given(annotStatus, `{"version":"abc"}`), Labels: given(labelRevision, "c")}, Evidence{"c", "label istio.io/rev"}},
		{"a label alone is a wish", Pod{Labels: given(labelRevision, "c"), Containers: env()}, Evidence{}},
		{"a status that cannot be read", Pod{Annotations: given(annotStatus, `injected`), Containers: env("CA_ADDR", "istiod-d.istio-system.svc")}, Evidence{"d", "CA_ADDR"}},
		{"ztunnel", Pod{Labels: given("app", "ztunnel"), Containers: []Container{{Name: "istio-proxy", Env: given("XDS_ADDRESS", "https://istiod-f.istio-system.svc:15012")}}}, Evidence{"f", "XDS_ADDRESS"}},
		{"nothing", Pod{}, Evidence{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := RevisionOf(&c.pod); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestInMesh(t *testing.T) {
	for _, c := range []struct {
		name string
		pod  Pod
		want bool
	}{
		{"sidecar", Pod{Containers: []Container{{Name: "istio-proxy"}}}, true},
		{"native sidecar", Pod{Containers: []Container{{Name: "istio-proxy", Init: true}}}, true},
		{"injected without Envoy", Pod{Annotations: given(annotStatus, "{}")}, true},
		{"managed gateway", Pod{Labels: given("gateway.istio.io/managed", "istio.io-gateway-controller")}, true},
		{"ztunnel", Pod{Labels: given("app", "ztunnel"), Containers: []Container{{Name: "x"}}}, true},
		{"asks for injection, has none", Pod{Labels: given(labelInject, "true", labelRevision, "x")}, false},
		{"istio-init alone is no proxy", Pod{Containers: []Container{{Name: "istio-init", Init: true}}}, false},
		{"the application's own version label", Pod{Labels: given("service.istio.io/canonical-revision", "v2")}, false},
	} {
		if got := InMesh(&c.pod); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

// Pods as Istio's own injector leaves them, of every kind of owner.
func TestRevisionOfRealPods(t *testing.T) {
	for file, want := range map[string]Evidence{
		"inject/bare-pod-sidecar.yaml":          {"default", "annotation istio.io/rev"},
		"inject/cronjob-sidecar.yaml":           {"default", "CA_ADDR"}, // istioctl writes the annotations one level too high
		"inject/daemonset-sidecar.yaml":         {"default", "annotation istio.io/rev"},
		"inject/deployment-native-sidecar.yaml": {"default", "annotation istio.io/rev"},
		"inject/deployment-sidecar.yaml":        {"default", "annotation istio.io/rev"},
		"inject/gateway-image-auto.yaml":        {"default", "annotation istio.io/rev"},
		"inject/grpc-agent.yaml":                {"default", "annotation istio.io/rev"},
		"inject/job-sidecar.yaml":               {"default", "annotation istio.io/rev"},
		"inject/statefulset-sidecar.yaml":       {"default", "annotation istio.io/rev"},
		"inject/hostnetwork-not-injected.yaml":  {},
	} {
		t.Run(file, func(t *testing.T) {
			p := podOf(t, file)
			if got := RevisionOf(&p); got != want {
				t.Errorf("got %q by %s, want %q by %s", got.Revision, got.By, want.Revision, want.By)
			}
			if got := InMesh(&p); got != want.Known() {
				t.Errorf("in the mesh: got %t, want %t", got, want.Known())
			}
			if !want.Known() {
				return
			}
			// Weaker evidence must say the same.
			delete(p.Annotations, labelRevision)
			if got := RevisionOf(&p); got.Revision != want.Revision {
				t.Errorf("without its annotation: got %+v, want %s", got, want.Revision)
			}
		})
	}
}

// podOf reads the pod, or the pod template at any depth, of the first object that has containers.
func podOf(t *testing.T, file string) Pod {
	t.Helper()
	text, err := os.ReadFile(shareddata.Path(t, "istio", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range bytes.Split(text, []byte("\n---")) {
		var object map[string]any
		if err := yaml.Unmarshal(doc, &object); err != nil {
			t.Fatal(err)
		}
		for object != nil {
			spec, _ := object["spec"].(map[string]any)
			if _, ok := spec["containers"]; ok {
				return readPod(t, object)
			}
			next, _ := spec["template"].(map[string]any)
			if next == nil {
				next, _ = spec["jobTemplate"].(map[string]any)
			}
			object = next
		}
	}
	t.Fatalf("%s holds no pod", file)
	return Pod{}
}

func readPod(t *testing.T, object map[string]any) Pod {
	t.Helper()
	type container struct {
		Name, Image string
		Env         []struct{ Name, Value string }
	}
	var in struct {
		Metadata struct{ Labels, Annotations map[string]string }
		Spec     struct {
			HostNetwork                bool
			Containers, InitContainers []container
		}
	}
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := Pod{Labels: in.Metadata.Labels, Annotations: maps.Clone(in.Metadata.Annotations), HostNetwork: in.Spec.HostNetwork}
	for i, list := range [][]container{in.Spec.Containers, in.Spec.InitContainers} {
		for _, c := range list {
			env := map[string]string{}
			for _, e := range c.Env {
				env[e.Name] = e.Value
			}
			p.Containers = append(p.Containers, Container{Name: c.Name, Image: c.Image, Init: i == 1, Env: env})
		}
	}
	return p
}

func TestAnObservationGoesThroughJSONUnchanged(t *testing.T) {
	o := observe(during("monitoring"))
	o.SignedOff = []SignedOff{{Proxy: "vm-1.legacy", Reason: "by hand", Until: noon}}
	o.MissingRights = []string{"list nodes"}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var back Observation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*o, back); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	g := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0)
	if diff := cmp.Diff(g.Evaluate(o, theMerge()), g.Evaluate(&back, theMerge())); diff != "" {
		t.Errorf("the same observation is judged differently: -want +got\n%s", diff)
	}
}

func TestAResultGoesThroughJSONUnchanged(t *testing.T) {
	o := observe(start())
	r := Moved(upgrade(), wave("monitoring"), old, canary, Effects{}, 0).Evaluate(o, theMerge())
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	var v Verdict
	if err := v.UnmarshalText([]byte("green")); err == nil {
		t.Error("a verdict that is none: got no error")
	}
	if got := Verdict(42).String(); got != "unknown" {
		t.Errorf("a verdict that is none: got %q, want unknown", got)
	}
}
