package conductor

import (
	"time"

	"github.com/linnet-bot/linnet/pkg/calendar"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/gitops/tree"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// State is everything that a decision follows from, as it was read. It holds no conclusions.
type State struct {
	Now time.Time // when it was read

	Environment string
	Branch      string // the target
	Tip         string // its SHA
	Me          forge.User

	Words    forge.Words
	Requests forge.Policy
	Merge    When
	// MergeByKind is who merges phases of one kind; kinds that are not in it go by Merge.
	MergeByKind map[planner.Kind]When
	Calendar    calendar.Calendar // when the bot may merge
	MaxGap      time.Duration
	Sampled     bool // the process ends after this look
	// MaxDwell is how long a merge request may be open before those in Escalate, such as "@mesh-oncall", are mentioned on it; 0 = for ever.
	MaxDwell time.Duration
	Escalate []string
	Marker   *forge.Marker

	Rights   chatops.Rights          // nil = the defaults
	Roles    map[string]chatops.Role // of who wrote below Newest, by user ID; nil = the forge has no roles
	InGroups map[string][]int64      // those that the rights name and who wrote below Newest is in, by user ID

	// Newest is the merge request that was opened last: there people say which way the upgrade goes. nil = there is none yet.
	Newest *Request
	// Turn is what they said. It follows from Newest alone.
	Turn Turn
	// Seen is when the cluster was observed; zero when it was not.
	Seen time.Time

	// Stated is the check that this process stated last; zero when it has stated none.
	Stated SetCheck

	// Refusal is why no plan could be made. Nothing may be changed then but what is said of it.
	Refusal error
	// Nothing is why no upgrade is to be begun; "" when there is a plan.
	Nothing string
	// Queue is the environment that goes first, where an upgrade waits for it.
	Queue *Queue
	// Proof is what the environment that goes first did in the same upgrade; nil where none goes first, or where it has nothing to show.
	Proof *Proof

	// Plan is made from the tip, or, once everything is in, from the commit before the last merge.
	Plan  *planner.Plan
	Done  int    // phases that are in
	Steps []Step // one for each phase of the plan
	// Way is the phase that takes the last one back, on the forge.
	Way Step
	// Longest is the number of the phase with which the way back of this attempt began; 0 where none did.
	Longest int
	// Last is the merge request of this upgrade that was merged last; nil where none was.
	Last *forge.MergeRequest

	// Trials are the trial merges of the forge's queue that the bot has to vouch for.
	Trials []Trial
	// Hidden is why the forge's merge queue, in which there is something, may not be read; "" = it may.
	Hidden string
	// Anew is a commit on which somebody asked for the check to be stated again; "" = nobody did.
	Anew string
	// Handed is the merge request that the forge took in this look to merge later; 0 = none.
	Handed int

	// Others are open merge requests of the bot in this environment that are not the next phase's.
	Others []Request
	// Current is the open merge request of the next phase.
	Current *Request
	// Head is what is on the branch of the next phase.
	Head Head
	// Left is a closed merge request of the next phase.
	Left *Request
	// Merged are merged ones that may still want a word: the outcome of a promotion, the last note.
	Merged []Request
	// Closed are closed ones that may still want one.
	Closed []Request

	// Gate is what is awaited: the entry gate of the next phase, or the exit gate of the last.
	Gate Gate
	// Undone is the exit gate of the step back that was merged last, while the upgrade goes back or is turned round; nil where it cannot be asked.
	Undone *Gate
	// Over tells that the last note of the finished upgrade is written.
	Over bool

	// said is the description of the next phase, written once for many looks. The zero value = it is to be written when it is wanted.
	said described
	// heard is what Decide has understood of the comments; it asks for that several times. nil = listen each time.
	heard *hearing
}

// Step is one phase on the forge.
type Step struct {
	Branch  string
	Head    string              // of the branch; "" when it is not there
	Request *forge.MergeRequest // open, else merged, else the newest closed one
}

// Request is a merge request with what was said about it.
type Request struct {
	forge.MergeRequest
	Comments []forge.Comment
	Checks   []forge.Check // of its head

	read *reading // of the comments; nil = they are read each time
}

// Head is the tip of the next phase's branch.
type Head struct {
	SHA  string    // "" when there is no branch
	Made time.Time // when its commit was made

	// Merges is what merging gives at the target's tip: AsPlanned, Otherwise or Conflict. "" where there is no open merge request to ask for.
	Merges Outcome
	// Ours tells that the content of the branch is what the bot planned, for this tip or for an earlier one.
	Ours bool
	// Planned tells that it is what is planned for this tip.
	Planned bool
	// Empty tells that the branch holds nothing that the target has not.
	Empty bool

	Tree     tree.Tree
	Conflict string // in the forge's words
}

// Outcome is what a merge would give.
type Outcome string

// The outcomes.
const (
	AsPlanned Outcome = "as planned"
	Otherwise Outcome = "otherwise"
	Conflict  Outcome = "conflict"
)

// Gate is what the cluster was asked and what it answered.
type Gate struct {
	Asked  checks.Gate
	Merge  checks.Merge // whose effect is awaited
	Result checks.Result
	Clock  checks.SoakClock
	Now    time.Time
	// Skipped is who asked to count the soak as done, and why; "" = nobody did.
	Skipped string

	words *gateWords // of Result; nil = they are found when they are wanted
}

// remaining is what is left of the soak.
func (g Gate) remaining() time.Duration {
	if g.Skipped != "" {
		return 0
	}
	return g.Clock.Remaining(g.Now, g.Asked.Soak)
}

// open tells whether the gate is green and has been for long enough.
func (g Gate) open() bool { return g.Result.Green() && g.remaining() == 0 }

// next is the phase whose merge request is to be open; ok is false when there is none.
func (s State) next() (planner.Phase, bool) {
	switch {
	case s.Plan == nil || s.finished():
		return planner.Phase{}, false
	case s.Turn.Heading == Back && s.Plan.Back != nil:
		return *s.Plan.Back, true
	case s.Turn.Heading != Forward:
		return planner.Phase{}, false
	}
	return s.Plan.Phases[s.Done], true
}

// step is the next phase on the forge.
func (s State) step() Step {
	if s.Turn.Heading == Back {
		return s.Way
	}
	return s.Steps[s.Done]
}

// finished tells that every phase is in.
func (s State) finished() bool { return s.Plan != nil && s.Done == len(s.Plan.Phases) }

// newest tells whether a request is the one that was opened last.
func (s State) newest(r Request) bool { return s.Newest != nil && s.Newest.Number == r.Number }
