package crash

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/race"
)

// perProcess is how many looks one process holds when it is killed: so many that planning does not cost more than dying.
const perProcess = 100

// every is what part of the instants is killed at. CI kills at all of them, in a step of its own.
var every = flag.Int("crash.every", 12, "kill at one instant of so many; 1 = at each, and walk through the stories as well")

// kinds are the effects that the two stories must have between them, lest the matrix prove less than it says.
var kinds = []string{"close", "comment", "commit", "delete", "edit", "merge", "open", "react", "set", "update", "transaction of history.db"}

func TestKilledAtAnyInstantTheWorldIsTheSameInTheEnd(t *testing.T) {
	if race.Enabled {
		t.Skip("processes that plan take too long under the race detector; run without -race")
	}
	var found tally
	t.Run("stories", func(t *testing.T) {
		for _, story := range stories {
			t.Run(story.name, func(t *testing.T) {
				t.Parallel()
				looks := undisturbed(t, story.tell)
				effects := found.count(looks)
				var all []death
				for _, look := range looks {
					for i := range look.answer.Instants {
						all = append(all, death{look, i})
					}
				}
				t.Logf("a whole %s: %d looks, %d effects, %d instants to be killed at", story.name, len(looks), effects, len(all))
				t.Run("matrix", func(t *testing.T) { matrix(t, all) })
				if *every == 1 {
					t.Run("walk", func(t *testing.T) {
						t.Parallel()
						walk(t, looks)
					})
				}
			})
		}
	})
	t.Logf("effects by kind: %v", found.kinds)
	for _, kind := range kinds {
		if found.stories == len(stories) && found.kinds[kind] == 0 {
			t.Errorf("no story has the effect %q", kind)
		}
	}
}

// death is one instant of a look.
type death struct {
	recorded
	at int
}

func (d death) instant() Instant { return d.answer.Instants[d.at] }

// matrix kills at each instant on its own.
func matrix(t *testing.T, all []death) {
	var chosen []death
	for i := *every / 2; i < len(all); i += max(*every, 1) {
		chosen = append(chosen, all[i])
	}
	for some := range slices.Chunk(chosen, perProcess) {
		t.Run(some[0].order.Now.Format("15:04"), func(t *testing.T) {
			t.Parallel()
			die(t, some)
		})
	}
}

// die kills a process that stands at all of these instants at once, and has another one finish what is left of each world.
func die(t *testing.T, all []death) {
	dir := t.TempDir()
	orders := make([]Order, len(all))
	for i, d := range all {
		orders[i] = d.restored(t, filepath.Join(dir, fmt.Sprint(i)))
		orders[i].Stop = d.at
	}
	for i, a := range send(t, orders...) {
		if n := len(a.Instants); !a.Killed || n == 0 || a.Instants[n-1] != all[i].instant() {
			t.Fatalf("the process was to be killed %s; it passed %v", all[i].instant(), a.Instants)
		}
	}
	known := map[string]bool{}
	var left []int
	for i, o := range orders {
		// Of deaths in the same look that leave the same, one is enough to recover from.
		key := all[i].before + "\n" + strings.Join(mustSay(t, o.World), "\n")
		if !known[key] {
			left = append(left, i)
		}
		known[key] = true
	}
	var again []Order
	for _, i := range left {
		orders[i].Stop = never
		again = append(again, orders[i], orders[i])
	}
	p := start(t)
	answers := p.look(again...)
	p.end()
	restarted := 0
	for n, i := range left {
		if wantSame(t, "killed "+all[i].instant().String(), all[i].says, orders[i].World) {
			restarted++
		}
		if more := answers[2*n+1].Instants; len(more) > 0 {
			t.Errorf("killed %s: the next process left something to do: %v", all[i].instant(), more)
		}
	}
	if restarted > 0 {
		t.Logf("after %d of %d deaths a soak begins anew", restarted, len(left))
	}
}

// restored puts the world before the look in place again.
func (r recorded) restored(t testing.TB, world string) Order {
	t.Helper()
	if err := copyWorld(r.before, world); err != nil {
		t.Fatal(err)
	}
	o := r.order
	o.World = world
	return o
}

// walk kills each process right after the first effect that it has on the forge, again and again until nothing is left to do. Every look ends where the next one
// begins, so the walk goes through the whole story.
func walk(t *testing.T, looks []recorded) {
	dir := t.TempDir()
	going := map[int]Order{}
	for i, look := range looks {
		going[i] = look.restored(t, filepath.Join(dir, fmt.Sprint(i)))
	}
	processes, deaths := 0, 0
	for ; len(going) > 0; processes++ {
		numbers := slices.Sorted(maps.Keys(going))
		var orders []Order
		for _, i := range numbers {
			o := going[i]
			o.Stop = firstEffect
			orders = append(orders, o)
		}
		for n, a := range send(t, orders...) {
			i := numbers[n]
			if a.Killed {
				deaths++
				continue
			}
			wantSame(t, "walked through the look at "+orders[n].Now.Format(time.TimeOnly), looks[i].says, orders[n].World)
			delete(going, i)
		}
	}
	t.Logf("%d processes died in %d looks, after their first effect on the forge", processes-1, deaths)
}
