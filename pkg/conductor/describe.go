package conductor

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/forge"
)

// describe says what a State means, for people.
func describe(s State) Status {
	t := Status{Environment: s.Environment, At: s.Gate.Now}
	if p := s.Plan; p != nil {
		t.Upgrade, t.From, t.To, t.Done = p.ID, p.From, p.To, s.Done
		if s.Proof != nil {
			t.Proved = s.Proof.says(s.Words)
		}
	}
	switch stopped := s.stopped(); {
	case s.Refusal != nil:
		t.Situation = Refused
		t.Happening = fmt.Sprintf("No plan can be made for %s, so nothing is changed.", s.Environment)
		t.Healthy = "No gate is asked without a plan."
		t.Blocks = refusals(s.Refusal)
		t.Wanted = []string{"Whoever looks after the repository: put right what is in the way."}
		t.GoesOn = "As soon as the files allow it; nobody needs to start it."
	case s.Plan == nil && s.Queue != nil:
		t.describeQueue(s)
	case s.Plan == nil:
		t.Situation = Idle
		t.Happening = "No upgrade is under way, and none is to be begun."
		t.Healthy = "No gate is asked."
		t.GoesOn = sentence(s.Nothing)
	case stopped != stop{}:
		t.describeNext(s)
		t.describeGate(s)
		t.Situation, t.Blocks = Stopped, nil // what the gate wants is not what is in the way
		t.Happening, t.Wanted = stopped.why, []string{stopped.remedy}
		t.GoesOn = "Not before that is done."
	case s.Over:
		t.Situation = Finished
		t.Happening = fmt.Sprintf("The upgrade to Big Bang %s is finished.", s.Plan.To.Release)
		t.Healthy = "The last gate was green."
		t.GoesOn = sentence(s.Nothing)
	case s.finished():
		t.Situation = Finishing
		t.describeGate(s)
		t.Happening = fmt.Sprintf("The last phase is merged; the cluster is taking it in. The files are those of a plain bump to Big Bang %s.", s.Plan.To.Release)
		t.GoesOn = "By itself: the upgrade is finished when the gate is green."
		if s.Gate.open() {
			t.Situation = Finished
			t.Happening = fmt.Sprintf("The upgrade to Big Bang %s is finished.", s.Plan.To.Release)
			t.GoesOn = "With the next release that moves Istio."
		}
	case s.Turn.Paused != 0:
		t.describePause(s)
	case s.Turn.Heading == Turned || s.Turn.Heading == Aborted:
		t.describeTurn(s)
	default:
		t.describeNext(s)
		t.describeGate(s)
		t.describeWait(s)
	}
	t.Happening += s.lingering()
	return t
}

func phaseStates(s State) []PhaseStatus {
	all := make([]PhaseStatus, 0, len(s.Plan.Phases))
	for i := range s.Plan.Phases {
		phase := &s.Plan.Phases[i]
		p := PhaseStatus{Number: phase.Number, Name: phase.Name, Title: phase.Title, State: "later"}
		switch {
		case i < s.Done:
			p.State = "merged"
		case i == s.Done:
			p.State = "next"
		}
		if i < len(s.Steps) && s.Steps[i].Request != nil {
			r := s.Steps[i].Request
			p.Request, p.URL = r.Number, r.URL
			if r.State == forge.Merged && i < s.Done {
				p.Merged, p.MergedBy = r.Done, r.MergedBy.Name
			}
			if r.State == forge.Open && i == s.Done && s.Turn.Heading == Forward {
				p.State = "open"
			}
		}
		if s.Turn.Heading == Back && i == s.Done-1 {
			p.State = "going back"
		}
		all = append(all, p)
	}
	return all
}

