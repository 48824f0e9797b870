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

// A green look tells of what is gone, too: nothing counts up to when that was last there.
func TestSoakClockCountsNothingUntilWhatIsGoneHadLeft(t *testing.T) {
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	left := func(seconds int) Result { return Result{Verdict: Pass, NotBefore: at(seconds)} }
	row := SoakClock{GreenSince: at(0), LastSample: at(50)}
	for _, c := range []struct {
		name  string
		clock SoakClock
		now   int
		r     Result
		want  SoakClock
	}{
		{"before the row", row, 80, left(-10), SoakClock{GreenSince: at(0), LastSample: at(80)}},
		{"as the row began", row, 80, left(0), SoakClock{GreenSince: at(0), LastSample: at(80)}},
		{"between two looks", row, 80, left(60), SoakClock{GreenSince: at(60), LastSample: at(80), Resets: 1}},
		{"by a clock that is ahead", row, 80, left(90), SoakClock{GreenSince: at(80), LastSample: at(80), Resets: 1}},
		{"before the first green look", SoakClock{}, 80, left(60), SoakClock{GreenSince: at(80), LastSample: at(80)}},
		{"and something else is in the way", row, 80, Result{Verdict: Wait, NotBefore: at(60)}, SoakClock{LastSample: at(80), Resets: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.clock.Sample(at(c.now), c.r, time.Minute); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// Looks and the watch between them, at random: the clock never says more than since the last moment of which something bad is known, or nothing.
func TestSoakClockCountsNoTimeInWhichSomethingMayHaveLived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var clock SoakClock
		now, since, last := noon, noon, noon // of the watch; of what left
		bad := noon                          // the last moment that cannot count
		watched := false                     // from one look to the next
		for i := range rapid.IntRange(1, 30).Draw(t, "looks") {
			before := now
			now = now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "step")) * time.Second)
			between := before.Add(time.Duration(rapid.IntRange(1, int(now.Sub(before)/time.Second)).Draw(t, "at")) * time.Second)
			reaches := true
			switch rapid.SampledFrom([]string{"", "", "left", "interrupted"}).Draw(t, "event") {
			case "left":
				last, bad = between, between
			case "interrupted":
				since = between
				if watched {
					bad = now
				}
				reaches = false
			}
			watched = reaches && i > 0
			clock = clock.Across(now, Watched{Since: since})
			clock = clock.Sample(now, Result{Verdict: Pass, NotBefore: last}, time.Minute)
			if soaked := now.Sub(clock.GreenSince); soaked > now.Sub(bad) || clock.GreenSince.IsZero() {
				t.Fatalf("%s counts at %s, although nothing does before %s: %+v", soaked, now, bad, clock)
			}
		}
	})
}

// A row that was watched goes on only where it still is. What was never watched is as it always was.
func TestSoakClockAcrossAWatch(t *testing.T) {
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	since := func(seconds int) Watched { return Watched{Since: at(seconds)} }
	looked := SoakClock{GreenSince: at(0), LastSample: at(50), Resets: 2}
	watched := looked
	watched.Watched = true
	anew := SoakClock{LastSample: at(50), Resets: 3} // and not of before, lest an older clock be taken for a later one
	for _, c := range []struct {
		name  string
		clock SoakClock
		now   int
		w     Watched
		want  SoakClock
	}{
		{"the watch reaches back to the last look", looked, 80, since(50), watched},
		{"and goes on", watched, 80, since(-100), watched},
		{"it was interrupted", watched, 80, since(51), anew},
		{"nobody watches any more", watched, 80, Watched{}, anew},
		{"nobody watched before", looked, 80, since(51), looked},
		{"nobody ever watches", looked, 80, Watched{}, looked},
		{"the last look again", looked, 50, since(40), looked},
		{"an older observation", watched, 40, Watched{}, watched},
		{"no row yet", SoakClock{LastSample: at(50)}, 80, since(0), SoakClock{LastSample: at(50)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.clock.Across(at(c.now), c.w); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
