package mesh

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
)

func TestListBeginsAgainWhenTheServerForgetsIt(t *testing.T) {
	a := newAPI(t)
	for i := range 501 {
		a.put(pods, podNamed(fmt.Sprintf("p-%04d", i)))
	}
	a.set(func() { a.lose = true })
	o := observe(t, follow(t, a))
	if len(o.Pods) != 501 {
		t.Errorf("got %d pods, want each of the 501 once", len(o.Pods))
	}
	// Pages may be forgotten again and again; one list as a whole cannot be.
	if asked := a.asked("list pods "); len(asked) != 3 || asked[2] != "list pods limit= continue= resourceVersion=" {
		t.Errorf("asked %q, want the third for all at once", asked)
	}
}

// After a watch has fallen too far behind everything is listed again, and what was deleted meanwhile is not believed to be there.
func TestWatchThatIsTooFarBehind(t *testing.T) {
	for _, as := range []string{"status", "event"} {
		t.Run(as, func(t *testing.T) {
			a := newAPI(t)
			a.put(pods, podNamed("old"))
			c := follow(t, a)
			await(t, c, "one pod", has("shop/old"))
			a.set(func() { a.goneAs, a.away = as, true })
			a.endWatches("")
			a.delete(pods, "shop", "old")
			a.put(pods, podNamed("new"))
			a.set(func() { a.oldest, a.away = a.version, false })
			await(t, c, "the new pod alone", has("shop/new"))
		})
	}
	t.Run("without a break", func(t *testing.T) {
		a := newAPI(t)
		a.put(pods, podNamed("old"))
		c := follow(t, a)
		await(t, c, "one pod", has("shop/old"))
		a.set(func() { a.oldest = a.version + 1000 })
		a.endWatches("pods")
		until(c, func() bool { return len(a.asked("list pods ")) > 1 })
		a.set(func() { a.oldest = 0 })
		await(t, c, "the pod again", has("shop/old"))
	})
}

// Bookmarks carry a quiet watch along, so that the next one need not begin at a version that is long gone.
func TestNextWatchBeginsAtTheBookmark(t *testing.T) {
	a := newAPI(t)
	c := follow(t, a)
	observe(t, c)
	version := a.bookmark(pods)
	a.put(pods, podNamed("after"))
	await(t, c, "what came after the bookmark", has("shop/after"))
	from := len(a.asked("watch pods "))
	a.endWatches("pods")
	await(t, c, "the next watch", func(*checks.Observation) bool { return len(a.asked("watch pods ")) > from })
	if got, want := a.asked("watch pods ")[from], fmt.Sprintf("watch pods resourceVersion=%d", version+1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(a.asked("list pods ")); n != 1 {
		t.Errorf("the pods were listed %d times, want once", n)
	}
}

// While the API server is away nothing is observed: what was true before is not given for what is.
func TestNothingIsObservedWhileTheServerIsAway(t *testing.T) {
	a := newAPI(t)
	a.put(pods, podNamed("on-the-old-revision"))
	c := follow(t, a)
	await(t, c, "one pod", has("shop/on-the-old-revision"))
	a.set(func() { a.away = true })
	a.endWatches("")
	until(c, func() bool { return !c.pods.watchOpen() })
	a.delete(pods, "shop", "on-the-old-revision")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if o, err := c.Observe(ctx); err == nil || !strings.Contains(err.Error(), "not up to date") {
		t.Errorf("got %v and %v, want an error that says what is not up to date", o, err)
	}
	a.set(func() { a.away = false })
	await(t, c, "how it is now", has(""))
}

// until waits for what no observation shows.
func until(c *Cluster, done func() bool) {
	for {
		changed := c.Changed()
		if done() {
			return
		}
		<-changed
	}
}

func (s *state) watchOpen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watching
}

// An answer that is no answer is neither an empty list nor a missing right.
func TestServerThatIsIll(t *testing.T) {
	for _, code := range []int{401, 500, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			a := newAPI(t)
			a.put(pods, podNamed("a"))
			a.set(func() { a.ill = code })
			c := follow(t, a)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if o, err := c.Observe(ctx); err == nil {
				t.Errorf("got %v, want an error", o)
			}
			a.set(func() { a.ill = 0 })
			if o := await(t, c, "the pod", has("shop/a")); o.MissingRights != nil {
				t.Errorf("got missing rights %q", o.MissingRights)
			}
		})
	}
}

// Whatever happens to the API server and the connections to it, what is seen in the end is what there is.
func TestFollowsThroughAnything(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			a := newAPI(t)
			c := follow(t, a)
			truth := map[string]bool{}
			for range 150 {
				name := fmt.Sprintf("p-%d", random.IntN(12))
				switch random.IntN(10) {
				case 0:
					a.set(func() { a.away = true })
				case 1, 2:
					a.set(func() { a.away, a.ill = false, 0 })
				case 3:
					a.set(func() { a.ill = 500 })
				case 4:
					a.endWatches("")
				case 5:
					a.set(func() { a.oldest = a.version })
				case 6:
					a.bookmark(pods)
				default:
					if truth[name] {
						a.delete(pods, "shop", name)
					} else {
						a.put(pods, podNamed(name))
					}
					truth[name] = !truth[name]
				}
				if random.IntN(8) > 0 {
					continue
				}
				a.set(func() { a.away, a.ill = false, 0 })
				var want []string
				for _, name := range slices.Sorted(maps.Keys(truth)) {
					if truth[name] {
						want = append(want, "shop/"+name)
					}
				}
				await(t, c, strings.Join(want, " "), has(strings.Join(want, " ")))
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	a := newAPI(t)
	c, err := New(a.config(), noon)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	if err := c.WaitForSync(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	c.clients.http.CloseIdleConnections()
	short, stop := context.WithCancel(t.Context())
	stop()
	if o, err := c.Observe(short); err == nil {
		t.Errorf("got %v although nobody follows the cluster any more", o)
	}
}

// A connection may die without either end being told. What happened behind it is seen nevertheless.
func TestWatchThatHasGoneSilent(t *testing.T) {
	a := newAPI(t)
	a.put(pods, podNamed("old"))
	c, err := New(a.config(), noon)
	if err != nil {
		t.Fatal(err)
	}
	c.clients.silence = 200 * time.Millisecond
	run(t, c)
	a.set(func() { a.mute = true })
	await(t, c, "one pod", has("shop/old"))
	a.delete(pods, "shop", "old")
	await(t, c, "its end", has(""))
}
