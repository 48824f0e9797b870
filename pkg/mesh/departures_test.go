package mesh

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/pkg/checks"
)

// hands is a clock that is set by hand. It begins at noon.
type hands struct {
	mu     sync.Mutex
	passed time.Duration
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return noon().Add(h.passed)
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.passed += d
}

// meshed is a pod of the mesh, on the old revision.
func meshed(name string) string {
	return `{metadata: {namespace: shop, name: ` + name + `, annotations: {istio.io/rev: default, sidecar.istio.io/status: "{}"}, creationTimestamp: "2026-11-01T11:00:00Z",
		ownerReferences: [{apiVersion: batch/v1, kind: Job, name: report-1, controller: true}]}, status: {phase: Running}}`
}

func (s *store[T]) holds(name string) func() bool {
	return func() bool { _, there := s.get(key{"shop", name}); return there }
}

func (s *store[T]) lacks(name string) func() bool { return func() bool { return !s.holds(name)() } }

// watching follows a fake API server by a clock that is set by hand.
func watching(t *testing.T, a *fakeAPI) (*Cluster, *hands) {
	t.Helper()
	h := &hands{}
	c, err := New(a.config(), h.now)
	if err != nil {
		t.Fatal(err)
	}
	run(t, c)
	return c, h
}

func TestPodThatLivesForThreeSecondsIsInTheNextObservation(t *testing.T) {
	a := newAPI(t)
	a.put("/apis/batch/v1/jobs", "metadata: {namespace: shop, name: report-1, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: report, controller: true}]}")
	c, h := watching(t, a)
	before := observe(t, c)
	h.pass(10 * time.Second)
	a.put(pods, meshed("brief"))
	until(c, c.pods.store.holds("brief"))
	h.pass(time.Second)
	a.put(pods, meshed("brief"))
	h.pass(2 * time.Second)
	a.delete(pods, "shop", "brief")
	until(c, c.pods.store.lacks("brief"))
	h.pass(10 * time.Second)
	after := observe(t, c)
	if podNames(before) != "" || podNames(after) != "" || before.Departed != nil {
		t.Errorf("got pods %q before and %q after, and %v departed before, want none", podNames(before), podNames(after), before.Departed)
	}
	same(t, after.Departed, []checks.DepartedPod{{
		Namespace: "shop", Name: "brief", Revision: "default", FirstSeen: noon().Add(10 * time.Second), Gone: noon().Add(13 * time.Second),
		Owners: []checks.Owner{{APIVersion: "batch/v1", Kind: "Job", Name: "report-1"}, {APIVersion: "batch/v1", Kind: "CronJob", Name: "report"}},
	}})
	same(t, after.Watched, checks.Watched{Since: noon()})
	text, err := json.Marshal(after)
	if err != nil {
		t.Fatal(err)
	}
	var back checks.Observation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	same(t, back.Departed, after.Departed)
	same(t, back.Watched, after.Watched)
}

// What left while the watch was interrupted did so at some time, and more may have come and gone.
func TestPodsThatLeaveWhileNobodyWatches(t *testing.T) {
	a := newAPI(t)
	a.put(pods, meshed("old"))
	a.put(pods, meshed("stays"))
	c, h := watching(t, a)
	await(t, c, "two pods", has("shop/old shop/stays"))
	a.set(func() { a.away = true })
	a.endWatches("")
	until(c, func() bool { return !c.pods.watchOpen() })
	a.delete(pods, "shop", "old")
	a.put(pods, meshed("new"))
	h.pass(time.Minute)
	a.set(func() { a.oldest, a.away = a.version, false })
	o := await(t, c, "how it is now", has("shop/new shop/stays"))
	again := noon().Add(time.Minute)
	same(t, o.Watched, checks.Watched{Since: again, Why: "the watch on pods was interrupted until 2026-11-01 12:01:00 UTC"})
	if len(o.Departed) != 1 || o.Departed[0].Name != "old" || !o.Departed[0].Unseen || !o.Departed[0].Gone.Equal(again) {
		t.Errorf("got %+v, want the old pod, which nobody saw leave before %s", o.Departed, again)
	}
}

