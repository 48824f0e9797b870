package syncz

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// pods are running istiod pods, "revision/name" each.
func pods(names ...string) []Target {
	var all []Target
	for _, n := range names {
		revision, pod, _ := strings.Cut(n, "/")
		all = append(all, Target{Istiod: checks.Istiod{Namespace: rootNamespace, Pod: pod, Revision: revision, Version: "label", Phase: "Running"}, Address: pod})
	}
	return all
}

// answer is one that names proxies.
func answer(proxies ...string) Answer {
	a := Answer{At: noon, Version: "1.29.3", Visibility: Visibility{Sight: Everything}, Root: "aa"}
	for _, p := range proxies {
		a.Connections = append(a.Connections, checks.Connection{Proxy: p, Cluster: "Kubernetes", Version: "1.29.3", State: checks.Synced})
	}
	return a
}

func TestASweepAsksEveryPodOfEveryRevision(t *testing.T) {
	ca := newAuthority(t)
	one := newIstiod(t, ca, "istiod-1-28-3-a", "1.28.3", "istiod-1-28-3.istio-system.svc")
	two := newIstiod(t, ca, "istiod-1-28-3-b", "1.28.3", "istiod-1-28-3.istio-system.svc")
	three := newIstiod(t, ca, "istiod-1-29-3-a", "1.29.3", "istiod-1-29-3.istio-system.svc")
	two.change(func([]*client) []*client { return []*client{sidecar("api-0.shop", "1.28.3")} })
	three.change(func([]*client) []*client { return nil })
	gone := Target{Istiod: checks.Istiod{Namespace: rootNamespace, Pod: "istiod-1-29-3-b", Revision: "1-29-3", Phase: "Pending"}}
	over := Target{Istiod: checks.Istiod{Namespace: rootNamespace, Pod: "istiod-1-28-3-c", Revision: "1-28-3", Phase: "Failed"}, Address: "127.0.0.1:1"}
	terminating := three.target("1-29-3")
	terminating.Istiod.Deleting, terminating.Istiod.Ready = true, false

	s := DefaultSweep(bot(t, ca))
	s.Retries = 0
	got := s.Run(t.Context(), []Target{one.target("1-28-3"), two.target("1-28-3"), terminating, gone, over}, nil)
	conn := func(proxy string) checks.Connection {
		return checks.Connection{Proxy: proxy, Cluster: "Kubernetes", Version: "1.28.3", State: checks.Synced}
	}
	want := []checks.Istiod{
		{Namespace: rootNamespace, Pod: "istiod-1-28-3-a", Revision: "1-28-3", Version: "1.28.3", Phase: "Running", Ready: true, Answered: true, AskedAt: noon,
			Connections: []checks.Connection{conn("podinfo-6d8f7c9d4b-x2k9p.podinfo"), conn("web-0.shop")}},
		{Namespace: rootNamespace, Pod: "istiod-1-28-3-b", Revision: "1-28-3", Version: "1.28.3", Phase: "Running", Ready: true, Answered: true, AskedAt: noon,
			Connections: []checks.Connection{conn("api-0.shop")}},
		{Namespace: rootNamespace, Pod: "istiod-1-29-3-a", Revision: "1-29-3", Version: "1.29.3", Phase: "Running", Deleting: true, Answered: true, AskedAt: noon},
		{Namespace: rootNamespace, Pod: "istiod-1-29-3-b", Revision: "1-29-3", Phase: "Pending", Error: "it has no address yet"},
		{Namespace: rootNamespace, Pod: "istiod-1-28-3-c", Revision: "1-28-3", Phase: "Failed", Error: "it was not asked"},
	}
	if diff := cmp.Diff(want, Istiods(got), byProxy, withoutTypes); diff != "" {
		t.Errorf("istiods (-want +got):\n%s", diff)
	}
	if by := ByPod(Istiods(got)); len(by) != 5 || by[checks.NamespacedName{Namespace: rootNamespace, Name: "istiod-1-28-3-b"}].Connections[0].Proxy != "api-0.shop" {
		t.Errorf("by pod: %+v", by)
	}
	wantRoots := []checks.RootCertificate{
		{Source: "istiod", Namespace: rootNamespace, Name: "istiod-1-28-3-a", Revision: "1-28-3", Fingerprint: ca.fingerprint()},
		{Source: "istiod", Namespace: rootNamespace, Name: "istiod-1-28-3-b", Revision: "1-28-3", Fingerprint: ca.fingerprint()},
		{Source: "istiod", Namespace: rootNamespace, Name: "istiod-1-29-3-a", Revision: "1-29-3", Fingerprint: ca.fingerprint()},
	}
	if diff := cmp.Diff(wantRoots, Roots(got)); diff != "" {
		t.Errorf("roots (-want +got):\n%s", diff)
	}
}

