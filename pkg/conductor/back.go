package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// backCount says how far a way back is: "3/5" is its third step of five.
func (s State) backCount(phase planner.Phase) string {
	all := max(s.Longest, phase.Number)
	return fmt.Sprintf("%d/%d", all-phase.Number+1, all)
}

// afterBack says what comes after the step back that is open.
func (s State) afterBack() string {
	if s.Done == 1 {
		return "After it the files are, byte for byte, what they were before the upgrade."
	}
	return fmt.Sprintf("After it a person says which way it goes on: back over %s too, or forward again.", s.Plan.Phases[s.Done-2].Name)
}

// offer names the ways that are open after a step back, or after an abort.
func (s State) offer() []string {
	var ways []string
	if s.Done > 0 {
		ways = append(ways, fmt.Sprintf("`%s %s` takes phase %d, %s, back.", chatops.Prefix, chatops.Rollback, s.Done, s.Plan.Phases[s.Done-1].Name))
	}
	next := s.Plan.Phases[s.Done]
	return append(ways, fmt.Sprintf("`%s %s` goes forward, with phase %d, %s.", chatops.Prefix, chatops.Resume, next.Number, next.Name))
}

// below names the merge request where commands are read.
func (s State) below() string {
	if s.Newest == nil {
		return ""
	}
	return fmt.Sprintf(" Write it below %s.", s.Words.Number(s.Newest.Number))
}

// backNote is the last note of a merge request that took a phase back.
func (s State) backNote(r Request, p place) string {
	text := fmt.Sprintf("**Happening** Phase %d of %d, %s, is taken back as %.8s by %s at %s", p.Number, len(s.Plan.Phases), strings.TrimPrefix(p.Phase, backPrefix),
		r.MergeSHA, name(r.MergedBy), clock(r.Done))
	if who := s.promoters(r); who != "" {
		text += ", on the word of " + who
	}
	if p.Number == 1 {
		text += "; the files are, byte for byte, what they were before the upgrade"
	}
	return text + ".\n\n" + s.skips(r)
}

// turnedWhy says why a merge request is closed that is not on the way any more.
func (s State) turnedWhy() string {
	who := fmt.Sprintf("%s (comment %d)", name(forge.User{Name: s.Turn.Who}), s.Turn.By)
	switch s.Turn.Heading {
	case Back:
		return fmt.Sprintf("%s asked to go back, so this is closed, and phase %d, %s, is taken back in a %s of its own.", who, s.Done, s.Plan.Phases[s.Done-1].Name, s.Words.Request())
	case Aborted:
		return fmt.Sprintf("%s aborted the upgrade, so this is closed: %s", who, s.remains())
	default:
		return fmt.Sprintf("%s asked to go forward again, so this is closed, and phase %d, %s, gets a %s of its own.", who, s.Done+1, s.Plan.Phases[s.Done].Name, s.Words.Request())
	}
}

// describePause says that somebody paused it.
func (t *Status) describePause(s State) {
	t.describeNext(s)
	t.describeGate(s)
	t.Situation = Paused
	t.Happening = fmt.Sprintf("Paused by %s (comment %d): nothing is opened, merged or closed.", name(forge.User{Name: s.Turn.Holder}), s.Turn.Paused)
	if s.Current != nil {
		t.Happening += fmt.Sprintf(" %s stays open.", s.request(s.Current.Number))
	}
	t.Wanted = []string{fmt.Sprintf("Whoever may: comment `%s %s` to go on.%s", chatops.Prefix, chatops.Resume, s.below())}
	t.GoesOn = "Not before somebody resumes."
}

// describeTurn says that a person has to say which way it goes on.
func (t *Status) describeTurn(s State) {
	t.describeGate(s)
	t.Next = s.describeUndone()
	t.Situation = Around
	t.Happening = fmt.Sprintf("The upgrade was turned round; %d of %d phases are in.", s.Done, len(s.Plan.Phases))
	if s.Done == 0 {
		t.Happening = "The upgrade was taken back; the files are, byte for byte, what they were before it."
	}
	if s.Turn.Heading == Aborted {
		t.Situation = Abandoned
		t.Happening = fmt.Sprintf("The upgrade was aborted by %s (comment %d): %s", name(forge.User{Name: s.Turn.Who}), s.Turn.By, s.remains())
	}
	for _, way := range s.offer() {
		t.Wanted = append(t.Wanted, "Whoever may decide: "+way+s.below())
	}
	t.GoesOn = "Not by itself."
	if s.Newest != nil {
		for _, o := range s.orders(*s.Newest) {
			if o.line != "" {
				t.Commands = append(t.Commands, o.line)
			}
		}
	}
}
