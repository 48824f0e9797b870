package main

import (
	"runtime/debug"
	"testing"
)

// percent is when garbage is collected.
func percent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

func TestAnObserverKeepsItsMemorySmallUnlessItIsToldHow(t *testing.T) {
	before := percent()
	for _, row := range []struct {
		gogc string
		want int
	}{{"", observersGarbage}, {"80", before}} {
		a := &app{getenv: func(string) string { return row.gogc }}
		usual := a.frugal()
		if got := percent(); got != row.want {
			t.Errorf("GOGC=%q: %d percent, want %d", row.gogc, got, row.want)
		}
		usual()
		if got := percent(); got != before {
			t.Errorf("GOGC=%q: %d percent afterwards, want %d as before", row.gogc, got, before)
		}
	}
}
