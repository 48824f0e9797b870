package faults

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
)

// say writes a line between the requests.
func (w *world) say(format string, args ...any) {
	w.lines = append(w.lines, line{len(w.handler.Events()), "-- " + fmt.Sprintf(format, args...)})
}

type line struct {
	before int // this request
	text   string
}

// tell gives all that happened.
func (w *world) tell() string {
	var b strings.Builder
	lines := w.lines
	fmt.Fprintf(&b, "%s, %+v\n", w.vendor, w.handler.schedule)
	for i, e := range w.handler.Events() {
		for len(lines) > 0 && lines[0].before <= i {
			b.WriteString(lines[0].text + "\n")
			lines = lines[1:]
		}
		b.WriteString(e.String() + "\n")
	}
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// writes counts those that were sent.
func (w *world) writes() int {
	n := 0
	for _, t := range w.transports {
		for _, c := range t.Counts() {
			n += c.Writes
		}
	}
	return n
}

// outcome is what a merge request has to have come to.
type outcome struct {
	holds  tree.Tree // and was merged
	closed bool
}

// wanted is what each merge request has to have come to, and what main holds in the end.
func (w *world) wanted() (all []outcome, end tree.Tree) {
	u := w.upgrade
	if w.back {
		return []outcome{{holds: u.phases[0].After}, {closed: true}, {holds: u.back}}, u.back
	}
	for _, phase := range u.phases {
		all = append(all, outcome{holds: phase.After})
	}
	return all, u.end
}

// judge holds what is on the forge in the end against what ought to be.
func (w *world) judge() {
	w.Helper()
	ctx := w.Context()
	me, err := w.bot.Me(ctx)
	if err != nil {
		w.Fatal(err)
	}
	all, err := w.ana.Find(ctx, forge.Query{})
	if err != nil {
		w.Fatal(err)
	}
	wanted, end := w.wanted()
	if len(all) != len(wanted) {
		w.Fatalf("%d merge requests were opened, want %d", len(all), len(wanted))
	}
	notes := 0
	var merged []forge.MergeRequest
	for i, r := range all {
		if r.Author.ID != me.ID {
			w.Errorf("!%d is by %s", r.Number, r.Author.Name)
		}
		notes += w.judgeNotes(r, me)
		switch {
		case wanted[i].closed && r.State != forge.Closed, !wanted[i].closed && r.State != forge.Merged:
			w.Errorf("!%d is %s", r.Number, r.State)
		case r.State == forge.Merged:
			w.judgeMerged(r, me, wanted[i].holds)
			merged = append(merged, r)
		}
	}
	w.judgeHistory(merged)
	w.judgeWrites(len(all), len(merged), notes)
	w.judgeRest()
	if !w.files.Equal(end) {
		w.Errorf("the end is not what it ought to be:\n%s", tree.Patch(end, w.files))
	}
	w.judgeBounds()
}

// judgeMerged wants what was merged to be what was planned, promoted and green.
func (w *world) judgeMerged(r forge.MergeRequest, me forge.User, want tree.Tree) {
	w.Helper()
	files, err := w.ana.Tree(w.Context(), r.Head)
	if err != nil {
		w.Fatal(err)
	}
	if !files.Equal(want) {
		w.Errorf("!%d holds what was not planned:\n%s", r.Number, tree.Patch(want, files))
	}
	if w.promoted[r.Number].head != r.Head {
		w.Errorf("!%d was merged at %.8s and promoted at %.8s", r.Number, r.Head, w.promoted[r.Number].head)
	}
	checks, err := w.ana.Checks(w.Context(), r.Head)
	if err != nil {
		w.Fatal(err)
	}
	green := func(c forge.Check) bool {
		return c.Name == conductor.CheckName && (c.By.Bot || c.By.ID == me.ID) && c.State == forge.Success
	}
	if !slices.ContainsFunc(checks, green) {
		w.Errorf("!%d was merged at %.8s, where the gate is not green: %+v", r.Number, r.Head, checks)
	}
}

// judgeBounds wants what trouble costs to be bounded. A life without any costs some 550 requests, and the way back some 100 more.
func (w *world) judgeBounds() {
	w.Helper()
	faults := w.deaths
	for _, e := range w.handler.Events() {
		if e.Fault != "" {
			faults++
		}
	}
	if n, most := len(w.handler.Events()), 900+120*faults; n > most {
		w.Errorf("%d requests were made, want at most %d after %d faults", n, most, faults)
	}
	if n, most := w.writes(), 40+5*faults; n > most {
		w.Errorf("%d writes were sent, want at most %d after %d faults", n, most, faults)
	}
	for _, e := range w.handler.Impolite() {
		w.Errorf("told to wait, the client asked: %s", e)
	}
}

// judgeNotes wants each note of the bot once, and nothing else by it. It gives their number.
func (w *world) judgeNotes(r forge.MergeRequest, me forge.User) int {
	w.Helper()
	comments, err := w.ana.Comments(w.Context(), r.Number)
	if err != nil {
		w.Fatal(err)
	}
	notes := map[string]int{}
	for _, c := range comments {
		if c.By.ID != me.ID {
			continue
		}
		name, ok := forge.NoteName(c.Body)
		if notes[name]++; !ok || notes[name] > 1 {
			w.Errorf("below !%d the bot says again or without a mark:\n%s", r.Number, c.Body)
		}
	}
	return len(notes)
}

// once are the writes that are not idempotent.
var once = []struct{ what, method, pattern string }{
	{"merge requests were opened", "POST", `/pulls|/merge_requests`},
	{"merges were made", "PUT", `/(?:pulls|merge_requests)/\d+/merge`},
	{"notes were added", "POST", `/issues/\d+/comments|/merge_requests/\d+/notes`},
}

// judgeWrites wants nothing to have been done twice, also where what was done twice was taken back.
func (w *world) judgeWrites(opened, merged, notes int) {
	w.Helper()
	for i, want := range []int{opened, merged, notes} {
		path := regexp.MustCompile("^" + once[i].method + ` /api/v\d/(?:repos/acme/gitops|projects/acme%2Fplatform%2Fgitops)(?:` + once[i].pattern + ")$")
		n := 0
		for _, e := range w.handler.Events() {
			if path.MatchString(e.What) && (e.Done == 200 || e.Done == 201) {
				n++
			}
		}
		if n != want {
			w.Errorf("%d %s, want %d", n, once[i].what, want)
		}
	}
}

// judgeRest wants the bot to have nothing left to do.
func (w *world) judgeRest() {
	w.Helper()
	was := w.writes()
	if _, err := w.conductor.Look(w.Context()); err != nil {
		w.Errorf("a look after the end: %v", err)
	}
	if n := w.writes() - was; n > 0 {
		w.Errorf("a look after the end wrote %d times", n)
	}
}

// judgeHistory wants main to consist of one merge for each that was merged, each of the head that was judged.
func (w *world) judgeHistory(all []forge.MergeRequest) {
	w.Helper()
	w.follow()
	at := w.tip
	for _, r := range slices.Backward(all) {
		c, err := w.ana.ReadCommit(w.Context(), at)
		if err != nil {
			w.Fatal(err)
		}
		if r.MergeSHA != at || len(c.Parents) != 2 || c.Parents[1] != r.Head {
			w.Errorf("main has %.8s with parents %v where !%d was to be merged as %.8s from %.8s", at, c.Parents, r.Number, r.MergeSHA, r.Head)
			return
		}
		at = c.Parents[0]
	}
	if c, err := w.ana.ReadCommit(w.Context(), at); err != nil || len(c.Parents) != 0 {
		w.Errorf("below all merges lies %.8s, which is not the beginning: %v", at, err)
	}
}