// The API server ends watches now and then. The next one begins where the last ended, so nothing is missed.
func TestNextWatchIsNoInterruption(t *testing.T) {
	a := newAPI(t)
	a.put(pods, meshed("old"))
	c, h := watching(t, a)
	await(t, c, "a pod", has("shop/old"))
	from := len(a.asked("watch pods "))
	h.pass(time.Minute)
	a.bookmark(pods)
	a.endWatches("pods")
	a.put(pods, meshed("brief"))
	a.delete(pods, "shop", "brief")
	a.delete(pods, "shop", "old")
	o := await(t, c, "the end of both", func(o *checks.Observation) bool { return len(a.asked("watch pods ")) > from && len(o.Departed) == 2 })
	same(t, o.Watched, checks.Watched{Since: noon()})
	if o.Departed[0].Name != "brief" || o.Departed[0].Unseen || o.Departed[1].Name != "old" {
		t.Errorf("got %+v, want both as they left", o.Departed)
	}
}

// shopPod is a pod without an API server.
func shopPod(name string, change func(*corev1.Pod)) pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Annotations: map[string]string{"istio.io/rev": "default", "sidecar.istio.io/status": "{}"}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
	if change != nil {
		change(p)
	}
	return (&shapes{}).pod(p)
}

// unfollowed is a Cluster that nobody follows, for what a watch would tell it.
func unfollowed(t testing.TB) (*Cluster, *hands) {
	h := &hands{}
	c, err := New(&rest.Config{Host: "http://127.0.0.1:1"}, h.now)
	if err != nil {
		t.Fatal(err)
	}
	c.pods.store.replace(nil)
	return c, h
}

func departed(c *Cluster) string {
	var all []string
	o := &checks.Observation{}
	c.takePods(o)
	for _, d := range o.Departed {
		all = append(all, fmt.Sprintf("%s on %s %s", d.Name, d.Revision, d.Gone.Sub(noon())))
	}
	return strings.Join(all, ", ")
}

