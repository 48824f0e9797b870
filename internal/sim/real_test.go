package sim

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/shareddata"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

// realReleases are the umbrella charts and bases that lie in the shared data.
type realReleases struct {
	t      *testing.T
	charts release.Packages
}

func (r realReleases) Chart(ctx context.Context, version string) (map[string][]byte, error) {
	return r.charts.Chart(ctx, "bigbang", version)
}

func (r realReleases) Base(_ context.Context, version string) (map[string][]byte, error) {
	base, err := tree.FromDir(shareddata.Path(r.t, "bigbang", version, "base"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range base.Paths() {
		files[name], _ = base.Read(name)
	}
	return files, nil
}

const realKustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- https://repo1.dso.mil/big-bang/bigbang.git//base?ref=3.18.0
configMapGenerator:
- {name: environment, behavior: merge, files: [values.yaml]}
`

const realValues = `domain: dev.bigbang.mil
kyverno: {enabled: false}
kyvernoPolicies: {enabled: false}
kyvernoReporter: {enabled: false}
neuvector: {enabled: false}
loki: {enabled: false}
alloy: {enabled: false}
`

func TestRealUmbrellaRunsWithStandInsForChartsThatAreNotAtHand(t *testing.T) {
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: shareddata.Path(t, "charts")})
	if err != nil {
		t.Fatal(err)
	}
	releases := realReleases{t, charts}
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: charts, Seed: 23})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, Cluster: c, files: tree.New(map[string][]byte{
		"dev/kustomization.yaml": []byte(realKustomization), "dev/values.yaml": []byte(realValues),
	})}
	l.push()
	l.pass(10 * time.Minute)
	for _, r := range l.sortedReleases() {
		if r.Ready.Status != "True" {
			t.Errorf("HelmRelease %s: %s", r.key(), r.Ready.Message)
		}
	}
	l.wantRevisions(map[string]string{"istio-gateway": "default 1.28.3", "kiali": "default 1.28.3", "monitoring": "default 1.28.3"})
	standIns := strings.Join(l.StandIns(), "\n")
	if !strings.Contains(standIns, "HelmRelease bigbang/kiali runs one Deployment") || strings.Contains(standIns, "bigbang/istiod ") {
		t.Errorf("stand-ins:\n%s", standIns)
	}

	l.push(func(t tree.Tree) tree.Tree {
		content, _ := t.Read("dev/kustomization.yaml")
		return write("dev/kustomization.yaml", string(bytes.ReplaceAll(content, []byte("3.18.0"), []byte("3.19.0"))))(t)
	})
	l.pass(settle)
	l.wantRevisions(map[string]string{"istio-gateway": "default 1.28.3", "kiali": "default 1.29.0"})
	if lost := l.unconnected(); len(lost) > 0 {
		t.Errorf("without a control plane: %v", lost)
	}
}
