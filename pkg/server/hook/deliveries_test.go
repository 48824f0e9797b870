package hook

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func first(t *testing.T, m *Memory, key string, at time.Time, want bool) {
	t.Helper()
	if got, err := m.First(key, at); err != nil || got != want {
		t.Errorf("First(%s) at %s gives %v, %v, want %v", key, at, got, err, want)
	}
}

func TestADeliveryIsRememberedForThreeDays(t *testing.T) {
	m := NewMemory()
	first(t, m, "a", start, true)
	first(t, m, "a", start.Add(RememberedFor), false)
	first(t, m, "a", start.Add(RememberedFor+time.Second), true)
	first(t, m, "a", start.Add(2*RememberedFor), false)
}

func TestAClockThatJumpsBackForgetsNothing(t *testing.T) {
	m := NewMemory()
	first(t, m, "a", start, true)
	first(t, m, "b", start.Add(-30*24*time.Hour), true)
	first(t, m, "a", start, false)
}

func TestTooManyDeliveriesPushOutTheOldest(t *testing.T) {
	m := NewMemory()
	m.most = 3
	for _, key := range []string{"a", "b", "c", "d"} {
		first(t, m, key, start, true)
	}
	for _, key := range []string{"b", "c", "d"} {
		first(t, m, key, start, false)
	}
	first(t, m, "a", start, true)
	if m.order.Len() != 3 || len(m.known) != 3 {
		t.Errorf("%d in order and %d known, want 3", m.order.Len(), len(m.known))
	}
}

func TestQuarantineIsForGoodAndBounded(t *testing.T) {
	m := NewMemory()
	for i := range mostQuarantined + 1 {
		for range 2 {
			if err := m.Quarantine(strconv.Itoa(i), start); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := m.Quarantined()
	if len(got) != mostQuarantined || got[0] != "1" {
		t.Errorf("%d in quarantine, the oldest is %s, want %d and 1", len(got), got[0], mostQuarantined)
	}
	first(t, m, "1", start.Add(100*RememberedFor), false)
	first(t, m, "0", start.Add(100*RememberedFor), true)
}

func TestOfManyDeliveriesAtOnceOneIsTheFirst(t *testing.T) {
	p := github(t)
	var done sync.WaitGroup
	var wrong atomic.Int32
	for range 2 * bodiesAtOnce {
		done.Go(func() {
			if p.do(githubRequest("issue_comment", "d-1", githubNewComment)).Code != 202 {
				wrong.Add(1)
			}
		})
	}
	done.Wait()
	if got := p.woken(); len(got) != 1 || wrong.Load() != 0 {
		t.Errorf("woken %d times, %d not answered 202, want one and none", len(got), wrong.Load())
	}
}

func TestAStrangeDeliveryIDIsKeptAsItsHash(t *testing.T) {
	for _, id := range []string{strings.Repeat("x", 1<<16), "a\nb", "a b", "../x", "é"} {
		p := gitlab(t, fixed(testSecret), nil)
		p.wake = func(Hint) { panic("x") }
		for range 2 {
			p.wants(t, withToken(gitlabRequest("Note Hook", id, gitlabNewNote)), 202)
		}
		if got := p.memory.Quarantined(); len(got) != 1 || len(got[0]) != len("gitlab/")+64 || len(p.woken()) != 1 {
			t.Errorf("the id %.20q is quarantined as %q after %d calls, want one hash after one", id, got, len(p.woken()))
		}
	}
}
