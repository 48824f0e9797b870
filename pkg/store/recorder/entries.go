package recorder

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnet-bot/linnet/pkg/checks"
	"github.com/linnet-bot/linnet/pkg/conductor"
	"github.com/linnet-bot/linnet/pkg/forge"
	"github.com/linnet-bot/linnet/pkg/store"
)

// entries are all that a state tells, old and new.
func entries(t conductor.Status, s conductor.State) []store.Entry {
	b := book{t: t, s: s}
	b.began()
	for _, step := range s.Steps {
		if step.Request != nil && step.Request.State != forge.Open {
			b.add(b.request(*step.Request)) // the open one is read in full below
		}
	}
	for _, r := range b.read() {
		b.add(b.request(r.MergeRequest))
		b.reviews(r)
		b.commands(r)
	}
	b.head()
	b.gate()
	b.stand()
	return b.entries
}

// book collects entries of one state.
type book struct {
	t       conductor.Status
	s       conductor.State
	entries []store.Entry
}

func (b *book) add(e store.Entry) { b.entries = append(b.entries, e) }

// read are the merge requests that the state holds in full.
func (b *book) read() []conductor.Request {
	all := append([]conductor.Request{}, b.s.Merged...)
	all = append(all, b.s.Others...)
	all = append(all, b.s.Closed...)
	for _, r := range []*conductor.Request{b.s.Left, b.s.Newest, b.s.Current} {
		if r != nil {
			all = append(all, *r)
		}
	}
	return all
}

// of begins an entry; branch tells the phase and the upgrade, "" those of the environment.
func (b *book) of(kind store.Kind, branch string) store.Entry {
	e := store.Entry{At: b.t.At, Kind: kind, Environment: b.s.Environment, Upgrade: b.t.Upgrade}
	if p, ok := conductor.ParseBranch(b.s.Environment, branch); ok {
		e.Phase, e.Upgrade = p.Phase, b.s.Environment+"/"+p.Release
	}
	return e
}

func (b *book) began() {
	if b.t.Upgrade == "" {
		return
	}
	e := b.of(store.Upgrade, "")
	e.Subject, e.State = "upgrade "+b.t.Upgrade, "under way"
	e.What = fmt.Sprintf("Big Bang %s to %s, Istio %s to %s, in %d phases", b.t.From.Release, b.t.To.Release, b.t.From.Istio, b.t.To.Istio, len(b.t.Phases))
	switch {
	case b.t.Situation == conductor.Finished || b.s.Over:
		e.State = "finished"
		e.What += ": the last gate is green"
	case b.s.Plan != nil:
		e.Cause = b.s.Plan.Why // why it was begun, which is not why it is over
	}
	e.Facts = map[string]string{
		"fromRelease": b.t.From.Release, "toRelease": b.t.To.Release, "fromIstio": b.t.From.Istio, "toIstio": b.t.To.Istio, "phases": fmt.Sprint(len(b.t.Phases)),
	}
	b.add(e)
}

// request is where a merge request stands.
func (b *book) request(r forge.MergeRequest) store.Entry {
	e := b.of(store.Request, r.Source)
	e.Request, e.Subject, e.State = r.Number, fmt.Sprintf("merge request %d", r.Number), string(r.State)
	e.Facts = map[string]string{"branch": r.Source}
	switch r.State {
	case forge.Open:
		e.What, e.By, e.Happened = fmt.Sprintf("!%d is open: %s", r.Number, line(r.Title)), r.Author.Name, r.Opened
	case forge.Merged:
		e.Final = true
		e.What, e.By, e.Happened = fmt.Sprintf("!%d is merged as %.8s", r.Number, r.MergeSHA), r.MergedBy.Name, r.Done
		e.Cause = b.whyMerged(r)
		e.Facts["head"], e.Facts["merge"] = r.Head, r.MergeSHA
	default:
		e.What, e.Happened, e.Cause = fmt.Sprintf("!%d is closed", r.Number), r.Done, "a person closed it"
		if why := conductor.WhyClosed(b.comments(r.Number), b.s.Me); why != "" {
			e.Cause, e.By = why, b.s.Me.Name
		}
	}
	return e
}

func (b *book) whyMerged(r forge.MergeRequest) string {
	if r.MergedBy.ID != b.s.Me.ID {
		return "merged by hand"
	}
	var names []string
	for _, c := range conductor.Promotions(b.comments(r.Number), b.s.Me) {
		names = append(names, fmt.Sprintf("%s (comment %d)", c.By.Name, c.ID))
	}
	if len(names) == 0 {
		return "the gate is green"
	}
	return "on the word of " + strings.Join(names, ", ")
}

// comments of a merge request, where the state holds them.
func (b *book) comments(number int) []forge.Comment {
	for _, r := range b.read() {
		if r.Number == number {
			return r.Comments
		}
	}
	return nil
}

func (b *book) reviews(r conductor.Request) {
	for _, a := range r.Approvals.Given {
		e := b.of(store.Review, r.Source)
		e.Request, e.By, e.Happened, e.Final = r.Number, a.By.Name, a.At, true
		e.Subject, e.State = fmt.Sprintf("approval of %d at %s by %s", r.Number, a.Head, a.By.Name), "given"
		e.What = fmt.Sprintf("!%d is approved at %.8s", r.Number, a.Head)
		e.Facts = map[string]string{"head": a.Head}
		b.add(e)
	}
}

