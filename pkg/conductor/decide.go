package conductor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// Decide names what is to be done in a state, in order. It is pure: the same state gives the same actions, and in the state that they lead to there is
// nothing left to do but what follows from it.
func Decide(s State) []Action {
	s.heard = &hearing{}
	return append(s.vouch(), s.decide()...)
}

func (s State) decide() []Action {
	heard := s.heed()
	if s.Refusal != nil {
		return append(heard, s.say()...)
	}
	if s.Plan == nil || len(heard) > 0 {
		return heard
	}
	if s.Turn.Paused != 0 && !s.finished() {
		return append(s.settle(), s.say()...)
	}
	actions := s.closeOthers()
	actions = append(actions, s.settle()...)
	if _, ok := s.next(); !ok {
		return actions
	}
	switch {
	case s.stopped() != stop{}:
		return append(actions, s.say()...)
	case s.Current == nil:
		return append(actions, s.open()...)
	}
	return append(actions, s.tend()...)
}

// closeOthers closes what is not the next phase.
func (s State) closeOthers() []Action {
	if len(s.Others) == 0 {
		return nil
	}
	why := "Every phase of this upgrade is in."
	if phase, ok := s.next(); s.Turn.By != 0 && !s.finished() {
		why = s.turnedWhy()
	} else if s.Turn.Heading == Turned && !s.finished() {
		why = fmt.Sprintf("The upgrade `%s` was turned round and goes neither way by itself.", s.Plan.ID)
	} else if ok && s.Turn.Heading == Back {
		why = fmt.Sprintf("The upgrade `%s` goes back: phase %d, %s, is taken back next, in a %s of its own.", s.Plan.ID, phase.Number, strings.TrimPrefix(phase.Name, backPrefix), s.Words.Request())
	} else if ok {
		why = fmt.Sprintf("This is not the next phase of %s: that is phase %d, %s, of the upgrade `%s`.", s.Environment, phase.Number, phase.Name, s.Plan.ID)
	}
	var actions []Action
	for _, r := range s.Others {
		actions = append(actions, CloseRequest{Number: r.Number, Why: why})
	}
	return actions
}

// settle gives merged requests their last word.
func (s State) settle() []Action {
	var actions []Action
	for _, r := range s.Merged {
		for _, o := range s.outcomes(r) {
			actions = append(actions, React{Number: r.Number, Comment: o.comment.ID, Kind: o.want})
		}
		actions = append(actions, s.elsewhere(r)...)
		want := s.mergedNote(r)
		if s.finished() && r.Source == s.Steps[s.Done-1].Branch {
			switch {
			case s.Over:
				continue
			case s.Gate.open():
				want = s.finishedNote(r)
			default:
				actions = append(actions, s.writeNote(r, want+describe(s).note())...)
				continue
			}
		} else if s.newest(r) && s.waits() {
			actions = append(actions, s.writeNote(r, want+describe(s).note())...)
			continue
		}
		if have, _ := r.note(s.Me, noteName); have != want {
			actions = append(actions, WriteNote{Number: r.Number, Name: noteName, Body: want})
		}
	}
	for _, r := range s.Closed {
		for _, o := range s.outcomes(r) {
			if !s.newest(r) {
				actions = append(actions, React{Number: r.Number, Comment: o.comment.ID, Kind: o.want})
			}
		}
		actions = append(actions, s.elsewhere(r)...)
		if s.newest(r) && s.waits() {
			actions = append(actions, s.writeNote(r, describe(s).note()+s.told(r))...)
		}
	}
	return actions
}

// waits tells that nothing is open, and a person has to say how it goes on.
func (s State) waits() bool {
	if s.finished() || s.Current != nil {
		return false
	}
	return s.Turn.Paused != 0 || s.Turn.Heading == Turned || s.Turn.Heading == Aborted
}

