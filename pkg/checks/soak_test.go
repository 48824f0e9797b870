package checks

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	green       = Result{Verdict: Pass}
	red         = Result{Verdict: Wait}
	routinePass = Result{Verdict: Wait, NoSample: true}
)

func TestSoakClock(t *testing.T) {
	type look struct {
		after time.Duration // since noon
		r     Result
	}
	const gap = time.Minute
	for _, c := range []struct {
		name   string
		looks  []look
		soaked time.Duration
		resets int
	}{
		{"never looked", nil, 0, 0},
		{"one green look has lasted no time", []look{{0, green}}, 0, 0},
		{"greens add up", []look{{0, green}, {40 * time.Second, green}, {100 * time.Second, green}}, 100 * time.Second, 0},
		{"one that is not green starts again", []look{{0, green}, {40 * time.Second, red}, {60 * time.Second, green}, {90 * time.Second, green}}, 30 * time.Second, 1},
		{"unknown starts again, too", []look{{0, green}, {40 * time.Second, Result{}}}, 0, 1},
		{"a routine pass is no sample", []look{{0, green}, {20 * time.Second, routinePass}, {50 * time.Second, green}}, 50 * time.Second, 0},
		{"but widens the gap", []look{{0, green}, {40 * time.Second, routinePass}, {80 * time.Second, green}, {90 * time.Second, green}}, 10 * time.Second, 1},
		{"a gap starts again", []look{{0, green}, {2 * time.Minute, green}, {150 * time.Second, green}}, 30 * time.Second, 1},
		{"a gap of exactly the limit does not", []look{{0, green}, {time.Minute, green}}, time.Minute, 0},
		{"time that runs backwards starts again", []look{{0, green}, {50 * time.Second, green}, {40 * time.Second, green}, {60 * time.Second, green}}, 20 * time.Second, 1},
		{"red twice is one reset", []look{{0, green}, {1, red}, {2, red}}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var clock SoakClock
			now := noon
			for _, l := range c.looks {
				now = noon.Add(l.after)
				clock = clock.Sample(now, l.r, gap)
			}
			if got, want := clock.Remaining(now, time.Hour), time.Hour-c.soaked; got != want || clock.Resets != c.resets {
				t.Errorf("got %s remaining and %d resets, want %s and %d", got, clock.Resets, want, c.resets)
			}
		})
	}
}

func TestRemainingTrustsNoWrongClock(t *testing.T) {
	c := SoakClock{GreenSince: noon, LastSample: noon.Add(time.Hour)}
	if got := c.Remaining(noon.Add(2*time.Hour), time.Hour); got != 0 {
		t.Errorf("done: got %s, want 0", got)
	}
	if got := c.Remaining(noon.Add(30*time.Minute), time.Hour); got != time.Hour {
		t.Errorf("now before the last look: got %s, want 1h", got)
	}
	if got := (SoakClock{GreenSince: noon, LastSample: noon.Add(-time.Hour)}).Remaining(noon, time.Hour); got != time.Hour {
		t.Errorf("last look before the first: got %s, want 1h", got)
	}
	// Nobody looked after the last look.
	c = SoakClock{GreenSince: noon, LastSample: noon.Add(time.Minute)}
	if got := c.Remaining(noon.Add(time.Hour), time.Hour); got != 59*time.Minute {
		t.Errorf("a long time without a look: got %s, want 59m", got)
	}
}

// Whatever happens in whatever order, the clock never says that more was soaked than an unbroken, dense row of green looks up to the last look.
func TestSoakClockNeverShortens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxGap := time.Duration(rapid.IntRange(1, 120).Draw(t, "maxGap")) * time.Second
		need := time.Duration(rapid.IntRange(0, 600).Draw(t, "need")) * time.Second
		var clock SoakClock
		now := noon
		rowStart, lastGreen, inRow := noon, noon, false
		for range rapid.IntRange(0, 40).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(-30, 150).Draw(t, "step")) * time.Second)
			r := rapid.SampledFrom([]Result{green, green, green, red, routinePass, {Verdict: Unknown}, {Verdict: Fail}}).Draw(t, "result")
			clock = clock.Sample(now, r, maxGap)
			switch {
			case r.NoSample:
			case r.Verdict != Pass:
				inRow = false
			case inRow && !now.Before(lastGreen) && now.Sub(lastGreen) <= maxGap:
				lastGreen = now
			default:
				rowStart, lastGreen, inRow = now, now, true
			}
			soaked := time.Duration(0)
			if inRow {
				soaked = lastGreen.Sub(rowStart)
			}
			if got := clock.Remaining(now, need); got < need-soaked || got > need || got < 0 {
				t.Fatalf("remaining %s of %s although %s were seen green", got, need, soaked)
			}
		}
	})
}
