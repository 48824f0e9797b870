package conductor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// Heading is which way an upgrade goes.
type Heading string

// The headings.
const (
	Forward Heading = ""       // the next phase is to be merged
	Back    Heading = "back"   // the last phase that is in is to be taken back
	Turned  Heading = "turned" // a phase was taken back, and a person says which way it goes on
	Aborted Heading = "aborted"
)

// Turn is what people's commands come to: which way the upgrade goes, and whether it is paused. It is read from the newest merge request each time: what
// kind of phase that is, what the bot wrote down below it, and the commands that came after.
type Turn struct {
	Heading Heading
	Attempt int   // of the branches to be made now
	By      int64 // the comment that gave the heading; 0 = none
	Who     string
	Paused  int64 // the comment that paused it; 0 = it is not paused
	Holder  string
	Taken   int64 // the last command that is in this
}

// backPrefix begins the names of phases that take another one back.
const backPrefix = "back-"

func (p place) back() bool { return strings.HasPrefix(p.Phase, backPrefix) }

// turnMark is a turn in the bot's own note, so that it outlives the comments that it came from.
const turnMark = "<!-- linnet:turn %s -->"

func (t Turn) mark() string {
	heading := string(t.Heading)
	if heading == "" {
		heading = "forward"
	}
	return fmt.Sprintf(turnMark, fmt.Sprintf("%s %d %d %s %d %s %d", heading, t.Attempt, t.By, word(t.Who), t.Paused, word(t.Holder), t.Taken))
}

// word makes a name one word.
func word(name string) string {
	if name = strings.Join(strings.Fields(name), "_"); name == "" {
		return "-"
	}
	return strings.ReplaceAll(name, "--", "__") // a comment of HTML ends at two dashes
}

// readTurn reads the mark in a note; ok is false where there is none that can be read.
func readTurn(note string) (t Turn, ok bool) {
	_, rest, found := strings.Cut(note, "<!-- linnet:turn ")
	inside, _, closed := strings.Cut(rest, " -->")
	parts := strings.Fields(inside)
	if !found || !closed || len(parts) != 7 {
		return Turn{}, false
	}
	var numbers [4]int64
	for i, at := range []int{1, 2, 4, 6} {
		n, err := strconv.ParseInt(parts[at], 10, 64)
		if err != nil {
			return Turn{}, false
		}
		numbers[i] = n
	}
	t = Turn{Heading: Heading(parts[0]), Attempt: int(numbers[0]), By: numbers[1], Who: parts[3], Paused: numbers[2], Holder: parts[5], Taken: numbers[3]}
	switch t.Heading {
	case "forward":
		t.Heading = Forward
	case Back, Turned, Aborted:
	default:
		return Turn{}, false
	}
	return t, true
}

// base is the turn before any command below the newest merge request.
func (s State) base(r Request) Turn {
	p, _ := parseBranch(s.Environment, r.Source)
	t := Turn{Attempt: max(p.Attempt, firstAttempt)}
	if note, ok := r.note(s.Me, turnNote); ok {
		if written, ok := readTurn(note); ok {
			t = written
		}
	}
	if t.By == 0 && p.back() {
		t.Heading = Turned
		if s.Plan != nil && s.Plan.To.Release == p.Release && p.Number == s.Done {
			t.Heading = Back
		}
	}
	return t
}

// leaves tells whether the turn closes a merge request.
func (s State) leaves(t Turn, r Request) bool {
	p, ok := parseBranch(s.Environment, r.Source)
	return ok && (t.Heading == Turned || t.Heading == Aborted || t.Attempt != p.Attempt || (t.Heading == Back) != p.back())
}

// hearing is what people wrote below one merge request.
type hearing struct {
	request int // 0 = of none yet
	turn    Turn
	orders  []order
}

// hear reads what people wrote below the newest merge request, in the order of their comments, and says what it comes to.
func (s State) hear(r Request) (Turn, []order) {
	if s.heard == nil {
		return s.listen(r)
	}
	if s.heard.request != r.Number {
		turn, orders := s.listen(r)
		*s.heard = hearing{r.Number, turn, orders}
	}
	return s.heard.turn, s.heard.orders
}

func (s State) listen(r Request) (Turn, []order) {
	t := s.base(r)
	var all []order
	for _, m := range r.reading(s.Me).remarks {
		if !m.addressed {
			continue
		}
		c := m.Comment
		cmd, err := m.unedited()
		if err != nil {
			o, command := s.unread(m, err)
			_, recorded := s.record(r, c)
			switch {
			case recorded:
				command = chatops.Command{Verb: chatops.Accept} // who edits what is recorded does not take it back
			case command.Verb != chatops.Pause:
				all = append(all, o)
				continue
			}
			cmd = command // who edits a pause does not end it
		}
		all = append(all, s.obey(&t, r, c, cmd))
	}
	for i, o := range all {
		if binds[o.command.Verb] && o.line == "" {
			all[i] = s.promotion(t, r, o)
		}
	}
	s.bound(r, all)
	return t, all
}

// obey takes one command into the turn. One that was refused stays refused: its reason is told for as long as it holds.
func (s State) obey(t *Turn, r Request, c forge.Comment, cmd chatops.Command) order {
	o := order{comment: c, command: cmd}
	if !s.gave(c, forge.ThumbsDown) || binds[cmd.Verb] {
		return s.weigh(t, r, o)
	}
	turn := *t
	if same := s.weigh(&turn, r, o); same.refused {
		return same
	}
	o.line = fmt.Sprintf("%s, %s: it was refused when it was written.", from(c), cmd.Verb)
	return o
}