// heed answers what people wrote below the newest merge request, but for promotions and for what was not understood, which tend looks after. Each
// command is claimed first; then its effect is written down where it survives everything; then it is called done.
func (s State) heed() []Action {
	if s.Newest == nil {
		return nil
	}
	r := *s.Newest
	turn, orders := s.hear(r)
	var claims, effects, outcomes []Action
	for _, o := range orders {
		tended := s.Current != nil && s.newest(*s.Current) && (o.command.Verb == "" || binds[o.command.Verb])
		switch {
		case tended:
		case o.want == forge.Eyes:
			claims = append(claims, React{Number: r.Number, Comment: o.comment.ID, Kind: o.want})
		case o.want != "":
			outcomes = append(outcomes, React{Number: r.Number, Comment: o.comment.ID, Kind: o.want})
		}
		if o.signs != nil {
			effects = append(effects, WriteNote{Number: r.Number, Name: acceptNote(o.comment.ID), Body: acceptedNote(*o.signs)})
		}
		if o.asks {
			effects = append(effects, WriteNote{Number: r.Number, Name: answerNote(o.comment.ID), Body: s.answer(o)})
		}
	}
	if turn.Taken != 0 {
		if have, _ := r.note(s.Me, turnNote); have != s.turnText(turn) {
			effects = append(effects, WriteNote{Number: r.Number, Name: turnNote, Body: s.turnText(turn)})
		}
	}
	return slices.Concat(claims, effects, outcomes)
}

// open brings the branch of the next phase and its merge request into being.
func (s State) open() []Action {
	phase, _ := s.next()
	step := s.step()
	title, err := s.title(phase)
	if err != nil {
		title = phase.Title // New has tried the template
	}
	switch {
	case s.Left != nil && step.Head != "" && step.Head == s.Left.Head:
		return []Action{DeleteBranch{Branch: step.Branch, Head: step.Head}} // the bot closed it, to begin anew, and died then
	case step.Head == "":
		return []Action{Commit{forge.NewCommit{
			Branch: step.Branch, Create: true, Parent: s.Tip, Message: s.commitMessage(phase, title), Changes: phase.Changes(),
		}}}
	case s.Head.Empty:
		return []Action{s.replan()}
	}
	return []Action{OpenRequest{forge.OpenRequest{
		Source: step.Branch, Target: s.Branch, Title: title, Description: forge.PutSection("", s.description(phase, step.Branch, step.Head)),
		Labels: s.Requests.Labels, Reviewers: s.Requests.Reviewers,
	}}}
}

// replan puts what is planned now on top of what is on the branch.
func (s State) replan() Action {
	phase, _ := s.next()
	return Commit{forge.NewCommit{
		Branch: s.step().Branch, Parent: s.Head.SHA, Changes: s.Head.Tree.Changes(phase.After),
		Message: s.commitMessage(phase, fmt.Sprintf("Plan %s anew for %s at %.8s", phase.Name, s.Branch, s.Tip)),
	}}
}

// tend looks after the open merge request.
func (s State) tend() []Action {
	orders := s.orders(*s.Current)
	if s.Head.Merges != AsPlanned {
		return s.renew(orders)
	}
	var actions []Action
	for _, o := range orders {
		if o.want != "" {
			actions = append(actions, React{Number: s.Current.Number, Comment: o.comment.ID, Kind: o.want})
		}
	}
	if s.closedByUs(*s.Current) {
		actions = append(actions, WriteNote{Number: s.Current.Number, Name: closedNote, Body: "It was closed for a while and is open again.\n"})
	}
	actions = append(actions, s.refresh()...)
	actions = append(actions, s.say()...)
	if len(actions) > 0 {
		return actions // what is claimed and said comes before what is done
	}
	return s.merge(orders)
}

// renew makes the branch give what is planned now. What people agreed to was something else, so it is void, and that is said first.
func (s State) renew(orders []order) []Action {
	var actions []Action
	for _, o := range orders {
		if o.standing {
			actions = append(actions, React{Number: s.Current.Number, Comment: o.comment.ID, Kind: forge.ThumbsDown})
		}
	}
	if !s.Head.Planned {
		return append(actions, s.replan())
	}
	why := fmt.Sprintf("%s has moved in a way that this branch cannot follow without being written anew", s.Branch)
	if s.Head.Conflict != "" {
		why += " (" + s.Head.Conflict + ")"
	}
	return append(actions,
		CloseRequest{Number: s.Current.Number, Why: fmt.Sprintf("%s; another %s for the same phase takes its place.", why, s.Words.Request())},
		DeleteBranch{Branch: s.step().Branch, Head: s.Head.SHA})
}

// refresh keeps the bot's section of the description.
func (s State) refresh() []Action {
	if s.Current.Author.ID != s.Me.ID {
		return nil
	}
	phase, _ := s.next()
	want := strings.Trim(s.description(phase, s.step().Branch, s.Head.SHA), "\n")
	if have, _ := forge.Section(s.Current.Description); strings.Trim(have, "\n") == want {
		return nil
	}
	return []Action{Describe{Number: s.Current.Number, Description: forge.PutSection(s.Current.Description, want)}}
}

