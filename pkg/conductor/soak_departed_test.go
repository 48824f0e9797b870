package conductor

import (
	"context"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// watcher sees what a lab does, and what it knows besides.
type watcher struct {
	*lab
	departed []checks.DepartedPod
	watched  checks.Watched
}

func (w *watcher) Observe(ctx context.Context) (*checks.Observation, error) {
	o, err := w.lab.Observe(ctx)
	if err != nil {
		return nil, err
	}
	known := *o
	known.Departed, known.Watched = w.departed, w.watched
	return &known, nil
}

// soakingBefore is soaking, seen by a watcher. Half a minute of the two has passed.
func soakingBefore(t *testing.T, edit func(*Settings)) (*lab, *watcher, *Conductor) {
	t.Helper()
	w := &watcher{}
	l, c, _ := soaking(t, func(s *Settings) {
		w.lab = s.Observer.(*lab)
		s.Observer = w
		w.watched.Since = w.cluster.Now()
		if edit != nil {
			edit(s)
		}
	})
	l.pass(30 * time.Second)
	if s := l.look(c); s.Soak.Remaining != 90*time.Second {
		t.Fatalf("%s remain, want 90s:\n%s", s.Soak.Remaining, s.Text(100))
	}
	return l, w, c
}

// A pod of the old revision that lives between two looks keeps a wave from having been green while it was there.
func TestAPodThatCameAndWentBeginsTheSoakAnew(t *testing.T) {
	for _, tc := range []struct {
		name      string
		pod       checks.DepartedPod
		gone      time.Duration // before the look
		remaining time.Duration
		note      string
	}{
		{"of the old revision", checks.DepartedPod{Namespace: "kiali", Name: "report-x", Revision: "default"}, 10 * time.Second, 110 * time.Second,
			"kiali/report-x on default was there until "},
		{"of no revision that it says", checks.DepartedPod{Namespace: "kiali", Name: "report-x"}, 10 * time.Second, 110 * time.Second,
			"kiali/report-x on ? was there until "},
		{"that nobody saw leave", checks.DepartedPod{Namespace: "kiali", Name: "report-x", Revision: "default", Unseen: true}, 10 * time.Second, 110 * time.Second,
			"kiali/report-x on default was there before "},
		{"that left while the wave rolled", checks.DepartedPod{Namespace: "kiali", Name: "report-x", Revision: "default"}, 10 * time.Minute, time.Minute,
			"kiali/report-x on default was there until "},
		{"of the new revision", checks.DepartedPod{Namespace: "kiali", Name: "report-x", Revision: "1-29-0"}, 10 * time.Second, time.Minute, ""},
		{"of another wave", checks.DepartedPod{Namespace: "orders", Name: "report-x", Revision: "default"}, 10 * time.Second, time.Minute, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, w, c := soakingBefore(t, func(s *Settings) { s.Marker = sealed(t) })
			l.pass(30 * time.Second)
			tc.pod.Gone = l.cluster.Now().Add(-tc.gone)
			w.departed = []checks.DepartedPod{tc.pod}
			s := l.look(c)
			resets := 0
			if tc.remaining > time.Minute {
				resets = 1
				l.wantNote(4, "it has begun anew 1 times", tc.note)
			}
			if s.Soak.Remaining != tc.remaining || s.Soak.Resets != resets || s.Health != checks.Pass {
				t.Errorf("%s remain after %d resets, want %s and %d:\n%s", s.Soak.Remaining, s.Soak.Resets, tc.remaining, resets, s.Text(100))
			}
			// It goes on from there.
			l.pass(30 * time.Second)
			if s = l.look(c); s.Soak.Remaining != tc.remaining-30*time.Second || s.Soak.Resets != resets {
				t.Errorf("half a minute later %s remain after %d resets, want %s and %d", s.Soak.Remaining, s.Soak.Resets, tc.remaining-30*time.Second, resets)
			}
		})
	}
}

