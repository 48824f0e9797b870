package e2e_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/test/e2e/istiod"
)

var (
	chaosFor  = flag.Duration("e2e.chaos", 2*time.Minute, "how long istiods and the API server come and go")
	chaosSeed = flag.Uint64("e2e.seed", 0, "of chaos; 0 = any")
)

// claim is what a gate says when it is green: everybody of these namespaces is connected to that control plane, or, without namespaces, nobody at all is connected to it.
type claim struct {
	gate       checks.Gate
	to         checks.ControlPlane
	namespaces []string
}

// denied are the proxies that make a claim untrue at every instant of a look. Whoever came or went in between makes nothing untrue. What istiods said is from the instant when
// they were asked; what the API server says is followed, and has to be of the look itself, but for the second that a watch may take.
func (w *world) denied(c claim, asked, from, to time.Time) []string {
	there := func(pod string) bool { return revisionOf(pod) == c.to.Revision }
	var all []string
	for key, l := range w.fleet.Lives() {
		switch sent := revisionOf(l.Host) == c.to.Revision; {
		case l.Throughout(from.Add(-time.Second), to) && (len(c.namespaces) == 0 && sent || slices.Contains(c.namespaces, l.Namespace) && !sent):
			all = append(all, key)
		case !l.Throughout(asked, to):
		case len(c.namespaces) == 0:
			if l.Always(asked, to, there) {
				all = append(all, key)
			}
		case slices.Contains(c.namespaces, l.Namespace) && !l.Ever(asked, to, there):
			all = append(all, key)
		}
	}
	return all
}

