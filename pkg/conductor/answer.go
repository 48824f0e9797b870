package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/internal/nearest"
	"github.com/linnet-bot/linnet/pkg/chatops"
	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/planner"
)

// mostAnswers is how many questions are answered below one merge request.
const mostAnswers = 30

// answerNote is the name of the note that answers a comment. That it is there says that the comment has been answered.
func answerNote(comment int64) string { return fmt.Sprintf("answer-%d", comment) }

// question takes a command that wants an answer in words: claimed, answered once, done.
func (s State) question(r Request, o order) order {
	c := o.comment
	if !asked[o.command.Verb] {
		return s.refuse(o, fmt.Sprintf("%s cannot be carried out here", o.command.Verb))
	}
	o.line = fmt.Sprintf("%s, %s: answered below.", from(c), o.command.Verb)
	if _, answered := r.note(s.Me, answerNote(c.ID)); answered {
		o.want = s.owed(c, forge.Rocket)
		return o
	}
	if s.gave(c, forge.Rocket) {
		return o // and somebody deleted the answer
	}
	if s.answered(r) >= mostAnswers {
		return s.tooMany(r, o)
	}
	if o.command.Verb == chatops.Retry && s.Seen.Before(c.Created) {
		o.want, o.line = s.owed(c, forge.Eyes), fmt.Sprintf("%s, retry: it is looked at again.", from(c))
		return o
	}
	o.asks, o.want = true, s.owed(c, forge.Eyes)
	return o
}

// bound refuses those questions that go beyond mostAnswers together with others which came at the same time.
func (s State) bound(r Request, all []order) {
	given := s.answered(r)
	for i, o := range all {
		if !o.asks {
			continue
		}
		if given++; given > mostAnswers {
			all[i] = s.tooMany(r, order{comment: o.comment, command: o.command})
		}
	}
}

func (s State) tooMany(r Request, o order) order {
	return s.refuse(o, fmt.Sprintf("%d questions were answered below %s; linnet status tells the same", mostAnswers, s.Words.Number(r.Number)))
}

// asked are the verbs that are answered in words.
var asked = map[string]bool{
	chatops.Status: true, chatops.Explain: true, chatops.Plan: true, chatops.Stragglers: true, chatops.Retry: true, chatops.HelpVerb: true,
}

// answer is the reply to a comment.
func (s State) answer(o order) string {
	text := fmt.Sprintf("To %s, `%s`:\n\n", strings.Replace(from(o.comment), "Comment", "comment", 1), o.command.Verb)
	switch o.command.Verb {
	case chatops.Status:
		t := describe(s)
		t.Commands = nil
		text += t.note()
	case chatops.Explain:
		text += s.explain(o.command.Check)
	case chatops.Plan:
		text += s.comes()
	case chatops.Stragglers:
		text += s.stragglers()
	case chatops.Retry:
		text += s.again()
	case chatops.HelpVerb:
		text += s.help(o.command.Topic)
	}
	return cut(text, mostText)
}

// explain is the whole gate with its evidence, or one check of it.
func (s State) explain(check string) string {
	g := s.Gate.Result
	if s.Plan == nil || g.Name == "" {
		return "No gate is asked at the moment.\n"
	}
	if check != "" {
		found, names := find(g, check)
		if found == nil {
			text := fmt.Sprintf("The gate %s has no check `%s`; it has %s.", g.Name, check, strings.Join(names, ", "))
			if near := nearest.Word(check, names); near != "" {
				text += fmt.Sprintf(" Did you mean `%s`?", near)
			}
			return quiet(text) + "\n"
		}
		g = *found
	}
	return fmt.Sprintf("As of %s:\n\n", clock(s.Gate.Now)) + fence(checks.Style{Width: gateColumns, Full: true}.Text(g))
}

// find looks for a check in a result, and lists the names on the way.
func find(r checks.Result, check string) (found *checks.Result, names []string) {
	if r.Name == check {
		return &r, nil
	}
	for _, child := range r.Children {
		names = append(names, child.Name)
		inside, deeper := find(child, check)
		if inside != nil {
			return inside, nil
		}
		names = append(names, deeper...)
	}
	return nil, names
}

// comes lists the phases that come.
func (s State) comes() string {
	if s.Plan == nil || s.Done == len(s.Plan.Phases) {
		return "No phase comes: no upgrade is under way.\n"
	}
	var out strings.Builder
	if s.Turn.Heading == Back || s.Turn.Heading == Turned {
		fmt.Fprintf(&out, "On the way back, each in a %s of its own:\n\n", s.Words.Request())
		for i := s.Done - 1; i >= 0; i-- {
			fmt.Fprintf(&out, "- phase %d, %s, is taken back: %s\n", i+1, s.Plan.Phases[i].Name, quiet(oneLine(s.Plan.Phases[i].Inverse)))
		}
		if s.Done == 0 {
			out.WriteString("- nothing: the files are what they were\n")
		}
		fmt.Fprintf(&out, "\n`%s %s` goes forward instead:\n\n", chatops.Prefix, chatops.Resume)
	}
	for _, phase := range s.Plan.Phases[s.Done:] {
		fmt.Fprintf(&out, "- %d/%d %s: %s%s\n", phase.Number, len(s.Plan.Phases), phase.Name, quiet(oneLine(phase.Title)), rolls(phase))
		for _, asked := range phase.Entry {
			fmt.Fprintf(&out, "  - %s\n", quiet(oneLine(asked)))
		}
	}
	return out.String()
}

func rolls(phase planner.Phase) string {
	if len(phase.Render.Rolls) == 0 {
		return "; rolls nothing. May be merged when"
	}
	var names []string
	for _, w := range phase.Render.Rolls {
		names = append(names, fmt.Sprintf("%s %s/%s", w.Kind, w.Namespace, w.Name))
	}
	return "; rolls " + quiet(oneLine(strings.Join(names, ", "))) + ". May be merged when"
}

// stragglers lists what keeps the gate from being green.
func (s State) stragglers() string {
	all := checks.Stragglers(s.Gate.Result)
	if len(all) == 0 {
		return "None: no proxy or workload keeps the gate from being green.\n"
	}
	var out strings.Builder
	for _, who := range all {
		text := strings.TrimSpace(fmt.Sprintf("%s %s/%s %s", who.Kind, who.Namespace, who.Name, who.Pod)) + ": " + who.Reason
		if who.Remedy != "" {
			text += "; " + who.Remedy
		}
		fmt.Fprintf(&out, "- %s\n", quiet(oneLine(text)))
	}
	return out.String()
}

// again says what a new look found.
func (s State) again() string {
	t := describe(s)
	return fmt.Sprintf("Looked again at %s. %s %s\n", clock(s.Seen), quiet(t.Happening), quiet(t.Healthy))
}

func (s State) help(topic string) string {
	rights := s.Rights
	if rights == nil {
		rights = chatops.DefaultRights()
	}
	text, err := chatops.Help(topic, rights)
	if err != nil {
		return quiet(err.Error()) + "\n"
	}
	return strings.ReplaceAll(text, forge.Words{}.Request(), s.Words.Request()) // which is all the bot's own
}