// commands are the comments that the bot has answered.
func (b *book) commands(r conductor.Request) {
	for _, c := range r.Comments {
		state := conductor.Answer(c, b.s.Me)
		if state == "" {
			continue
		}
		e := b.of(store.Command, r.Source)
		e.Request, e.By = r.Number, c.By.Name
		e.Subject, e.State, e.Final = fmt.Sprintf("comment %d of %d", c.ID, r.Number), state, state != "claimed"
		e.What = fmt.Sprintf("!%d, comment %d, %s: %s", r.Number, c.ID, firstLine(c.Body), state)
		if state == "claimed" {
			e.Happened = c.Created // when it was answered is not known
		}
		e.Facts = map[string]string{"command": firstLine(c.Body)}
		b.add(e)
	}
}

// head is what is on the branch of the next phase, or that the bot removed it together with its merge request.
func (b *book) head() {
	h := b.s.Head
	branch, exit := b.s.Awaiting()
	if left := b.s.Left; h.SHA == "" && left != nil && conductor.WhyClosed(left.Comments, b.s.Me) != "" {
		e := b.of(store.Branch, left.Source)
		e.Subject, e.State, e.By = "branch "+left.Source, "deleted at "+left.Head, b.s.Me.Name
		e.What = fmt.Sprintf("branch %s is deleted at %.8s", left.Source, left.Head)
		b.add(e)
	}
	if h.SHA == "" || branch == "" || exit {
		return
	}
	e := b.of(store.Branch, branch)
	e.Subject, e.State, e.Happened = "branch "+branch, h.SHA, h.Made
	e.What = fmt.Sprintf("branch %s is at %.8s", branch, h.SHA)
	e.Cause = "it is what was planned"
	if h.Merges != conductor.AsPlanned && !h.Ours && !h.Empty {
		e.Cause = "somebody else wrote to it"
	}
	b.add(e)
}

// gate is the verdict of the gate that is awaited. A routine blink is none.
func (b *book) gate() {
	g := b.s.Gate
	branch, exit := b.s.Awaiting()
	if g.Asked.Name == "" || g.Result.NoSample || branch == "" || b.s.Over {
		return
	}
	which := "entry"
	if exit {
		which = "exit"
	}
	e := b.of(store.Gate, branch)
	e.Subject, e.State = which+" gate of "+branch+" after "+g.Merge.Commit, g.Result.Verdict.String()
	e.What, e.Cause = fmt.Sprintf("gate %s: %s", g.Result.Name, g.Result.Verdict), line(g.Result.Reason)
	if b.s.Current != nil {
		e.Request = b.s.Current.Number
	}
	e.Facts = map[string]string{"branch": branch, "gate": which, "summary": checks.Summary(g.Result), "evidence": cut(checks.Style{Width: 100, ASCII: true}.Text(g.Result))}
	if !g.Result.Green() {
		b.add(e)
		return
	}
	since := g.Clock.GreenSince
	e.Facts["greenSince"], e.Facts["soak"] = since.UTC().Format(time.RFC3339), g.Asked.Soak.String()
	switch {
	case g.Clock.Remaining(g.Now, g.Asked.Soak) > 0:
		e.Cause = fmt.Sprintf("it must stay so for %s", length(g.Asked.Soak))
	case g.Asked.Soak > 0:
		e.State, e.Cause = "open", fmt.Sprintf("green since %s, %s were asked", since.UTC().Format(time.RFC3339), length(g.Asked.Soak))
	default:
		e.State, e.Cause = "open", "green, and no soak is asked"
	}
	e.What = fmt.Sprintf("gate %s: %s", g.Result.Name, e.State)
	b.add(e)
}

// held are the situations in which nothing goes on without a person.
var held = map[conductor.Situation]bool{
	conductor.Refused: true, conductor.Stopped: true, conductor.Paused: true, conductor.Around: true, conductor.Abandoned: true,
}

// stand tells when nothing goes on without a person, and when it goes on again.
func (b *book) stand() {
	e := b.of(store.Upgrade, "")
	e.Subject, e.State, e.Ends = "work on "+b.s.Environment, "goes on", true
	e.What = "work on " + b.s.Environment + " goes on"
	if held[b.t.Situation] {
		e.Ends = false
		e.State = string(b.t.Situation) + ": " + line(b.t.Happening)
		e.What, e.Cause = "nothing goes on: "+line(b.t.Happening), line(strings.Join(b.t.Blocks, " "))
	}
	b.add(e)
}

// length writes a duration without seconds that say nothing.
func length(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}

// mostEvidence is how much of a gate's text is kept, in bytes.
const mostEvidence = 8000

func cut(text string) string {
	if len(text) <= mostEvidence {
		return text
	}
	return text[:strings.LastIndexByte(text[:mostEvidence], '\n')+1] + "…\n"
}

// line makes one line of a text, at most some hundred letters long.
func line(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return string(r)
}

// firstLine is the command in a comment: its first line that is not blank.
func firstLine(body string) string {
	for one := range strings.Lines(body) {
		if strings.TrimSpace(one) != "" {
			return line(one)
		}
	}
	return ""
}