// TestNoGreenThatTheTruthDeniesWhileEverythingComesAndGoes has istiods hang, die and come back, the API server be killed and started again, and workloads be moved to and fro,
// and looks all the time.
func TestNoGreenThatTheTruthDeniesWhileEverythingComesAndGoes(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-e2e.seed=%d", seed)
	live.installCanary(t)
	for _, ns := range []string{"shop", "bank"} {
		live.namespace(t, ns, map[string]string{"istio-injection": "enabled"})
		live.deployment(t, ns, "web", 3)
	}
	e := live.eyesOf(t, istiod.Namespace, observerAccount)
	_, _ = e.until(t, moved(old, "shop", "bank"), checks.Pass)
	claims := []claim{
		{moved(old, "shop"), old, []string{"shop"}}, {moved(old, "bank"), old, []string{"bank"}},
		{moved(canary, "shop"), canary, []string{"shop"}}, {moved(canary, "bank"), canary, []string{"bank"}},
		{moved(canary, "shop", "bank"), canary, []string{"shop", "bank"}}, {moved(old, "shop", "bank"), old, []string{"shop", "bank"}},
		{checks.Unused(upgrade, old, 0), old, nil}, {checks.Unused(upgrade, canary, 0), canary, nil},
	}
	inLife, err := live.open(e.config, istiod.Namespace, observerAccount, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer inLife.stop()
	inLife.patient = true
	ctx, cancel := context.WithTimeout(t.Context(), *chaosFor)
	defer cancel()
	var running sync.WaitGroup
	mess := chaos{w: live, dice: rand.New(rand.NewPCG(seed, 0)), did: map[string]int{}}
	running.Go(func() { mess.run(ctx) })
	watchers := []*watcher{{eyes: e, name: "asking at each look"}, {eyes: inLife, name: "asking as in life"}}
	for _, watch := range watchers {
		running.Go(func() { watch.run(ctx, t, claims) })
	}
	running.Wait()
	if mess.failed != nil {
		t.Fatal(mess.failed)
	}
	t.Logf("chaos: %v", mess.did)
	for _, watch := range watchers {
		v := watch.verdicts
		t.Logf("%s: %d looks, %d of them saw nothing; verdicts: %d green, %d wait, %d fail, %d unknown", watch.name, watch.looks, watch.blind, v[checks.Pass], v[checks.Wait], v[checks.Fail], v[checks.Unknown])
		if v[checks.Pass] == 0 || v[checks.Unknown] == 0 {
			t.Error("nothing was green, or nothing unknown: this shows little")
		}
	}
	// When it is over, all is well again.
	for _, ns := range []string{"shop", "bank"} {
		live.label(t, ns, map[string]string{"istio-injection": "enabled", "istio.io/rev": ""})
		live.restart(t, ns, "deployments", "web", "at last")
	}
	_, r := e.until(t, moved(old, "shop", "bank"), checks.Pass)
	live.agree(t, r, old, "shop", "bank")
}

// watcher looks all the time, and holds what is green against the truth.
type watcher struct {
	eyes         *eyes
	name         string
	looks, blind int
	verdicts     map[checks.Verdict]int
}

func (w *watcher) run(ctx context.Context, t *testing.T, claims []claim) {
	w.verdicts = map[checks.Verdict]int{}
	for ctx.Err() == nil {
		from := time.Now()
		seen, err := w.eyes.try(ctx, 3*time.Second)
		to, oldest := time.Now(), from
		w.looks++
		if err != nil {
			w.blind++
			continue
		}
		for _, it := range seen.Istiods {
			if asked := it.AskedAt.Add(-time.Duration(w.eyes.ahead.Load())); it.Answered && asked.Before(oldest) {
				oldest = asked
			}
		}
		for _, c := range claims {
			r := c.gate.Evaluate(seen, checks.Merge{})
			w.verdicts[r.Verdict]++
			if !r.Green() {
				continue
			}
			if denied := live.denied(c, oldest, from, to); len(denied) > 0 {
				t.Errorf("%s, %s is green at %s, and %q deny it", w.name, c.gate.Title, seen.At, denied)
			}
		}
		wait(ctx, 20*time.Millisecond)
	}
}

// chaos does one thing after another.
type chaos struct {
	w      *world
	dice   *rand.Rand
	did    map[string]int
	failed error
	turn   int
}

func (c *chaos) run(ctx context.Context) {
	for ctx.Err() == nil && c.failed == nil {
		c.turn++
		pods := c.w.istiods.Pods("istiod-")
		pod := ""
		if len(pods) > 0 {
			pod = pods[c.dice.IntN(len(pods))]
		}
		switch c.dice.IntN(7) {
		case 0, 1:
			c.do("an istiod hangs")
			c.w.istiods.Signal(pod, syscall.SIGSTOP)
			wait(ctx, c.upTo(5*time.Second))
			c.w.istiods.Signal(pod, syscall.SIGCONT)
		case 2:
			c.do("an istiod dies")
			c.w.istiods.Signal(pod, syscall.SIGKILL)
		case 3:
			c.do("the API server dies")
			c.w.APIServer().Kill()
			wait(ctx, c.upTo(3*time.Second))
			c.failed = c.w.StartAPIServer(context.WithoutCancel(ctx))
			// Whoever has not listed anew by now does not see this.
			c.move(ctx, []string{"shop", "bank"}[c.dice.IntN(2)], c.dice.IntN(2) == 0)
		case 4, 5:
			c.do("a namespace moves")
			c.move(ctx, []string{"shop", "bank"}[c.dice.IntN(2)], c.dice.IntN(2) == 0)
		case 6:
			c.do("a pod dies")
			c.kill(ctx, []string{"shop", "bank"}[c.dice.IntN(2)])
		}
		wait(ctx, c.upTo(6*time.Second))
	}
}

func (c *chaos) do(what string) { c.did[what]++ }

func (c *chaos) upTo(d time.Duration) time.Duration { return time.Duration(c.dice.Int64N(int64(d))) }

// move labels a namespace and, mostly, restarts what is in it. While istiods are away this is refused at times.
func (c *chaos) move(ctx context.Context, namespace string, there bool) {
	labels := `{"istio-injection":"enabled","istio.io/rev":null}`
	if there {
		labels = `{"istio-injection":null,"istio.io/rev":"` + canary.Revision + `"}`
	}
	_, _ = c.w.Client.CoreV1().Namespaces().Patch(ctx, namespace, types.MergePatchType, []byte(`{"metadata":{"labels":`+labels+`}}`), metav1.PatchOptions{})
	if c.dice.IntN(4) > 0 {
		restart := `{"spec":{"template":{"metadata":{"annotations":{"linnet.example/restart":"` + strconv.Itoa(c.turn) + `"}}}}}`
		_, _ = c.w.Client.AppsV1().Deployments(namespace).Patch(ctx, "web", types.StrategicMergePatchType, []byte(restart), metav1.PatchOptions{})
	}
}

func (c *chaos) kill(ctx context.Context, namespace string) {
	pods, err := c.w.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err == nil && len(pods.Items) > 0 {
		_ = c.w.Client.CoreV1().Pods(namespace).Delete(ctx, pods.Items[c.dice.IntN(len(pods.Items))].Name, metav1.DeleteOptions{})
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