func TestAPodDepartsWhenItsProxyEnds(t *testing.T) {
	done := func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }
	for _, tc := range []struct {
		name string
		tell func(c *Cluster, h *hands)
		want string
	}{
		{"deleted", func(c *Cluster, h *hands) { c.pods.store.remove(key{"shop", "a"}) }, "a on default 1m0s"},
		{"terminating", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "a"}, shopPod("a", func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: noon()} }))
		}, ""},
		{"ended, and deleted long after", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "a"}, shopPod("a", done))
			h.pass(10 * time.Minute)
			c.pods.store.remove(key{"shop", "a"})
		}, "a on default 1m0s"},
		{"never seen before it had ended", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "b"}, shopPod("b", done))
			c.pods.store.remove(key{"shop", "b"})
		}, ""},
		{"another of the same name in its place", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "a"}, shopPod("a", func(p *corev1.Pod) {
				p.CreationTimestamp, p.Annotations["istio.io/rev"] = metav1.NewTime(noon()), "1-30-3"
			}))
		}, "a on default 1m0s"},
		{"without a proxy", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "b"}, shopPod("b", func(p *corev1.Pod) { p.Annotations = nil }))
			c.pods.store.remove(key{"shop", "b"})
		}, ""},
		{"of a revision that it does not say", func(c *Cluster, h *hands) {
			c.pods.store.put(key{"shop", "b"}, shopPod("b", func(p *corev1.Pod) { delete(p.Annotations, "istio.io/rev") }))
			c.pods.store.remove(key{"shop", "b"})
		}, "b on  1m0s"},
		{"more than an hour ago", func(c *Cluster, h *hands) {
			c.pods.store.remove(key{"shop", "a"})
			h.pass(departedAge + time.Second)
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, h := unfollowed(t)
			c.pods.store.put(key{"shop", "a"}, shopPod("a", nil))
			h.pass(time.Minute)
			tc.tell(c, h)
			if got := departed(c); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// Where there are too many, nobody is told that none is missing.
func TestMoreDepartThanAreRemembered(t *testing.T) {
	c, h := unfollowed(t)
	for i := range mostDeparted + 2 {
		name := fmt.Sprint("p-", i)
		c.pods.store.put(key{"shop", name}, shopPod(name, nil))
		h.pass(time.Millisecond)
		c.pods.store.remove(key{"shop", name})
	}
	o := &checks.Observation{}
	c.takePods(o)
	if len(o.Departed) != mostDeparted || o.Departed[0].Name != "p-2" {
		t.Errorf("got %d departed, from %s on, want the last %d", len(o.Departed), o.Departed[0].Name, mostDeparted)
	}
	if want := noon().Add(2 * time.Millisecond); !o.Watched.Since.Equal(want) || !strings.Contains(o.Watched.Why, "more than 10000 pods have left within an hour") {
		t.Errorf("got %+v, want since %s, and why", o.Watched, want)
	}
}

// Whatever a watch tells, an observation accounts for every pod of the mesh that was there since the moment that it names, and each observation stays as it was.
func TestNoPodIsMissedThatWasThereWhileItWasWatched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &hands{}
		c, err := New(&rest.Config{Host: "http://127.0.0.1:1"}, h.now)
		if err != nil {
			t.Fatal(err)
		}
		c.pods.store.replace(nil)
		type life struct {
			name string
			end  time.Time // zero = it is there
		}
		var lives []*life
		there := map[string]*life{}
		end := func(name string) {
			there[name].end = h.now()
			delete(there, name)
		}
		created := noon()
		put := func(name string) pod {
			created = created.Add(time.Second)
			there[name] = &life{name: name}
			lives = append(lives, there[name])
			return shopPod(name, func(p *corev1.Pod) { p.CreationTimestamp = metav1.NewTime(created) })
		}
		type written struct {
			o    *checks.Observation
			text string
		}
		var observations []written
		names := rapid.SampledFrom([]string{"a", "b", "c"})
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			h.pass(time.Duration(rapid.IntRange(0, 1000).Draw(t, "seconds")) * time.Second)
			name := names.Draw(t, "name")
			_, is := there[name]
			switch event := rapid.SampledFrom([]string{"put", "put", "remove", "remove", "end", "list", "observe"}).Draw(t, "event"); {
			case event == "put" && !is:
				c.pods.store.put(key{"shop", name}, put(name))
			case event == "remove" && is:
				end(name)
				c.pods.store.remove(key{"shop", name})
			case event == "end" && is:
				end(name)
				c.pods.store.put(key{"shop", name}, shopPod(name, func(p *corev1.Pod) { p.Status.Phase, p.CreationTimestamp = corev1.PodFailed, metav1.NewTime(created) }))
			case event == "list":
				// Meanwhile one has left, and another has come and gone.
				if is {
					end(name)
				}
				put(name)
				end(name)
				var all []kept[pod]
				for name := range there {
					old, _ := c.pods.store.get(key{"shop", name})
					all = append(all, kept[pod]{key{"shop", name}, old})
				}
				c.pods.store.replace(all)
			case event == "observe":
				o := &checks.Observation{}
				c.takePods(o)
				text, _ := json.Marshal(o)
				observations = append(observations, written{o, string(text)})
				for _, l := range lives {
					alive := slices.ContainsFunc(o.Pods, func(p checks.Pod) bool { return p.Name == l.name && p.Phase == "Running" })
					gone := slices.ContainsFunc(o.Departed, func(d checks.DepartedPod) bool { return d.Name == l.name && d.Gone.Equal(l.end) })
					if l.end.IsZero() && !alive || l.end.After(o.Watched.Since) && !gone {
						t.Fatalf("%s, there until %s, is in neither list of %s", l.name, l.end, text)
					}
				}
			}
		}
		for _, k := range observations {
			if text, _ := json.Marshal(k.o); string(text) != k.text {
				t.Fatalf("it was\n%s\nand is\n%s", k.text, text)
			}
		}
	})
}
