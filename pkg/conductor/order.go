package conductor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// Proof is an upgrade that the environment that goes first has finished.
type Proof struct {
	Environment string
	Release     string
	From        string    // the release that it came from
	Finished    time.Time // when the bot wrote that its last gate was green
	Request     int       // the merge request of its last phase
	Phases      []ProvedPhase
	Since       string // what has become of that environment since then; "" = it is where it was
}

// ProvedPhase is a phase that the environment that goes first has passed. Request is 0 and Merged zero for one that came in without a merge request.
type ProvedPhase struct {
	planner.CoursePhase
	Number  int // 1-based
	Request int
	Merged  time.Time
}

// Queue is why an upgrade is not begun: another environment goes first.
type Queue struct {
	Behind  string    // that environment
	Release string    // of the upgrade that waits
	Why     string    // one sentence
	Remedy  string    // what a person can do; "" where it goes on by itself
	Until   time.Time // when it goes on by itself; zero where that is not known
}

// ahead is what was read of the environment that goes first.
type ahead struct {
	environment string
	unreadable  string // why its files could not be read; "" = they could
	release     string // that its files name
	underway    string // the release that it is on its way to; "" = none
	walks       []walk // the releases that it went to with the bot, in whatever order
}

// walk is what the merge requests of one upgrade tell.
type walk struct {
	release string
	back    bool      // the merge request that was merged last takes a phase back
	last    int       // the merged merge request of the last phase; 0 = none
	over    time.Time // when the bot wrote that the last gate was green; zero = it did not
	course  planner.Course
	passed  map[string]ProvedPhase // merged last, by name
}

func (a ahead) walk(release string) (walk, bool) {
	i := slices.IndexFunc(a.walks, func(w walk) bool { return w.release == release })
	if i < 0 {
		return walk{}, false
	}
	return a.walks[i], true
}

// proof is what the environment has to show for a release; ok is false where that is no finished upgrade. stands tells whether it has stayed there, or gone
// on from there.
func (a ahead) proof(release string) (p Proof, stands, ok bool) {
	w, _ := a.walk(release)
	if w.over.IsZero() {
		return Proof{}, false, false
	}
	p = Proof{Environment: a.environment, Release: release, From: w.course.From.Release, Finished: w.over, Request: w.last}
	for i, phase := range w.course.Phases() {
		passed := w.passed[phase.Name]
		passed.CoursePhase, passed.Number = phase, i+1
		p.Phases = append(p.Phases, passed)
	}
	switch {
	case a.unreadable != "":
		p.Since = fmt.Sprintf("Since then its files cannot be read: %s", sentence(a.unreadable))
	case a.release != release:
		p.Since = fmt.Sprintf("Since then it has come to be at %s.", a.release)
	}
	if a.underway != "" {
		p.Since = strings.TrimSpace(p.Since + fmt.Sprintf(" It is on its way to %s now.", a.underway))
	}
	return p, a.unreadable == "" && !newer(release, a.release) && a.underway != release, true
}

// proofs are the finished upgrades to releases after the current one by which the environment still stands.
func (a ahead) proofs(current string) []Proof {
	var all []Proof
	for _, w := range a.walks {
		if p, stands, ok := a.proof(w.release); ok && stands && newer(w.release, current) {
			all = append(all, p)
		}
	}
	return all
}

// newer compares two releases. What is no version is newer than none, and none is newer than it.
func newer(a, b string) bool {
	va, errA := semver.NewVersion(a)
	vb, errB := semver.NewVersion(b)
	return errA == nil && errB == nil && va.GreaterThan(vb)
}

// missing says why there is no proof of a release, and what helps.
func (a ahead) missing(release, environment string, words forge.Words) (why, remedy string) {
	w, known := a.walk(release)
	byHand := fmt.Sprintf("Whoever decides: take %s back and let the bot bring it there, or take `after` away from %s for this upgrade.", a.environment, environment)
	switch {
	case a.unreadable != "":
		return "its files cannot be read: " + a.unreadable, fmt.Sprintf("Whoever looks after the repository: put %s right.", a.environment)
	case a.underway == release && w.back:
		return "it is on its way there and has taken a phase back", ""
	case a.underway == release:
		return "it is on its way there", ""
	case newer(release, a.release) && !w.over.IsZero():
		return fmt.Sprintf("it had finished it at %s as %s and is back at %s, so it does not stand by it", clock(w.over), words.Number(w.last), a.release), ""
	case newer(release, a.release) && known && w.back:
		return fmt.Sprintf("it took it back and is at %s", a.release), ""
	case newer(release, a.release):
		return fmt.Sprintf("it is still at %s", a.release), ""
	case w.last != 0:
		return fmt.Sprintf("its last phase is merged as %s, and its last gate has not been seen green yet", words.Number(w.last)), ""
	case a.release == release:
		return fmt.Sprintf("it is there, but no %s of the bot for the phase %s brought it there, so nothing shows that it went through the phases", words.Request(), planner.Cleanup), byHand
	}
	return fmt.Sprintf("it is at %s and went there past it", a.release), byHand
}

