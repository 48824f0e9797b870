package e2e_test

import (
	"context"
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/binaries"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/kubelet"
)

// TestNativeAndClassicSidecarsAreReadAlike has the real istiod put its proxy once among the init containers and once among the containers, by the version of the node's kubelet.
func TestNativeAndClassicSidecarsAreReadAlike(t *testing.T) {
	live.namespace(t, "shop", map[string]string{"istio-injection": "enabled"})
	live.deployment(t, "shop", "native", 1)
	live.ready(t, "shop", 1)
	if err := kubelet.SetVersion(t.Context(), live.Client, node, "v1.28.5"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kubelet.SetVersion(context.Background(), live.Client, node, binaries.Kubernetes); err != nil {
			t.Error(err)
		}
	})
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	live.deployment(t, "shop", "classic", 1)
	live.ready(t, "shop", 2)
	seen, r := e.until(t, moved(old, "shop"), checks.Pass)
	live.agree(t, r, old, "shop")
	found := map[string]bool{}
	for i := range seen.Pods {
		p := &seen.Pods[i]
		for _, c := range p.Containers {
			if p.Namespace == "shop" && c.Name == "istio-proxy" {
				found[p.Labels["app"]] = c.Init
				if !checks.InMesh(p) || checks.RevisionOf(p).Revision != old.Revision {
					t.Errorf("%s: got %+v", p.Name, checks.RevisionOf(p))
				}
			}
		}
	}
	if len(found) != 2 || !found["native"] || found["classic"] {
		t.Errorf("got %v: the proxy should be an init container of native, and a container of classic", found)
	}
}
