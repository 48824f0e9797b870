package sim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

func TestSameSeedGivesTheSameCluster(t *testing.T) {
	first, second := newLab(t, "helmRepo"), newLab(t, "helmRepo")
	for _, l := range []*lab{first, second} {
		l.push(replace("base/helmrelease.yaml", "version: 3.18.0", "version: 3.19.0"))
		l.pass(90 * time.Second)
	}
	if diff := cmp.Diff(first.Observe(), second.Observe()); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

func TestHowFarTimeAdvancesAtOnceMakesNoDifference(t *testing.T) {
	long, short := newLab(t, "git"), newLab(t, "git")
	for _, l := range []*lab{long, short} {
		l.push(bump)
	}
	long.pass(2 * time.Minute)
	for range 120 {
		short.pass(time.Second)
	}
	if diff := cmp.Diff(long.Observe(), short.Observe()); diff != "" {
		t.Errorf("the two differ:\n%s", diff)
	}
}

func TestTimeDoesNotRunBackwards(t *testing.T) {
	l := newLab(t, "git")
	if err := l.Advance(-time.Second); err == nil {
		t.Error("it did")
	}
}

func TestObservationStaysWhatItWas(t *testing.T) {
	l := newLab(t, "git")
	taken := l.Observe()
	before := *taken
	pods := append(before.Pods[:0:0], before.Pods...)
	releases := append(before.Flux.HelmReleases[:0:0], before.Flux.HelmReleases...)
	l.push(bump)
	l.pass(settle)
	if diff := cmp.Diff(pods, taken.Pods); diff != "" {
		t.Errorf("pods changed under an observation:\n%s", diff)
	}
	if diff := cmp.Diff(releases, taken.Flux.HelmReleases); diff != "" {
		t.Errorf("releases changed under an observation:\n%s", diff)
	}
}

// A day is what a soak takes.
func BenchmarkDay(b *testing.B) {
	releases, packages := Miniature()
	for b.Loop() {
		c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
		if err != nil {
			b.Fatal(err)
		}
		c.Push("1", tree.New(miniature.Repository("git")))
		if err := c.Advance(24 * time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	releases, packages := Miniature()
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		b.Fatal(err)
	}
	c.Push("1", tree.New(miniature.Repository("git")))
	if err := c.Advance(10 * time.Minute); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Observe()
	}
}

func BenchmarkBump(b *testing.B) {
	releases, packages := Miniature()
	files := tree.New(miniature.Repository("git"))
	c, err := New(Options{Start: start, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		b.Fatal(err)
	}
	c.Push("1", files)
	if err := c.Advance(10 * time.Minute); err != nil {
		b.Fatal(err)
	}
	to := []tree.Tree{bump(files), files}
	n := 0
	for b.Loop() {
		c.Push(string(rune('a'+n%26)), to[n%2])
		n++
		if err := c.Advance(10 * time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}