func TestASweepByAnOutsiderIsUnderSuspicion(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "1.29.3")
	s := DefaultSweep(outsider(t, ca))
	s.Pause = 0
	got := s.Run(t.Context(), []Target{i.target("default")}, []Expected{{Proxy: "web-0.shop"}})
	if !got[0].Answered || got[0].Filtered == "" || len(got[0].Connections) > 0 {
		t.Errorf("seen %+v, want an empty answer under suspicion", got[0])
	}
	if n := len(i.questions()); n != 2 {
		t.Errorf("%d questions, want 2: one that filters its answer is not asked again", n)
	}
}

func TestAStoppedIstiodKeepsNobodyWaitingAndHasNotAnswered(t *testing.T) {
	ca := newAuthority(t)
	well := newIstiod(t, ca, "istiod-0", "1.29.3")
	stopped := (&istiod{pod: "istiod-1", address: mute(t)}).target("default")
	c := bot(t, ca)
	s := DefaultSweep(c)
	s.Retries = 0
	s.Ask = func(ctx context.Context, target Target) (Answer, error) {
		if target.Istiod.Pod == stopped.Istiod.Pod {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
		}
		return c.Ask(ctx, target)
	}
	got := s.Run(t.Context(), []Target{stopped, well.target("default")}, nil)
	if got[0].Answered || !strings.Contains(got[0].Error, "no answer in time") || !got[1].Answered {
		t.Errorf("seen %+v", got)
	}
}

func TestASweepIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		s := Sweep{Parallel: 3, Timeout: 10 * time.Second, Ask: func(ctx context.Context, target Target) (Answer, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			defer func() { mu.Lock(); now--; mu.Unlock() }()
			if target.Istiod.Pod == "c" {
				<-ctx.Done()
				return Answer{}, ctx.Err()
			}
			time.Sleep(time.Second)
			return answer(target.Istiod.Pod + ".ns"), nil
		}}
		start := time.Now()
		got := s.Run(t.Context(), pods("r/a", "r/b", "r/c", "r/d", "r/e", "r/f", "r/g"), nil)
		if most != 3 {
			t.Errorf("%d were asked at once, want 3", most)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("it took %s, want the time-out of the slowest, 10s", took)
		}
		for i, g := range got {
			if want := g.Pod != "c"; g.Answered != want || g.Pod != string(rune('a'+i)) {
				t.Errorf("%d: %s answered %v (%s), want %v", i, g.Pod, g.Answered, g.Error, want)
			}
		}
	})
}

func TestASweepEndsWithItsContextAndSaysWhoWasNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := Sweep{Parallel: 1, Timeout: time.Minute, Retries: 5, Pause: time.Hour, Ask: func(ctx context.Context, _ Target) (Answer, error) {
			<-ctx.Done()
			return Answer{}, ctx.Err()
		}}
		start := time.Now()
		got := s.Run(ctx, pods("r/a", "r/b", "r/c"), nil)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s, want 1s", took)
		}
		for _, g := range got {
			if g.Answered || g.Error != context.DeadlineExceeded.Error() {
				t.Errorf("%s: answered %v, %q", g.Pod, g.Answered, g.Error)
			}
		}
	})
}

func TestWhoIsMissingIsAskedForAgain(t *testing.T) {
	// On its way from one replica to another a proxy is on none.
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string]int{}
		var at []time.Duration
		start := time.Now()
		s := Sweep{Parallel: 4, Timeout: time.Second, Retries: 2, Pause: 20 * time.Second, Ask: func(_ context.Context, target Target) (Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			asked[target.Istiod.Pod]++
			at = append(at, time.Since(start))
			if target.Istiod.Pod == "new-b" && asked["new-b"] > 1 {
				return answer("web-0.shop"), nil
			}
			return answer(target.Istiod.Pod + ".ns"), nil
		}}
		got := s.Run(t.Context(), pods("old/old-a", "new/new-a", "new/new-b"), []Expected{{Proxy: "web-0.shop", Revision: "new"}, {Proxy: "old-a.ns", Revision: "old"}})
		if diff := cmp.Diff(map[string]int{"old-a": 1, "new-a": 2, "new-b": 2}, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if last := at[len(at)-1]; last != 20*time.Second {
			t.Errorf("asked again after %s, want 20s", last)
		}
		if missing := Missing([]Expected{{Proxy: "web-0.shop"}}, got); len(missing) > 0 {
			t.Errorf("missing %+v", missing)
		}
	})
}

func TestWhoeverIsReallyGoneIsAskedForOnlySoOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := Sweep{Parallel: 1, Timeout: time.Second, Retries: 2, Pause: time.Second, Ask: func(context.Context, Target) (Answer, error) { n++; return answer(), nil }}
		s.Run(t.Context(), pods("r/a"), []Expected{{Proxy: "web-0.shop", Revision: "r"}})
		if n != 3 {
			t.Errorf("asked %d times, want 3", n)
		}
	})
}