// describeNext names the phase whose turn it is.
func (t *Status) describeNext(s State) {
	phase, ok := s.next()
	if !ok {
		return
	}
	t.Phase = phase.Name
	of := fmt.Sprintf("Phase %d of %d, %s", phase.Number, len(s.Plan.Phases), phase.Name)
	if s.Turn.Heading == Back {
		of = "Back " + s.backCount(phase)
	}
	t.Happening = fmt.Sprintf("%s: %s. Its %s is about to be opened.", of, phase.Title, s.Words.Request())
	if s.Current != nil {
		t.Request, t.URL = s.Current.Number, s.Current.URL
		t.Happening = fmt.Sprintf("%s: %s. %s is open.", of, phase.Title, s.request(s.Current.Number))
		for _, o := range s.orders(*s.Current) {
			t.Commands = append(t.Commands, o.line)
		}
	}
	if s.Turn.Heading == Back {
		t.Next = strings.TrimSpace(s.describeUndone() + " " + s.afterBack())
		return
	}
	t.Next = "After it the upgrade is finished."
	if rest := s.Plan.Phases[s.Done+1:]; len(rest) > 0 {
		t.Next = fmt.Sprintf("After it comes %s: %s.", rest[0].Name, rest[0].Title)
		if more := len(rest) - 1; more > 0 {
			t.Next += fmt.Sprintf(" Then %d more.", more)
		}
	}
}

func (t *Status) describeGate(s State) {
	g := s.Gate
	words := g.inWords()
	t.Gate, t.Health, t.gateText = &g.Result, g.Result.Verdict, words.text
	if g.Asked.Soak > 0 {
		t.Soak = &SoakStatus{Need: g.Asked.Soak, Remaining: g.remaining(), Since: g.Clock.GreenSince, Resets: g.Clock.Resets, MaxGap: s.MaxGap,
			Sampled: s.Sampled || g.Clock.Sampled}
	}
	switch {
	case g.open() && g.Skipped != "":
		t.Healthy = fmt.Sprintf("Yes: the gate is green; its soak of %s is skipped on the word of %s.", length(g.Asked.Soak), strings.TrimSuffix(g.Skipped, "."))
	case g.open() && g.Asked.Soak > 0:
		t.Healthy = fmt.Sprintf("Yes: the gate has been %s for the %s it must be.", t.Soak.green(), length(g.Asked.Soak))
	case g.open():
		t.Healthy = "Yes: the gate is green."
	case g.Result.Green():
		t.Healthy = fmt.Sprintf("Yes: the gate has been %s since %s and must stay so for %s.", t.Soak.green(), clock(g.Clock.GreenSince), length(g.Asked.Soak))
	case g.Result.Verdict == checks.Unknown:
		t.Healthy = "Not known: " + sentence(g.Result.Reason)
	case g.Result.Verdict == checks.Fail:
		t.Healthy = "No: " + sentence(g.Result.Reason)
	default:
		t.Healthy = "Not yet: " + sentence(g.Result.Reason)
	}
	t.Blocks = append(t.Blocks, words.blocks...)
	t.Accepted = s.inEffect()
}

// mostBlocks is how many things in the way are named; the gate below has all.
const mostBlocks = 8

