//go:build linux

package mesh

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
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

func mustPass(b *testing.B, r checks.Result) {
	if !r.Green() {
		b.Fatal(checks.Text(r, 100))
	}
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
		run("verdict", func(o *checks.Observation) { mustPass(b, judged(o, connected(o))) })
	}
}

// How long it takes to observe again after one pod has changed, and to judge that.
func BenchmarkOnePodChanged(b *testing.B) {
	for _, n := range []int{1000, 5000, 10000, 20000, 50000} {
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
				cpu := onProcessor(b)
				for b.Loop() {
					cpu.begin()
					c.pods.store.put(key{changed.Namespace, changed.Name}, s.pod(changed))
					o, err := c.Observe(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					then(o)
					cpu.end()
				}
				cpu.report()
			})
		}
		run("observation", func(*checks.Observation) {})
		run("verdict", func(o *checks.Observation) { mustPass(b, judged(o, answers)) })
	}
}

// How the cost grows with the number of pods: the first verdict, one after a pod has changed, and what the process takes that follows the cluster, holds two observations of it with
// what their istiod said before each, and has judged both. The API server is another process.
func BenchmarkGrowth(b *testing.B) {
	var grown growth
	for _, n := range []int{1000, 5000, 10000, 20000, 50000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			url, end := serving(b, n)
			defer end()
			for b.Loop() {
				grown = append(grown, grow(b, n, url))
			}
		})
	}
	grown.print(os.Stdout)
}

// grow measures once with so many pods.
func grow(b *testing.B, n int, url string) (g grownTo) {
	g.pods = n
	forgetPeak(b)
	before := onProcessorOfAll()
	begin := time.Now()
	c, stop := started(b, url)
	defer stop()
	first, err := c.Observe(b.Context())
	if err != nil || len(first.Pods) != n {
		b.Fatal(err)
	}
	first = WithAnswers(first, connected(first))
	mustPass(b, judged(first, nil))
	g.cold = onProcessorOfAll() - before
	b.ReportMetric(float64(time.Since(begin).Milliseconds()), "ms-cold")
	b.ReportMetric(float64(g.cold.Milliseconds()), "cpu-ms-cold")

	changed := fleetPod(1)
	changed.Labels["new"] = "yes"
	var s shapes
	c.pods.store.put(key{changed.Namespace, changed.Name}, s.pod(changed))
	second, err := c.Observe(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	answers := connected(second)
	second = WithAnswers(second, answers)
	mustPass(b, judged(second, nil))
	g.peak = resident(b, "VmHWM")
	b.ReportMetric(g.peak, "MB-peak")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-heap")

	cpu := onProcessor(b)
	for range 100 {
		cpu.begin()
		c.pods.store.put(key{changed.Namespace, changed.Name}, s.pod(changed))
		o, err := c.Observe(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		mustPass(b, judged(o, answers))
		cpu.end()
	}
	g.again = cpu.report()
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
	return g
}

// serving starts an API server with so many pods as a process of its own.
func serving(b *testing.B, n int) (url string, end func()) {
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
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url), func() { _ = in.Close(); _ = server.Wait() }
}

// forgetPeak makes the peak of what is resident begin here.
func forgetPeak(b *testing.B) {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Skip("the peak of what a process takes cannot be reset here")
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
