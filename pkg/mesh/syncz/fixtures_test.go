package syncz

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/checks"
)

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(shareddata.Path(t, "istio", "xds", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestIstioctlsOwnAnswersAreUnderstood reads what istioctl prints of an answer, in both of its forms.
func TestIstioctlsOwnAnswersAreUnderstood(t *testing.T) {
	for _, name := range []string{"proxy-status-o-json.json", "proxy-status-o-yaml.yaml"} {
		data, err := yaml.YAMLToJSON(fixture(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var answer discovery.DiscoveryResponse
		if err := protojson.Unmarshal(data, &answer); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		who, err := identify(answer.GetControlPlane().GetIdentifier())
		if err != nil || who.ID != "istiod1" || who.Info.Version != "1.1" {
			t.Errorf("%s: from %+v, %v", name, who, err)
		}
		list, err := decode(t, answer.GetResources()...)
		want := []checks.Connection{{Proxy: "proxy1", Cluster: "cluster1", Version: "1.20", State: checks.Stale, Detail: "CDS", Types: "CDS=STALE LDS RDS=NOT_SENT EDS ECDS"}}
		if diff := cmp.Diff(want, list); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestPagesOfRealIstiodsAreUnderstood(t *testing.T) {
	list, err := readPage(fixture(t, "syncz-http-1.10.3.json"))
	if err != nil || len(list) == 0 {
		t.Fatalf("%d connections, %v", len(list), err)
	}
	for _, p := range list {
		if p.Version != "1.10.3" || p.Cluster != "" || p.State != checks.Synced || !strings.Contains(p.Proxy, ".") {
			t.Errorf("connection %+v, want one of 1.10.3 that is synced", p)
		}
	}
	list, err = readPage(fixture(t, "syncz-http-1.30-constructed.json"))
	want := []checks.Connection{
		{Proxy: "podinfo-6d8f7c9d4b-x2k9p.podinfo", Cluster: "Kubernetes", Version: "1.29.2", State: checks.Synced},
		{Proxy: "public-ingressgateway-7bb6c5f5c9-abcde.istio-gateway", Cluster: "Kubernetes", Version: "1.29.2", State: checks.Errored,
			Detail: "LDS: Error adding/updating listener(s) 0.0.0.0_8080: Didn't find a registered implementation for 'envoy.filters.listener.proxy_protocol' with type URL: ''"},
		{Proxy: "ztunnel-9xk2p.istio-system", Cluster: "Kubernetes", Version: "1.29.2", State: checks.Synced},
	}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("page of 1.30: %v (-want +got):\n%s", err, diff)
	}
}

// TestTablesAreNoAnswers: what istioctl prints for people is read by nobody.
func TestTablesAreNoAnswers(t *testing.T) {
	for _, name := range []string{"proxy-status-table-1.27plus.txt", "proxy-status-table-verbose.txt"} {
		if list, err := readPage(fixture(t, name)); err == nil {
			t.Errorf("%s was read as %+v", name, list)
		}
	}
}

func TestEveryFixtureIsRead(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shareddata.Path(t, "istio", "xds"), "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	source, err := os.ReadFile("fixtures_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !bytes.Contains(source, []byte(`"`+filepath.Base(f)+`"`)) {
			t.Errorf("no test reads %s", filepath.Base(f))
		}
	}
}
