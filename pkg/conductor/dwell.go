package conductor

import (
	"fmt"
	"strings"

	"github.com/linnet-bot/linnet/pkg/forge"
)

// toldMark in the bot's main note says that those who are to be told were mentioned below the merge request. The mention says so itself; the mark is
// there so that somebody can delete it without being mentioned again.
const toldMark = "<!-- linnet:told -->"

// subject is the merge request that the bot writes check and main note of; nil where there is none.
func (s State) subject() *Request {
	switch {
	case s.Current != nil:
		return s.Current
	case s.Left != nil:
		return s.Left
	case (s.Refusal != nil || s.Turn.Paused != 0) && len(s.Others) > 0:
		return &s.Others[0]
	}
	return nil
}

// lingers tells whether a merge request has been open for longer than it may. Nothing stops that clock, neither a pause nor a freeze nor a time for
// which it was closed: what it is for is that no upgrade is left half-way and forgotten.
func (s State) lingers(r *Request) bool {
	return r != nil && r.State == forge.Open && s.MaxDwell > 0 && len(s.Escalate) > 0 && !r.Opened.IsZero() && s.Now.Sub(r.Opened) > s.MaxDwell
}

// lingering says so, as a sentence after others; "" where it does not.
func (s State) lingering() string {
	r := s.subject()
	if !s.lingers(r) {
		return ""
	}
	return fmt.Sprintf(" %s has been open since %s, longer than the %s that it may take.", s.Words.Number(r.Number), clock(r.Opened), length(s.MaxDwell))
}

// told is the mark to put at the end of the main note of a merge request: once there, it stays.
func (s State) told(r Request) string {
	if s.lingers(&r) || s.marked(r) {
		return "\n" + toldMark + "\n"
	}
	return ""
}

// marked tells whether the mark is in the main note. It counts at the end alone, where nothing stands that comes from the cluster.
func (s State) marked(r Request) bool {
	have, _ := r.note(s.Me, noteName)
	return strings.HasSuffix(withoutSeal(have), "\n"+toldMark+"\n")
}

// escalate mentions those who are to be told that a merge request takes long, in a note of its own that is written once and never edited: forges tell
// people of a mention in a new comment, and not always of one that was added to an old one.
func (s State) escalate(r Request, t Status) []Action {
	if _, there := r.note(s.Me, dwellNote); there || !s.lingers(&r) || s.marked(r) {
		return nil
	}
	t.Gate, t.Soak, t.Commands, t.Next = nil, nil, nil, ""
	return []Action{WriteNote{Number: r.Number, Name: dwellNote, Body: fmt.Sprintf("For %s, who are to be told when a phase takes longer than %s:\n\n%s"+
		"This is said once. How it goes on stands in the bot's note about the progress.\n", strings.Join(s.Escalate, ", "), length(s.MaxDwell), t.note())}}
}
