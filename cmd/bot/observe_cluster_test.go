package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/fakekube"
	"github.com/linnet-bot/linnet/pkg/checks"
)

// kubeconfig leads to a cluster with one pod and one istiod.
func kubeconfig(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(fakekube.Server{
		"/api/v1/pods": {
			"{metadata: {namespace: shop, name: web-0}, spec: {containers: [{name: web}]}, status: {phase: Running}}",
			"{metadata: {namespace: istio-system, name: istiod-1, labels: {app: istiod, istio.io/rev: default}}, spec: {containers: [{name: discovery}]}, status: {phase: Running, podIP: 10.0.0.7}}",
		},
	})
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: trial\ncontexts: [{name: trial, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: '" + server.URL + "'}}]\nusers: [{name: u, user: {}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestObservePrintsWhatItSaw(t *testing.T) {
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	if code := run(a, []string{"observe", "--kubeconfig", kubeconfig(t)}); code != 0 {
		t.Fatalf("code %d: %s", code, errs.String())
	}
	var seen checks.Observation
	if err := json.Unmarshal(out.Bytes(), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Pods) != 2 || len(seen.Istiods) != 1 || seen.Istiods[0].Answered || !strings.Contains(seen.Istiods[0].Error, "there is no token") {
		t.Errorf("got %s", out.String())
	}
}

func TestObserveThatGoesOnWritesWholeFiles(t *testing.T) {
	var errs bytes.Buffer
	a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- a.observe(ctx, observeFlags{cluster: clusterFlags{kubeconfig: kubeconfig(t), timeout: time.Minute, namespace: "istio-system", serviceAccount: "linnet"}, write: filepath.Join(dir, "seen.json"), every: time.Second})
	}()
	file := observationFile(filepath.Join(dir, "seen.json"))
	for {
		seen, err := file.Observe(t.Context())
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil || len(seen.Pods) != 2 {
			t.Errorf("got %v, %v", seen, err)
		}
		break
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestObserveSaysWhatItLacks(t *testing.T) {
	for want, args := range map[string][]string{
		"name a kubeconfig by --kubeconfig": {"--kubeconfig", "absent"},
		"must be at least 1s":               {"--every", "1ms"},
	} {
		var errs bytes.Buffer
		a := &app{stdout: &errs, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now, width: 80}
		if code := run(a, append([]string{"observe"}, args...)); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("code %d: %s, want %q", code, errs.String(), want)
		}
	}
}
