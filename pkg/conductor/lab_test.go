package conductor

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

var begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// lab is a local forge, a simulated cluster that follows it, and the people around them. Time is the cluster's.
type lab struct {
	testing.TB
	dir     string
	bot     *local.Forge
	ana     *local.Forge // reviews
	cluster *sim.Cluster
	tip     string // what the cluster was given last
	policy  planner.Policy
	edit    func(*Settings)
	blind   error // what the observer says instead of an observation
	mu      sync.Mutex
	plans   *plans // what conductors of this lab share; nil = each plans for itself
	watch   func() // called every ten seconds of the cluster's time; nil = nobody watches
}

// shortSoak keeps the walk short; the cluster needs minutes for each phase anyway.
var shortSoak = planner.Soak{Wave: 2 * time.Minute, Gateway: 2 * time.Minute, Bump: 2 * time.Minute, Cleanup: 10 * time.Minute}

// newLab is a lab in which everything happens in one goroutine.
func newLab(t testing.TB, flavour string) *lab {
	t.Helper()
	race.SkipAlone(t)
	return newSharedLab(t, flavour)
}

// newSharedLab is a lab in which several goroutines look at once.
func newSharedLab(t testing.TB, flavour string) *lab {
	t.Helper()
	releases, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{TB: t, dir: filepath.Join(t.TempDir(), "forge"), cluster: cluster, policy: planner.Policy{Soak: shortSoak}, plans: kept[flavour]}
	if err := local.Create(l.dir, local.CreateOptions{Initial: tree.New(miniature.Repository(flavour)), Now: cluster.Now}); err != nil {
		t.Fatal(err)
	}
	l.bot, l.ana = l.as("linnet"), l.as("ana")
	l.pass(10 * time.Minute)
	return l
}

// kept are plans of earlier tests, by flavour. All labs have the same policy and the same first commit, so this only saves time.
var kept = map[string]*plans{"git": {most: 64}, "helmRepo": {most: 64}}

func (l *lab) as(who string) *local.Forge {
	l.Helper()
	f, err := local.Open(l.dir, who, local.WithClock(l.cluster.Now))
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() {
		if err := f.Shutdown(); err != nil {
			l.Error(err)
		}
	})
	return f
}

// pass lets time pass in the cluster, which follows the target branch.
func (l *lab) pass(d time.Duration) {
	l.Helper()
	tip, err := l.bot.Head(l.Context(), "main")
	if err != nil {
		l.Fatal(err)
	}
	if tip != l.tip {
		files, err := l.bot.Tree(l.Context(), tip)
		if err != nil {
			l.Fatal(err)
		}
		l.cluster.Push(tip, files)
		l.tip = tip
	}
	step := d
	if l.watch != nil {
		step = 10 * time.Second
	}
	for ; d > 0; d -= step {
		if err := l.cluster.Advance(min(step, d)); err != nil {
			l.Fatal(err)
		}
		if l.watch != nil {
			l.watch()
		}
	}
}

func (l *lab) Observe(context.Context) (*checks.Observation, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blind != nil {
		return nil, l.blind
	}
	return l.cluster.Observe(), nil
}

// conductor makes a new process, as it were.
func (l *lab) conductor() *Conductor {
	l.Helper()
	return l.conductorAs(l.bot)
}

func (l *lab) conductorAs(f forge.Forge) *Conductor {
	l.Helper()
	s := Settings{
		Environment: "dev", Forge: f, Observer: l, Material: material(), Policy: l.policy, Now: l.cluster.Now,
		Choose: func(_ context.Context, current string) (string, string, error) {
			if current == "3.18.0" {
				return "3.19.0", "the newest", nil
			}
			return "", "there is nothing newer than " + current, nil
		},
	}
	if l.edit != nil {
		l.edit(&s)
	}
	c, err := New(s)
	if err != nil {
		l.Fatal(err)
	}
	if l.plans != nil {
		c.plans = l.plans
	}
	return c
}

