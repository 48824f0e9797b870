package share_test

import (
	"fmt"
	"testing"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/mesh/share"
)

// What one observation of a large cluster costs on its way from the observer to the bot, both ends and the network of one machine together: packed, sent, read.
func BenchmarkFromObserverToBot(b *testing.B) {
	for _, pods := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint(pods), func(b *testing.B) {
			key := rs256("k1", 0)
			w := newWorld(b, key)
			seen := &checks.Observation{At: w.clock.now(), Cluster: "east"}
			for i := range pods {
				name := fmt.Sprintf("web-%d-7d4b9c", i)
				seen.Pods = append(seen.Pods, checks.Pod{
					Namespace: fmt.Sprintf("shop-%d", i%200), Name: name, Labels: map[string]string{"app": "web", "pod-template-hash": "7d4b9c", "version": "v1"},
					Annotations: map[string]string{"istio.io/rev": "default", "sidecar.istio.io/status": `{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}`},
					Containers:  []checks.Container{{Name: "web", Image: "registry.example.com/shop/web:1.2.3"}, {Name: "istio-proxy", Image: "registry.example.com/istio/proxyv2:1.28.3"}},
					Node:        fmt.Sprintf("node-%d", i%300), Phase: "Running", Ready: true, Created: w.clock.now(),
					Owners: []checks.Owner{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-7d4b9c"}, {APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}},
				})
			}
			file := tokenFile(b, key.token(b, claims(w.clock.now(), nil)))
			c, err := share.NewClient(share.From{URL: w.url, TokenFile: file})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			b.ReportAllocs()
			for b.Loop() {
				w.Put(seen)
				if got, err := c.Observe(b.Context()); err != nil || len(got.Pods) != pods {
					b.Fatalf("got %d pods, %v", len(got.Pods), err)
				}
			}
			b.StopTimer()
			sent := askAs(b, w.url+"/v1/observation", key.token(b, claims(w.clock.now(), nil)), "Accept-Encoding", "gzip")
			b.ReportMetric(float64(len(sent.body)), "sent-B")
		})
	}
}