// weigh says what becomes of a command.
func (s State) weigh(t *Turn, r Request, o order) order {
	c, cmd := o.comment, o.command
	way := waysOf[cmd.Verb]
	_, recorded := s.record(r, c)
	if taken := way && c.ID <= t.Taken || s.gave(c, forge.Rocket) || recorded; !taken {
		if may := s.may(r, c, cmd); !may.Allowed {
			return s.refuse(o, may.Reason)
		}
	}
	switch {
	case binds[cmd.Verb]:
		return o // judged when it is known which way it goes
	case way:
		return s.turn(t, r, o)
	case cmd.Verb == chatops.Accept:
		return s.signOff(r, o)
	}
	return s.question(r, o)
}

// waysOf are the verbs that change the way.
var waysOf = map[string]bool{chatops.Pause: true, chatops.Resume: true, chatops.Rollback: true, chatops.Abort: true}

// turn takes a command that changes the way into the turn.
func (s State) turn(t *Turn, r Request, o order) order {
	c, verb := o.comment, o.command.Verb
	if s.Refusal != nil && verb != chatops.Pause && c.ID > t.Taken {
		o.line = fmt.Sprintf("%s, %s: waits until a plan can be made.", from(c), verb)
		return o
	}
	was := *t
	if refused := s.take(t, c, verb); refused != "" {
		return s.refuse(o, refused)
	}
	t.Taken = max(t.Taken, c.ID)
	o.line = fmt.Sprintf("%s, %s: %s", from(c), verb, became(verb, was))
	o.want = s.owed(c, forge.Eyes)
	note, _ := r.note(s.Me, turnNote)
	if record, ok := readTurn(note); ok && o.want == "" && record.Taken >= c.ID && (r.State != forge.Open || !s.leaves(record, r)) {
		o.want = s.owed(c, forge.Rocket)
	}
	return o
}

// take changes the turn, or says why not. A command that the turn holds already changes nothing again, but for the pause: only a command that can
// still be read ends one that can still be read.
func (s State) take(t *Turn, c forge.Comment, verb string) (refused string) {
	known := c.ID <= t.Taken
	over := s.Plan == nil || s.Done == len(s.Plan.Phases)
	switch {
	case verb == chatops.Pause:
		t.Paused, t.Holder = c.ID, c.By.Name
		return ""
	case verb == chatops.Resume && t.Paused != 0 && t.Paused < c.ID:
	case known:
	case verb == chatops.Resume && t.Heading != Forward:
		t.Heading, t.By, t.Who, t.Attempt = Forward, c.ID, c.By.Name, t.Attempt+1
	case verb == chatops.Resume:
		return "it is neither paused nor turned round"
	case over:
		return "no upgrade is under way"
	case verb == chatops.Abort && t.Heading == Aborted:
		return "it is aborted already"
	case verb == chatops.Abort:
		t.Heading, t.By, t.Who = Aborted, c.ID, c.By.Name
	case s.Done == 0:
		return "no phase is in, so there is nothing to take back; abort closes what is open"
	case t.Heading == Back:
		return "it goes back already"
	default:
		if t.Heading == Aborted {
			t.Attempt++
		}
		t.Heading, t.By, t.Who = Back, c.ID, c.By.Name
	}
	if t.Paused < c.ID {
		t.Paused, t.Holder = 0, "" // whoever says where it goes says that it goes
	}
	return ""
}

// became is the answer to a command that changes the way.
func became(verb string, was Turn) string {
	switch {
	case verb == chatops.Pause:
		return "nothing is opened, merged or closed until somebody resumes."
	case verb == chatops.Resume && was.Paused != 0:
		return "the pause is over."
	case verb == chatops.Resume:
		return "it goes forward again."
	case verb == chatops.Abort:
		return "it stays as it is."
	default:
		return "it goes back."
	}
}

// turnText is the bot's note about the turn.
func (s State) turnText(t Turn) string {
	var out strings.Builder
	if t.Paused != 0 {
		fmt.Fprintf(&out, "**Paused** by %s (comment %d): nothing is opened, merged or closed until `%s %s`.\n\n", name(forge.User{Name: t.Holder}), t.Paused, chatops.Prefix, chatops.Resume)
	}
	who := fmt.Sprintf("on the word of %s (comment %d)", name(forge.User{Name: t.Who}), t.By)
	switch {
	case t.Heading == Back && t.By != 0:
		fmt.Fprintf(&out, "**Going back** %s: the last phase that is in is taken back, in a %s of its own.\n\n", who, s.Words.Request())
	case t.Heading == Aborted:
		fmt.Fprintf(&out, "**Aborted** %s: %s\n\n", who, s.remains())
	case t.Heading == Forward && t.By != 0:
		fmt.Fprintf(&out, "**Going forward** again %s.\n\n", who)
	case t.Paused == 0:
		out.WriteString("**Not paused.**\n\n")
	}
	return out.String() + t.mark() + "\n"
}

// remains says what is still in the repository.
func (s State) remains() string {
	if s.Plan == nil || s.Done == 0 {
		return fmt.Sprintf("nothing of it is in the repository. `%s %s` begins again.", chatops.Prefix, chatops.Resume)
	}
	var in []string
	for _, phase := range s.Plan.Phases[:s.Done] {
		in = append(in, phase.Name)
	}
	phases := "the phases "
	if len(in) == 1 {
		phases = "the phase "
	}
	return fmt.Sprintf("in the repository stay, in %s/%s and its kustomization.yaml, %s. `%s %s` goes on from there, `%s %s` goes back, phase by phase.",
		s.Environment, planner.CanaryFolder, phases+strings.Join(in, ", "), chatops.Prefix, chatops.Resume, chatops.Prefix, chatops.Rollback)
}
