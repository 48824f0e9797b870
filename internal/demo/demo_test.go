package demo_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/release"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(t testing.TB, flavour, environment string) demo.Options {
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
	return demo.Options{
		Dir: t.TempDir(), Repository: tree.New(miniature.Repository(flavour)), Environment: environment, To: "3.19.0", Why: "the newest",
		Material: library.New(t.Context(), source, charts), Releases: source, Packages: charts,
	}
}

func TestAWholeUpgradeLeavesNothingButTheBump(t *testing.T) {
	for _, row := range []struct{ flavour, environment string }{{"git", "dev"}, {"helmRepo", "prod"}} {
		t.Run(row.flavour+"/"+row.environment, func(t *testing.T) {
			o := options(t, row.flavour, row.environment)
			merged := 0
			o.Show = func(e demo.Event) {
				if e.Status.Done < merged {
					t.Errorf("after %s: %d phases are in, and %d were before", e.Elapsed, e.Status.Done, merged)
				}
				merged = e.Status.Done
			}
			outcome, err := demo.Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if outcome.Status.Situation != conductor.Finished {
				t.Errorf("the upgrade ends %s: %s", outcome.Status.Situation, outcome.Status.Happening)
			}
			proof := outcome.Prove()
			if !proof.Holds() {
				t.Errorf("promise 1 is broken:\n%s", proof.Trace)
			}
			if !strings.Contains(proof.Changed, "3.19.0") || strings.Contains(proof.Changed, "istio-canary") {
				t.Errorf("what is left is not the bump:\n%s", proof.Changed)
			}
			if text := proof.Text("3.19.0"); !strings.Contains(text, "no difference") {
				t.Errorf("the proof does not say that it holds:\n%s", text)
			}
		})
	}
}

func TestAProofThatDoesNotHoldSaysSo(t *testing.T) {
	bump := tree.New(map[string][]byte{"a": []byte("release: 2\n")})
	var o demo.Outcome
	o.Plan.Start, o.Plan.InPlace = tree.New(map[string][]byte{"a": []byte("release: 1\n")}), bump
	o.Final = bump.With(tree.Change{Path: "left-over", Content: []byte("x\n")})
	proof := o.Prove()
	if proof.Holds() || !strings.Contains(proof.Text("2"), "BROKEN") || !strings.Contains(proof.Trace, "left-over") {
		t.Errorf("a file that was left over is not shown:\n%s", proof.Text("2"))
	}
}

func TestAnInterruptedDemoStops(t *testing.T) {
	o := options(t, "git", "dev")
	ctx, cancel := context.WithCancel(t.Context())
	o.Show = func(e demo.Event) {
		if e.Status.Done == 2 {
			cancel()
		}
	}
	if _, err := demo.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context canceled", err)
	}
}