func (l *lab) look(c *Conductor) Status {
	l.Helper()
	if _, silent := c.Forge.(*alive); !silent {
		c.Wake() // as webhooks do
	}
	s, err := c.Look(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// until looks every half minute until something holds.
func (l *lab) until(c *Conductor, what string, holds func(Status) bool) Status {
	l.Helper()
	var s Status
	for range 400 {
		if s = l.look(c); holds(s) {
			return s
		}
		l.pass(30 * time.Second)
	}
	l.Fatalf("three hours later still not: %s\n%s", what, s.Text(100))
	return s
}

func (l *lab) comment(f *local.Forge, number int, text string) forge.Comment {
	l.Helper()
	c, err := f.AddComment(l.Context(), number, text)
	if err != nil {
		l.Fatal(err)
	}
	return c
}

func (l *lab) requests() []forge.MergeRequest {
	l.Helper()
	all, err := l.bot.Find(l.Context(), forge.Query{})
	if err != nil {
		l.Fatal(err)
	}
	return all
}

// notes are the bot's notes below a merge request.
func (l *lab) notes(number int) []string {
	l.Helper()
	all, err := l.bot.Comments(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	var notes []string
	for _, c := range all {
		if n, ok := forge.NoteName(c.Body); ok && c.By.Name == "linnet" && n == noteName {
			notes = append(notes, c.Body)
		}
	}
	return notes
}

// ready goes on until the merge request of this number may be merged.
func (l *lab) ready(c *Conductor, number int) Status {
	l.Helper()
	return l.until(c, "a merge request is ready", func(s Status) bool { return s.Situation == Ready && s.Request == number })
}

// quietLook looks and fails if anything was written.
func (l *lab) quietLook(why string) Status {
	l.Helper()
	r := &recorder{Forge: l.bot}
	s := l.look(l.conductorAs(r))
	if len(r.writes) > 0 {
		l.Errorf("%s: wrote %q", why, r.writes)
	}
	return s
}

// commit puts files on a branch as a person does.
func (l *lab) commit(f *local.Forge, branch string, files map[string]string) string {
	l.Helper()
	head, err := f.Head(l.Context(), branch)
	if err != nil {
		l.Fatal(err)
	}
	var changes []tree.Change
	for path, content := range files {
		changes = append(changes, tree.Change{Path: path, Content: []byte(content)})
	}
	sha, err := f.Commit(l.Context(), forge.NewCommit{Branch: branch, Parent: head, Message: "By hand\n", Changes: changes})
	if err != nil {
		l.Fatal(err)
	}
	return sha
}

// file reads a file of main.
func (l *lab) file(path string) string {
	l.Helper()
	content, ok := l.main().Read(path)
	if !ok {
		l.Fatalf("main has no %s", path)
	}
	return string(content)
}

func (l *lab) get(number int) forge.MergeRequest {
	l.Helper()
	r, err := l.bot.Get(l.Context(), number)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

func (l *lab) check(number int) forge.Check {
	l.Helper()
	all, err := l.bot.Checks(l.Context(), l.get(number).Head)
	if err != nil {
		l.Fatal(err)
	}
	for _, c := range all {
		if c.Name == CheckName {
			return c
		}
	}
	l.Fatalf("!%d has no check", number)
	return forge.Check{}
}

// wantNote wants the one progress note of a merge request to say something.
func (l *lab) wantNote(number int, says ...string) {
	l.Helper()
	notes := l.notes(number)
	if len(notes) != 1 {
		l.Fatalf("!%d has %d notes, want 1", number, len(notes))
	}
	for _, want := range says {
		if !strings.Contains(notes[0], want) {
			l.Errorf("the note of !%d does not say %q:\n%s", number, want, notes[0])
		}
	}
}

// wantReaction wants the bot to have reacted to a comment so, and not otherwise.
func (l *lab) wantReaction(number int, comment int64, want ...forge.ReactionKind) {
	l.Helper()
	c, err := l.bot.GetComment(l.Context(), number, comment)
	if err != nil {
		l.Fatal(err)
	}
	var got []forge.ReactionKind
	for _, r := range c.Reactions {
		if r.By.Name == "linnet" {
			got = append(got, r.Kind)
		}
	}
	if !slices.Equal(got, want) {
		l.Errorf("reactions to comment %d: got %v, want %v", comment, got, want)
	}
}

func (l *lab) main() tree.Tree {
	l.Helper()
	tip, err := l.bot.Head(l.Context(), "main")
	if err != nil {
		l.Fatal(err)
	}
	files, err := l.bot.Tree(l.Context(), tip)
	if err != nil {
		l.Fatal(err)
	}
	return files
}

// material answers from the miniature; it is the same for every test.
var material = sync.OnceValue(func() planner.Material { return miniatureSource().Material() })

func treeChange(path, content string) []tree.Change {
	return []tree.Change{{Path: path, Content: []byte(content)}}
}

func treeDelete(path string) []tree.Change { return []tree.Change{{Path: path, Delete: true}} }
