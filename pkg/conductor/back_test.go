package conductor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// newest is the number of the merge request that was opened last.
func (l *lab) newest() int { return len(l.requests()) }

// say comments below the newest merge request as ana.
func (l *lab) say(text string) forge.Comment {
	l.Helper()
	return l.comment(l.ana, l.newest(), text)
}

// on goes forward until so many phases are in, and the merge request of the next one is open.
func (l *lab) on(c *Conductor, done int) Status {
	l.Helper()
	s := l.look(c)
	for s.Done < done {
		s = l.until(c, "a merge request is ready", func(s Status) bool { return s.Situation == Ready })
		l.comment(l.ana, s.Request, "/canary promote")
		s = l.look(c)
	}
	return s
}

// back takes one phase back and wants the tree after it.
func (l *lab) back(c *Conductor, want tree.Tree) Status {
	l.Helper()
	before := l.look(c)
	order := l.say("/canary rollback")
	at := l.newest()
	s := l.look(c)
	if s.Request != at+1 {
		l.Fatalf("no merge request that goes back was opened:\n%s", s.Text(100))
	}
	l.wantReaction(at, order.ID, forge.Eyes, forge.Rocket)
	l.ready(c, s.Request)
	l.say("/canary promote")
	s = l.look(c)
	if s.Done != before.Done-1 || s.Situation != Around {
		l.Fatalf("not one step back:\n%s", s.Text(100))
	}
	if got := l.main(); !got.Equal(want) {
		l.Errorf("the tree after the step back is another:\n%s", tree.Patch(want, got))
	}
	return s
}

func TestRollbackOfAWave(t *testing.T) {
	l := newLab(t, "git")
	c := l.conductor()
	l.on(c, 2)
	before := l.main()
	l.on(c, 3)
	if s := l.look(c); s.Request != 4 {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	l.back(c, before)
	r := l.get(5)
	if want := "linnet/dev/3.19.0/1-03-back-"; !strings.HasPrefix(r.Source, want) {
		t.Errorf("the branch is %s, want %s…", r.Source, want)
	}
	if want := "dev: back 1/3: "; !strings.HasPrefix(r.Title, want) {
		t.Errorf("the title is %q, want %q…", r.Title, want)
	}
	if got := l.get(4); got.State != forge.Closed {
		t.Errorf("!4 is %s", got.State)
	}
	l.wantNote(5, "`/canary rollback` takes phase 2, canary, back.", "`/canary resume` goes forward, with phase 3")
	l.quietLook("it goes neither way by itself")
}

// From the last phase that can be taken back the walk leads, phase by phase, to the tree before the upgrade: promise 1.
func TestWholeWayBackLeadsToTheStart(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			l := newLab(t, flavour)
			c := l.conductor()
			start := l.main()
			plan, err := planner.Make(planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
			if err != nil {
				t.Fatal(err)
			}
			all := len(plan.Phases) - 1
			l.on(c, all)
			for done := all; done > 0; done-- {
				at, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", Policy: l.policy, Material: material()})
				if err != nil {
					t.Fatal(err)
				}
				l.back(c, at.Back.After)
				if want := fmt.Sprintf("dev: back %d/%d: ", all-done+1, all); !strings.HasPrefix(l.get(l.newest()).Title, want) {
					t.Errorf("the title is %q, want %q…", l.get(l.newest()).Title, want)
				}
			}
			if got := l.main(); !got.Equal(start) {
				t.Errorf("promise 1: the tree after the whole way back is not the start:\n%s", tree.Patch(start, got))
			}
			s := l.quietLook("it is back")
			if !strings.Contains(s.Happening, "what they were before") || s.Done != 0 {
				t.Errorf("got:\n%s", s.Text(100))
			}
			l.say("/canary resume")
			if s := l.ready(c, l.newest()+1); s.Phase != "crds" || l.get(s.Request).Source != "linnet/dev/3.19.0/2-01-crds" {
				t.Errorf("it does not begin again:\n%s", s.Text(100))
			}
		})
	}
}
