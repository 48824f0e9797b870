package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
)

// played is a gate over a cluster that tells of its changes.
type played struct {
	begun   time.Time
	mu      sync.Mutex
	ring    chan struct{} // closed at the next change
	judge   func(p *played) (conductor.Status, error)
	looks   []time.Duration // when it was asked, since it began
	woken   int
	isAnew  bool // since the last look it was woken
	clock   checks.SoakClock
	standby []func() // what a look sets off
}

func (p *played) at() time.Duration { return time.Since(p.begun) }

func (p *played) Status(context.Context) (conductor.Status, error) {
	p.looks = append(p.looks, p.at())
	s, err := p.judge(p)
	p.isAnew = false
	return s, err
}

func (p *played) Wake() { p.woken++; p.isAnew = true }

func (p *played) changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ring
}

// change happens after so long, and something else may wait for the next one then.
func (p *played) change(after time.Duration) {
	time.AfterFunc(after, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.ring)
		p.ring = make(chan struct{})
	})
}

// wait runs check's waiting on a played gate.
func (p *played) wait(ctx context.Context, f checkFlags) (conductor.Status, string, error) {
	var errs bytes.Buffer
	p.begun, p.ring = time.Now(), make(chan struct{})
	for _, set := range p.standby {
		set()
	}
	f.phase = "current"
	w := checkWait{app: &app{stderr: &errs, now: time.Now}, flags: f, gate: p, changed: p.changed}
	s, err := w.until(ctx)
	return s, errs.String(), err
}

func waiting(v checks.Verdict) conductor.Status {
	return conductor.Status{Environment: "dev", Situation: conductor.Waiting, Gate: &checks.Result{Name: "wave-1", Verdict: v}, Health: v}
}

// A pod of the old revision lives from the 20th to the 23rd second: looks at every quarter of a minute alone would not see it.
func TestAnOldPodThatLivesForSecondsBetweenTwoLooksBeginsTheSoakAnew(t *testing.T) {
	const need = time.Minute
	for _, tc := range []struct {
		name   string
		told   bool
		opens  time.Duration
		resets int
	}{
		{"every change is judged", true, 90 * time.Second, 1},
		{"looks alone", false, 60 * time.Second, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &played{judge: func(p *played) (conductor.Status, error) {
				v := checks.Pass
				if p.at() >= 20*time.Second && p.at() < 23*time.Second {
					v = checks.Wait
				}
				s := waiting(v)
				p.clock = p.clock.Sample(time.Now(), *s.Gate, time.Minute)
				s.Soak = &conductor.SoakStatus{Need: need, Remaining: p.clock.Remaining(time.Now(), need), Resets: p.clock.Resets}
				return s, nil
			}}
			if tc.told {
				p.standby = []func(){func() { p.change(20 * time.Second); p.change(23 * time.Second) }}
			}
			s, _, err := p.wait(t.Context(), checkFlags{wait: 10 * time.Minute, every: 15 * time.Second})
			if got := p.looks[len(p.looks)-1]; err != nil || s.Soak.Remaining > 0 || s.Soak.Resets != tc.resets || got != tc.opens {
				t.Errorf("%s: opened after %s, %d resets, %v; want %s, %d; looks %v", tc.name, got, s.Soak.Resets, err, tc.opens, tc.resets, p.looks)
			}
		})
	}
}

func TestAClusterThatDoesNotRestIsLookedAtOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(*played) (conductor.Status, error) { return waiting(checks.Wait), nil }}
		p.standby = []func(){func() {
			for i := range 100 {
				p.change(time.Duration(i*50) * time.Millisecond)
			}
		}}
		s, _, err := p.wait(t.Context(), checkFlags{wait: 12 * time.Second, every: time.Minute})
		if err != nil || s.Health != checks.Wait || len(p.looks) < 5 || len(p.looks) > 8 {
			t.Errorf("%v, %v, looks %v", s.Health, err, p.looks)
		}
		for i := 1; i < len(p.looks); i++ {
			if p.looks[i]-p.looks[i-1] < leastPause {
				t.Errorf("two looks within a second: %v", p.looks)
			}
		}
	})
}

// What is found open may rest on what the forge said a while ago. Then all of it is read once more, and that counts.
func TestAGateIsFoundOpenOnlyByALookThatReadEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(p *played) (conductor.Status, error) {
			switch {
			case p.at() < 30*time.Second, p.isAnew && p.at() < time.Minute:
				return waiting(checks.Wait), nil
			}
			return waiting(checks.Pass), nil
		}}
		_, _, err := p.wait(t.Context(), checkFlags{wait: 10 * time.Minute, every: 15 * time.Second})
		if got := p.looks[len(p.looks)-1]; err != nil || got != time.Minute || p.woken != 3 {
			t.Errorf("opened after %s, woken %d times, %v: %v", got, p.woken, err, p.looks)
		}
	})
}

func TestTheLastLookIsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(p *played) (conductor.Status, error) {
			if p.isAnew && p.at() >= 40*time.Second {
				return waiting(checks.Pass), nil
			}
			return waiting(checks.Wait), nil
		}}
		s, _, err := p.wait(t.Context(), checkFlags{wait: 40 * time.Second, every: 15 * time.Second})
		if err != nil || s.Health != checks.Pass || p.looks[len(p.looks)-1] != 40*time.Second {
			t.Errorf("%v, %v, looks %v", s.Health, err, p.looks)
		}
	})
}

func TestWithoutWaitItLooksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(*played) (conductor.Status, error) { return waiting(checks.Wait), nil }}
		if s, _, err := p.wait(t.Context(), checkFlags{every: 15 * time.Second}); err != nil || s.Health != checks.Wait || len(p.looks) != 1 {
			t.Errorf("%v, %v, looks %v", s.Health, err, p.looks)
		}
	})
}

// A forge that answers with a server error for a minute does not end a job that waits for half an hour.
func TestAFailureIsTriedAgainAndSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(p *played) (conductor.Status, error) {
			if p.at() < time.Minute {
				return conductor.Status{}, errors.New("read the branch main: 502")
			}
			return waiting(checks.Pass), nil
		}}
		s, said, err := p.wait(t.Context(), checkFlags{wait: 10 * time.Minute, every: 15 * time.Second})
		if err != nil || s.Health != checks.Pass || strings.Count(said, "502; it is tried again") != 1 {
			t.Errorf("%v, %v: %q", s.Health, err, said)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := &played{judge: func(*played) (conductor.Status, error) { return conductor.Status{}, errors.New("no such branch") }}
		if _, _, err := p.wait(t.Context(), checkFlags{wait: time.Minute, every: 15 * time.Second}); err == nil || err.Error() != "no such branch" {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhoIsInterruptedGetsTheLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &played{judge: func(*played) (conductor.Status, error) { return waiting(checks.Wait), nil }}
		p.standby = []func(){func() { time.AfterFunc(20*time.Second, cancel) }}
		s, _, err := p.wait(ctx, checkFlags{wait: time.Hour, every: 15 * time.Second})
		if !errors.Is(err, context.Canceled) || s.Health != checks.Wait || len(p.looks) != 2 {
			t.Errorf("%+v, %v, looks %v", s, err, p.looks)
		}
	})
}
