package crash

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// recorded is one look of the undisturbed bot.
type recorded struct {
	order  Order
	before string   // a copy of the world
	says   []string // what the world says after it
	answer Answer
}

// undisturbed tells a story with a bot that is never killed, and keeps every look that counts. Each look has a conductor of its own, so that a soak is known
// from the forge alone, as it is to a process that comes after another.
func undisturbed(t testing.TB, tell func(*stage)) []recorded {
	t.Helper()
	s, p := newStage(t), start(t)
	var looks []recorded
	s.look = func(o Order) Answer {
		if !s.watched {
			return p.look(o)[0]
		}
		r := recorded{order: o, before: filepath.Join(s.dir, fmt.Sprintf("before-%03d", s.looks))}
		if err := copyWorld(s.world, r.before); err != nil {
			t.Fatal(err)
		}
		r.answer = p.look(o)[0]
		r.says = mustSay(t, s.world)
		looks = append(looks, r)
		return r.answer
	}
	tell(s)
	p.end()
	return looks
}

func mustSay(t testing.TB, world string) []string {
	t.Helper()
	all, err := says(world)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tally counts the effects of stories by kind.
type tally struct {
	mu      sync.Mutex
	stories int
	kinds   map[string]int
}

// count adds the effects of a story, and tells how many there were.
func (c *tally) count(looks []recorded) (effects int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stories++; c.kinds == nil {
		c.kinds = map[string]int{}
	}
	for _, look := range looks {
		for _, i := range look.answer.Instants {
			if i.Side != Before {
				continue
			}
			effects++
			kind := i.What
			if what, ok := strings.CutPrefix(i.What, onForge); ok {
				kind, _, _ = strings.Cut(what, " ")
			}
			c.kinds[kind]++
		}
	}
	return effects
}
