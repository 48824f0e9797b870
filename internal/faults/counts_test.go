package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnet-bot/linnet/internal/demo"
	"github.com/linnet-bot/linnet/internal/miniature"
	"github.com/linnet-bot/linnet/internal/race"
	"github.com/linnet-bot/linnet/internal/sim"
	"github.com/linnet-bot/linnet/pkg/forge/transport"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// cost is what was asked of a forge.
type cost struct{ billed, unchanged, writes, git int }

func (c cost) String() string {
	return fmt.Sprintf("%d billed reads, %d unchanged, %d writes, %d of Git", c.billed, c.unchanged, c.writes, c.git)
}

func costOf(events []Event) (c cost) {
	for _, e := range events {
		switch {
		case e.Git:
			c.git++
		case e.Write:
			c.writes++
		case e.Status == 304:
			c.unchanged++
		default:
			c.billed++
		}
	}
	return c
}

// counted is what the transports have counted, by endpoint.
func (w *world) counted() map[string]transport.Counts {
	sum := map[string]transport.Counts{}
	for _, t := range w.transports {
		for endpoint, c := range t.Counts() {
			s := sum[endpoint]
			sum[endpoint] = transport.Counts{Billed: s.Billed + c.Billed, NotModified: s.NotModified + c.NotModified, Writes: s.Writes + c.Writes, Git: s.Git + c.Git}
		}
	}
	return sum
}

// table is that as Markdown, for one of so many.
func (w *world) table(per int) string {
	sum := w.counted()
	var b strings.Builder
	b.WriteString("| endpoint | billed | 304 | writes | Git |\n| --- | ---: | ---: | ---: | ---: |\n")
	each := func(n int) string { return fmt.Sprintf("%.1f", float64(n)/float64(per)) }
	for _, endpoint := range slices.Sorted(maps.Keys(sum)) {
		c := sum[endpoint]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", endpoint, each(c.Billed), each(c.NotModified), each(c.Writes), each(c.Git))
	}
	return b.String()
}

// whole plays a whole upgrade with the simulated cluster, and gives what each phase cost: from one branch to the next.
func whole(t *testing.T, v Vendor) (*world, []cost) {
	t.Helper()
	needGit(t)
	w := &world{TB: t, vendor: v, approvals: 1, now: begin}
	_, packages := sim.Miniature()
	outcome, err := demo.Run(t.Context(), demo.Options{
		Repository: tree.New(miniature.Repository("git")), Environment: environment, To: to, Why: "the newest", Material: material(), Releases: source(), Packages: packages,
		Stage: func(files tree.Tree, now func() time.Time) (demo.Forge, error) {
			w.clock = now
			start, err := repository(files)
			if err != nil {
				return demo.Forge{}, err
			}
			w.settle(start, Schedule{})
			w.bot = w.open()
			return demo.Forge{Bot: w.bot, Reviewer: w.ana, Close: func() error { return nil }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var phases []cost
	events := w.handler.Events()
	began := func(e Event) bool {
		return strings.HasPrefix(e.What, "POST ") && (strings.HasSuffix(e.What, "/git/refs") || strings.HasSuffix(e.What, "/repository/commits"))
	}
	last := slices.IndexFunc(events, began)
	for i := last + 1; i <= len(events); i++ {
		if i == len(events) || began(events[i]) {
			phases = append(phases, costOf(events[last:i]))
			last = i
		}
	}
	if len(phases) != len(outcome.Plan.Phases) {
		t.Fatalf("%d branches were made for %d phases", len(phases), len(outcome.Plan.Phases))
	}
	t.Logf("%d phases in %d looks", len(phases), outcome.Looks)
	counted := costOf(events)
	for _, c := range w.counted() {
		counted.billed, counted.unchanged, counted.writes, counted.git = counted.billed-c.Billed, counted.unchanged-c.NotModified, counted.writes-c.Writes, counted.git-c.Git
	}
	if counted != (cost{}) {
		t.Errorf("the transport has not counted %s of what was asked", counted)
	}
	return w, phases
}

// within tells what of a cost is above what is allowed.
func (c cost) within(t *testing.T, what string, most cost) {
	t.Helper()
	t.Logf("%s: %s", what, c)
	if c.billed > most.billed || c.unchanged > most.unchanged || c.writes > most.writes || c.git > most.git {
		t.Errorf("%s: %s, want at most %s", what, c, most)
	}
}

// What is asked for grows with how long a phase takes, but only what has not changed: that is free of charge. Docs and targets speak of the others. Of what is
// paid for, each write makes its own list be read anew.
func TestAPhaseCostsFewWritesAndLittleMoreThanTheirEcho(t *testing.T) {
	race.SkipAlone(t)
	most := map[Vendor]cost{GitHub: {billed: 26, writes: 17}, GitLab: {billed: 34, writes: 13}}
	for _, v := range []Vendor{GitHub, GitLab} {
		t.Run(string(v), func(t *testing.T) {
			most := most[v]
			w, phases := whole(t, v)
			most.unchanged, most.git = 300, 200
			for i, c := range phases {
				c.within(t, fmt.Sprintf("phase %d", i+1), most)
			}
			t.Logf("a phase, on average:\n%s", w.table(len(phases)))
		})
	}
}

// An hour at the default interval is 120 looks. Most of them ask nothing, some for the pulse, and one reads everything.
func TestAnIdleHourCostsSixtyAnswersThatNothingHasChanged(t *testing.T) {
	race.SkipAlone(t)
	most := cost{unchanged: 60, git: 60}
	for _, v := range []Vendor{GitHub, GitLab} {
		t.Run(string(v), func(t *testing.T) {
			w := newWorld(t, v, Schedule{}, func(*world) {})
			w.lookFor(t, 5*time.Minute)
			w.hour(t, "an hour in which a merge request is open and nothing happens", most)
			w.converge()
			w.hour(t, "an hour after the upgrade", most)
		})
	}
}

// hour looks for an hour and wants that not to cost more.
func (w *world) hour(t *testing.T, what string, most cost) {
	t.Helper()
	before := len(w.handler.Events())
	w.lookFor(t, time.Hour)
	events := w.handler.Events()[before:]
	costOf(events).within(t, what, most)
	asked := map[string]int{}
	for _, e := range events {
		asked[e.What]++
	}
	for _, what := range slices.Sorted(maps.Keys(asked)) {
		t.Logf("%4d %s", asked[what], what)
	}
}

func (w *world) lookFor(t *testing.T, d time.Duration) {
	t.Helper()
	for end := w.now.Add(d); w.now.Before(end); w.now = w.now.Add(tick) {
		if _, err := w.conductor.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
