package conductor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

const threeDays = 72 * time.Hour

// prod is a conductor of the second environment, which comes after dev.
func (l *lab) prod() *Conductor {
	l.Helper()
	l.edit = func(s *Settings) {
		s.Environment = "prod"
		s.First = &First{Environment: "dev", Age: threeDays, Among: func(_ context.Context, current string, releases []string) (string, string, error) {
			if current == "3.18.0" && slices.Contains(releases, "3.19.0") {
				return "3.19.0", "the newest of them", nil
			}
			return "", "none of them is newer than " + current, nil
		}}
	}
	defer func() { l.edit = nil }()
	return l.conductor()
}

// through takes dev on until so many phases of the upgrade are in, each in a merge request of the bot, without waiting for any gate.
func (l *lab) through(phases int) planner.Plan {
	l.Helper()
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
	if err != nil {
		l.Fatal(err)
	}
	for _, phase := range plan.Phases[plan.Done:phases] {
		tip, err := l.bot.Head(l.Context(), "main")
		if err != nil {
			l.Fatal(err)
		}
		branch := place{Release: "3.19.0", Attempt: 1, Number: phase.Number, Phase: phase.Name}.branch("dev")
		head, err := l.bot.Commit(l.Context(), forge.NewCommit{Branch: branch, Create: true, Parent: tip, Message: phase.Name + "\n", Changes: phase.Changes()})
		if err != nil {
			l.Fatal(err)
		}
		r, err := l.bot.Open(l.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: phase.Title})
		if err != nil {
			l.Fatal(err)
		}
		if _, err := l.bot.Merge(l.Context(), r.Number, forge.MergeOptions{Head: head}); err != nil {
			l.Fatal(err)
		}
		l.pass(time.Minute)
	}
	return plan
}

// over writes what the bot writes when the last gate is green.
func (l *lab) over(number int) {
	l.Helper()
	if _, err := forge.SetNote(l.Context(), l.bot, number, noteName, "**Finished**\n\n"+overMark+"\n"); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) wantQueued(why string, says ...string) Status {
	l.Helper()
	s := l.look(l.prod())
	if s.Situation != Queued || s.Request != 0 {
		l.Fatalf("%s: got:\n%s", why, s.Text(100))
	}
	for _, want := range says {
		if text := s.Happening + "\n" + strings.Join(s.Blocks, "\n") + "\n" + s.GoesOn; !strings.Contains(text, want) {
			l.Errorf("%s: it does not say %q:\n%s", why, want, s.Text(100))
		}
	}
	return s
}

func TestProdBeginsWhatDevHasFinishedLongEnoughAgo(t *testing.T) {
	l := newLab(t, "helmRepo")
	l.wantQueued("dev has not begun", "The upgrade to Big Bang 3.19.0 is not begun, since dev goes first.", "The environment dev has not finished it: it is still at 3.18.0.", "By itself, when dev has finished it.")
	plan := l.through(3)
	l.wantQueued("dev is on its way", "The environment dev has not finished it: it is on its way there.")
	plan = l.through(len(plan.Phases)) // from where it is
	last := l.newest()
	l.wantQueued("dev's last gate is not green", fmt.Sprintf("its last phase is merged as !%d, and its last gate has not been seen green yet", last))
	l.over(last)
	finished := l.cluster.Now()
	l.wantQueued("it was a moment ago", fmt.Sprintf("The environment dev finished it at %s as !%d, and must have been there for 72h.", clock(finished), last), "By itself at "+clock(finished.Add(threeDays)))
	l.pass(threeDays - time.Second)
	l.wantQueued("a second too early")
	if n := l.newest(); n != last {
		t.Fatalf("%d merge requests, want %d", n, last)
	}
	l.pass(time.Second)
	c := l.prod()
	s := l.look(c)
	if s.Request != last+1 || s.Phase != "crds" || s.To.Release != "3.19.0" {
		t.Fatalf("got:\n%s", s.Text(100))
	}
	if want := fmt.Sprintf("dev finished Big Bang 3.19.0, from 3.18.0, at %s as !%d.", clock(finished), last); s.Proved != want {
		t.Errorf("got %q, want %q", s.Proved, want)
	}
	l.wantNote(last+1, "**Proved** dev finished Big Bang 3.19.0")
	if want := fmt.Sprintf("\ndev passed crds at %s as !1.\n", clock(l.get(1).Done)); !strings.Contains(l.get(last+1).Description, want) {
		t.Errorf("the description does not say %q:\n%s", want, l.get(last+1).Description)
	}

	t.Log("what has begun goes on, whatever dev does")
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	var back []tree.Change
	for _, change := range plan.InPlace.Changes(plan.Start) {
		if strings.HasPrefix(change.Path, "dev/") {
			back = append(back, change)
		}
	}
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "dev back\n", Changes: back}); err != nil {
		t.Fatal(err)
	}
	if s := l.look(l.prod()); s.Request != last+1 || !strings.HasSuffix(s.Proved, "Since then it has come to be at 3.18.0.") {
		t.Errorf("got:\n%s", s.Text(100))
	}
	l.wantNote(last+1, "Since then it has come to be at 3.18.0.")
	if s := l.look(l.prod()); s.Failed() {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestDevThatWentBackProvesNothing(t *testing.T) {
	l := newLab(t, "helmRepo")
	start := l.main()
	plan := l.through(14)
	l.over(l.newest())
	l.pass(threeDays)
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "Back\n", Changes: plan.InPlace.Changes(start)}); err != nil {
		t.Fatal(err)
	}
	l.wantQueued("dev is back", "it had finished it at", "and is back at 3.18.0")
}