func gateBlocks(gate checks.Result) []string {
	var texts []string
	seen := map[string]bool{}
	add := func(text string) {
		if text = sentence(text); text != "" && !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	var leaves func(r *checks.Result)
	leaves = func(r *checks.Result) {
		if r.Green() {
			return
		}
		for i := range r.Children {
			leaves(&r.Children[i])
		}
		if len(r.Children) == 0 && len(r.Stragglers) == 0 {
			add(r.Name + ": " + r.Reason)
		}
		for _, who := range r.Stragglers {
			text := who.Name + ": " + who.Reason
			if who.Namespace != "" {
				text = who.Kind + " " + who.Namespace + "/" + text
			}
			if who.Remedy != "" {
				text += "; " + who.Remedy
			}
			add(text)
		}
	}
	if len(gate.Children) > 0 || len(gate.Stragglers) > 0 {
		leaves(&gate) // else there is no more to say than how healthy it is
	}
	return atMost(texts, mostBlocks)
}

// describeWait says who must do what, and when it goes on.
func (t *Status) describeWait(s State) {
	t.Situation = Waiting
	asked := false
	if s.Current != nil {
		asked = promotes(s.orders(*s.Current))
		for _, r := range foreignReasons(*s.Current) {
			t.Blocks = append(t.Blocks, theForge+sentence(r.Text))
			if r.Kind == forge.ReasonApprovals {
				t.Wanted = append(t.Wanted, fmt.Sprintf("Reviewers: approve %s (%s).", s.Words.Number(s.Current.Number), r.Text))
			}
		}
	}
	when := s.whenNext()
	byItself := when == Auto || when == OnPromote && asked
	open := s.Gate.open()
	if open && !byItself && s.Current != nil {
		t.Situation = Ready
	}
	switch {
	case s.Current == nil:
		t.GoesOn = fmt.Sprintf("With the next look: the %s is opened.", s.Words.Request())
	case when == Manual && open:
		t.Wanted = append(t.Wanted, fmt.Sprintf("Somebody who may: merge %s.", s.Words.Number(t.Request)))
	case when == Manual && len(t.Wanted) == 0:
		t.Wanted = append(t.Wanted, fmt.Sprintf("Nobody yet; merge %s when the gate is green.", s.Words.Number(t.Request)))
	case when == Manual:
		t.Wanted = append(t.Wanted, fmt.Sprintf("Somebody who may: merge %s when the gate is green.", s.Words.Number(t.Request)))
	case byItself && len(t.Wanted) == 0:
		t.Wanted = append(t.Wanted, "Nobody.")
	case !byItself && open:
		t.Wanted = append(t.Wanted, fmt.Sprintf("A reviewer: comment `/canary promote` below %s, or merge it.", s.Words.Number(t.Request)))
	case !byItself && len(t.Wanted) > 0:
		t.Wanted = append(t.Wanted, "A reviewer may comment `/canary promote` now already, and it is merged when the gate is green.")
	case !byItself:
		t.Wanted = append(t.Wanted, "Nobody yet; a reviewer may comment `/canary promote` now already, and it is merged when the gate is green.")
	}
	if s.Current == nil {
		return
	}
	verb := "it may be merged"
	if byItself {
		verb = "it is merged by itself"
	}
	switch {
	case open && byItself && len(foreignReasons(*s.Current)) > 0:
		t.GoesOn = "As soon as the forge lets it be merged."
	case open && byItself:
		t.GoesOn = "Now: it is being merged."
	case open:
		t.GoesOn = "Not by itself: a person decides."
	case s.Gate.Result.Green():
		t.GoesOn = fmt.Sprintf("At %s at the earliest, if the gate stays green; then %s.", clock(s.Gate.Clock.GreenSince.Add(s.Gate.Asked.Soak)), verb)
	case s.Gate.Asked.Soak > 0:
		t.GoesOn = fmt.Sprintf("When the gate has been green for %s; then %s.", length(s.Gate.Asked.Soak), verb)
	default:
		t.GoesOn = fmt.Sprintf("When the gate is green; then %s.", verb)
	}
	t.describeCalendar(s, byItself)
	t.describeLater(s)
}

// foreignReasons are what the forge still wants, but for the bot's own check, of which the gate tells.
func foreignReasons(r Request) []forge.Reason {
	var all []forge.Reason
	for _, reason := range r.Mergeability.Reasons {
		if reason.Kind == forge.ReasonChecks && strings.Contains(reason.Text, CheckName) {
			continue
		}
		all = append(all, reason)
	}
	return all
}

func refusals(err error) []string {
	var texts []string
	for _, f := range findings(err) {
		texts = append(texts, sentence(f))
	}
	return texts
}

// sentence begins with a capital letter and ends with a full stop, or with the question mark that it has.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	if upper := unicode.ToUpper(first); upper != first {
		text = string(upper) + text[size:]
	}
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
