// Package conductor moves one environment through the phases of an upgrade: it opens the merge request of the next phase, watches the gate, keeps a
// note with the progress, and merges where policy lets it.
//
// Each look is the same: gather a State from the forge, the repository and the cluster; let Decide, which is pure, name what is to be done at this
// moment; do it; gather again, until nothing is left to do. What has happened is read, never remembered: the files on the target branch say which
// phases are in, branch names say which merge request belongs to which phase, the bot's own reactions say which commands it has answered. So a
// process may die between any two actions, and the next one, or another one that runs at the same time, goes on from there.
//
// What must hold, whatever is killed when:
//   - creating the branch of a phase is the lock: there is one merge request a phase, and at most one open one an environment;
//   - nothing is merged but what the plan at the target's tip says, bound to the head that was judged;
//   - a branch that somebody else has written to is never written to again;
//   - unknown is never green: without an observation, or with an old one, nothing is merged.
//
// One thing only is carried from look to look, how long a gate has been green. It lies in the note, sealed with the operator's key, and otherwise in
// memory; losing it begins the soak anew.
package conductor

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/linnet-bot/linnet/pkg/calendar"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// CheckName is the name of the check that carries the gate's verdict on the head of a merge request.
const CheckName = "linnet/gate"

// Observer sees the cluster of one environment.
type Observer interface {
	// Observe gives what the cluster looks like now. An error, a nil observation, or one that is older than Settings.MaxGap is Unknown to every gate,
	// and so never green.
	Observe(ctx context.Context) (*checks.Observation, error)
}

// When says who merges once a gate is green.
type When string

// The ways to a merge.
const (
	Manual    When = "manual"     // a person, on the forge
	OnPromote When = "on-promote" // the bot, after a person wrote /canary promote
	Auto      When = "auto"       // the bot
)

// Settings is all that a Conductor needs. Every field is required unless it says otherwise.
type Settings struct {
	Environment string // folder in the repository, "dev"
	Branch      string // that Flux follows and merge requests aim at; "" = the forge's default branch

	Forge    forge.Forge
	Pulse    *Pulse // shared with the other Conductors of this forge; nil = with none
	Observer Observer
	Material planner.Material
	Policy   planner.Policy
	// Choose names the release to move to from the current one, and why. An empty release means that there is none, and why says why not; so does
	// planner.ErrUpToDate. It is asked whenever no upgrade is under way.
	Choose func(ctx context.Context, current string) (to, why string, err error)
	// First goes first. nil = none does.
	First *First
	// Plan makes a plan, which follows from its input alone. nil = planner.Make; another one may remember what that made.
	Plan func(planner.Input) (planner.Plan, error)

	Words    forge.Words  // what people call things on the forge; the zero Words are those of GitLab
	Requests forge.Policy // what every merge request carries; the zero Policy is the default
	Merge    When         // "" = OnPromote
	// MergeByKind is who merges phases of one kind, and their ways back; kinds that are not in it go by Merge. A word that is none of the three is Manual.
	MergeByKind map[planner.Kind]When
	// Calendar is when the bot may merge. It binds neither people nor anything else that the bot does. The zero Calendar is always open.
	Calendar calendar.Calendar
	// MaxDwell is how long a merge request may be open before those in Escalate, such as "@mesh-oncall", are mentioned on it, once. 0 = for ever.
	MaxDwell time.Duration
	Escalate []string // nobody = nobody is told

	Now func() time.Time
	// MaxGap is how far apart two looks may be for a soak to go on, and how old an observation may be. 0 = a minute, for one that watches;
	// who samples gives two and a half times the interval.
	MaxGap time.Duration
	// Sampled tells that the process ends after one look and another one takes the next. Then the note carries the soak from each look to the next, and
	// says that nobody looked in between.
	Sampled bool
	// Marker seals the soak in the note. nil = no key: a soak begins anew with the process.
	Marker *forge.Marker
	Log    *slog.Logger // nil = silent
	// Rights are who may give which command. nil = the defaults of package chatops.
	Rights chatops.Rights
	// Role is what somebody may do in the project, as the forge says now. An error counts as no role. nil = a forge without roles, on which whoever can
	// comment counts as a maintainer.
	Role func(ctx context.Context, who forge.User) (chatops.Role, error)
	// InGroup is whether somebody is in a group that the rights name, as the forge says now. An error counts as not. nil = a forge without groups.
	InGroup func(ctx context.Context, group int64, who forge.User) (bool, error)
	// Recorder keeps a history. nil = none.
	Recorder Recorder
}

// Conductor conducts one environment. It is not safe for concurrent use; several processes on one forge are.
type Conductor struct {
	Settings
	recall    *recall
	plans     *plans
	soaks     map[soakKey]checks.SoakClock
	settled   map[int]time.Time         // merged requests that nothing is left to say of, and when they had changed last by then
	resting   []int                     // the same, the one that has been so longest first
	described described                 // what was described last
	stated    SetCheck                  // what was stated last
	anew      string                    // the commit on which somebody asked for the check to be stated again
	handed    int                       // the merge request that the forge took in this look to merge later
	courses   map[string]planner.Course // of finished upgrades, by the commit of the last merge, from which they follow
	current   struct {                  // what the files at a commit say
		commit, release string
		err             error
	}
}

// DefaultMaxGap is MaxGap for one that watches.
const DefaultMaxGap = time.Minute

// New makes a Conductor. It does nothing yet.
func New(s Settings) (*Conductor, error) {
	for _, required := range []struct {
		missing bool
		name    string
	}{
		{s.Environment == "", "environment"}, {s.Forge == nil, "forge"}, {s.Observer == nil, "observer"}, {s.Material == nil, "material"},
		{s.Choose == nil, "way to choose a release"}, {s.Now == nil, "clock"},
	} {
		if required.missing {
			return nil, errors.New("make a conductor: no " + required.name + " was given")
		}
	}
	if err := s.Requests.Validate(); err != nil {
		return nil, err
	}
	if s.Merge == "" {
		s.Merge = OnPromote
	}
	if s.MaxGap == 0 {
		s.MaxGap = DefaultMaxGap
	}
	if s.Plan == nil {
		s.Plan = planner.Make
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return &Conductor{Settings: s, recall: newRecall(s.Forge, s.Pulse), plans: &plans{}, soaks: map[soakKey]checks.SoakClock{}, settled: map[int]time.Time{}, courses: map[string]planner.Course{}}, nil
}