// While the watch is interrupted a pod may live that nobody sees.
func TestAnInterruptedWatchBeginsTheSoakAnew(t *testing.T) {
	const full, on = 2 * time.Minute, time.Minute
	for _, tc := range []struct {
		name      string
		edit      func(*Settings)
		then      func(l *lab, w *watcher, c *Conductor) *Conductor
		remaining time.Duration
	}{
		{"interrupted", nil, func(l *lab, w *watcher, c *Conductor) *Conductor {
			w.watched = checks.Watched{Since: l.cluster.Now().Add(-5 * time.Second), Why: "the watch on pods was interrupted until just now"}
			return c
		}, full},
		{"interrupted before the last look", nil, func(l *lab, w *watcher, c *Conductor) *Conductor {
			w.watched = checks.Watched{Since: l.cluster.Now().Add(-31 * time.Second), Why: "the watch on pods was interrupted until just now"}
			return c
		}, on},
		{"somebody else observes who does not watch", nil, func(_ *lab, w *watcher, c *Conductor) *Conductor {
			w.watched = checks.Watched{}
			return c
		}, full},
		{"nobody watches between samples anyway", func(s *Settings) { s.Sampled, s.Marker = true, sealed(t) }, func(l *lab, w *watcher, _ *Conductor) *Conductor {
			w.watched.Since = l.cluster.Now()
			return l.conductor()
		}, on},
		{"a new process with a watch of its own goes on from the note", func(s *Settings) { s.Marker = sealed(t) }, func(l *lab, w *watcher, _ *Conductor) *Conductor {
			c := l.conductor()
			w.watched.Since = l.cluster.Now()
			return c
		}, on},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, w, c := soakingBefore(t, tc.edit)
			l.pass(30 * time.Second)
			c = tc.then(l, w, c)
			s := l.look(c)
			resets := 0
			if tc.remaining == full {
				resets = 1
			}
			if s.Soak.Remaining != tc.remaining || s.Soak.Resets != resets || s.Health != checks.Pass {
				t.Errorf("%s remain after %d resets, want %s and %d:\n%s", s.Soak.Remaining, s.Soak.Resets, tc.remaining, resets, s.Text(100))
			}
			if w.watched.Why != "" && resets > 0 {
				l.wantNote(4, "it has begun anew 1 times", w.watched.Why)
			}
		})
	}
}

// Observations that are taken one by one, each by a process of its own, are no watch, and never were.
func TestSingleObservationsAreNoInterruptedWatch(t *testing.T) {
	l, w, _ := soakingBefore(t, nil)
	w.watched = checks.Watched{}
	c := l.conductor()
	l.pass(30 * time.Second)
	s := l.until(c, "a green look", func(s Status) bool { return s.Gate.Green() })
	for range 3 {
		l.pass(20 * time.Second)
		w.watched.Since = l.cluster.Now()
		s = l.look(c)
	}
	if s.Soak.Resets != 0 || s.Soak.Remaining != time.Minute {
		t.Errorf("%s remain after %d resets, want 1m and none:\n%s", s.Soak.Remaining, s.Soak.Resets, s.Text(100))
	}
}

// That a row has been broken is written down at once: another process would go on with the row that the note carries.
func TestABrokenRowIsWrittenDownAtOnce(t *testing.T) {
	at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
	carried := checks.SoakClock{GreenSince: at(0), LastSample: at(10)}
	for _, tc := range []struct {
		now  checks.SoakClock
		want bool
	}{
		{checks.SoakClock{GreenSince: at(0), LastSample: at(20)}, false},
		{checks.SoakClock{GreenSince: at(12), LastSample: at(20), Resets: 1}, true},
		{checks.SoakClock{LastSample: at(10), Resets: 1}, true},
	} {
		if got := (State{MaxGap: time.Minute, Gate: Gate{Clock: tc.now}}).outdated(carried); got != tc.want {
			t.Errorf("%+v: the note is outdated: %t, want %t", tc.now, got, tc.want)
		}
	}
}