// kinds are the kinds of phases in their order, each once. Phases that share a merge request count as if they did not.
func kinds(phases []planner.CoursePhase) []planner.Kind {
	var all []planner.Kind
	for _, p := range phases {
		if p.Kind == planner.Canary && len(all) == 0 {
			all = append(all, planner.CRDs)
		}
		if !slices.Contains(all, p.Kind) {
			all = append(all, p.Kind)
		}
	}
	return all
}

// differs says how a plan differs from what was proved; "" where it does not. Waves and gateways may have other names, and be more or fewer: environments
// are not equal in what runs there. What is done to a cluster must be the same, in the same order.
func (p Proof) differs(plan planner.Plan) string {
	var proved, wanted []planner.CoursePhase
	for _, phase := range p.Phases {
		proved = append(proved, phase.CoursePhase)
	}
	for _, phase := range plan.Phases {
		wanted = append(wanted, planner.CoursePhase{Name: phase.Name, Kind: phase.Kind})
	}
	a, b := kinds(proved), kinds(wanted)
	if slices.Equal(a, b) {
		return ""
	}
	var parts []string
	if only := without(b, a); only != "" {
		parts = append(parts, fmt.Sprintf("only %s has %s", plan.Environment, only))
	}
	if only := without(a, b); only != "" {
		parts = append(parts, fmt.Sprintf("only %s has %s", p.Environment, only))
	}
	if len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("%s went through %s, and the plan of %s is %s", p.Environment, list(a), plan.Environment, list(b)))
	}
	return "the phases are not the same: " + strings.Join(parts, "; ")
}

func without(all, those []planner.Kind) string {
	return list(slices.DeleteFunc(slices.Clone(all), func(k planner.Kind) bool { return slices.Contains(those, k) }))
}

func list(all []planner.Kind) string {
	var words []string
	for _, k := range all {
		words = append(words, string(k))
	}
	return strings.Join(words, ", ")
}

// passed says when the environment that goes first passed a phase: the one of the same name, else those of the same kind.
func (p Proof) passed(phase planner.Phase, words forge.Words) string {
	var all []string
	for _, proved := range p.Phases {
		combined := phase.Kind == planner.CRDs && proved.Number == 1
		switch {
		case proved.Name == phase.Name:
			return fmt.Sprintf("%s passed %s.", p.Environment, proved.when(words))
		case proved.Kind == phase.Kind || combined:
			all = append(all, proved.when(words))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("%s has no phase of this name; it passed %s.", p.Environment, strings.Join(all, ", "))
}

func (p ProvedPhase) when(words forge.Words) string {
	if p.Request == 0 {
		return p.Name + " by hand, without a " + words.Request()
	}
	return fmt.Sprintf("%s at %s as %s", p.Name, clock(p.Merged), words.Number(p.Request))
}

// says is the proof in one or two sentences.
func (p Proof) says(words forge.Words) string {
	text := fmt.Sprintf("%s finished Big Bang %s, from %s, at %s as %s.", p.Environment, p.Release, p.From, clock(p.Finished), words.Number(p.Request))
	return strings.TrimSpace(text + " " + p.Since)
}

// describeQueue says that another environment goes first.
func (t *Status) describeQueue(s State) {
	q := s.Queue
	t.Situation = Queued
	t.Happening = fmt.Sprintf("The upgrade to Big Bang %s is not begun, since %s goes first.", q.Release, q.Behind)
	t.Healthy = "No gate is asked."
	t.Blocks = []string{sentence(q.Why)}
	if q.Remedy != "" {
		t.Wanted = []string{q.Remedy}
	}
	switch {
	case !q.Until.IsZero():
		t.GoesOn = fmt.Sprintf("By itself at %s, if %s stays there.", clock(q.Until), q.Behind)
	case q.Remedy != "":
		t.GoesOn = "Not before that is done."
	default:
		t.GoesOn = fmt.Sprintf("By itself, when %s has finished it.", q.Behind)
	}
}
