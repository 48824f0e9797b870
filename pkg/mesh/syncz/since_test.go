package syncz

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func look(at time.Time, answered bool, conns ...checks.Connection) []checks.Istiod {
	return []checks.Istiod{{Namespace: rootNamespace, Pod: "istiod-0", Answered: answered, AskedAt: at, Connections: conns}}
}

func conn(proxy string, state checks.SyncState) checks.Connection {
	return checks.Connection{Proxy: proxy, Version: "1.29.3", State: state}
}

func sinces(istiods []checks.Istiod) []time.Time {
	var all []time.Time
	for _, c := range istiods[0].Connections {
		all = append(all, c.Since)
	}
	return all
}

func TestAStateGoesOnUntilItChanges(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	var long time.Time // what counts as long ago
	looks := []struct {
		istiods []checks.Istiod
		want    []time.Time
	}{
		{look(minute(0), true, conn("a.ns", checks.Stale)), []time.Time{long}}, // the first look knows nothing of before
		{look(minute(1), true, conn("a.ns", checks.Stale)), []time.Time{long}},
		{look(minute(2), true, conn("a.ns", checks.Synced), conn("b.ns", checks.Stale)), []time.Time{minute(2), minute(2)}},
		{look(minute(3), true, conn("a.ns", checks.Stale), conn("b.ns", checks.Stale)), []time.Time{minute(3), minute(2)}},
		{look(minute(4), false), nil}, // nobody knows what went on meanwhile
		{look(minute(5), true, conn("a.ns", checks.Stale), conn("b.ns", checks.Stale)), []time.Time{long, long}},
	}
	var before []checks.Istiod
	for i, l := range looks {
		got := Continue(before, l.istiods)
		if diff := cmp.Diff(l.want, sinces(got)); diff != "" {
			t.Fatalf("look %d (-want +got):\n%s", i, diff)
		}
		before = got
	}
}

func TestAProxyThatIsThereTwiceKeepsBothItsStates(t *testing.T) {
	// Istiod keeps a dead connection for a while after the proxy has come back.
	first := Continue(look(noon, true), look(noon.Add(time.Minute), true, conn("a.ns", checks.Stale)))
	second := Continue(first, look(noon.Add(2*time.Minute), true, conn("a.ns", checks.Stale), conn("a.ns", checks.Synced)))
	third := Continue(second, look(noon.Add(3*time.Minute), true, conn("a.ns", checks.Synced), conn("a.ns", checks.Stale)))
	if diff := cmp.Diff([]time.Time{noon.Add(2 * time.Minute), noon.Add(time.Minute)}, sinces(third)); diff != "" {
		t.Errorf("since (-want +got):\n%s", diff)
	}
}

func TestOfTwoConnectionsInOneStateTheOlderIsGoneOnWith(t *testing.T) {
	older, younger := conn("a.ns", checks.Stale), conn("a.ns", checks.Stale)
	older.Since, younger.Since = noon.Add(-time.Hour), noon
	for _, before := range [][]checks.Connection{{older, younger}, {younger, older}} {
		now := Continue(look(noon, true, before...), look(noon.Add(time.Minute), true, conn("a.ns", checks.Stale)))
		if diff := cmp.Diff([]time.Time{older.Since}, sinces(now)); diff != "" {
			t.Errorf("since (-want +got):\n%s", diff)
		}
	}
}

func TestWhatIsKnownOfOneIstiodSaysNothingOfAnother(t *testing.T) {
	before := look(noon, true, conn("a.ns", checks.Stale))
	now := look(noon.Add(time.Minute), true, conn("a.ns", checks.Stale))
	now[0].Pod = "istiod-1"
	if diff := cmp.Diff([]time.Time{{}}, sinces(Continue(before, now))); diff != "" {
		t.Errorf("since (-want +got):\n%s", diff)
	}
}

func TestLooksAreNotChangedByComparingThem(t *testing.T) {
	before, now := look(noon, true), look(noon.Add(time.Minute), true, conn("a.ns", checks.Stale))
	Continue(before, now)
	if !now[0].Connections[0].Since.IsZero() {
		t.Errorf("the look has changed: %+v", now)
	}
}

func TestAPushInFlightIsStaleForAMomentOnly(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	c := bot(t, ca)
	at := noon
	c.config.Now = func() time.Time { return at }
	s := DefaultSweep(c)
	s.Retries = 0
	look := func(before []checks.Istiod) []checks.Istiod {
		now := Continue(before, Istiods(s.Run(t.Context(), []Target{i.target("default")}, nil)))
		at = at.Add(time.Minute)
		return now
	}
	push := func(x exchange) {
		i.change(func(all []*client) []*client { all[0].watched[routeType] = x; return all[:1] })
	}
	push(exchange{Sent: "3", Acked: "3"})
	before := look(nil)
	push(exchange{Sent: "9", Acked: "3"})
	during := look(before)
	push(exchange{Sent: "9", Acked: "9"})
	after := look(during)
	got := []checks.Connection{before[0].Connections[0], during[0].Connections[0], after[0].Connections[0]}
	for n, want := range []struct {
		state checks.SyncState
		since time.Time
	}{{checks.Synced, time.Time{}}, {checks.Stale, noon.Add(time.Minute)}, {checks.Synced, noon.Add(2 * time.Minute)}} {
		if got[n].State != want.state || !got[n].Since.Equal(want.since) {
			t.Errorf("look %d: %s since %s, want %s since %s", n, got[n].State, got[n].Since, want.state, want.since)
		}
	}
}
