package crash

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/forge/local"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

var begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// stage is a world, the cluster that follows it, and the people around. Time is the cluster's.
type stage struct {
	testing.TB
	dir     string // of the world and the observations
	world   string
	cluster *sim.Cluster
	ana     *local.Forge // reviews
	tip     string       // what the cluster was given last
	looks   int
	last    Answer
	look    func(o Order) Answer // the bot
	watched bool                 // looks count
}

func newStage(t testing.TB) *stage {
	t.Helper()
	umbrellas, packages := sim.Miniature()
	cluster, err := sim.New(sim.Options{Start: begin, Environment: "dev", Releases: umbrellas, Packages: packages, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &stage{TB: t, dir: dir, world: filepath.Join(dir, "world"), cluster: cluster}
	at := filepath.Join(s.world, "forge")
	err = local.Create(at, local.CreateOptions{
		Initial: tree.New(miniature.Repository("git")), Now: cluster.Now,
		Settings: local.Settings{RequiredChecks: []local.RequiredCheck{{Name: conductor.CheckName, By: "linnet"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.ana, err = local.Open(at, "ana", local.WithClock(cluster.Now)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.ana.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	s.pass(10 * time.Minute)
	return s
}

// pass lets time pass in the cluster, which follows the target branch.
func (s *stage) pass(d time.Duration) {
	s.Helper()
	tip, err := s.ana.Head(s.Context(), "main")
	if err != nil {
		s.Fatal(err)
	}
	if tip != s.tip {
		s.cluster.Push(tip, s.tree(tip))
		s.tip = tip
	}
	if err := s.cluster.Advance(d); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) tree(sha string) tree.Tree {
	s.Helper()
	files, err := s.ana.Tree(s.Context(), sha)
	if err != nil {
		s.Fatal(err)
	}
	return files
}

// next lets time pass and the bot look.
func (s *stage) next() Answer {
	s.Helper()
	s.pass(tick)
	o := Order{World: s.world, Observation: filepath.Join(s.dir, fmt.Sprintf("seen-%03d.json", s.looks)), Now: s.cluster.Now(), Stop: never}
	text, err := json.Marshal(s.cluster.Observe())
	if err == nil {
		err = os.WriteFile(o.Observation, text, 0o644)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.looks++
	s.last = s.look(o)
	return s.last
}

// until looks until something holds.
func (s *stage) until(what string, holds func(Answer) bool) Answer {
	s.Helper()
	for range 60 {
		if a := s.next(); holds(a) {
			return a
		}
	}
	s.Fatalf("two hours later still not: %s; it is %s: %s", what, s.last.Situation, s.last.Happening)
	return Answer{}
}

// ready goes on until a merge request may be merged.
func (s *stage) ready() int {
	s.Helper()
	return s.until("a merge request is ready", func(a Answer) bool { return a.Situation == conductor.Ready }).Request
}

// say comments below a merge request as ana, and the bot looks.
func (s *stage) say(number int, text string) forge.Comment {
	s.Helper()
	c, err := s.ana.AddComment(s.Context(), number, text)
	if err != nil {
		s.Fatal(err)
	}
	s.next()
	return c
}

// promote has the merge request that is ready merged, and looks at what is opened next.
func (s *stage) promote() {
	s.Helper()
	done := s.last.Done
	s.say(s.ready(), "/canary promote")
	if s.last.Done == done {
		s.Fatalf("not merged: it is %s: %s", s.last.Situation, s.last.Happening)
	}
}

// commit changes files of the target branch as ana.
func (s *stage) commit(name string, edit func(was string) string, more ...tree.Change) {
	s.Helper()
	head, err := s.ana.Head(s.Context(), "main")
	if err != nil {
		s.Fatal(err)
	}
	was, _ := s.tree(head).Read(name)
	_, err = s.ana.Commit(s.Context(), forge.NewCommit{
		Branch: "main", Parent: head, Message: "By hand\n", Changes: append(more, tree.Change{Path: name, Content: []byte(edit(string(was)))}),
	})
	if err != nil {
		s.Fatal(err)
	}
}

// story is what happens to a world.
type story struct {
	name string
	tell func(s *stage)
}

var stories = []story{{"upgrade", upgrade}, {"rollback", rollback}}

// upgrade goes from the first merge request to the last note, with people who do not make it easy.
func upgrade(s *stage) {
	s.watched = true
	s.ready()
	// Another application: the branch is planned anew, and the promotion is void.
	s.commit("dev/mission/kustomization.yaml", func(was string) string { return was + "- audit.yaml\n" }, tree.Change{
		Path: "dev/mission/audit.yaml", Content: []byte("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: audit\n  labels:\n    istio-injection: enabled\n"),
	})
	s.say(s.newest(), "/canary promote")
	// A patch at the place where ours go: the merge request is closed, the branch deleted, and both are made anew.
	s.commit("dev/kustomization.yaml", func(was string) string { return was + extraPatch })
	s.next()
	s.promote() // crds
	canary := s.ready()
	s.say(canary, "/canary promoet")
	s.say(canary, "/canary status")
	s.promote() // canary
	wave := s.last.Request
	s.say(wave, "/canary pause")
	s.next()
	s.say(wave, "/canary resume")
	s.ready()
	if err := s.cluster.Misbehave(stubborn); err != nil {
		s.Fatal(err)
	}
	s.promote() // wave
	gateway := s.last.Request
	s.say(gateway, "/canary abort")
	s.say(gateway, "/canary resume")
	for range maxDwell / tick {
		s.next() // until those who are to be told have been told
	}
	s.say(s.newest(), "/canary accept "+s.onDelete()+" it is restarted on Sunday")
	s.say(s.newest(), "/canary skip-soak nobody comes through it yet")
	s.promote() // gateway
	if err := s.cluster.Heal(stubborn); err != nil {
		s.Fatal(err)
	}
	for s.last.Done < s.last.Phases {
		s.promote()
	}
	s.until("it is over", func(a Answer) bool { return a.Situation == conductor.Finished })
	s.next()
}

// stubborn is a StatefulSet whose pods nobody replaces.
const stubborn = "on-delete"

func (s *stage) onDelete() string {
	s.Helper()
	for _, w := range s.cluster.Observe().Workloads {
		if w.Kind == "StatefulSet" && w.Strategy == "OnDelete" {
			return w.Kind + "/" + w.Namespace + "/" + w.Name
		}
	}
	s.Fatal("no StatefulSet has the strategy OnDelete")
	return ""
}

const extraPatch = `- patch: |-
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata:
      name: bigbang
    spec:
      timeout: 11m
`

// rollback goes as far as bump, from there back to the start, and once forward again on the way.
func rollback(s *stage) {
	for s.last.Done < 6 {
		s.promote()
	}
	s.watched = true
	back := func() {
		s.say(s.newest(), "/canary rollback")
		s.promote()
	}
	back() // bump
	s.say(s.newest(), "/canary rollback")
	s.say(s.newest(), "/canary resume")
	for s.last.Done > 0 {
		back()
	}
	s.next()
}

// newest is the merge request that was opened last.
func (s *stage) newest() int {
	s.Helper()
	all, err := s.ana.Find(s.Context(), forge.Query{})
	if err != nil {
		s.Fatal(err)
	}
	return len(all)
}
