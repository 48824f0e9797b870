package crash

import (
	"fmt"
	"strings"
)

// Side is where an instant lies, seen from the effect that it belongs to.
type Side string

// The sides.
const (
	Before Side = "before"
	Within Side = "within" // a branch is moved, and the forge's database does not know yet
	After  Side = "after"
)

// Instant is one moment of a look at which a process may die.
type Instant struct {
	Side   Side   `json:"side"`
	Effect int    `json:"effect"` // number in the look, from 0
	What   string `json:"what"`   // the effect: "forge: react to comment 3 of !1 with eyes"
}

func (i Instant) String() string { return fmt.Sprintf("%s effect %d, %s", i.Side, i.Effect, i.What) }

// tap counts the instants of one look, in the one goroutine that looks, and ends it at one of them.
type tap struct {
	stop    int             // index of the instant to die at, or never, or firstEffect
	die     func([]Instant) // does not return
	seen    []Instant
	effects int

	within    *Instant // a call of the forge that has not returned
	unsettled *Instant // a transaction that was not told to be over
}

// onForge begins the names of effects that are calls of the forge.
const onForge = "forge: "

func (t *tap) pass(i Instant) {
	t.seen = append(t.seen, i)
	if len(t.seen)-1 == t.stop || t.stop == firstEffect && i.Side == After && strings.HasPrefix(i.What, onForge) {
		t.die(t.seen)
	}
}

// around takes a call of the forge that writes.
func (t *tap) around(what string, call func() error) error {
	t.settled()
	i := Instant{Side: Before, Effect: t.effects, What: onForge + what}
	t.effects++
	t.within = &i
	t.pass(i)
	err := call()
	t.within = nil
	i.Side = After
	t.pass(i)
	return err
}

// commits takes a transaction that changes rows and is about to be committed. One within a call of the forge is part of that effect, and an instant of its
// own where Git has changed already.
func (t *tap) commits(what string, moved bool) {
	if t.within != nil {
		if i := *t.within; moved {
			i.Side = Within
			t.pass(i)
		}
		return
	}
	t.settled()
	t.unsettled = &Instant{Side: Before, Effect: t.effects, What: what}
	t.effects++
	t.pass(*t.unsettled)
}

// settled tells that the last transaction is committed, and nothing has been done since.
func (t *tap) settled() {
	if t.unsettled == nil {
		return
	}
	i := *t.unsettled
	t.unsettled = nil
	i.Side = After
	t.pass(i)
}
