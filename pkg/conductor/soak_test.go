package conductor

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

func sealed(t *testing.T) *forge.Marker {
	t.Helper()
	m, err := forge.NewMarker(bytes.Repeat([]byte("k"), forge.MinMarkerKey))
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

func number(r forge.MergeRequest) string { return strconv.Itoa(r.Number) }

// soaking is a lab in which the fourth phase waits for the soak of the third.
func soaking(t *testing.T, edit func(*Settings)) (*lab, *Conductor, Status) {
	t.Helper()
	l := newLab(t, "git")
	l.edit = edit
	c := l.conductor()
	for n := 1; n <= 3; n++ {
		l.ready(c, n)
		l.comment(l.ana, n, "/canary promote")
		l.look(c)
	}
	s := l.until(c, "the gate is green", func(s Status) bool { return s.Gate.Green() })
	if s.Situation != Waiting || s.Soak == nil || s.Soak.Remaining == 0 {
		t.Fatalf("it does not soak:\n%s", s.Text(80))
	}
	return l, c, s
}

func TestSoakIsCarriedByTheNoteFromProcessToProcess(t *testing.T) {
	for _, tc := range []struct {
		name string
		key  bool
	}{{"with a key", true}, {"without one it never ends", false}} {
		t.Run(tc.name, func(t *testing.T) {
			l, _, _ := soaking(t, func(s *Settings) {
				if tc.key {
					s.Marker = sealed(t)
				}
			})
			ready := false
			for range 8 { // four minutes, twice the soak
				l.pass(30 * time.Second)
				s := l.look(l.conductor())
				ready = ready || s.Situation == Ready
			}
			if ready != tc.key {
				t.Errorf("ready: %t, want %t\n%s", ready, tc.key, l.notes(4)[0])
			}
		})
	}
}

func TestNoteSaysWhenTheSoakEndsAndIsNotEditedAtEachLook(t *testing.T) {
	l, c, s := soaking(t, nil)
	l.wantNote(4, "the gate has been green since "+clock(s.Soak.Since), "At "+clock(s.Soak.Since.Add(2*time.Minute))+" at the earliest, if the gate stays green; then it may be merged.")
	before := l.notes(4)[0]
	l.pass(30 * time.Second)
	l.look(c)
	if after := l.notes(4)[0]; after != before {
		t.Errorf("the note was edited:\n%s\n%s", before, after)
	}
	if got := l.check(4); got.State != forge.InProgress || !strings.HasPrefix(got.Title, "green since ") {
		t.Errorf("the check is %s: %s", got.State, got.Title)
	}
}

func TestSoakBeginsAnew(t *testing.T) {
	for name, gap := range map[string]func(l *lab, c *Conductor){
		"after a gap": func(l *lab, _ *Conductor) { l.pass(5 * time.Minute) },
		"after a time without sight": func(l *lab, c *Conductor) {
			l.blind = errors.New("forbidden")
			for range 4 {
				l.pass(30 * time.Second)
				if s := l.look(c); s.Situation != Waiting || s.Health != checks.Unknown {
					l.Errorf("blind, and yet:\n%s", s.Text(80))
				}
			}
			l.blind = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, c, _ := soaking(t, nil)
			l.pass(30 * time.Second)
			gap(l, c)
			s := l.look(c)
			if s.Situation != Waiting || s.Soak.Remaining != 2*time.Minute || s.Soak.Resets != 1 {
				t.Errorf("remaining %s, %d resets:\n%s", s.Soak.Remaining, s.Soak.Resets, s.Text(80))
			}
		})
	}
}

func TestWithoutSightNothingIsMerged(t *testing.T) {
	fresh := func(l *lab) *checks.Observation { return l.cluster.Observe() }
	for _, tc := range []struct {
		name string
		see  func(l *lab) (*checks.Observation, error)
		says string
	}{
		{"error", func(*lab) (*checks.Observation, error) { return nil, errors.New("dial tcp: refused") }, "The cluster could not be observed: dial tcp: refused"},
		{"nothing", func(*lab) (*checks.Observation, error) { return nil, nil }, "The cluster has not been observed"},
		{"old", func(l *lab) (*checks.Observation, error) {
			o := *fresh(l)
			o.At = o.At.Add(-2 * time.Minute)
			return &o, nil
		}, "The cluster was last observed at 2026-03-09 08:08 UTC, more than 1m ago"},
		{"from the future", func(l *lab) (*checks.Observation, error) {
			o := *fresh(l)
			o.At = o.At.Add(time.Minute)
			return &o, nil
		}, "which is in the future"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t, "git")
			l.edit = func(s *Settings) {
				s.Merge, s.Observer = Auto, observer(func() (*checks.Observation, error) { return tc.see(l) })
			}
			s := l.look(l.conductor())
			if s.Done != 0 || s.Health != checks.Unknown || !strings.Contains(s.Healthy, tc.says) {
				t.Errorf("got %q, want %q", s.Healthy, tc.says)
			}
			if got := l.check(1); got.State != forge.InProgress {
				t.Errorf("the check is %s", got.State)
			}
		})
	}
}

func TestObservationFromBeforeTheMergeProvesNothing(t *testing.T) {
	l := newLab(t, "git")
	o := l.cluster.Observe()
	l.edit = func(s *Settings) {
		s.Merge, s.Observer = Auto, observer(func() (*checks.Observation, error) { return o, nil })
	}
	l.pass(30 * time.Second)
	s := l.look(l.conductor())
	if s.Done != 1 || s.Health != checks.Wait || !strings.Contains(s.Healthy, "not been observed since the merge") {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

type observer func() (*checks.Observation, error)

func (o observer) Observe(context.Context) (*checks.Observation, error) { return o() }

func TestSealedSoakIsOnlyForItsMergeAndBranch(t *testing.T) {
	clock := checks.SoakClock{GreenSince: begin, LastSample: begin.Add(time.Minute), Resets: 2}
	key := soakKey{Branch: "b", Merge: "m"}
	note := key.seal(sealed(t), "text\n", clock)
	other, err := forge.NewMarker(bytes.Repeat([]byte("x"), forge.MinMarkerKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		key    soakKey
		marker *forge.Marker
		want   checks.SoakClock
	}{
		{"its own", key, sealed(t), clock},
		{"another merge", soakKey{"b", "n"}, sealed(t), checks.SoakClock{}},
		{"another branch", soakKey{"c", "m"}, sealed(t), checks.SoakClock{}},
		{"another key", key, &other, checks.SoakClock{}},
		{"no key", key, nil, checks.SoakClock{}},
	} {
		if got := tc.key.unseal(tc.marker, note); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
	if withoutSeal(note) != "text\n" || key.seal(nil, "text\n", clock) != "text\n" {
		t.Errorf("people see %q", withoutSeal(note))
	}
}
