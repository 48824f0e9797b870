package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/checks/proxies"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// apiServer serves a cluster with two proxies and an istiod that cannot be asked, for as long as the script runs:
//
//	apiserver KUBECONFIG
func apiServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: apiserver KUBECONFIG")
	}
	server := httptest.NewServer(fakekube.Server{
		"/api/v1/namespaces": {"{metadata: {name: shop, labels: {istio-injection: enabled}}}"},
		"/api/v1/pods": {
			`{metadata: {namespace: shop, name: web-0, annotations: {istio.io/rev: default}}, spec: {containers: [{name: istio-proxy, image: "proxyv2:1.28.3"}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`,
			`{metadata: {namespace: shop, name: web-1, annotations: {istio.io/rev: 1-29-0}}, spec: {containers: [{name: istio-proxy, image: "proxyv2:1.29.0"}]}, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`,
			`{metadata: {namespace: istio-system, name: istiod-1, labels: {app: istiod, istio.io/rev: default}}, spec: {containers: [{name: discovery}]}, status: {phase: Running, podIP: 10.0.0.7}}`,
		},
		"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": {`{metadata: {name: istio-sidecar-injector, labels: {istio.io/rev: default}}, webhooks: [{name: namespace.sidecar-injector.istio.io,
			clientConfig: {caBundle: b3Vycw==, service: {namespace: istio-system, name: istiod, path: /inject}}, namespaceSelector: {matchLabels: {istio-injection: enabled}}}]}`},
	})
	ts.Defer(server.Close)
	text := "apiVersion: v1\nkind: Config\ncurrent-context: trial\ncontexts: [{name: trial, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '" + server.URL + "'}}]\nusers: [{name: u, user: {}}]\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func TestAnUpgradeWantsTheCanaryUntilTheBumpAndTheBuiltInOneFromThenOn(t *testing.T) {
	course := planner.Course{Revision: "1-29-0", Waves: []planner.CourseWave{{Name: "rest", Namespaces: []string{"shop"}}}, Gateways: []string{"public"}}
	want := "1-29-0"
	for done, p := range append(course.Phases(), planner.CoursePhase{}) {
		if got := wantedIn(course, done); got != want {
			t.Errorf("with %d phases in, before %s: got %s, want %s", done, p.Name, got, want)
		}
		if p.Kind == planner.Bump {
			want = "default"
		}
	}
	if want != "default" {
		t.Errorf("the course has no bump: %v", course.Phases())
	}
}

// changing is a cluster that tells of its changes.
type changing struct {
	mu   sync.Mutex
	o    checks.Observation
	err  error
	ring chan struct{}
}

func (c *changing) Observe(context.Context) (*checks.Observation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.o
	o.At = time.Now()
	return &o, c.err
}

func (c *changing) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ring
}

func (c *changing) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
	close(c.ring)
	c.ring = make(chan struct{})
}

func shop(pods ...string) checks.Observation {
	o := checks.Observation{}
	for _, name := range pods {
		o.Pods = append(o.Pods, checks.Pod{Namespace: "shop", Name: name, Phase: "Running", Ready: true, Annotations: map[string]string{"istio.io/rev": "default"}, Containers: []checks.Container{{Name: "istio-proxy"}}})
	}
	return o
}

// watchedProxies gives what proxies --watch writes about a cluster that lives for a minute.
func watchedProxies(t *testing.T, a *app, f proxiesFlags, c *changing, play func()) (out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a.stdout, a.stderr, a.now, a.getenv = &stdout, &stderr, time.Now, func(string) string { return "" }
	f.watch, f.every = true, 15*time.Second
	c.ring = make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go play()
	v := &proxiesView{app: a, observer: c, changed: c.Changed, query: proxies.Query{}}
	if err := a.watchProxies(ctx, v, f); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
	return stdout.String(), stderr.String()
}

func TestProxiesThatAreWatchedAreListedAnewWhenSomethingHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &changing{o: shop("web-0")}
		out, errs := watchedProxies(t, &app{width: 100}, proxiesFlags{output: "table"}, c, func() {
			time.Sleep(20 * time.Second)
			c.change(func() { c.o = shop("web-0", "web-1") })
			time.Sleep(3 * time.Second)
			c.change(func() { c.o = shop("web-0") })
		})
		if tables, web1 := strings.Count(out, "NAMESPACE  POD"), strings.Count(out, "web-1"); tables != 3 || web1 != 1 || errs != "" || strings.Contains(out, "\x1b") {
			t.Errorf("%d tables, web-1 in %d of them, want 3 and 1; %q:\n%s", tables, web1, errs, out)
		}
	})
}

func TestProxiesAreDrawnOverOneAnotherOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &changing{o: shop("web-0", "web-1", "web-2", "web-3", "web-4", "web-5", "web-6", "web-7")}
		out, _ := watchedProxies(t, &app{width: 100, height: 19, isTTY: true}, proxiesFlags{output: "table"}, c, func() {})
		for i, screen := range strings.Split(strings.TrimPrefix(out, "\x1b[H\x1b[2J"), "\x1b[H\x1b[2J") {
			if strings.Count(screen, "NAMESPACE  POD") != 1 || !strings.Contains(screen, " more: ") || strings.Count(screen, "\n") > 18 {
				t.Errorf("screen %d:\n%s", i, screen)
			}
		}
	})
}

func TestProxiesThatCannotBeSeenForAWhileAreLookedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &changing{err: errors.New("the API server is away")}
		out, errs := watchedProxies(t, &app{width: 100}, proxiesFlags{output: "json"}, c, func() {
			time.Sleep(40 * time.Second)
			c.change(func() { c.o, c.err = shop("web-0"), nil })
		})
		var list proxies.List
		if err := json.Unmarshal([]byte(out), &list); err != nil || list.Total != 1 || strings.Count(errs, "list the proxies: the API server is away") != 1 {
			t.Errorf("%v, %+v, %q", err, list, errs)
		}
	})
}