func TestDevThatWasBumpedByHandProvesNothing(t *testing.T) {
	l := newLab(t, "helmRepo")
	plan, err := planner.Make(planner.Input{Tree: l.main(), Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
	if err != nil {
		t.Fatal(err)
	}
	tip, err := l.ana.Head(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.ana.Commit(t.Context(), forge.NewCommit{Branch: "main", Parent: tip, Message: "By hand\n", Changes: l.main().Changes(plan.InPlace)}); err != nil {
		t.Fatal(err)
	}
	s := l.wantQueued("bumped by hand", "no merge request of the bot for the phase cleanup brought it there")
	if len(s.Wanted) != 1 || !strings.Contains(s.Wanted[0], "take `after` away from prod") {
		t.Errorf("it does not say what helps:\n%s", s.Text(100))
	}
	l.comment(l.ana, l.open("linnet/dev/3.19.0/1-14-cleanup"), "looks like the bot's")
	l.wantQueued("a merge request alone shows nothing")
}

// open opens a merge request of a person from a branch of this name.
func (l *lab) open(branch string) int {
	l.Helper()
	tip, err := l.ana.Head(l.Context(), "main")
	if err != nil {
		l.Fatal(err)
	}
	head, err := l.ana.Commit(l.Context(), forge.NewCommit{Branch: branch, Create: true, Parent: tip, Message: "Mine\n", Changes: treeChange("README.md", "x\n")})
	if err != nil {
		l.Fatal(err)
	}
	r, err := l.ana.Open(l.Context(), forge.OpenRequest{Source: branch, Target: "main", Title: "Mine"})
	if err != nil {
		l.Fatal(err)
	}
	l.comment(l.ana, r.Number, overMark) // only the bot's own note counts
	if _, err := l.ana.Merge(l.Context(), r.Number, forge.MergeOptions{Head: head}); err != nil {
		l.Fatal(err)
	}
	return r.Number
}

func TestOtherPhasesThanDevHadAreNotBegun(t *testing.T) {
	l := newLab(t, "helmRepo")
	l.through(14)
	l.over(l.newest())
	l.pass(threeDays)
	c := l.prod()
	c.courses = map[string]planner.Course{} // as if dev had had another course
	for _, r := range l.requests() {
		if strings.HasSuffix(r.Source, "-cleanup") {
			c.courses[r.MergeSHA] = planner.Course{To: planner.Version{Release: "3.19.0"}, Waves: []planner.CourseWave{{Name: "all"}}}
		}
	}
	s := l.look(c)
	if s.Situation != Queued || !strings.Contains(s.Blocks[0], "the phases are not the same: only prod has gateway, home-gateway") || len(s.Wanted) != 1 {
		t.Errorf("got:\n%s", s.Text(100))
	}
}

func TestFilesOfTheFirstThatCannotBeReadHoldTheSecond(t *testing.T) {
	l := newLab(t, "helmRepo")
	c := l.prod()
	c.First.Environment = "nowhere"
	if s := l.look(c); s.Situation != Queued || !strings.Contains(s.Blocks[0], "its files cannot be read: ") {
		t.Errorf("got:\n%s", s.Text(100))
	}
}
