package conductor

import (
	"fmt"
	"slices"
	"time"

	"github.com/linnet-bot/linnet/pkg/calendar"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// care is the ways to a merge, the most careful first.
var care = []When{Manual, OnPromote, Auto}

// when is who merges a phase: the word for its kind, and for a way back that of the phase that it takes back. The first phase may bring the CRDs and
// the canary in one; then the more careful word of the two counts.
func (s State) when(phase planner.Phase) When {
	when := s.whenKind(phase.Kind)
	if phase.Kind == planner.Canary && phase.Number == 1 {
		other := s.whenKind(planner.CRDs)
		return care[min(slices.Index(care, when), slices.Index(care, other))]
	}
	return when
}

func (s State) whenKind(kind planner.Kind) When {
	when := s.Merge
	if own, ok := s.MergeByKind[kind]; ok {
		when = own
	}
	if !slices.Contains(care, when) {
		return Manual
	}
	return when
}

// whenNext is who merges the next phase; people, where there is none.
func (s State) whenNext() When {
	phase, ok := s.next()
	if !ok {
		return Manual
	}
	return s.when(phase)
}

// byPeople is the setting by which people merge what a merge request brings or takes back; "" where the bot may.
func (s State) byPeople(r Request) string {
	p, ok := parseBranch(s.Environment, r.Source)
	if s.Plan == nil || !ok || p.Number < 1 || p.Number > len(s.Plan.Phases) {
		return ""
	}
	phase := s.Plan.Phases[p.Number-1]
	if s.when(phase) != Manual {
		return ""
	}
	kind := phase.Kind
	if s.whenKind(kind) != Manual {
		kind = planner.CRDs // which come with it
	}
	if _, own := s.MergeByKind[kind]; own {
		return fmt.Sprintf("policy.mergeByPhase.%s is manual", kind)
	}
	return "policy.merge is manual"
}

// earliest is the first moment at which the gate could be open: now, or the end of a soak that goes on.
func (s State) earliest() time.Time {
	if s.Gate.Result.Green() && !s.Gate.open() {
		return s.Gate.Clock.GreenSince.Add(s.Gate.Asked.Soak)
	}
	return s.Now
}

// shut tells when the calendar lets the bot merge the next phase, and why not before; why is "" where the calendar is not in the way. It is asked for the
// moment at which the gate could be open. opens is zero where no window opens again.
func (s State) shut() (opens time.Time, why string) {
	if s.whenNext() == Manual {
		return time.Time{}, "" // it binds the bot, not people
	}
	return s.Calendar.Next(s.earliest())
}

// describeCalendar says that the merge waits for the calendar, and until when. It comes after all that the gate and the forge have to say.
func (t *Status) describeCalendar(s State, byItself bool) {
	opens, why := s.shut()
	if why == "" {
		return
	}
	t.Opens, t.Shut = opens, why
	t.Blocks = append(t.Blocks, theCalendar+why+".")
	open, at := s.Gate.open(), calendar.Words(opens)
	switch {
	case opens.IsZero():
		t.GoesOn = "Not by itself: no window opens again, so a person merges."
	case !byItself && open:
		t.GoesOn = fmt.Sprintf("Not by itself: a person decides. On their word it is merged at %s.", at)
	case open && len(foreignReasons(*s.Current)) > 0:
		t.GoesOn = fmt.Sprintf("As soon as the forge lets it be merged, at %s at the earliest.", at)
	case open:
		t.GoesOn = fmt.Sprintf("At %s, if the gate is green then: it is merged by itself.", at)
	default:
		t.GoesOn += fmt.Sprintf(" The bot does not merge before %s.", at)
	}
}

// checkTitle says in the title of a green check that the bot waits nevertheless, first of all, since forges cut what is long. A person may merge, so the
// check stays green.
func (s State) checkTitle(title string) string {
	if _, why := s.shut(); why != "" {
		return fmt.Sprintf("green, but the bot waits: %s; %s", why, title)
	}
	return title
}

// merge merges where policy, the calendar and the forge let it. A look may take long, on a forge that is slow to answer; then what was seen of the cluster is
// old by the end of it, and the next look decides.
func (s State) merge(orders []order) []Action {
	phase, _ := s.next()
	when := s.when(phase)
	switch {
	case !s.Gate.open() || s.Current.Mergeability.Readiness != forge.Ready || !s.Calendar.Open(s.Now):
		return nil
	case s.Now.Sub(s.Seen) > s.MaxGap || s.queued():
		return nil
	case when == Manual || when == OnPromote && !promotes(orders):
		return nil
	}
	return []Action{Merge{
		Number: s.Current.Number, Target: s.Tip, After: phase.After,
		Options: forge.MergeOptions{Head: s.Head.SHA, Method: s.Requests.Method, Message: s.mergeMessage(phase)},
	}}
}
