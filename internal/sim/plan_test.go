package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

// walk is a cluster that follows a repository, merge by merge.
type walk struct {
	*testing.T
	cluster *sim.Cluster
	merges  int
	last    checks.Merge
}

func newWalk(t *testing.T, environment string, files tree.Tree) *walk {
	t.Helper()
	releases, packages := sim.Miniature()
	return newWalkOf(t, sim.Options{Environment: environment, Releases: releases, Packages: packages}, files)
}

func newWalkOf(t *testing.T, o sim.Options, files tree.Tree) *walk {
	t.Helper()
	o.Start, o.Seed = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC), 3
	c, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{T: t, cluster: c}
	w.merge(files)
	w.pass(10 * time.Minute)
	return w
}

func (w *walk) merge(files tree.Tree) {
	w.merges++
	w.last = checks.Merge{Commit: fmt.Sprintf("%040x", w.merges), At: w.cluster.Now()}
	w.cluster.Push(w.last.Commit, files)
}

// pass lets time pass and looks every few seconds whether every pod that should have a proxy has one.
func (w *walk) pass(d time.Duration) {
	w.Helper()
	for until := w.cluster.Now().Add(d); w.cluster.Now().Before(until); {
		if err := w.cluster.Advance(min(10*time.Second, until.Sub(w.cluster.Now()))); err != nil {
			w.Fatal(err)
		}
		if w.merges > 1 {
			w.meshed()
		}
	}
}

func (w *walk) meshed() {
	w.Helper()
	o := w.cluster.Observe()
	// A namespace that opted out says so; one that lost its label would not.
	labels, out := map[string]map[string]string{}, map[string]bool{}
	for _, ns := range o.Namespaces {
		labels[ns.Name] = ns.Labels
		out[ns.Name] = ns.Labels["istio-injection"] == "disabled" || ns.Name == "bigbang"
	}
	for _, wl := range o.Workloads {
		if out[wl.Namespace] || !checks.Injectable(wl.Namespace, wl.HostNetwork, wl.TemplateLabels, wl.TemplateAnnotations) {
			continue
		}
		if found := checks.Injectors(o.Mutating, labels[wl.Namespace], wl.TemplateLabels); len(found) != 1 {
			w.Fatalf("%s: %s %s/%s would be injected by %v", o.At.Format("15:04:05"), wl.Kind, wl.Namespace, wl.Name, found)
		}
	}
	for i := range o.Pods {
		p := &o.Pods[i]
		if !out[p.Namespace] && !checks.InMesh(p) && checks.Injectable(p.Namespace, p.HostNetwork, p.Labels, p.Annotations) {
			w.Fatalf("%s: %s/%s has no proxy", o.At.Format("15:04:05"), p.Namespace, p.Name)
		}
	}
}

func (w *walk) wantGreen(g checks.Gate, m checks.Merge) {
	w.Helper()
	if r := g.Evaluate(w.cluster.Observe(), m); !r.Green() {
		w.Errorf("gate %s is %s:\n%s", g.Name, r.Verdict, checks.Text(r, 140))
	}
}

