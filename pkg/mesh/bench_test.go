package mesh

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// started follows a server until stop is called.
func started(b *testing.B, url string) (c *Cluster, stop func()) {
	c, err := New(&rest.Config{Host: url}, noon)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	return c, func() { cancel(); <-done; c.clients.http.CloseIdleConnections() }
}

// connected is what the fleet's istiod would say.
func connected(o *checks.Observation) map[checks.NamespacedName]checks.Istiod {
	var all []checks.Connection
	for i := range o.Pods {
		all = append(all, checks.Connection{Proxy: o.Pods[i].Name + "." + o.Pods[i].Namespace, Version: "1.30.3", State: checks.Synced})
	}
	return map[checks.NamespacedName]checks.Istiod{{Namespace: "istio-system", Name: istiodPodName}: {Answered: true, Connections: all}}
}

// judged asks a gate that looks at the whole cluster.
func judged(o *checks.Observation, answers map[checks.NamespacedName]checks.Istiod) checks.Result {
	canary := checks.ControlPlane{Revision: "1-30-3", Version: "1.30.3"}
	old := checks.ControlPlane{Revision: "default", Version: "1.28.3"}
	return checks.Unused(checks.Upgrade{Old: old, Canary: canary, Home: old}, old, 0).Evaluate(WithAnswers(o, answers), checks.Merge{})
}

// How long it takes from nothing to an observation, and to a verdict.
func BenchmarkCold(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		server := newFleet(n)
		b.Cleanup(server.Close)
		run := func(name string, then func(*checks.Observation)) {
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c, stop := started(b, server.URL)
					o, err := c.Observe(b.Context())
					if err != nil || len(o.Pods) != n {
						stop()
						b.Fatal(err)
					}
					then(o)
					b.StopTimer()
					stop()
					b.StartTimer()
				}
			})
		}
		run("observation", func(*checks.Observation) {})
		run("verdict", func(o *checks.Observation) { judged(o, connected(o)) })
	}
}

// How long it takes to observe again after one pod has changed.
func BenchmarkOnePodChanged(b *testing.B) {
	for _, n := range []int{1000, 10000, 50000} {
		server := newFleet(n)
		b.Cleanup(server.Close)
		c, stop := started(b, server.URL)
		b.Cleanup(stop)
		o, err := c.Observe(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		answers := connected(o)
		changed := fleetPod(n / 2)
		var s shapes
		run := func(name string, then func(*checks.Observation)) {
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.pods.store.put(key{changed.Namespace, changed.Name}, s.pod(changed))
					o, err := c.Observe(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					then(o)
				}
			})
		}
		run("observation", func(*checks.Observation) {})
		run("verdict", func(o *checks.Observation) { judged(o, answers) })
	}
}

// How much memory a process takes that follows 50,000 pods and holds two observations of them. The API server is another process.
func BenchmarkMemory(b *testing.B) {
	const n = 50000
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveVariable+"="+strconv.Itoa(n))
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = server.Wait() }()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	before := resident(b, "VmRSS")
	for b.Loop() {
		begin := time.Now()
		c, stop := started(b, strings.TrimSpace(url))
		first, err := c.Observe(b.Context())
		if err != nil || len(first.Pods) != n {
			b.Fatal(err)
		}
		cold := time.Since(begin)
		changed := fleetPod(1)
		changed.Labels["new"] = "yes"
		c.pods.store.put(key{changed.Namespace, changed.Name}, (&shapes{}).pod(changed))
		second, err := c.Observe(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		peak := resident(b, "VmHWM")
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(cold.Seconds()*1000, "ms-cold")
		b.ReportMetric(before, "MB-before")
		b.ReportMetric(peak, "MB-peak")
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-heap")
		runtime.KeepAlive(first)
		runtime.KeepAlive(second)
		stop()
	}
}

func resident(b *testing.B, what string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("how much memory a process takes cannot be read here")
	}
	_, rest, _ := strings.Cut(string(text), what+":")
	fields := strings.Fields(rest)
	kb, err := strconv.Atoi(fields[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kb) / 1000
}