func TestASilentIstiodIsAskedAgainAndTheLatestWordCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		round := map[string]int{}
		var mu sync.Mutex
		s := Sweep{Parallel: 2, Timeout: time.Second, Retries: 1, Ask: func(_ context.Context, target Target) (Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			pod := target.Istiod.Pod
			round[pod]++
			if pod == "back" && round[pod] == 2 || pod == "dying" && round[pod] == 1 {
				return answer(pod + ".ns"), nil
			}
			return Answer{}, &Refusal{Target: target, Reason: "it hung up without an answer"}
		}}
		got := s.Run(t.Context(), pods("r/back", "r/dying"), []Expected{{Proxy: "web-0.shop", Revision: "r"}})
		if !got[0].Answered || got[1].Answered || got[1].Error != "it hung up without an answer" || len(got[1].Connections) > 0 {
			t.Errorf("seen %+v, want that the first is back and the second is silent", got)
		}
	})
}

func TestMissingLooksAtTheUnion(t *testing.T) {
	seen := []Seen{
		{Istiod: checks.Istiod{Revision: "old", Connections: []checks.Connection{{Proxy: "a.ns", Cluster: "here"}, {Proxy: "b.ns", Cluster: "there"}}}},
		{Istiod: checks.Istiod{Revision: "new", Connections: []checks.Connection{{Proxy: "c.ns", Cluster: "here"}, {Proxy: "d.ns"}}}},
	}
	expected := []Expected{{Proxy: "a.ns", Cluster: "here", Revision: "new"}, {Proxy: "b.ns", Cluster: "here"}, {Proxy: "b.ns"}, {Proxy: "c.ns", Cluster: "here"}, {Proxy: "d.ns", Cluster: "here"}, {Proxy: "e.ns"}}
	want := []Expected{{Proxy: "b.ns", Cluster: "here"}, {Proxy: "e.ns"}}
	if diff := cmp.Diff(want, Missing(expected, seen)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if got := Missing(nil, seen); got != nil {
		t.Errorf("missing of nothing = %+v", got)
	}
}

func TestWhoMayKnowAMissingProxyIsAskedAgain(t *testing.T) {
	pod := func(revision, phase string, answered bool, sight Sight) Seen {
		return Seen{Istiod: checks.Istiod{Revision: revision, Phase: phase, Answered: answered}, Visibility: Visibility{Sight: sight}}
	}
	seen := []Seen{
		pod("old", "Running", true, Everything), pod("new", "Running", true, Everything), pod("new", "Running", true, Filtered),
		pod("new", "Running", false, ""), pod("new", "Failed", false, ""), pod("new", "Running", true, Unsure), pod("gone", "Succeeded", false, ""),
	}
	for name, tt := range map[string]struct {
		missing []Expected
		want    []int
	}{
		"nobody":               {nil, []int{3}},
		"one of the new":       {[]Expected{{Revision: "new"}}, []int{1, 3, 5}},
		"one of the old":       {[]Expected{{Revision: "old"}}, []int{0, 3}},
		"one of both":          {[]Expected{{Revision: "old"}, {Revision: "new"}}, []int{0, 1, 3, 5}},
		"who knows where":      {[]Expected{{}}, []int{0, 1, 3, 5}},
		"one of a gone one":    {[]Expected{{Revision: "gone"}}, []int{0, 1, 3, 5}},
		"one of an unseen one": {[]Expected{{Revision: "new"}, {Revision: "unseen"}}, []int{0, 1, 3, 5}},
	} {
		if got := again(seen, tt.missing); !slices.Equal(got, tt.want) {
			t.Errorf("%s missing: %v are asked again, want %v", name, got, tt.want)
		}
	}
}

func TestAVersionThatIstiodDoesNotKnowIsThatOfItsPod(t *testing.T) {
	ca := newAuthority(t)
	i := newIstiod(t, ca, "istiod-0", "unknown")
	target := i.target("default")
	target.Istiod.Version = "1.31.0"
	s := DefaultSweep(bot(t, ca))
	s.Retries = 0
	if got := s.Run(t.Context(), []Target{target}, nil); !got[0].Answered || got[0].Version != "1.31.0" {
		t.Errorf("seen %+v, want an answer of 1.31.0", got[0])
	}
}

func TestAnErrorThatIsNoRefusalIsSaidAsItIs(t *testing.T) {
	s := Sweep{Ask: func(context.Context, Target) (Answer, error) { return Answer{}, errors.New("boom") }}
	if got := s.Run(t.Context(), pods("r/a"), nil); got[0].Error != "boom" || got[0].Version != "label" {
		t.Errorf("seen %+v", got[0])
	}
}
