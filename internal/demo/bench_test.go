package demo_test

import (
	"testing"

	"github.com/linnet-bot/linnet/internal/demo"
)

// BenchmarkUpgrade is a whole upgrade in the simulator: planning, the forge with its branches and merges, every look, review and proof. One round is one
// upgrade with nothing kept from the round before but what a process keeps.
func BenchmarkUpgrade(b *testing.B) {
	for b.Loop() {
		outcome, err := demo.Run(b.Context(), options(b, "git", "dev"))
		if err != nil {
			b.Fatal(err)
		}
		if !outcome.Prove().Holds() {
			b.Fatal("promise 1 is broken")
		}
		b.ReportMetric(float64(outcome.Looks), "looks")
	}
}
