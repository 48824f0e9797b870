package checks

import (
	"fmt"
	"testing"
	"time"
)

// fleet is a cluster of n proxies in 50 namespaces, ten pods a workload; half of them have moved.
func fleet(n int) (*Observation, []string) {
	s := state{on: map[string]string{}, builtIn: "1.28.3", canary: 2}
	var spaces []string
	for i := range 50 {
		ns := fmt.Sprintf("team-%02d", i)
		spaces = append(spaces, ns)
		s.on[ns] = canary.Revision
	}
	o := observe(s)
	for i := range n / 10 {
		s.addWorkload(o, "Deployment", spaces[i%len(spaces)], fmt.Sprintf("app-%04d", i), 10)
	}
	for _, ns := range spaces {
		o.Namespaces = append(o.Namespaces, Namespace{Name: ns, Labels: injectionLabels(canary.Revision)})
	}
	return o, spaces
}

func BenchmarkGate(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		o, spaces := fleet(n)
		gate := Moved(upgrade(), wave(spaces...), old, canary, Effects{UmbrellaChanges: true, QuietTime: true}, 30*time.Minute)
		b.Run(fmt.Sprintf("all-moved-%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := gate.Evaluate(o, theMerge()); r.Verdict != Pass {
					b.Fatal(reasons(r))
				}
			}
		})
		back := Moved(upgrade(), wave(spaces...), canary, old, Effects{}, 0)
		b.Run(fmt.Sprintf("none-moved-%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := back.Evaluate(o, theMerge()); r.Verdict == Pass {
					b.Fatal("green")
				}
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	o, spaces := fleet(5000)
	r := Moved(upgrade(), wave(spaces...), canary, old, Effects{}, 0).Evaluate(o, theMerge())
	b.ReportAllocs()
	for b.Loop() {
		Text(r, 100)
	}
}