// say writes check and note of the open merge request, and the note of one that a person closed.
func (s State) say() []Action {
	r := s.subject()
	if r == nil {
		return nil
	}
	status := describe(s)
	var actions []Action
	if r.State == forge.Open {
		if want := s.check(status); s.Anew == r.Head || !s.shown(*r, want) {
			want.Summary, want.Promote, want.Anew = status.note(), s.offers(*r), s.Anew == r.Head
			actions = append(actions, SetCheck{SHA: r.Head, Check: want})
		}
	}
	actions = append(actions, s.escalate(*r, status)...)
	return append(actions, s.writeNote(*r, status.note()+s.told(*r))...)
}

// writeNote edits the note when it has something new to say, now and then for its details, and to carry the soak.
func (s State) writeNote(r Request, visible string) []Action {
	key := soakKey{Branch: r.Source, Merge: s.Gate.Merge.Commit}
	if r.State == forge.Merged {
		key.Branch += " end"
	}
	if have, there := r.note(s.Me, noteName); there && s.tells(r, withoutSeal(have), visible) {
		late := false
		if s.Marker != nil && s.Gate.Asked.Soak > 0 {
			late = s.outdated(key.unseal(s.Marker, have))
		}
		if !late {
			return nil
		}
	}
	return []Action{WriteNote{Number: r.Number, Name: noteName, Body: key.seal(s.Marker, visible, s.Gate.Clock)}}
}

// tells tells whether a note says what is wanted, but for what can wait. That a gate is green is told once: what it counts goes up and down in every cluster.
func (s State) tells(r Request, have, want string) bool {
	if have == want || s.atHand(r) {
		return true
	}
	return gist(have) == gist(want) && (s.Gate.Result.Green() || !s.stale(s.noteWritten(r, noteName)))
}

// atHand tells that the bot is about to merge: what it could say before that, it says after that. It states the check first, on which the forge may wait. A
// merge that does not come about for a while is no longer at hand.
func (s State) atHand(r Request) bool {
	if s.Current == nil || r.Number != s.Current.Number || !s.Gate.open() || !s.Calendar.Open(s.Now) {
		return false
	}
	orders := s.orders(r)
	if when := s.whenNext(); when == Manual || when == OnPromote && !promotes(orders) {
		return false
	}
	for _, c := range r.Checks {
		if c.By.ID == s.Me.ID && c.Name == CheckName && c.State == forge.Success {
			return len(s.merge(orders)) > 0 && !s.stale(c.Updated)
		}
	}
	return true
}

// check is the gate's verdict as the forge has it, in one line. What the forge shows beside it is told once with each line; the note goes on telling.
func (s State) check(t Status) forge.Check {
	c := forge.Check{Name: CheckName, Title: s.Gate.inWords().summary}
	switch {
	case t.Situation == Refused || t.Situation == Stopped || t.Situation == Paused:
		c.State, c.Title = forge.ActionRequired, t.Happening
	case s.Gate.open():
		c.State, c.Title = forge.Success, s.checkTitle(c.Title)
	case s.Gate.Result.Green():
		c.State = forge.InProgress
		c.Title = fmt.Sprintf("green since %s, must stay so for %s", clock(s.Gate.Clock.GreenSince), length(s.Gate.Asked.Soak))
	case s.Gate.Result.Verdict == checks.Fail:
		c.State = forge.Failure
	default:
		c.State = forge.InProgress
	}
	c.Title = cutLine(c.Title, 200)
	return c
}

// shown tells whether the forge shows the check. It may go on to show the old title for as long as the state is the same; then it is enough to have stated
// it.
func (s State) shown(r Request, want forge.Check) bool {
	stated := s.Stated
	stated.Check.Summary, stated.Check.Promote, stated.Check.Anew = "", false, false
	for _, c := range r.Checks {
		if c.By.ID == s.Me.ID && c.Name == want.Name {
			said := saysGreen(c.Title) == saysGreen(want.Title) && !s.stale(c.Updated)
			return c.State == want.State && (c.Title == want.Title || said || stated == SetCheck{SHA: r.Head, Check: want})
		}
	}
	return false
}
