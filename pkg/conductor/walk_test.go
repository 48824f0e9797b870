package conductor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/library"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
	"github.com/linnet-bot/linnet/pkg/release"
)

var begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// lab is a local forge, a simulated cluster that follows it, and the people around them. Time is the cluster's.
type lab struct {
	*testing.T
	dir     string
	bot     *local.Forge
	ana     *local.Forge // reviews
	cluster *sim.Cluster
	tip     string // what the cluster was given last
	policy  planner.Policy
	edit    func(*Settings)
	blind   error // what the observer says instead of an observation
}

// shortSoak keeps the walk short; the cluster needs minutes for each phase anyway.
var shortSoak = planner.Soak{Wave: 2 * time.Minute, Gateway: 2 * time.Minute, Bump: 2 * time.Minute, Cleanup: 10 * time.Minute}

func newLab(t *testing.T, flavour string) *lab {
	t.Helper()
	releases, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin, Environment: "dev", Releases: releases, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, dir: filepath.Join(t.TempDir(), "forge"), cluster: cluster, policy: planner.Policy{Soak: shortSoak}}
	if err := local.Create(l.dir, local.CreateOptions{Initial: tree.New(miniature.Repository(flavour)), Now: cluster.Now}); err != nil {
		t.Fatal(err)
	}
	l.bot, l.ana = l.as("linnet"), l.as("ana")
	l.pass(10 * time.Minute)
	return l
}

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
	if err := l.cluster.Advance(d); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) Observe(context.Context) (*checks.Observation, error) {
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
	return c
}

func (l *lab) look(c *Conductor) Status {
	l.Helper()
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
var material = sync.OnceValue(func() planner.Material {
	return library.New(context.Background(), miniatureReleases{}, miniaturePackages())
})

type miniatureReleases struct{}

func (miniatureReleases) Release(_ context.Context, version string) (release.Release, error) {
	return miniatureSource().Release(context.Background(), version)
}

func (miniatureReleases) Folder(_ context.Context, version, folder string) (map[string][]byte, error) {
	files, err := miniature.Umbrella(version)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for name, content := range files {
		if inside, ok := strings.CutPrefix(name, folder+"/"); ok {
			found[inside] = content
		}
	}
	return found, nil
}

func miniaturePackages() release.Packages {
	_, packages := sim.Miniature()
	return packages
}

func TestWholeUpgradeByPromotionLeavesNoTrace(t *testing.T) {
	for _, flavour := range []string{"git", "helmRepo"} {
		t.Run(flavour, func(t *testing.T) {
			l := newLab(t, flavour)
			start := l.main()
			plan, err := planner.Make(planner.Input{Tree: start, Environment: "dev", To: "3.19.0", Policy: l.policy, Material: material()})
			if err != nil {
				t.Fatal(err)
			}
			c := l.conductor()
			for number := 1; number <= len(plan.Phases); number++ {
				s := l.until(c, fmt.Sprintf("phase %d is ready", number), func(s Status) bool { return s.Situation == Ready && s.Request == number })
				if testing.Verbose() {
					t.Logf("%s\n%s", l.cluster.Now().Sub(begin), s.Text(90))
				}
				l.comment(l.ana, number, "/canary promote")
				l.look(c)
			}
			l.until(c, "the upgrade is finished", func(s Status) bool { return s.Situation == Finished })
			if got := l.main(); !got.Equal(plan.InPlace) {
				t.Errorf("promise 1: the tree is not that of the in-place bump:\n%s", tree.Patch(plan.InPlace, got))
			}
			if got := len(l.requests()); got != len(plan.Phases) {
				t.Errorf("%d merge requests for %d phases", got, len(plan.Phases))
			}
			for _, r := range l.requests() {
				if r.State != forge.Merged || len(l.notes(r.Number)) != 1 {
					t.Errorf("!%d is %s with %d notes", r.Number, r.State, len(l.notes(r.Number)))
				}
				if testing.Verbose() {
					t.Log(l.notes(r.Number)[0])
				}
			}
		})
	}
}
