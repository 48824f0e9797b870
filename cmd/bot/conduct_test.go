package main

import (
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// A soak of a day holds thousands of looks, and some of them meet Flux while it looks at its source again.
func TestARoutineBlinkBetweenTwoLooksDoesNotBreakASoak(t *testing.T) {
	for _, interval := range []time.Duration{10 * time.Second, 30 * time.Second, 10 * time.Minute} {
		start := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
		jitter := interval / 100
		green, blink := checks.Result{Verdict: checks.Pass}, checks.Result{Verdict: checks.Wait, NoSample: true}

		clock := checks.SoakClock{}.Sample(start, green, maxGap(interval))
		clock = clock.Sample(start.Add(interval), blink, maxGap(interval))
		clock = clock.Sample(start.Add(2*interval+jitter), green, maxGap(interval))
		if clock.Resets != 0 || !clock.GreenSince.Equal(start) {
			t.Errorf("every %s: one blink broke the soak, green since %s", interval, clock.GreenSince)
		}
		late := start.Add(2*interval + jitter + max(time.Minute+time.Second, 3*interval))
		if clock = clock.Sample(late, green, maxGap(interval)); !clock.GreenSince.Equal(late) {
			t.Errorf("every %s: a gap of %s went unnoticed", interval, max(time.Minute+time.Second, 3*interval))
		}
	}
}