func material(t *testing.T) planner.Material {
	t.Helper()
	releases, packages := t.TempDir(), t.TempDir()
	if err := miniature.Releases(releases); err != nil {
		t.Fatal(err)
	}
	if err := miniature.PackagesDir(packages); err != nil {
		t.Fatal(err)
	}
	source, err := release.Open(release.Options{URL: releases})
	if err != nil {
		t.Fatal(err)
	}
	charts, err := release.OpenPackages(release.PackagesOptions{Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	return library.New(t.Context(), source, charts)
}

// TestPlansMoveTheClusterAndLeaveNoTrace merges every phase of a plan, in every environment of the miniature, as soon as its entry gate is green.
func TestPlansMoveTheClusterAndLeaveNoTrace(t *testing.T) {
	known := material(t)
	for _, e := range []struct{ flavour, environment string }{{"git", "dev"}, {"helmRepo", "dev"}, {"helmRepo", "prod"}} {
		t.Run(e.flavour+" "+e.environment, func(t *testing.T) {
			start := tree.New(miniature.Repository(e.flavour))
			plan, err := planner.Make(planner.Input{
				Tree: start, Environment: e.environment, To: "3.19.0", Material: known, Policy: planner.Policy{Kubernetes: "1.34.0"},
			})
			if err != nil {
				t.Fatal(err)
			}
			w := newWalk(t, e.environment, start)
			w.wantGreen(checks.Preflight(plan.Upgrade), checks.Merge{})
			at := start
			for _, phase := range plan.Phases {
				w.wantGreen(phase.EntryGate, w.last)
				at = at.With(phase.Changes()...)
				w.merge(at)
				w.pass(6 * time.Minute)
				w.wantGreen(phase.ExitGate, w.last)
				if t.Failed() {
					t.Fatalf("after phase %d, %s", phase.Number, phase.Name)
				}
			}
			if !at.Equal(plan.InPlace) {
				t.Error("the tree is not that of an in-place bump")
			}
			inPlace := newWalk(t, e.environment, start)
			inPlace.merge(plan.InPlace)
			inPlace.pass(6 * time.Minute)
			if diff := cmp.Diff(stable(inPlace.cluster.Observe()), stable(w.cluster.Observe())); diff != "" {
				t.Errorf("the cluster is not that of an in-place bump (-want +got):\n%s", diff)
			}
		})
	}
}

// stable is what two clusters on the same tree must have in common: names of pods and times differ.
func stable(o *checks.Observation) map[string]any {
	all := map[string]any{"namespaces": o.Namespaces, "crds": o.CRDs}
	for _, wl := range o.Workloads {
		all[strings.Join([]string{wl.Kind, wl.Namespace, wl.Name}, " ")] = []any{wl.TemplateLabels, wl.TemplateAnnotations, wl.ReadyReplicas}
	}
	for _, w := range append(o.Mutating, o.Validating...) {
		all["webhook "+w.Name] = w
	}
	for _, r := range o.Flux.HelmReleases {
		all["HelmRelease "+r.Namespace+"/"+r.Name] = []any{r.LastAttemptedRevision, r.LastAttemptedConfigDigest, r.Ready.Status, r.Failures}
	}
	return all
}

// TestWalkingBackBringsTheClusterBack takes the phases back, last first. After each step the cluster must be as the phase before had left it.
//
// Gateways of one leg go back together, in one step: see TestGatewaysTakenBackOneByOneStayBehind.
func TestWalkingBackBringsTheClusterBack(t *testing.T) {
	known := material(t)
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			start := tree.New(miniature.Repository(flavour))
			plan, err := planner.Make(planner.Input{
				Tree: start, Environment: "dev", To: "3.19.0", Material: known, Policy: planner.Policy{Kubernetes: "1.34.0"},
			})
			if err != nil {
				t.Fatal(err)
			}
			w := newWalk(t, "dev", start)
			before := stable(w.cluster.Observe())
			for _, phase := range plan.Phases {
				w.merge(phase.After)
				w.pass(6 * time.Minute)
			}
			for i := len(plan.Phases) - 1; i >= 0; i-- {
				if i > 0 && gateway(plan.Phases[i]) && gateway(plan.Phases[i-1]) {
					continue
				}
				w.merge(plan.Phases[i].Before)
				w.pass(6 * time.Minute)
				if i > 0 {
					w.wantGreen(plan.Phases[i-1].ExitGate, checks.Merge{})
				}
				if t.Failed() {
					t.Fatalf("after taking back phase %d, %s", plan.Phases[i].Number, plan.Phases[i].Name)
				}
			}
			w.wantGreen(checks.Preflight(plan.Upgrade), checks.Merge{})
			if diff := cmp.Diff(before, stable(w.cluster.Observe())); diff != "" {
				t.Errorf("the cluster before and after (-want +got):\n%s", diff)
			}
		})
	}
}

func gateway(p planner.Phase) bool { return p.Kind == planner.Gateway || p.Kind == planner.HomeGateway }

// TestGatewaysTakenBackOneByOneStayBehind: the namespace's label came with the first gateway, so on the way back it goes with the last. Whichever
// restarts before that comes back where it was.
func TestGatewaysTakenBackOneByOneStayBehind(t *testing.T) {
	start := tree.New(miniature.Repository("git"))
	plan, err := planner.Make(planner.Input{
		Tree: start, Environment: "dev", To: "3.19.0", Material: material(t), Policy: planner.Policy{Kubernetes: "1.34.0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWalk(t, "dev", start)
	last := -1
	for i, phase := range plan.Phases {
		if phase.Kind == planner.Bump {
			break
		}
		last = i
		w.merge(phase.After)
		w.pass(6 * time.Minute)
	}
	w.merge(plan.Phases[last].Before)
	w.pass(6 * time.Minute)
	public := checks.Scope{Name: "public", Namespaces: []string{"istio-gateway"}, Workloads: []checks.WorkloadRef{
		{Namespace: "istio-gateway", Kind: "Deployment", Name: "public-ingressgateway"},
	}}
	back := checks.GatewayMoved(plan.Upgrade, public, plan.Upgrade.Canary, plan.Upgrade.Old, checks.Effects{}, 0)
	if r := back.Evaluate(w.cluster.Observe(), w.last); r.Green() {
		t.Error("the gateway is back on the old control plane although the label still leads to the canary")
	}
}
