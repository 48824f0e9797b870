package stories

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

const (
	environment = "dev"
	from, to    = "3.18.0", "3.19.0"
	bot         = "linnet"
	maxGap      = conductor.DefaultMaxGap
	tick        = 30 * time.Second // between two looks of a bot that watches
)

// policy has short soaks, and so do the stories.
var policy = planner.Policy{Soak: planner.Soak{Wave: 2 * time.Minute, Gateway: 2 * time.Minute, Bump: 2 * time.Minute, Cleanup: 10 * time.Minute}}

var begin = time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)

// ctx is that of every call: a story has no deadline but its own end.
var ctx = context.Background()

// story is everything around one upgrade. Time is the cluster's.
type story struct {
	*rapid.T
	forge   *memory
	cluster *sim.Cluster
	eyes    *eyes
	bots    []*process
	skew    time.Duration // of the bots' clock
	merge   conductor.When
	sealed  *forge.Marker
	roles   map[string]chatops.Role

	finished bool // and what people do then is another story

	lines   []string // what has happened
	counted *int64   // transitions, of this story and others
	pushed  string   // tip that the cluster was given last

	troubles []string        // misbehaviours under way
	blamed   time.Time       // until when what goes wrong in the cluster is a person's doing, or a misbehaviour's
	excused  map[string]bool // what went wrong while it was
	meshed   []string        // namespaces that were in the mesh at the beginning
	reopened map[int]bool    // merge requests that a person opened again
	undo     []hand          // what people did to the files and should put right
	edits    map[string]bool // what people did to the files that may stay
}

// hand is something that a person puts right.
type hand struct {
	name string
	do   func()
}

var people = map[string]chatops.Role{"ana": chatops.Maintainer, "ben": chatops.Developer, "eve": chatops.Guest}

// tell begins a story with the first phases in, as if they had been pushed by hand.
func tell(t *rapid.T, counted *int64) *story {
	s := &story{T: t, counted: counted, excused: map[string]bool{}, reopened: map[int]bool{}, edits: map[string]bool{}, roles: map[string]chatops.Role{}}
	for who, role := range people {
		s.roles[who] = role
	}
	umbrellas, packages := sim.Miniature()
	var err error
	if s.cluster, err = sim.New(sim.Options{Start: begin, Environment: environment, Releases: umbrellas, Packages: packages, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	s.forge = newMemory(tree.New(miniature.Repository("git")), s.cluster.Now)
	s.eyes = &eyes{cluster: s.cluster, mood: clear}
	s.pass(10 * time.Minute)
	truth := s.cluster.Truth()
	for _, l := range truth.Leading {
		ns, _, _ := strings.Cut(l, " to ")
		s.meshed = append(s.meshed, ns)
	}
	plan, err := planOf(s.files())
	if err != nil {
		t.Fatal(err)
	}
	// Most stories begin before the first wave, the bump or the cleanup, where there is the most to break.
	last := len(plan.Phases) - 1
	phases := rapid.SampledFrom([]int{0, 0, 2, 2, 2, 3, 5, 7, 7, 8, 11, last, last}).Draw(t, "phases that are in")
	for _, phase := range plan.Phases[:phases] {
		s.commit("ana", "main", phase.Changes())
		s.pass(4 * time.Minute)
	}
	s.merge = rapid.SampledFrom([]conductor.When{conductor.OnPromote, conductor.OnPromote, conductor.OnPromote, conductor.Auto}).Draw(t, "merge")
	s.forge.approved = rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "approvals")
	s.forge.gated = rapid.Bool().Draw(t, "the gate is required")
	if rapid.Bool().Draw(t, "a key") {
		marker, err := forge.NewMarker([]byte(strings.Repeat("k", 32)))
		if err != nil {
			t.Fatal(err)
		}
		s.sealed = &marker
	}
	for i := range 2 {
		s.bots = append(s.bots, &process{user: s.forge.as(bot), story: s, name: []string{"the bot", "the other bot"}[i]})
		s.bots[i].restart()
	}
	s.say("%d of %d phases are in; merge %s, %d approvals, gate required %t, key %t", phases, len(plan.Phases), s.merge, s.forge.approved, s.forge.gated, s.sealed != nil)
	return s
}

// say writes a line of the story.
func (s *story) say(format string, args ...any) {
	now := s.cluster.Now()
	s.lines = append(s.lines, fmt.Sprintf("day %d %s  ", int(now.Sub(begin.Truncate(24*time.Hour)).Hours())/24, now.Format("15:04:05"))+fmt.Sprintf(format, args...))
}

// broken ends the story.
func (s *story) broken(promise int, format string, args ...any) {
	s.Helper()
	s.Fatalf("promise %d is broken: %s\n\nThe story:\n\n%s\n", promise, fmt.Sprintf(format, args...), strings.Join(s.lines, "\n"))
}

// pass lets time pass in the cluster, which follows main.
func (s *story) pass(d time.Duration) {
	if tip := s.forge.branches["main"]; tip != s.pushed {
		s.cluster.Push(tip, s.files())
		s.pushed = tip
	}
	if err := s.cluster.Advance(d); err != nil {
		s.Fatal(err)
	}
}

// files are those of main.
func (s *story) files() tree.Tree { return s.forge.commits[s.forge.branches["main"]].files }

// commit is a person's push.
func (s *story) commit(who, branch string, changes []tree.Change) string {
	s.Helper()
	sha, err := s.forge.as(who).Commit(ctx, forge.NewCommit{Branch: branch, Parent: s.forge.branches[branch], Message: "By hand\n", Changes: changes})
	if err != nil {
		s.Fatal(err)
	}
	return sha
}

// open is the newest open merge request, or nil.
func (s *story) open() *request {
	for i := len(s.forge.requests) - 1; i >= 0; i-- {
		r := s.forge.requests[i]
		if s.forge.look(r); r.State == forge.Open {
			return r
		}
	}
	return nil
}

// newest is where commands are read: the merge request that was opened last, or nil.
func (s *story) newest() *request {
	if len(s.forge.requests) == 0 {
		return nil
	}
	r := s.forge.requests[len(s.forge.requests)-1]
	s.forge.look(r)
	return r
}

// blame says that what goes wrong from now on for a while is not the bot's doing.
func (s *story) blame() { s.blamed = s.cluster.Now().Add(20 * time.Minute) }
