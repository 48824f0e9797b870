package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/linnet-bot/linnet/test/e2e/binaries"
	"github.com/linnet-bot/linnet/test/e2e/cluster"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
	"github.com/linnet-bot/linnet/test/e2e/process"
	"github.com/linnet-bot/linnet/test/e2e/proxies"
)

var benchProxies = flag.Int("e2e.proxies", 0, "measure with so many proxies against istioctl; 0 = do not")

// TestAskingBesideIstioctl measures, with one real istiod that so many proxies are connected to, what it costs to learn who they are: by istioctl proxy-status -o json, by
// the same question of Linnet's, and by Linnet's whole observation, which reads the cluster besides. Each is a process of its own and goes through a counter of bytes.
func TestAskingBesideIstioctl(t *testing.T) {
	if *benchProxies == 0 {
		t.Skip("run it with -e2e.proxies=1000")
	}
	live.namespace(t, "many", map[string]string{"istio-injection": "enabled"})
	live.deployment(t, "many", "web", int32(*benchProxies))
	err := process.Await(t.Context(), 10*time.Minute, "all are connected", nil, func(context.Context) error {
		if n := len(live.fleet.Connected()); n < *benchProxies {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := live.setUp(t)
	linnet := func(mode string) []string {
		return []string{s.ask, "-kubeconfig=" + s.kubeconfig, "-token=" + s.token, "-roots=" + s.roots, "-pod=" + s.pod, "-address=" + s.counter.address(), mode}
	}
	rows := []struct {
		name string
		args []string
		find string // in the output, once for each proxy
	}{
		{"istioctl proxy-status -o json", []string{live.binaries.Istioctl, "proxy-status", "-o", "json", "--kubeconfig=" + s.kubeconfig, "--xds-address=" + s.counter.address(),
			"--authority=istiod.istio-system.svc", "--insecure"}, `.many"`},
		{"Linnet, the same question", linnet("syncz"), `.many"`},
		{"Linnet, the whole observation", linnet("observe"), `.many"`},
	}
	const runs = 5
	t.Logf("%d proxies, one istiod (%s), median of %d runs", *benchProxies, binaries.Snapshot, runs)
	t.Logf("| | wall | CPU | memory | asked | answered | CPU of istiod |")
	t.Logf("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, r := range rows {
		var all []cost
		for range runs {
			all = append(all, live.measure(t, s, r.args, r.find))
		}
		slices.SortFunc(all, func(a, b cost) int { return int(a.wall - b.wall) })
		m := all[runs/2]
		t.Logf("| %s | %d ms | %d ms | %.0f MB | %d B | %d B | %d ms |", r.name, m.wall.Milliseconds(), m.cpu.Milliseconds(), float64(m.memory)/1e6, m.asked, m.answered, m.istiod.Milliseconds())
	}
}

// setup is what the processes that are measured need.
type setup struct {
	ask, kubeconfig, token, roots, pod string
	counter                            *counter
}

func (w *world) setUp(t *testing.T) setup {
	t.Helper()
	w.account(t, istiod.Namespace, observerAccount)
	dir := t.TempDir()
	s := setup{ask: filepath.Join(dir, "ask"), kubeconfig: filepath.Join(dir, "kubeconfig"), token: filepath.Join(dir, "token"), roots: filepath.Join(dir, "roots"), pod: w.istiods.Pods("istiod-")[0]}
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", s.ask, "./ask").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	token, err := proxies.Token(t.Context(), w.Client, istiod.Namespace, observerAccount)
	if err != nil {
		t.Fatal(err)
	}
	root, err := w.Client.CoreV1().ConfigMaps(istiod.Namespace).Get(t.Context(), "istio-ca-root-cert", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod, err := w.Client.CoreV1().Pods(istiod.Namespace).Get(t.Context(), s.pod, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	address, err := cluster.Local(pod.Status.PodIP)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(s.token, []byte(token), 0o600), os.WriteFile(s.roots, []byte(root.Data["root-cert.pem"]), 0o600), cluster.WriteKubeconfig(w.Admin, s.kubeconfig)); err != nil {
		t.Fatal(err)
	}
	s.counter = newCounter(t, net.JoinHostPort(address, "15012"))
	return s
}

// cost is what one run took.
type cost struct {
	wall, cpu, istiod time.Duration
	memory            int64 // at most, in bytes
	asked, answered   int64 // bytes to and from istiod, with TLS
}

func (w *world) measure(t *testing.T, s setup, args []string, find string) cost {
	t.Helper()
	s.counter.to.Store(0)
	s.counter.from.Store(0)
	before, _, err := w.istiods.Process(s.pod).Usage()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), s.ask, append([]string{"run"}, args...)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s%s", strings.Join(args, " "), err, complaints.String(), out.String())
	}
	var took struct {
		Wall, CPU time.Duration
		Memory    int64
	}
	said := strings.Split(strings.TrimSpace(complaints.String()), "\n")
	if err := json.Unmarshal([]byte(said[len(said)-1]), &took); err != nil {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	c := cost{wall: took.Wall, cpu: took.CPU, memory: took.Memory}
	after, _, err := w.istiods.Process(s.pod).Usage()
	if err != nil {
		t.Fatal(err)
	}
	c.istiod, c.asked, c.answered = after-before, s.counter.to.Load(), s.counter.from.Load()
	if n := bytes.Count(out.Bytes(), []byte(find)); n < *benchProxies {
		t.Fatalf("%s names %d proxies, want %d: %.500s", args[0], n, *benchProxies, out.String())
	}
	if !json.Valid(out.Bytes()) && !strings.Contains(args[0], "istioctl") {
		t.Error("it is no JSON")
	}
	return c
}

// counter passes connections on and counts what goes through.
type counter struct {
	listener net.Listener
	to, from atomic.Int64
}

func newCounter(t *testing.T, target string) *counter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer in.Close()
				out, err := net.Dial("tcp", target)
				if err != nil {
					return
				}
				defer out.Close()
				running.Go(func() {
					_, _ = io.Copy(counting{out, &c.to}, in)
					out.Close()
				})
				_, _ = io.Copy(counting{in, &c.from}, out)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return c
}

func (c *counter) address() string { return c.listener.Addr().String() }

type counting struct {
	io.Writer
	n *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}
