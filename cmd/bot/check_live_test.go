package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// liveAPI is a cluster of one pod, whose watch of pods sends what a test says.
type liveAPI struct {
	fakekube.Server
	events chan string
}

func (l liveAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/pods" || r.URL.Query().Get("watch") == "" {
		l.Server.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	for {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case event := <-l.events:
			_, _ = fmt.Fprintln(w, event)
		}
	}
}

func podEvent(kind string, version int) string {
	return fmt.Sprintf(`{"type": %q, "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "shop", "name": "old-0", "uid": "u", "resourceVersion": "%d", "annotations": {"istio.io/rev": "default"}}, "spec": {"containers": [{"name": "istio-proxy"}]}, "status": {"phase": "Running"}}}`, kind, version)
}

// observing is a gate that tells how many pods it was judged on.
type observing struct {
	conductor.Observer
	pods chan int
}

func (o observing) Wake() {}

func (o observing) Status(ctx context.Context) (conductor.Status, error) {
	seen, err := o.Observe(ctx)
	if err != nil {
		return conductor.Status{}, err
	}
	select {
	case o.pods <- len(seen.Pods):
	case <-ctx.Done():
	}
	return waiting(checks.Wait), nil
}

// Nothing but the cluster's own changes makes this check look again: its next look by the clock is an hour away.
func TestACheckThatObservesTheClusterJudgesEachOfItsChanges(t *testing.T) {
	api := liveAPI{fakekube.Server{"/api/v1/pods": {"{metadata: {namespace: shop, name: web-0}, spec: {containers: [{name: web}]}, status: {phase: Running}}"}}, make(chan string)}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '" + server.URL + "'}}]\nusers: [{name: u, user: {}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{stderr: &bytes.Buffer{}, now: time.Now}
	live, err := a.openCluster(ctx, clusterFlags{kubeconfig: file, timeout: time.Minute, namespace: "istio-system", serviceAccount: "linnet"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(live.stop)
	gate := observing{live, make(chan int)}
	w := checkWait{app: a, flags: checkFlags{phase: "current", wait: time.Hour, every: time.Hour}, gate: gate, changed: live.Changed}
	ended := make(chan error, 1)
	go func() {
		_, err := w.until(ctx)
		ended <- err
	}()
	until := func(want int) {
		for got := range gate.pods {
			if got == want {
				return
			}
		}
	}
	until(1)
	api.events <- podEvent("ADDED", 8)
	until(2)
	api.events <- podEvent("DELETED", 9)
	until(1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
