package conductor

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// Every process dies right after its first write, without learning that it had succeeded, and all that it knew goes with it. What the key seals stays.
func TestProcessThatDiesAfterEveryWriteWalksTheSameUpgrade(t *testing.T) {
	l := newLab(t, "git")
	l.edit = func(s *Settings) { s.Marker = sealed(t) }
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	deaths := 0
	var writes []string
	for range 600 {
		for {
			r := &recorder{Forge: l.bot, after: func(int) error { return errKilled }}
			r.before = func(n int) error {
				if n > 0 {
					return errKilled
				}
				return nil
			}
			c := l.conductorAs(r)
			_, err := c.Look(t.Context())
			writes = append(writes, r.writes...)
			if err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			deaths++
		}
		c := l.conductor()
		s, err := c.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Situation == Finished {
			break
		}
		if s.Situation == Ready && len(s.Commands) == 0 {
			l.comment(l.ana, s.Request, "/canary promote")
			continue
		}
		l.pass(30 * time.Second)
	}
	t.Logf("%d processes died", deaths)
	if got := l.main(); !got.Equal(plan.InPlace) {
		t.Errorf("the tree is not that of the in-place bump:\n%s", tree.Patch(plan.InPlace, got))
	}
	requests := l.requests()
	if len(requests) != len(plan.Phases) {
		t.Errorf("%d merge requests for %d phases", len(requests), len(plan.Phases))
	}
	for _, r := range requests {
		if len(l.notes(r.Number)) != 1 || r.State != forge.Merged {
			t.Errorf("!%d is %s with %d notes", r.Number, r.State, len(l.notes(r.Number)))
		}
		if n := count(writes, "merge !"+number(r)); n != 1 {
			t.Errorf("!%d was merged %d times", r.Number, n)
		}
		if n := count(writes, "open "+r.Source); n != 1 {
			t.Errorf("%s was opened %d times", r.Source, n)
		}
	}
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// A vendor that cannot make a branch and a commit in one step leaves such a branch behind when the process dies in between.
func TestBranchThatWasMadeButNotFilledIsFinished(t *testing.T) {
	l := newLab(t, "git")
	tip, err := l.bot.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	l.commit(l.ana, "main", map[string]string{"README.md": "x\n"})
	bare, err := git.PlainOpen(l.bot.GitDir())
	if err != nil {
		t.Fatal(err)
	}
	branch := plumbing.NewBranchReferenceName("linnet/dev/3.19.0/1-01-crds")
	if err := bare.Storer.SetReference(plumbing.NewHashReference(branch, plumbing.NewHash(tip))); err != nil {
		t.Fatal(err)
	}
	c := l.conductor()
	l.ready(c, 1)
	l.comment(l.ana, 1, "/canary promote")
	if s := l.look(c); s.Done != 1 || l.file("README.md") != "x\n" {
		t.Errorf("got:\n%s", s.Text(80))
	}
}

func TestTwoBotsOnOneForgeDoNothingTwice(t *testing.T) {
	l := newSharedLab(t, "git")
	l.edit = func(s *Settings) { s.Merge, s.Marker = Auto, sealed(t) }
	l.plans = nil // two processes share nothing
	other := l.as("linnet")
	bots := []*Conductor{l.conductorAs(l.bot), l.conductorAs(other)}
	for range 40 {
		errs := make(chan error, len(bots))
		for _, c := range bots {
			go func() {
				_, err := c.Look(t.Context())
				errs <- err
			}()
		}
		for range bots {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		l.pass(30 * time.Second)
	}
	requests := l.requests()
	if len(requests) < 4 {
		t.Errorf("only %d merge requests in twenty minutes", len(requests))
	}
	var sources []string
	for i, r := range requests {
		sources = append(sources, r.Source)
		if n := len(l.notes(r.Number)); n != 1 {
			t.Errorf("!%d has %d notes", r.Number, n)
		}
		if want := forge.Merged; i < len(requests)-1 && r.State != want {
			t.Errorf("!%d is %s", r.Number, r.State)
		}
	}
	slices.Sort(sources)
	if once := slices.Compact(slices.Clone(sources)); len(once) != len(sources) {
		t.Errorf("a phase was opened twice: %v", sources)
	}
}
